/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/monitor.h"

#include <assert.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "publish/asker.h"

struct check;

/* One RRset that is asked for. */
struct monitored {
	struct check *check;
	struct name zone;
	uint32_t serial;
	size_t count;    /* of the values expected */
	uint64_t digest; /* of them */
};

struct check {
	struct monitor *monitor;
	bool is_running;
	bool is_void; /* a zone moved on meanwhile */
	enum health_kind kind;
	struct name name;
	uint16_t round;
	enum health_state worst;
	const char *address; /* the CoreDNS that is to blame; NULL: none */
	size_t waiting;
	struct monitored questions[MONITOR_PARTS_MAX];
};

struct monitor {
	struct monitor_settings settings;
	struct asker *asker;
	size_t running;
	struct check checks[MONITOR_CHECKS_MAX];
};

/* ---- judging ---- */

/* What is worse is told. */
static enum health_state worse(enum health_state a, enum health_state b)
{
	static const int badness[HEALTH__MAX] = {
		[HEALTH_OK] = 0,
		[HEALTH_UNKNOWN] = 1,
		[HEALTH_UNRESOLVED] = 2,
		[HEALTH_DRIFT] = 3,
	};
	return badness[b] > badness[a] ? b : a;
}

/* FNV-1a over lengths and octets of sorted values. */
static uint64_t digest_of(const struct rdata *values, size_t count)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < count; i++) {
		hash = (hash ^ values[i].length) * UINT64_C(1099511628211);
		for (size_t j = 0; j < values[i].length; j++)
			hash = (hash ^ values[i].bytes[j]) * UINT64_C(1099511628211);
	}
	return hash;
}

/* A set that is larger than what a report holds is compared as far as it goes. */
static size_t comparable(size_t count)
{
	return count < VERIFY_VALUES_MAX ? count : VERIFY_VALUES_MAX;
}

static enum health_state judge_server(
        const struct monitored *question, const struct verify_server *server)
{
	if (!server->has_answered)
		return HEALTH_UNKNOWN;
	if (server->value_count == 0)
		return server->rcode == RCODE_NOERROR || server->rcode == RCODE_NXDOMAIN ||
		                       server->rcode == RCODE_REFUSED
		               ? HEALTH_UNRESOLVED
		               : HEALTH_UNKNOWN;
	bool is_same = server->value_count == question->count &&
	               digest_of(server->values, server->value_count) == question->digest;
	return is_same ? HEALTH_OK : HEALTH_DRIFT;
}

static void judge(struct monitored *question, const struct verify_report *report)
{
	struct check *check = question->check;
	for (size_t i = 0; i < report->server_count; i++) {
		enum health_state state = judge_server(question, &report->servers[i]);
		if (worse(check->worst, state) == check->worst)
			continue;
		check->worst = state;
		check->address = report->servers[i].address;
	}
}

/* ---- telling ---- */

static void tell(struct monitor *monitor, const struct check *check)
{
	static const char *const kinds[HEALTH_KIND__MAX] = {
		[HEALTH_SERVER] = "server",
		[HEALTH_ZONE] = "zone",
	};
	const struct health health = { .state = check->worst, .at_ms = clock_wall_ms() };
	char text[NAME_TEXT_BYTES];
	enum health_state before = board_put_health(
	        monitor->settings.board, check->kind, &check->name, &health, check->round);
	if (before == check->worst)
		return;
	name_render(&check->name, text);
	if (before == HEALTH_DRIFT)
		log_info("drift of %s %s has ended: %s", kinds[check->kind], text,
		        health_name(check->worst));
	if (check->worst != HEALTH_DRIFT)
		return;
	if (check->address != NULL)
		log_warning("drift of %s %s: CoreDNS at %s answers something else than the store "
		            "holds",
		        kinds[check->kind], text, check->address);
	else
		log_warning("drift of %s %s: the store no longer holds all that it was registered "
		            "with",
		        kinds[check->kind], text);
	if (check->address != NULL && monitor->settings.drifts != NULL)
		monitor->settings.drifts(monitor->settings.context, &check->questions[0].zone);
}

