/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publisher.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/secret.h"
#include "publisher_state.h"

#define TURN_MS      20   /* of each kind of work, before the others have their turn */
#define TICK_MS      1000 /* looking without being woken, and asking CoreDNS for one zone */
#define SCAN_GAP_MS  10   /* a store under load wakes it hundreds of times a second */
#define IDLE_MOST_MS (BOARD_BEAT_MS / 2)
#define DRAIN_MS     3000

static int64_t now_us(void)
{
	return (int64_t)(clock_steady_ns() / 1000);
}

static int64_t now_ms(void)
{
	return now_us() / 1000;
}

/* ---- one zone ---- */

static void take_published(struct publisher *p, struct ledger_zone *zone, const struct zone *stored)
{
	/* The snapshot may be newer than the last look at the store. */
	if (stored->revision > zone->revision) {
		zone->revision = stored->revision;
		zone->record_count = stored->record_count;
		zone->seen.wanted_serial = stored->serial;
	}
	zone->seen.published_serial = stored->serial;
	zone->seen.published_at_ms = clock_wall_ms();
	zone->seen.revision = stored->revision;
	/* What the board has no room for is published all the same. */
	(void)board_put_zone(p->context->board, &zone->seen);
	zone->needs_watch = !soa_poll_watch(p->poll, &zone->seen.name, stored->serial, now_ms());
	ledger_settle(&p->ledger, zone, p->context->server_count, now_ms(), p->context->board);
}

static void zone_failed(struct publisher *p, struct ledger_zone *zone, const char *why)
{
	char name[NAME_TEXT_BYTES];
	uint32_t random;
	random_bytes(&random, sizeof(random));
	p->failing_zones += zone->schedule.failures == 0;
	schedule_failed(&zone->schedule, now_ms(), random);
	ledger_queue(&p->ledger, zone);
	board_count(p->context->board, BOARD_FAILED);
	trouble_put(p, TROUBLE_ZONES, "zone %s: %s", name_render(&zone->seen.name, name), why);
}

static void zone_recovered(struct publisher *p, struct ledger_zone *zone)
{
	p->failing_zones -= zone->schedule.failures > 0;
	if (p->failing_zones == 0)
		trouble_end(p, TROUBLE_ZONES);
}

/* The zone is as it should be; started_ms and cost_us of the work for it. */
static void zone_succeeded(
        struct publisher *p, struct ledger_zone *zone, int64_t started_ms, int64_t cost_us)
{
	zone_recovered(p, zone);
	zone->must_compare = false;
	schedule_done(&zone->schedule, started_ms, now_ms(), cost_us / 1000,
	        (int64_t)p->context->publish_interval_ms);
	if (zone->seen.revision != zone->revision)
		schedule_mark(&zone->schedule, now_ms());
	ledger_queue(&p->ledger, zone);
}

static void zone_remove(struct publisher *p, struct ledger_zone *zone)
{
	const struct name *name = &zone->seen.name;
	if (swap_remove(&p->swap, name) != ERR_OK) {
		zone_failed(p, zone, "its file cannot be removed");
		return;
	}
	zone_recovered(p, zone);
	board_count(p->context->board, BOARD_REMOVED);
	board_drop_zone(p->context->board, name);
	soa_poll_forget(p->poll, name);
	ledger_drop(&p->ledger, zone);
}

static void zone_finish(struct publisher *p, struct ledger_zone *zone, struct publish_job *job)
{
	switch (job->state) {
	case PUBLISH_JOB_WRITTEN:
	case PUBLISH_JOB_UNCHANGED:
		board_count(p->context->board,
		        job->state == PUBLISH_JOB_WRITTEN ? BOARD_PUBLISHED : BOARD_UNCHANGED);
		take_published(p, zone, &job->zone);
		zone_succeeded(p, zone, job->started_ms, job->cost_us);
		break;
	case PUBLISH_JOB_NO_ZONE:
		ledger_note_gone(&p->ledger, zone, now_ms());
		break;
	default:
		zone_failed(p, zone, job->failure);
		break;
	}
}

/* Nothing to write: a change that moved no serial. */
static bool is_published(const struct ledger_zone *zone)
{
	return !zone->must_compare && zone->seen.published_at_ms != 0 &&
	       zone->seen.published_serial == zone->seen.wanted_serial;
}

/* A zone that is no longer large, or gone, must not be overwritten by what was begun before. */
static void stop_large(struct publisher *p, const struct ledger_zone *zone)
{
	if (!p->is_large_running || !name_is_equal(&p->large_name, &zone->seen.name))
		return;
	publish_job_abort(&p->large);
	p->is_large_running = false;
}

