/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "core/clock.h"

static const struct {
	int64_t wall_ms;
	const char *text;
} instants[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ -1000, "1969-12-31T23:59:59Z" },
	{ 951782400000, "2000-02-29T00:00:00Z" },
	{ 951868800000, "2000-03-01T00:00:00Z" },
	{ 4107542400000, "2100-03-01T00:00:00Z" },
	{ 1795433802000, "2026-11-23T11:36:42Z" },
	{ -62135596800000, "0001-01-01T00:00:00Z" },
	{ 253402300799000, "9999-12-31T23:59:59Z" },
};

static void test_instants_go_out_and_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		char text[CLOCK_TEXT_BYTES];
		int64_t wall_ms = 7;
		clock_render_rfc3339(instants[i].wall_ms, text);
		assert_string_equal(text, instants[i].text);
		assert_true(clock_parse_rfc3339(text, strlen(text), &wall_ms));
		assert_true(wall_ms == instants[i].wall_ms);
	}
}

static void test_every_day_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (time_t day = -800000; day < 2900000; day += 13) {
		char text[CLOCK_TEXT_BYTES];
		char expected[CLOCK_TEXT_BYTES];
		time_t second = day * 86400 + 86399;
		struct tm parts;
		if (gmtime_r(&second, &parts) == NULL || parts.tm_year + 1900 > 9999 ||
		        parts.tm_year + 1900 < 1000)
			continue;
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &parts);
		clock_render_rfc3339((int64_t)second * 1000 + 999, text);
		assert_string_equal(text, expected);
	}
}

static void test_what_is_out_of_range_is_clamped(void **state)
{
	(void)state;
	char text[CLOCK_TEXT_BYTES];
	clock_render_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	clock_render_rfc3339(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
}

static const struct {
	const char *text;
	int64_t wall_ms;
} readable[] = {
	{ "1970-01-01T00:00:00.5Z", 500 },
	{ "1970-01-01T00:00:00.0129999Z", 12 },
	{ "1970-01-01T01:00:00+01:00", 0 },
	{ "1969-12-31T18:30:00-05:30", 0 },
	{ "1970-01-01T00:00:00-00:00", 0 },
	{ "1990-12-31T23:59:60Z", 662688000000 },
	{ "1990-12-31T15:59:60-08:00", 662688000000 },
};

static void test_fractions_offsets_and_leap_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		int64_t wall_ms = 7;
		assert_true(
		        clock_parse_rfc3339(readable[i].text, strlen(readable[i].text), &wall_ms));
		assert_true(wall_ms == readable[i].wall_ms);
	}
}

static const char *const unreadable[] = {
	"",
	"1970-01-01",
	"1970-01-01T00:00:00",
	"1970-01-01 00:00:00Z",
	"1970-01-01t00:00:00Z",
	"1970-01-01T00:00:00z",
	"1970-01-01T00:00:00ZZ",
	" 1970-01-01T00:00:00Z",
	"1970-01-01T00:00:00.Z",
	"1970-01-01T00:00:00,5Z",
	"1970-1-01T00:00:00Z",
	"1970-00-01T00:00:00Z",
	"1970-13-01T00:00:00Z",
	"1970-01-00T00:00:00Z",
	"1970-01-32T00:00:00Z",
	"1970-04-31T00:00:00Z",
	"2023-02-29T00:00:00Z",
	"2100-02-29T00:00:00Z",
	"1970-01-01T24:00:00Z",
	"1970-01-01T00:60:00Z",
	"1970-01-01T00:00:61Z",
	"1970-01-01T00:00:60Z",
	"1990-12-30T23:59:60Z",
	"1970-01-01T00:00:00+24:00",
	"1970-01-01T00:00:00+01:60",
	"1970-01-01T00:00:00+0100",
	"1970-01-01T00:00:00+01",
	"0000-01-01T00:00:00Z",
	"0001-01-01T00:00:00+00:01",
	"+970-01-01T00:00:00Z",
	"-970-01-01T00:00:00Z",
};

static void test_anything_else_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
		int64_t wall_ms = 7;
		bool parsed = clock_parse_rfc3339(unreadable[i], strlen(unreadable[i]), &wall_ms);
		if (parsed)
			print_error("accepted: %s\n", unreadable[i]);
		assert_false(parsed);
		assert_int_equal(wall_ms, 7);
	}
}

static void test_the_length_counts_and_not_a_nul(void **state)
{
	(void)state;
	int64_t wall_ms = 7;
	assert_true(clock_parse_rfc3339("1970-01-01T00:00:01Zjunk", 20, &wall_ms));
	assert_int_equal(wall_ms, 1000);
	for (size_t length = 0; length < 20; length++)
		assert_false(clock_parse_rfc3339("1970-01-01T00:00:01Z", length, &wall_ms));
}

static void test_clocks_go_forward(void **state)
{
	(void)state;
	uint64_t before_ns = clock_steady_ns();
	assert_true(clock_steady_ns() >= before_ns);
	assert_true(clock_wall_ms() > INT64_C(1577836800000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instants_go_out_and_come_back),
		cmocka_unit_test(test_every_day_agrees_with_the_c_library),
		cmocka_unit_test(test_what_is_out_of_range_is_clamped),
		cmocka_unit_test(test_fractions_offsets_and_leap_seconds),
		cmocka_unit_test(test_anything_else_is_refused),
		cmocka_unit_test(test_the_length_counts_and_not_a_nul),
		cmocka_unit_test(test_clocks_go_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
