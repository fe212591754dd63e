/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publisher_monitor.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/secret.h"
#include "dns/type.h"
#include "publish/monitor.h"
#include "publisher_state.h"

#define NAMES_MAX   64u /* read from the store at once */
#define PER_TURN    8u  /* checks begun in one turn of the publisher */
#define ARENA_BYTES ((size_t)8 << 20)
#define RETRY_MS    1000

/* The names to check next, in the order of the store: zones, then servers. */
struct names {
	enum health_kind kind;
	bool is_last;      /* of the kind */
	struct name after; /* length 0: from the start */
	size_t count;
	size_t at;
	struct name items[NAMES_MAX];
};

struct publisher_monitor {
	struct publisher *p;
	struct monitor *monitor;
	struct arena *arena; /* of one subject */
	int64_t interval_ms;
	uint16_t round;
	bool is_running;   /* a round is; else the next begins at begin_ms */
	int64_t begin_ms;  /* steady: of this round, or of the next */
	uint64_t expected; /* how many there are in this round */
	uint64_t done;
	struct names names;
};

/* ---- what is asked ---- */

/* Room for the parts of one subject. */
struct subject {
	struct monitor_subject monitor;
	struct monitor_part parts[MONITOR_PARTS_MAX];
	struct zone zones[MONITOR_PARTS_MAX];
	struct stored_rrset stored[MONITOR_PARTS_MAX];
	bool is_pending; /* some zone is on its way to CoreDNS */
};

static bool is_served(const struct publisher *p, const struct ledger_zone *zone, uint32_t serial)
{
	if (zone == NULL || zone->is_gone || zone->seen.published_at_ms == 0 ||
	        zone->seen.published_serial != serial || zone->seen.wanted_serial != serial)
		return false;
	for (size_t i = 0; i < p->context->server_count; i++) {
		const struct board_served *served = &zone->seen.served[i];
		if (!served->is_known || served->serial != serial)
			return false;
	}
	return true;
}

static bool is_current(void *context, const struct name *zone, uint32_t serial)
{
	const struct publisher *p = context;
	return is_served(p, ledger_find(&p->ledger, zone), serial);
}

/* The file may have been edited. */
static void drifts(void *context, const struct name *name)
{
	struct publisher *p = context;
	struct ledger_zone *zone = ledger_find(&p->ledger, name);
	if (zone != NULL && !zone->is_gone && !zone->must_compare)
		ledger_note_doubt(&p->ledger, zone, p->turn_ms);
}

/* Adds an RRset of the store. ERR_NOT_FOUND and ERR_NO_SUCH_ZONE: it has none. */
static enum err put_part(struct publisher_monitor *monitor, struct subject *subject,
        const struct name *owner, uint16_t type)
{
	struct publisher *p = monitor->p;
	struct reader *reader = p->small.reader;
	size_t at = subject->monitor.part_count;
	struct zone *zone = &subject->zones[at];
	enum err err = reader_find_zone(reader, owner, zone);
	if (err != ERR_OK)
		return err;
	const struct rrset_key key = { .zone = zone, .owner = owner, .type = type };
	err = reader_find_rrset(reader, monitor->arena, &key, &subject->stored[at]);
	if (err != ERR_OK)
		return err;
	subject->is_pending |= !is_served(p, ledger_find(&p->ledger, &zone->name), zone->serial);
	subject->parts[at] = (struct monitor_part){
		.zone = &zone->name, .serial = zone->serial, .rrset = &subject->stored[at].rrset
	};
	subject->monitor.part_count++;
	return ERR_OK;
}

static bool is_asked_already(const struct subject *subject, const struct server_record *record)
{
	for (size_t i = 0; i < subject->monitor.part_count; i++) {
		const struct rrset *rrset = subject->parts[i].rrset;
		if (rrset->type == record->type && name_is_equal(&rrset->owner, &record->owner))
			return true;
	}
	return false;
}

/* One record of a registration: a PTR that is no longer there was taken away on purpose, an address
 * that is not there is missed. */