static void zone_publish(struct publisher *p, struct ledger_zone *zone)
{
	int64_t started_ms = now_ms();
	stop_large(p, zone);
	if (zone->is_gone) {
		zone_remove(p, zone);
	} else if (is_published(zone)) {
		zone->seen.revision = zone->revision;
		zone_succeeded(p, zone, started_ms, 0);
	} else {
		publish_job_begin(&p->small, &zone->seen.name, zone->must_compare, started_ms);
		while (!publish_job_step(&p->small))
			;
		zone_finish(p, zone, &p->small);
	}
}

/* ---- turns ---- */

static void turn_small(struct publisher *p, enum ledger_queue queue)
{
	int64_t until_ms = now_ms() + TURN_MS;
	struct ledger_zone *zone;
	while (now_ms() < until_ms && (zone = ledger_next(&p->ledger, queue, p->turn_ms)) != NULL)
		zone_publish(p, zone);
}

static bool begin_large(struct publisher *p)
{
	struct ledger_zone *zone = ledger_next(&p->ledger, LEDGER_LARGE, p->turn_ms);
	if (zone == NULL)
		return false;
	if (is_published(zone)) {
		zone_publish(p, zone);
		return false;
	}
	p->large_name = zone->seen.name;
	p->is_large_running = true;
	publish_job_begin(&p->large, &p->large_name, zone->must_compare, now_ms());
	return true;
}

static void turn_large(struct publisher *p)
{
	int64_t until_ms = now_ms() + TURN_MS;
	if (!p->is_large_running && !begin_large(p))
		return;
	while (!publish_job_step(&p->large)) {
		if (now_ms() >= until_ms)
			return;
	}
	p->is_large_running = false;
	/* Comparing is done once; only rendering may come again and again. */
	if (p->large.state != PUBLISH_JOB_UNCHANGED)
		ledger_spend(&p->ledger, now_ms(), p->large.cost_us / 1000);
	struct ledger_zone *zone = ledger_find(&p->ledger, &p->large_name);
	if (zone != NULL && !zone->is_gone)
		zone_finish(p, zone, &p->large);
}

/* Drift is found by asking for one zone each second. */
static void probe_next(struct publisher *p)
{
	struct ledger_zone *zone = p->ledger.any;
	if (zone != NULL)
		p->ledger.any = zone->next;
	soa_poll_probe(p->poll, zone != NULL ? &zone->seen.name : NULL, p->turn_ms);
}

/* Zones for which there was no room to watch. */
static void rewatch(struct publisher *p)
{
	struct ledger_zone *zone = p->ledger.any;
	for (size_t i = 0; i < p->ledger.count; i++, zone = zone->next) {
		if (!zone->needs_watch || zone->seen.published_at_ms == 0)
			continue;
		zone->needs_watch = !soa_poll_watch(
		        p->poll, &zone->seen.name, zone->seen.published_serial, p->turn_ms);
		if (zone->needs_watch)
			return;
	}
}

static void turn_tick(struct publisher *p)
{
	if (p->turn_ms < p->tick_ms)
		return;
	p->tick_ms = p->turn_ms + TICK_MS;
	p->is_woken = true;
	probe_next(p);
	rewatch(p);
	survey_check_directory(p);
}

static void turn_scan(struct publisher *p)
{
	if (!p->is_woken || p->turn_ms < p->scan_ms)
		return;
	p->is_woken = false;
	p->scan_ms = p->turn_ms + SCAN_GAP_MS;
	survey_scan(p);
}

static void turn_board(struct publisher *p)
{
	int64_t since_ms;
	size_t pending = ledger_pending(&p->ledger, &since_ms);
	board_put_pending(p->context->board, (uint32_t)pending, since_ms);
	board_beat(p->context->board, now_ms());
}

static bool may_publish(const struct publisher *p)
{
	return p->has_scanned && p->is_swap_ready;
}

static void turn(struct publisher *p)
{
	p->turn_ms = now_ms();
	turn_tick(p);
	turn_scan(p);
	if (may_publish(p)) {
		turn_small(p, LEDGER_SMALL);
		turn_large(p);
		turn_small(p, LEDGER_COMPARE);
	}
	soa_poll_step(p->poll, now_us());
	if (p->http != NULL)
		http_client_step(p->http, now_ms());
	if (p->verify != NULL)
		publisher_verify_step(p->verify, now_us());
	if (p->monitor != NULL)
		publisher_monitor_step(p->monitor, now_us());
	turn_board(p);
}

