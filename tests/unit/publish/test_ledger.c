/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>

#include "publish/ledger.h"
#include "publish/names.h"

static struct ledger ledger;
static struct board *board;

static int open_ledger(void **state)
{
	(void)state;
	void *memory = mmap(NULL, board_bytes(), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED || !ledger_init(&ledger))
		return -1;
	board = board_init(memory);
	return 0;
}

static int close_ledger(void **state)
{
	(void)state;
	ledger_fini(&ledger);
	return munmap(board, board_bytes());
}

static struct ledger_zone *note(const char *name, uint32_t serial, uint64_t records, int64_t now_ms)
{
	struct zone stored = { .name = name_of(name),
		.serial = serial,
		.revision = serial + 100,
		.record_count = records };
	struct ledger_zone *zone = ledger_put(&ledger, &stored.name);
	assert_non_null(zone);
	ledger_note_stored(&ledger, zone, &stored, now_ms);
	return zone;
}

static void publish(struct ledger_zone *zone, int64_t now_ms)
{
	zone->seen.published_serial = zone->seen.wanted_serial;
	zone->seen.published_at_ms = now_ms;
	schedule_done(&zone->schedule, now_ms, now_ms, 0, 50);
	ledger_queue(&ledger, zone);
}

static void test_queues(void **state)
{
	(void)state;
	struct ledger_zone *small = note("small.test", 1, 10, 0);
	struct ledger_zone *large = note("large.test", 1, LEDGER_LARGE_RECORDS, 0);
	struct ledger_zone *known = note("known.test", 1, 10, 0);
	ledger_note_doubt(&ledger, known, 0);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_SMALL, 0), small);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_LARGE, 0), large);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_COMPARE, 0), known);
	publish(small, 0);
	assert_null(ledger_next(&ledger, LEDGER_SMALL, 0));
	/* News makes comparing needless. */
	note("known.test", 2, 10, 1);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_SMALL, 1), known);
	assert_null(ledger_next(&ledger, LEDGER_COMPARE, 1));
	assert_false(known->must_compare);
	/* The same news twice is none. */
	publish(known, 1);
	note("known.test", 2, 10, 2);
	assert_null(ledger_next(&ledger, LEDGER_SMALL, 2));
	assert_int_equal(ledger_due_ms(&ledger), 0);
	publish(large, 2);
	assert_true(ledger_due_ms(&ledger) == INT64_MAX);
}

/* One dirty zone or ten: rendering takes a fifth of the time, each zone has its turn, and none
 * waits for longer than one turn of the others. */
static void test_large_zones_share_one_budget(void **state)
{
	(void)state;
	enum { ZONES = 10, COST_MS = 150, ROUND_MS = ZONES * 5 * COST_MS };
	struct ledger_zone *zones[ZONES];
	unsigned turns[ZONES] = { 0 };
	int64_t work_ms = 0;
	int64_t now_ms = 0;
	char text[32];
	for (uint32_t serial = 1; now_ms < 100000; serial++) {
		for (unsigned i = 0; i < ZONES; i++) {
			(void)snprintf(text, sizeof(text), "large%u.test", i);
			zones[i] = note(text, serial, LEDGER_LARGE_RECORDS, now_ms);
		}
		int64_t due_ms = ledger_due_ms(&ledger);
		now_ms = now_ms < due_ms ? due_ms : now_ms;
		struct ledger_zone *next = ledger_next(&ledger, LEDGER_LARGE, now_ms);
		assert_non_null(next);
		assert_true(now_ms - next->schedule.marked_ms <= ROUND_MS);
		now_ms += COST_MS;
		work_ms += COST_MS;
		ledger_spend(&ledger, now_ms, COST_MS);
		publish(next, now_ms);
		for (unsigned i = 0; i < ZONES; i++)
			turns[i] += zones[i] == next;
		assert_null(ledger_next(&ledger, LEDGER_LARGE, now_ms + 4 * COST_MS - 1));
	}
	assert_in_range(work_ms, 19000, 21000);
	for (unsigned i = 0; i < ZONES; i++)
		assert_in_range(turns[i], turns[0] - 1, turns[0]);
}

/* The budget goes to who waits longest, not to who was published longest ago. */
static void test_oldest_waiting_large_zone_is_first(void **state)
{
	(void)state;
	struct ledger_zone *quiet = note("quiet.test", 1, LEDGER_LARGE_RECORDS, 0);
	struct ledger_zone *busy = note("busy.test", 1, LEDGER_LARGE_RECORDS, 0);
	publish(quiet, 10);
	publish(busy, 1000);
	ledger_spend(&ledger, 1000, 500);
	note("busy.test", 2, LEDGER_LARGE_RECORDS, 1100);
	note("quiet.test", 2, LEDGER_LARGE_RECORDS, 1200);
	assert_null(ledger_next(&ledger, LEDGER_LARGE, 2999));
	assert_int_equal(ledger_due_ms(&ledger), 3000);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_LARGE, 3000), busy);
}

