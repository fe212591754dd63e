/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/when.h"

#define NOW_MS INT64_C(1795435200000)

static void test_times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t wall_ms;
	} cases[] = {
		{ "now", NOW_MS },
		{ "0s", NOW_MS },
		{ "90s", NOW_MS + 90000 },
		{ "5m", NOW_MS + 300000 },
		{ "12h", NOW_MS + 12 * 3600000 },
		{ "90d", NOW_MS + INT64_C(90) * 24 * 3600000 },
		{ "2w", NOW_MS + INT64_C(14) * 24 * 3600000 },
		{ "2026-11-23T12:00:00Z", NOW_MS },
		{ "2026-11-23T13:00:01+01:00", NOW_MS + 1000 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t wall_ms = 0;
		assert_true(when_parse(cases[i].text, NOW_MS, &wall_ms));
		assert_int_equal(wall_ms, cases[i].wall_ms);
	}
}

static void test_anything_else_is_refused(void **state)
{
	static const char *const texts[] = { "", "d", "90", "90 d", "-1d", "+1d", "1.5h", "1y",
		"1dd", "1d2h", "9999999999d", "tomorrow", "2026-11-23", "1795435200" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t wall_ms = 7;
		assert_false(when_parse(texts[i], NOW_MS, &wall_ms));
		assert_int_equal(wall_ms, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_are_read),
		cmocka_unit_test(test_anything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
