/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <string.h>

#include "cli/command.h"
#include "cli/flags.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define NOW_MS      INT64_C(1795435200000) /* 2026-11-23T12:00:00Z */
#define WORDS_MAX   200

static struct arena *arena;
static struct given given;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena == NULL;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

/* Words are separated by spaces. */
static int parse(const char *keys, const char *line)
{
	char *words[WORDS_MAX + 1] = { (char *)(uintptr_t) "word" };
	int count = 1;
	char *rest = arena_strdup(arena, line);
	for (char *word; count < WORDS_MAX && (word = strsep(&rest, " ")) != NULL;)
		words[count++] = arena_strdup(arena, word);
	char **kept = arena_dup(arena, words, sizeof(words));
	given = (struct given){ .arena = arena, .now_ms = NOW_MS };
	optind = 0;
	return flags_parse(keys, count, kept, &given);
}

static void test_words_and_options_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(
	        parse("ttl wait", "www.example.com --ttl 60 A -q 192.0.2.1 --json"), COMMAND_OK);
	assert_int_equal(given.word_count, 3);
	assert_string_equal(given.words[0], "www.example.com");
	assert_string_equal(given.words[2], "192.0.2.1");
	assert_int_equal(given_number(&given, "ttl", 1), 60);
	assert_int_equal(given_number(&given, "wait", 7), 7);
	assert_true(given_has(&given, "quiet"));
	assert_true(given_has(&given, "json"));
	assert_false(given_has(&given, "wait"));
	assert_int_equal(parse("ttl", "--ttl=60 a"), COMMAND_OK);
	assert_int_equal(given_number(&given, "ttl", 1), 60);
	assert_int_equal(parse("", "a -- --ttl"), COMMAND_OK);
	assert_int_equal(given.word_count, 2);
	assert_string_equal(given.words[1], "--ttl");
}

static void test_values_are_checked(void **state)
{
	static const char *const bad[] = { "--ttl -1", "--ttl 2147483648", "--ttl 1x",
		"--ttl=", "--wait 31", "--wait 0", "--mode both", "--mode merg",
		"--mode merge|replace", "--expires yesterday", "--expires", "--ttl 1 --ttl 2",
		"--comment a --comment b", "--zone example.com", "--nothing", "-x", "--tt 1",
		"--tt=1", "--jso", "--token a" };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse("ttl wait mode expires comment", bad[i]), COMMAND_USAGE);
	assert_int_equal(parse("ttl wait mode", "--ttl 0 --wait 30 --mode replace"), COMMAND_OK);
	assert_string_equal(given_find(&given, "mode"), "replace");
}

static void test_spans_count_from_now(void **state)
{
	(void)state;
	assert_int_equal(parse("expires since", "--expires 1h --since 1h"), COMMAND_OK);
	assert_string_equal(given_find(&given, "expires"), "2026-11-23T13:00:00Z");
	assert_string_equal(given_find(&given, "since"), "2026-11-23T11:00:00Z");
	assert_int_equal(parse("expires since", "--expires 2027-01-31T01:00:00+01:00 --since now"),
	        COMMAND_OK);
	assert_string_equal(given_find(&given, "expires"), "2027-01-31T00:00:00Z");
	assert_string_equal(given_find(&given, "since"), "2026-11-23T12:00:00Z");
}

static void test_lists_have_their_limit(void **state)
{
	const char *line = "--ip a";
	(void)state;
	for (size_t i = 1; i < FLAG_VALUES_MAX; i++)
		line = arena_printf(arena, "%s --ip b", line);
	assert_int_equal(parse("ip", line), COMMAND_OK);
	line = arena_printf(arena, "%s --ip c", line);
	assert_int_equal(parse("ip", line), COMMAND_USAGE);
}

/* One name may mean two things, but never in one command. */
static void test_the_same_name_by_two_keys(void **state)
{
	(void)state;
	assert_int_equal(parse("patience", "--wait 9"), COMMAND_OK);
	assert_int_equal(given_number(&given, "patience", 0), 9);
	assert_false(given_has(&given, "wait"));
	assert_true(flags_has("if-match wait", "wait"));
	assert_false(flags_has("if-match waiting", "wait"));
	assert_false(flags_has("no-ptr", "ptr"));
	assert_false(flags_has("", "ptr"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_options_in_any_order),
		cmocka_unit_test(test_values_are_checked),
		cmocka_unit_test(test_spans_count_from_now),
		cmocka_unit_test(test_lists_have_their_limit),
		cmocka_unit_test(test_the_same_name_by_two_keys),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
