/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/json_scan.h"

static const struct json_scan_options strict = { .depth_max = 16, .nodes_max = 1000 };

static enum err scan(struct arena *arena, const char *text, const struct json_scan_options *options,
        size_t *ret_at)
{
	struct json_scan_result result;
	enum err err = json_scan(arena, text, strlen(text), options, &result);
	*ret_at = result.at;
	assert_true(err == ERR_OK ? result.what == NULL : result.what != NULL);
	return err;
}

static void test_faults_are_placed(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "", 0 },
		{ "  ", 2 },
		{ "[1,]", 3 },
		{ "{\"a\":1,}", 7 },
		{ "{\"a\" 1}", 5 },
		{ "[1 2]", 3 },
		{ "01", 1 },
		{ "\"a\nb\"", 2 },
		{ "\"ab\xC3(\"", 3 },
		{ "\"\\ud800\"", 1 },
		{ "\"abc", 4 },
		{ "{\"ttl\":1,\"x\":2,\"t\\u0074l\":3}", 16 },
		{ "1 x", 2 },
		{ "\xEF\xBB\xBF{}", 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at = 0;
		assert_int_equal(scan(*state, cases[i].text, &strict, &at), ERR_BAD_REQUEST);
		assert_int_equal(at, cases[i].at);
	}
}

static void test_options_allow(void **state)
{
	struct json_scan_options options = strict;
	size_t at = 0;
	assert_int_equal(scan(*state, "{\"a\":1,\"a\":2}", &options, &at), ERR_BAD_REQUEST);
	options.allow_duplicate_names = true;
	assert_int_equal(scan(*state, "{\"a\":1,\"a\":2}", &options, &at), ERR_OK);
	assert_int_equal(scan(*state, "\"\\u0000\"", &options, &at), ERR_BAD_REQUEST);
	options.allow_nul = true;
	assert_int_equal(scan(*state, "\"\\u0000\"", &options, &at), ERR_OK);
	assert_int_equal(scan(*state, "\"\\uDC00\"", &options, &at), ERR_BAD_REQUEST);
	options.allow_lone_surrogates = true;
	assert_int_equal(scan(*state, "\"\\uDC00\"", &options, &at), ERR_OK);
	options.number_length_max = 3;
	assert_int_equal(scan(*state, "100", &options, &at), ERR_OK);
	assert_int_equal(scan(*state, "-100", &options, &at), ERR_BAD_REQUEST);
}

static void test_depth_and_nodes_are_bounded(void **state)
{
	struct json_scan_options options = { .depth_max = 2, .nodes_max = 4 };
	size_t at = 0;
	assert_int_equal(scan(*state, "[[1,2]]", &options, &at), ERR_OK);
	assert_int_equal(scan(*state, "[[1,2,3]]", &options, &at), ERR_TOO_LARGE);
	assert_int_equal(scan(*state, "[[[]]]", &options, &at), ERR_TOO_LARGE);
	assert_int_equal(at, 2);
	assert_int_equal(scan(*state, "[{},[],{}]", &options, &at), ERR_OK);
}

static void put_members(char *text, size_t room, unsigned count, const char *last)
{
	size_t at = (size_t)snprintf(text, room, "{");
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, room - at, "\"m%u\":0,", i * 7919 % 10007);
	snprintf(text + at, room - at, "\"%s\":0}", last);
}

static void test_duplicates_in_large_objects(void **state)
{
	static char text[65536];
	struct json_scan_options options = { .depth_max = 2, .nodes_max = 10000 };
	size_t at = 0;
	for (unsigned count = 1; count < 2000; count = count * 3 / 2 + 1) {
		put_members(text, sizeof(text), count, "other");
		assert_int_equal(scan(*state, text, &options, &at), ERR_OK);
		put_members(text, sizeof(text), count, "\\u006d0");
		assert_int_equal(scan(*state, text, &options, &at), ERR_BAD_REQUEST);
		assert_int_equal(at, strlen(text) - 11);
		arena_reset(*state);
	}
}

static void test_names_are_of_their_own_object(void **state)
{
	size_t at = 0;
	assert_int_equal(
	        scan(*state, "{\"a\":{\"a\":1},\"b\":{\"a\":1,\"b\":2}}", &strict, &at), ERR_OK);
	assert_int_equal(scan(*state, "{\"a\":{\"b\":1},\"a\":2}", &strict, &at), ERR_BAD_REQUEST);
	assert_int_equal(scan(*state, "{\"a\":1,\"A\":2,\"\":3}", &strict, &at), ERR_OK);
	assert_int_equal(
	        scan(*state, "{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}", &strict, &at),
	        ERR_BAD_REQUEST);
	assert_int_equal(scan(*state, "{\"\\n\":1,\"\\u000A\":2}", &strict, &at), ERR_BAD_REQUEST);
}

static void test_inexact_numbers_are_told(void **state)
{
	static const struct {
		const char *text;
		size_t inexact_count;
	} cases[] = {
		{ "0", 0 },
		{ "-0.000e9", 0 },
		{ "300", 0 },
		{ "1.50e1", 0 },
		{ "1.5", 1 },
		{ "100e-2", 0 },
		{ "101e-2", 1 },
		{ "9007199254740992", 0 },
		{ "-9007199254740992", 0 },
		{ "9007199254740993", 1 },
		{ "90071992547409920e-1", 0 },
		{ "9007199254740992.000000000000000000000", 0 },
		{ "9007199254740991.000000000000000000001", 1 },
		{ "1.00000000000000000000000001", 1 },
		{ "1e15", 0 },
		{ "1e16", 1 },
		{ "1e400", 1 },
		{ "1e-400", 1 },
		{ "1e99999999999999999999", 1 },
		{ "0e99999999999999999999", 0 },
		{ "0.00000000000000000000000000000001e32", 0 },
		{ "[1,2.5,3,4.5]", 2 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_scan_result result;
		assert_int_equal(
		        json_scan(*state, cases[i].text, strlen(cases[i].text), &strict, &result),
		        ERR_OK);
		if (result.inexact_count != cases[i].inexact_count)
			print_error("%s: %zu\n", cases[i].text, result.inexact_count);
		assert_int_equal(result.inexact_count, cases[i].inexact_count);
	}
	struct json_scan_result result;
	assert_int_equal(json_scan(*state, "[1,2.5,3,4.5]", 13, &strict, &result), ERR_OK);
	assert_int_equal(result.inexact[0], 1);
	assert_int_equal(result.inexact[1], 3);
	assert_int_equal(result.node_count, 5);
}

static int open_state(void **state)
{
	*state = arena_open(4 * 1024 * 1024);
	return *state == NULL;
}

static int close_state(void **state)
{
	arena_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_are_placed),
		cmocka_unit_test(test_options_allow),
		cmocka_unit_test(test_depth_and_nodes_are_bounded),
		cmocka_unit_test(test_duplicates_in_large_objects),
		cmocka_unit_test(test_names_are_of_their_own_object),
		cmocka_unit_test(test_inexact_numbers_are_told),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
