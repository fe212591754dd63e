/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/conditional.h"

static enum err parse(const char *if_match, const char *if_none_match, struct precondition *ret)
{
	const struct http_request request = { .if_match = if_match,
		.if_none_match = if_none_match };
	const char *detail = NULL;
	enum err err = precondition_parse(&request, ret, &detail);
	assert_true((err == ERR_OK) == (detail == NULL));
	return err;
}

static void test_kinds(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(parse(NULL, NULL, &condition), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_NONE);
	assert_int_equal(parse("*", NULL, &condition), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_MATCH_ANY);
	assert_int_equal(parse(NULL, " * ", &condition), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_NONE_EXIST);
	assert_int_equal(parse("\"7\"", NULL, &condition), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_MATCH);
	assert_int_equal(parse(NULL, "\"7\"", &condition), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_NONE_MATCH);
}

static void test_both_headers_are_refused(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(parse("\"7\"", "*", &condition), ERR_BAD_REQUEST);
	assert_int_equal(parse("*", "\"7\"", &condition), ERR_BAD_REQUEST);
}

static void test_lists(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(
	        parse(" ,\"1\" ,, \"22\"\t,\"18446744073709551615\", ", NULL, &condition), ERR_OK);
	assert_int_equal(condition.count, 3);
	assert_int_equal(condition.revisions[0], 1);
	assert_int_equal(condition.revisions[1], 22);
	assert_true(condition.revisions[2] == UINT64_MAX);
	assert_int_equal(
	        parse("\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"", NULL, &condition), ERR_OK);
	assert_int_equal(condition.count, PRECONDITION_ETAGS_MAX);
	assert_int_equal(
	        parse("\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"", NULL, &condition),
	        ERR_BAD_REQUEST);
}

static void test_tags_that_are_none_of_ours_match_nothing(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(
	        parse("\"\", \"abc\", \"07\", \"0\", \"-7\", \"7 \", \"18446744073709551616\"",
	                NULL, &condition),
	        ERR_BAD_REQUEST);
	assert_int_equal(parse("\"\", \"abc\", \"07\", \"0\", \"-7\", \"a,b\", "
	                       "\"18446744073709551616\", \"\xC3\xBC\"",
	                         NULL, &condition),
	        ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_MATCH);
	assert_int_equal(condition.count, 0);
}

static void test_weak_tags(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(parse("W/\"7\", \"8\"", NULL, &condition), ERR_OK);
	assert_int_equal(condition.count, 1);
	assert_int_equal(condition.revisions[0], 8);
	assert_int_equal(parse(NULL, "W/\"7\", \"8\"", &condition), ERR_OK);
	assert_int_equal(condition.count, 2);
}

static void test_malformed_headers(void **state)
{
	(void)state;
	static const char *const bad[] = { "7", "\"7", "7\"", "\"7\" \"8\"", "\"7\";", "*, \"7\"",
		"\"7\", *", "w/\"7\"", "W/7", "W/ \"7\"", "W", ",", " ", "**", "\"a\x7F\"",
		"\"a\tb\"" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct precondition condition = { .kind = PRECONDITION_MATCH_ANY, .count = 5 };
		assert_int_equal(parse(bad[i], NULL, &condition), ERR_BAD_REQUEST);
		assert_int_equal(parse(NULL, bad[i], &condition), ERR_BAD_REQUEST);
		assert_int_equal(condition.kind, PRECONDITION_MATCH_ANY);
		assert_int_equal(condition.count, 5);
	}
}

static void test_reads(void **state)
{
	(void)state;
	struct precondition condition;
	assert_int_equal(parse(NULL, "\"7\", \"8\"", &condition), ERR_OK);
	assert_true(precondition_is_fresh(&condition, 8));
	assert_false(precondition_is_fresh(&condition, 9));
	assert_true(precondition_is_met(&condition, 9));
	assert_int_equal(parse(NULL, "*", &condition), ERR_OK);
	assert_true(precondition_is_fresh(&condition, 9));
	assert_int_equal(parse("\"7\"", NULL, &condition), ERR_OK);
	assert_false(precondition_is_fresh(&condition, 7));
	assert_true(precondition_is_met(&condition, 7));
	assert_false(precondition_is_met(&condition, 8));
	assert_int_equal(parse("*", NULL, &condition), ERR_OK);
	assert_true(precondition_is_met(&condition, 8));
	assert_int_equal(parse(NULL, NULL, &condition), ERR_OK);
	assert_false(precondition_is_fresh(&condition, 8));
	assert_true(precondition_is_met(&condition, 8));
}

static void test_matches_in_a_body(void **state)
{
	(void)state;
	struct precondition condition = { 0 };
	const char *detail = NULL;
	assert_int_equal(precondition_parse_match("7", &condition, &detail), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_MATCH);
	assert_int_equal(condition.count, 1);
	assert_int_equal(condition.revisions[0], 7);
	assert_int_equal(precondition_parse_match("\"7\", \"8\"", &condition, &detail), ERR_OK);
	assert_int_equal(condition.count, 2);
	assert_int_equal(precondition_parse_match(" * ", &condition, &detail), ERR_OK);
	assert_int_equal(condition.kind, PRECONDITION_MATCH_ANY);
	assert_int_equal(precondition_parse_match("W/\"7\"", &condition, &detail), ERR_OK);
	assert_int_equal(condition.count, 0);
	static const char *const bad[] = { "", "x", "07", "7, 8", "\"7", "-1" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		detail = NULL;
		assert_int_equal(
		        precondition_parse_match(bad[i], &condition, &detail), ERR_BAD_REQUEST);
		assert_non_null(detail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_both_headers_are_refused),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_tags_that_are_none_of_ours_match_nothing),
		cmocka_unit_test(test_weak_tags),
		cmocka_unit_test(test_malformed_headers),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_matches_in_a_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
