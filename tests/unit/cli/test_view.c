/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/view.h"

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

static struct view look(const char *text)
{
	struct view view;
	assert_int_equal(view_open(arena, text, strlen(text), &view), ERR_OK);
	return view;
}

static void test_members_are_found_at_their_level(void **state)
{
	(void)state;
	struct view root =
	        look(" { \"a\" : {\"b\":1, \"x\":\"}\\\"]\"} , \"b\":[2,[3],{}] ,\"ab\":true}\n");
	assert_string_equal(view_text(arena, view_find(root, "b")), "[2,[3],{}]");
	assert_string_equal(view_text(arena, view_find(view_find(root, "a"), "b")), "1");
	assert_string_equal(view_text(arena, view_find(view_find(root, "a"), "x")), "}\"]");
	assert_true(view_is_true(view_find(root, "ab")));
	assert_int_equal(view_kind(view_find(root, "x")), VIEW_NONE);
	assert_int_equal(view_kind(view_find(view_find(root, "b"), "b")), VIEW_NONE);
	assert_null(view_text(arena, view_find(root, "none")));
}

static void test_elements_come_in_order(void **state)
{
	static const char *const elements[] = { "1", "-2.50", "null", "\"a,b\"", "[ ]",
		"{\"c\":[]}" };
	(void)state;
	struct view list = look("[1 , -2.50,null, \"a,b\",[ ],{\"c\":[]} ]");
	struct view_walk walk = view_walk(list);
	struct view name;
	struct view value;
	assert_int_equal(view_count(list), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(view_step(&walk, &name, &value));
		assert_int_equal(value.length, strlen(elements[i]));
		assert_memory_equal(value.text, elements[i], value.length);
	}
	assert_false(view_step(&walk, &name, &value));
	assert_int_equal(view_count(look("[]")), 0);
	assert_int_equal(view_count(look("{ }")), 0);
	assert_int_equal(view_count(look("\"[1,2]\"")), 0);
}

static void test_strings_are_decoded(void **state)
{
	(void)state;
	assert_string_equal(
	        view_text(arena, look("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")), "\"\\/\b\f\n\r\t");
	assert_string_equal(view_text(arena, look("\"\\u00e9\\u20ac\\ud83d\\ude00.\"")),
	        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.");
	assert_string_equal(view_text(arena, look("\"\"")), "");
	/* All digits stay. */
	assert_string_equal(
	        view_text(arena, look("12345678901234567890.10")), "12345678901234567890.10");
}

static void test_what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[1,]", "{\"a\":1}x", "\"\\ud83d\"", "nul",
		"<html></html>", "{\"a\":1,\"a\":2}" };
	struct view view;
	char deep[80] = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
		        view_open(arena, texts[i], strlen(texts[i]), &view), ERR_BAD_REQUEST);
	memset(deep, '[', 40);
	memset(deep + 40, ']', 39);
	assert_int_equal(view_open(arena, deep, strlen(deep), &view), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_found_at_their_level),
		cmocka_unit_test(test_elements_come_in_order),
		cmocka_unit_test(test_strings_are_decoded),
		cmocka_unit_test(test_what_is_no_json_is_refused),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
