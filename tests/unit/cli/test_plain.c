/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/plain.h"

#define ARENA_BYTES ((size_t)1 << 20)

static struct arena *arena;

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

static void test_nothing_moves_the_terminal(void **state)
{
	static const struct {
		const char *text;
		const char *plain;
	} cases[] = {
		{ "", "" },
		{ "web-01.example.com \"a\\b\"", "web-01.example.com \"a\\b\"" },
		{ "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80",
		        "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "a\x1b[31m\n\r\t\x7f", "a\\x1b[31m\\x0a\\x0d\\x09\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		        "\\x9b31m" }, /* CSI as one C1 character */
		{ "\xff\xc3(\xed\xa0\x80", "\\xff\\xc3(\\xed\\xa0\\x80" }, /* no UTF-8 */
		{ "abc\xe2\x80\xae"
		  "cba",
		        "abc\\u{202e}cba" }, /* right to left from here */
		{ "\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c", "\\u{2066}\\u{2028}\\u{061c}" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(plain_text(arena, cases[i].text), cases[i].plain);
	assert_null(plain_text(arena, NULL));
}

static void test_columns_are_counted(void **state)
{
	(void)state;
	assert_int_equal(plain_width(""), 0);
	assert_int_equal(plain_width("abc"), 3);
	assert_int_equal(plain_width("Zo\xc3\xab\xe2\x82\xac"), 4);
	assert_int_equal(plain_prefix("Zo\xc3\xab\xe2\x82\xac", 3), 4);
	assert_int_equal(plain_prefix("Zo\xc3\xab\xe2\x82\xac", 9), 7);
	assert_int_equal(plain_prefix("abc", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_moves_the_terminal),
		cmocka_unit_test(test_columns_are_counted),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