static enum err put_record(struct publisher_monitor *monitor, struct subject *subject,
        const struct server_record *record)
{
	enum err err = ERR_OK;
	if (record->type == TYPE_PTR && !record->is_made)
		return ERR_OK;
	if (!is_asked_already(subject, record))
		err = put_part(monitor, subject, &record->owner, record->type);
	bool is_missing = err == ERR_NOT_FOUND || err == ERR_NO_SUCH_ZONE;
	if (err != ERR_OK && !is_missing)
		return err;
	for (size_t i = 0; i < subject->monitor.part_count; i++) {
		const struct rrset *rrset = subject->parts[i].rrset;
		if (rrset->type == record->type && name_is_equal(&rrset->owner, &record->owner))
			is_missing = rrset_find_value(rrset, &record->value) == NULL;
	}
	if (is_missing && record->type != TYPE_PTR)
		subject->monitor.known = HEALTH_DRIFT;
	return ERR_OK;
}

static enum err put_server(struct publisher_monitor *monitor, struct subject *subject)
{
	struct server server;
	enum err err = reader_find_server(
	        monitor->p->small.reader, monitor->arena, subject->monitor.name, &server);
	for (size_t i = 0; err == ERR_OK && i < server.record_count; i++)
		err = put_record(monitor, subject, &server.records[i]);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < subject->monitor.part_count; i++) {
		if (subject->parts[i].rrset->type != TYPE_PTR)
			return ERR_OK;
	}
	subject->monitor.part_count = 0; /* nothing is left at the hostname */
	return ERR_OK;
}

static enum err put_subject(struct publisher_monitor *monitor, struct subject *subject)
{
	struct reader *reader = monitor->p->small.reader;
	enum err err = reader_begin(reader);
	if (err == ERR_OK && subject->monitor.kind == HEALTH_ZONE)
		err = put_part(monitor, subject, subject->monitor.name, TYPE_SOA);
	else if (err == ERR_OK)
		err = put_server(monitor, subject);
	reader_end(reader);
	return err;
}

/* ---- one check ---- */

static size_t count_up(const struct publisher *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->context->server_count; i++) {
		struct board_server server;
		board_get_server(p->context->board, i, &server);
		count += server.is_up;
	}
	return count;
}

/* False when the store cannot be read. */
static bool check(struct publisher_monitor *monitor, const struct name *name, int64_t steady_ms)
{
	struct subject *subject = arena_alloc(monitor->arena, sizeof(*subject));
	if (subject == NULL)
		return false;
	subject->monitor.kind = monitor->names.kind;
	subject->monitor.name = name;
	subject->monitor.round = monitor->round;
	subject->monitor.parts = subject->parts;
	enum err err = put_subject(monitor, subject);
	if (err == ERR_NOT_FOUND || err == ERR_NO_SUCH_ZONE)
		return true; /* it has just gone */
	if (err != ERR_OK)
		return false;
	size_t up = count_up(monitor->p);
	bool is_all_up = up == monitor->p->context->server_count;
	if (up == 0 || (subject->is_pending && !is_all_up))
		monitor_note(monitor->monitor, &subject->monitor, HEALTH_UNKNOWN);
	else if (subject->is_pending)
		monitor_keep(monitor->monitor, &subject->monitor);
	else if (subject->monitor.part_count == 0)
		monitor_note(monitor->monitor, &subject->monitor, HEALTH_UNRESOLVED);
	else
		monitor_check(monitor->monitor, &subject->monitor, steady_ms);
	return true;
}

/* ---- rounds ---- */

static bool take_name(struct names *names, const struct name *name)
{
	names->items[names->count++] = *name;
	return names->count < NAMES_MAX;
}

static bool take_zone(void *context, const struct zone *zone)
{
	return take_name(context, &zone->name);
}

static bool take_server(void *context, const struct name *hostname, const struct name *zone)
{
	(void)zone;
	return take_name(context, hostname);
}

static bool read_names(struct publisher_monitor *monitor)
{
	struct names *names = &monitor->names;
	struct reader *reader = monitor->p->small.reader;
	const struct name *after = names->after.length > 0 ? &names->after : NULL;
	const struct server_filter filter = { .after = after };
	names->count = names->at = 0;
	enum err err = names->kind == HEALTH_ZONE
	                       ? reader_list_zones(reader, after, take_zone, names)
	                       : reader_list_servers(reader, &filter, take_server, names);
	if (err != ERR_OK)
		return false;
	names->is_last = names->count < NAMES_MAX;
	if (names->count > 0)
		names->after = names->items[names->count - 1];
	return true;
}