/* ---- waiting ---- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_due_ms(const struct publisher *p)
{
	int64_t due_ms = least(p->tick_ms, soa_poll_due_ms(p->poll));
	if (may_publish(p))
		due_ms = least(due_ms, p->is_large_running ? 0 : ledger_due_ms(&p->ledger));
	if (p->is_woken)
		due_ms = least(due_ms, p->scan_ms);
	if (p->http != NULL)
		due_ms = least(due_ms, http_client_due_ms(p->http));
	if (p->verify != NULL)
		due_ms = least(due_ms, publisher_verify_due_ms(p->verify));
	if (p->monitor != NULL)
		due_ms = least(due_ms, publisher_monitor_due_ms(p->monitor));
	return due_ms;
}

/* Returns true when the process is to end. */
static bool wait_for_work(struct publisher *p)
{
	struct pollfd fds[4 + SOA_POLL_SERVERS] = {
		{ .fd = p->is_woken ? -1 : p->context->wake_fd, .events = POLLIN },
		{ .fd = p->context->stop_fd, .events = POLLIN },
		{ .fd = p->verify != NULL ? publisher_verify_fd(p->verify) : -1, .events = POLLIN },
		{ .fd = p->monitor != NULL ? publisher_monitor_fd(p->monitor) : -1,
		        .events = POLLIN },
	};
	size_t count = 4 + soa_poll_fds(p->poll, fds + 4);
	int64_t wait_ms = least(next_due_ms(p) - now_ms(), IDLE_MOST_MS);
	uint64_t signals;
	http_client_wait(p->http, fds, count, wait_ms > 0 ? wait_ms : 0);
	if (fds[0].revents != 0 && read(fds[0].fd, &signals, sizeof(signals)) > 0)
		p->is_woken = true;
	return fds[1].revents != 0;
}

/* What is committed by now is published, without rests and gathering. What fails, or is only to be
 * compared, is left to the next start. */
static void drain(struct publisher *p)
{
	int64_t until_ms = now_ms() + DRAIN_MS;
	p->turn_ms = now_ms();
	survey_scan(p);
	if (!may_publish(p))
		return;
	struct ledger_zone *zone = p->ledger.any;
	for (size_t left = p->ledger.count; left > 0 && now_ms() < until_ms; left--) {
		struct ledger_zone *next = zone->next;
		if (zone->schedule.is_dirty && zone->schedule.failures == 0 && !zone->must_compare)
			zone_publish(p, zone);
		zone = next;
	}
	turn_board(p);
}

/* ---- life ---- */

static bool publisher_init(struct publisher *p, const struct publisher_context *context)
{
	struct store_settings store = { .path = context->store_path };
	struct http_client_settings http = {
		.timeout_ms = context->coredns_timeout_ms,
		.retries = context->coredns_retries,
		.random = random_bytes,
		.asked = note_http,
		.context = p,
	};
	struct soa_poll_events events = {
		.served = note_served,
		.changed = note_changed,
		.answered = note_answered,
		.asked = note_asked,
		.missing = note_missing,
		.context = p,
	};
	p->context = context;
	p->is_woken = true;
	board_begin(context->board, context->servers, context->server_count, context->urls,
	        context->url_count);
	if (!ledger_init(&p->ledger) || !publish_job_init(&p->small, &store, &p->swap) ||
	        !publish_job_init(&p->large, &store, &p->swap)) {
		log_error("not enough memory");
		return false;
	}
	if (soa_poll_open(context->servers, context->server_count, random_bytes, &events,
	            &p->poll) != ERR_OK) {
		log_error("the DNS addresses of CoreDNS cannot be used");
		return false;
	}
	if (context->url_count > 0 &&
	        http_client_open(context->urls, context->url_count, &http, &p->http) != ERR_OK) {
		log_error("the HTTP endpoints of CoreDNS cannot be used");
		return false;
	}
	if (context->listen_fd >= 0) {
		p->verify = publisher_verify_open(context);
		if (p->verify == NULL)
			return false;
	}
	if (context->monitor_interval_s > 0 && context->server_count > 0) {
		p->monitor = publisher_monitor_open(p);
		if (p->monitor == NULL)
			return false;
	}
	bool is_open = survey_open_directory(p);
	survey_note_folders(p);
	return is_open;
}

static void publisher_fini(struct publisher *p)
{
	publisher_monitor_close(p->monitor);
	publisher_verify_close(p->verify);
	http_client_close(p->http);
	soa_poll_close(p->poll);
	publish_job_fini(&p->small);
	publish_job_fini(&p->large);
	if (p->ledger.buckets != NULL)
		ledger_fini(&p->ledger);
}

int publisher_run(const struct publisher_context *context)
{
	struct publisher *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return EXIT_FAILURE;
	bool can_run = publisher_init(p, context);
	if (can_run && context->on_ready != NULL)
		context->on_ready();
	if (can_run) {
		do
			turn(p);
		while (!p->must_end && !wait_for_work(p));
		can_run = !p->must_end;
	}
	if (can_run)
		drain(p);
	publisher_fini(p);
	free(p);
	return can_run ? EXIT_SUCCESS : EXIT_FAILURE;
}