static void test_small_zones_do_not_wait_for_large_ones(void **state)
{
	(void)state;
	note("large.test", 1, LEDGER_LARGE_RECORDS, 0);
	ledger_spend(&ledger, 0, 1000);
	struct ledger_zone *small = note("small.test", 1, LEDGER_LARGE_RECORDS - 1, 5);
	assert_int_equal(ledger_due_ms(&ledger), 5);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_SMALL, 5), small);
	assert_null(ledger_next(&ledger, LEDGER_LARGE, 3999));
	publish(small, 5);
	assert_int_equal(ledger_due_ms(&ledger), 4000);
}

static void test_gone_and_back(void **state)
{
	(void)state;
	struct ledger_zone *zone = note("big.test", 1, LEDGER_LARGE_RECORDS, 0);
	publish(zone, 0);
	ledger_note_gone(&ledger, zone, 100);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_SMALL, 100), zone);
	note("big.test", 2, 5, 200);
	assert_false(zone->is_gone);
	assert_ptr_equal(ledger_next(&ledger, LEDGER_SMALL, 200), zone);
	ledger_drop(&ledger, zone);
	struct name name = name_of("big.test");
	assert_null(ledger_find(&ledger, &name));
	assert_null(ledger_next(&ledger, LEDGER_SMALL, 200));
}

static void test_lag_is_that_of_the_oldest_unserved_change(void **state)
{
	(void)state;
	int64_t since_ms;
	struct ledger_zone *zone = note("lag.test", 10, 5, 1000);
	note("other.test", 1, 5, 5000);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 2);
	assert_int_equal(since_ms, 1000);
	publish(zone, 1001);
	note("lag.test", 11, 5, 2000);
	zone->seen.served[0] = (struct board_served){ true, 9, 1 };
	ledger_settle(&ledger, zone, 1, 2100, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 2);
	assert_int_equal(since_ms, 1000);
	zone->seen.served[0].serial = 10;
	ledger_settle(&ledger, zone, 1, 2100, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 2);
	assert_int_equal(since_ms, 2000);
	publish(zone, 2200);
	zone->seen.served[0].serial = 11;
	/* A second server has not answered. */
	ledger_settle(&ledger, zone, 2, 2300, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 2);
	ledger_settle(&ledger, zone, 1, 2300, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 1);
	assert_int_equal(since_ms, 5000);
}

/* However many changes come, the oldest that is not served keeps its time. */
static void test_marks_are_bounded(void **state)
{
	(void)state;
	int64_t since_ms;
	struct ledger_zone *zone = NULL;
	for (uint32_t i = 1; i <= 1000; i++)
		zone = note("busy.test", i, 5, 10 * i);
	assert_true(zone->mark_count <= LEDGER_MARKS);
	ledger_pending(&ledger, &since_ms);
	assert_int_equal(since_ms, 10);
	publish(zone, 20000);
	zone->seen.served[0] = (struct board_served){ true, 990, 1 };
	ledger_settle(&ledger, zone, 1, 20000, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 1);
	/* 991 came at 9910: the mark it shares may be older, never younger. */
	assert_in_range(since_ms, 4000, 9910);
	zone->seen.served[0].serial = 1000;
	ledger_settle(&ledger, zone, 1, 20000, board);
	assert_int_equal(ledger_pending(&ledger, &since_ms), 0);
	assert_int_equal(since_ms, 0);
}

/* Marks that are joined keep the time of the older change. */
static void test_joined_marks_keep_the_older_time(void **state)
{
	(void)state;
	int64_t since_ms;
	struct ledger_zone *zone = NULL;
	for (uint32_t i = 1; i <= LEDGER_MARKS + 1; i++)
		zone = note("busy.test", i, 5, 100 * i);
	publish(zone, 5000);
	zone->seen.served[0] = (struct board_served){ true, 2, 1 };
	ledger_settle(&ledger, zone, 1, 5000, board);
	ledger_pending(&ledger, &since_ms);
	assert_int_equal(since_ms, 300);
}

static void test_ring_holds_all(void **state)
{
	(void)state;
	char text[32];
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "z%u.test", i);
		note(text, 1, 1, 0);
	}
	for (unsigned i = 0; i < 100; i += 2) {
		(void)snprintf(text, sizeof(text), "z%u.test", i);
		struct name name = name_of(text);
		ledger_drop(&ledger, ledger_find(&ledger, &name));
	}
	assert_int_equal(ledger.count, 50);
	const struct ledger_zone *zone = ledger.any;
	size_t seen = 0;
	do {
		zone = zone->next;
		assert_ptr_equal(zone->next->previous, zone);
		seen++;
	} while (zone != ledger.any);
	assert_int_equal(seen, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queues, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(
		        test_large_zones_share_one_budget, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(
		        test_oldest_waiting_large_zone_is_first, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(
		        test_small_zones_do_not_wait_for_large_ones, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(test_gone_and_back, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(
		        test_lag_is_that_of_the_oldest_unserved_change, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(test_marks_are_bounded, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(
		        test_joined_marks_keep_the_older_time, open_ledger, close_ledger),
		cmocka_unit_test_setup_teardown(test_ring_holds_all, open_ledger, close_ledger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
