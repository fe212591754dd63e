/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "publish/schedule.h"

static void test_quiet_zone_goes_at_once(void **state)
{
	(void)state;
	struct schedule schedule = { 0 };
	assert_true(schedule_due_ms(&schedule) == INT64_MAX);
	schedule_mark(&schedule, 1000);
	assert_int_equal(schedule_due_ms(&schedule), 1000);
	schedule_done(&schedule, 1000, 1001, 1, 50);
	assert_true(schedule_due_ms(&schedule) == INT64_MAX);
}

static void test_burst_is_gathered_for_an_interval(void **state)
{
	(void)state;
	struct schedule schedule = { 0 };
	schedule_mark(&schedule, 1000);
	schedule_done(&schedule, 1000, 1002, 2, 50);
	schedule_mark(&schedule, 1003);
	schedule_mark(&schedule, 1060);
	assert_int_equal(schedule_due_ms(&schedule), 1050);
}

static void test_rendering_takes_a_fifth(void **state)
{
	(void)state;
	struct schedule schedule = { 0 };
	int64_t now_ms = 0;
	int64_t work_ms = 0;
	while (now_ms < 100000) {
		schedule_mark(&schedule, now_ms);
		int64_t due_ms = schedule_due_ms(&schedule);
		now_ms = now_ms < due_ms ? due_ms : now_ms;
		schedule_done(&schedule, now_ms, now_ms + 700, 700, 50);
		now_ms += 700;
		work_ms += 700;
	}
	assert_in_range(work_ms, 18000, 21000);
}

static void test_failures_wait_longer_and_longer(void **state)
{
	(void)state;
	struct schedule schedule = { 0 };
	int64_t last_ms = 0;
	schedule_mark(&schedule, 0);
	for (unsigned i = 0; i < 20; i++) {
		schedule_failed(&schedule, 0, 0);
		assert_true(schedule.is_dirty);
		assert_true(schedule_due_ms(&schedule) >= last_ms);
		last_ms = schedule_due_ms(&schedule);
	}
	assert_int_equal(last_ms, SCHEDULE_MOST_MS);
	schedule_done(&schedule, 40000, 40000, 0, 50);
	schedule_failed(&schedule, 50000, 0);
	assert_int_equal(schedule_due_ms(&schedule), 50000 + SCHEDULE_RETRY_MS);
}

static void test_backoff_has_bounds(void **state)
{
	(void)state;
	for (uint32_t random = 0; random < 100000; random += 37) {
		assert_in_range(backoff_ms(1, 100, 10000, random), 50, 100);
		assert_in_range(backoff_ms(3, 100, 10000, random), 200, 400);
		assert_in_range(backoff_ms(4000000000u, 100, 10000, random), 5000, 10000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet_zone_goes_at_once),
		cmocka_unit_test(test_burst_is_gathered_for_an_interval),
		cmocka_unit_test(test_rendering_takes_a_fifth),
		cmocka_unit_test(test_failures_wait_longer_and_longer),
		cmocka_unit_test(test_backoff_has_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