static void check_end(struct check *check)
{
	struct monitor *monitor = check->monitor;
	check->is_running = false;
	monitor->running--;
	const struct monitor_subject subject = {
		.kind = check->kind, .name = &check->name, .round = check->round
	};
	if (check->is_void)
		monitor_keep(monitor, &subject);
	else
		tell(monitor, check);
}

static void take_report(void *context, void *token, const struct verify_question *asked,
        const struct verify_report *report)
{
	struct monitor *monitor = context;
	struct monitored *question = token;
	struct check *check = question->check;
	(void)asked;
	if (monitor->settings.is_current(
	            monitor->settings.context, &question->zone, question->serial))
		judge(question, report);
	else
		check->is_void = true;
	check->waiting--;
	if (check->waiting == 0)
		check_end(check);
}

/* ---- life ---- */

enum err monitor_open(const struct monitor_settings *settings, struct monitor **ret_monitor)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));
	if (monitor == NULL)
		return ERR_UNAVAILABLE;
	monitor->settings = *settings;
	const struct asker_settings asker = {
		.addresses = settings->addresses,
		.count = settings->count,
		.round_ms = settings->round_ms,
		.random = settings->random,
		.done = take_report,
		.context = monitor,
	};
	enum err err = asker_open(&asker, &monitor->asker);
	if (err != ERR_OK)
		monitor_close(monitor);
	else
		*ret_monitor = monitor;
	return err;
}

void monitor_close(struct monitor *monitor)
{
	if (monitor == NULL)
		return;
	asker_close(monitor->asker);
	free(monitor);
}

bool monitor_has_room(const struct monitor *monitor)
{
	return monitor->running < MONITOR_CHECKS_MAX;
}

static struct check *find_free(struct monitor *monitor)
{
	for (size_t i = 0; i < MONITOR_CHECKS_MAX; i++) {
		if (!monitor->checks[i].is_running)
			return &monitor->checks[i];
	}
	return NULL;
}

static bool ask(struct check *check, const struct monitor_part *part, int64_t steady_ms)
{
	struct monitored *question = &check->questions[check->waiting];
	size_t count = comparable(part->rrset->count);
	*question = (struct monitored){
		.check = check,
		.zone = *part->zone,
		.serial = part->serial,
		.count = count,
		.digest = digest_of(part->rrset->values, count),
	};
	/* A packet can be lost: who has not answered within a round is asked once more. */
	const struct verify_question asked = {
		.owner = part->rrset->owner,
		.type = part->rrset->type,
		.timeout_ms = (uint32_t)check->monitor->settings.round_ms + 1,
	};
	return asker_ask(check->monitor->asker, &asked, question, steady_ms) == ERR_OK;
}

void monitor_check(
        struct monitor *monitor, const struct monitor_subject *subject, int64_t steady_ms)
{
	struct check *check = find_free(monitor);
	assert(check != NULL && subject->part_count >= 1 &&
	        subject->part_count <= MONITOR_PARTS_MAX);
	*check = (struct check){
		.monitor = monitor,
		.is_running = true,
		.kind = subject->kind,
		.name = *subject->name,
		.round = subject->round,
		.worst = subject->known == HEALTH_DRIFT ? HEALTH_DRIFT : HEALTH_OK,
	};
	monitor->running++;
	for (size_t i = 0; i < subject->part_count; i++) {
		if (ask(check, &subject->parts[i], steady_ms))
			check->waiting++;
		else
			check->is_void = true;
	}
	if (check->waiting == 0)
		check_end(check);
}

void monitor_note(
        struct monitor *monitor, const struct monitor_subject *subject, enum health_state state)
{
	const struct check check = {
		.kind = subject->kind,
		.name = *subject->name,
		.round = subject->round,
		.worst = state,
	};
	tell(monitor, &check);
}

void monitor_keep(struct monitor *monitor, const struct monitor_subject *subject)
{
	struct health health;
	board_get_health(monitor->settings.board, subject->kind, subject->name, &health);
	board_put_health(
	        monitor->settings.board, subject->kind, subject->name, &health, subject->round);
}

int monitor_fd(const struct monitor *monitor)
{
	return asker_fd(monitor->asker);
}

int64_t monitor_due_ms(const struct monitor *monitor)
{
	return asker_due_ms(monitor->asker);
}

void monitor_step(struct monitor *monitor, int64_t steady_us)
{
	asker_step(monitor->asker, steady_us);
}