static void begin_round(struct publisher_monitor *monitor)
{
	uint64_t servers = 0;
	if (reader_count_servers(monitor->p->small.reader, &servers) != ERR_OK) {
		monitor->begin_ms += RETRY_MS;
		return;
	}
	monitor->is_running = true;
	monitor->round++;
	monitor->done = 0;
	monitor->expected = servers + monitor->p->ledger.count;
	monitor->names = (struct names){ .kind = HEALTH_ZONE };
	if (!read_names(monitor))
		monitor->names.is_last = true;
}

static void end_round(struct publisher_monitor *monitor, int64_t steady_ms)
{
	monitor->is_running = false;
	monitor->begin_ms += monitor->interval_ms;
	if (monitor->begin_ms < steady_ms)
		monitor->begin_ms = steady_ms;
	board_sweep_health(monitor->p->context->board, monitor->round);
}

/* The next name; NULL at the end of the round, or when the store cannot be read. */
static const struct name *next_name(struct publisher_monitor *monitor)
{
	struct names *names = &monitor->names;
	while (names->at == names->count) {
		if (names->is_last && names->kind == HEALTH_SERVER)
			return NULL;
		if (names->is_last)
			*names = (struct names){ .kind = HEALTH_SERVER };
		if (!read_names(monitor))
			return NULL;
	}
	return &names->items[names->at++];
}

/* When the next check of the round begins. */
static int64_t next_ms(const struct publisher_monitor *monitor)
{
	if (!monitor->is_running || monitor->expected == 0)
		return monitor->begin_ms;
	return monitor->begin_ms +
	       (int64_t)(monitor->done * (uint64_t)monitor->interval_ms / monitor->expected);
}

/* ---- the publisher's loop ---- */

struct publisher_monitor *publisher_monitor_open(struct publisher *p)
{
	const struct publisher_context *context = p->context;
	struct publisher_monitor *monitor = calloc(1, sizeof(*monitor));
	if (monitor == NULL)
		return NULL;
	const struct monitor_settings settings = {
		.board = context->board,
		.addresses = context->servers,
		.count = context->server_count,
		.round_ms = context->coredns_timeout_ms,
		.random = random_bytes,
		.is_current = is_current,
		.drifts = drifts,
		.context = p,
	};
	monitor->p = p;
	monitor->interval_ms = (int64_t)context->monitor_interval_s * 1000;
	monitor->arena = arena_open(ARENA_BYTES);
	if (monitor->arena != NULL && monitor_open(&settings, &monitor->monitor) == ERR_OK)
		return monitor;
	log_error("the health monitor cannot work");
	publisher_monitor_close(monitor);
	return NULL;
}

void publisher_monitor_close(struct publisher_monitor *monitor)
{
	if (monitor == NULL)
		return;
	monitor_close(monitor->monitor);
	arena_close(monitor->arena);
	free(monitor);
}

int publisher_monitor_fd(const struct publisher_monitor *monitor)
{
	return monitor_fd(monitor->monitor);
}

int64_t publisher_monitor_due_ms(const struct publisher_monitor *monitor)
{
	int64_t due_ms = monitor_due_ms(monitor->monitor);
	int64_t own_ms = next_ms(monitor);
	return monitor_has_room(monitor->monitor) && own_ms < due_ms ? own_ms : due_ms;
}

static void advance(struct publisher_monitor *monitor, int64_t steady_ms)
{
	const struct name *name = next_name(monitor);
	arena_reset(monitor->arena);
	if (name == NULL || !check(monitor, name, steady_ms))
		end_round(monitor, steady_ms);
	else
		monitor->done++;
}

void publisher_monitor_step(struct publisher_monitor *monitor, int64_t steady_us)
{
	int64_t steady_ms = steady_us / 1000;
	monitor_step(monitor->monitor, steady_us);
	if (!monitor->p->has_scanned)
		return;
	if (monitor->begin_ms == 0)
		monitor->begin_ms = steady_ms;
	if (!monitor->is_running && steady_ms >= monitor->begin_ms)
		begin_round(monitor);
	for (unsigned i = 0; i < PER_TURN && monitor->is_running; i++) {
		if (steady_ms < next_ms(monitor) || !monitor_has_room(monitor->monitor))
			return;
		advance(monitor, steady_ms);
	}
}
