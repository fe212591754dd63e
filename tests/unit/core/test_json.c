/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/json.h"

#define EXACT_MAX (INT64_C(1) << 53)

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *root = NULL;
	const char *detail = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &root, &detail), ERR_OK);
	assert_non_null(root);
	return root;
}

static void test_values_are_found(void **state)
{
	const struct json *root = parse(*state, "{\"name\":\"w\\u00fc\\n\",\"ttl\":300,\"on\":true,"
	                                        "\"none\":null,\"values\":[\"a\",\"b\"]}");
	bool flag = false;
	int64_t number = 0;
	assert_int_equal(json_kind(root), JSON_OBJECT);
	assert_int_equal(json_count(root), 5);
	assert_string_equal(json_string(json_find(root, "name")), "w\xC3\xBC\n");
	assert_true(json_integer(json_find(root, "ttl"), 0, INT32_MAX, &number));
	assert_int_equal(number, 300);
	assert_true(json_bool(json_find(root, "on"), &flag));
	assert_true(flag);
	assert_int_equal(json_kind(json_find(root, "none")), JSON_NULL);
	assert_null(json_find(root, "Name"));
	assert_null(json_find(root, "missing"));
}

static void test_containers_are_walked(void **state)
{
	const struct json *root = parse(*state, "{\"a\":[1,\"x\",{}],\"b\":[]}");
	const struct json *first = json_first(root);
	assert_string_equal(json_name(first), "a");
	const struct json *item = json_first(first);
	assert_null(json_name(item));
	assert_string_equal(json_kind_name(item), "number");
	assert_string_equal(json_kind_name(json_next(item)), "string");
	assert_string_equal(json_kind_name(json_next(json_next(item))), "object");
	assert_null(json_next(json_next(json_next(item))));
	assert_int_equal(json_count(json_next(first)), 0);
	assert_null(json_first(json_next(first)));
}

static void test_kinds_are_not_mixed_up(void **state)
{
	const struct json *text = parse(*state, "\"7\"");
	const struct json *number = parse(*state, "7");
	bool flag = false;
	int64_t integer = 5;
	assert_null(json_string(number));
	assert_false(json_bool(number, &flag));
	assert_false(json_integer(text, 0, 10, &integer));
	assert_int_equal(integer, 5);
	assert_null(json_find(text, "x"));
	assert_int_equal(json_count(text), 0);
	assert_null(json_first(text));
}

static void test_integers_are_exact(void **state)
{
	static const struct {
		const char *text;
		bool is_integer;
		int64_t number;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "4294967296", true, 4294967296 },
		{ "9007199254740992", true, EXACT_MAX },
		{ "-9007199254740992", true, -EXACT_MAX },
		{ "9007199254740993", false, 0 },
		{ "9007199254740991.5", false, 0 },
		{ "0.99999999999999999999", false, 0 },
		{ "1.00000000000000000001", false, 0 },
		{ "3600.7", false, 0 },
		{ "3600.0", true, 3600 },
		{ "36e2", true, 3600 },
		{ "360000e-2", true, 3600 },
		{ "1e-5", false, 0 },
		{ "1e400", false, 0 },
		{ "-1e400", false, 0 },
		{ "1e-400", false, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t number = 0;
		const struct json *root = parse(*state, cases[i].text);
		assert_int_equal(
		        json_integer(root, -EXACT_MAX, EXACT_MAX, &number), cases[i].is_integer);
		assert_true(number == cases[i].number);
	}
	int64_t number = 5;
	assert_false(json_integer(parse(*state, "101"), 0, 100, &number));
	assert_false(json_integer(parse(*state, "-1"), 0, 100, &number));
	assert_int_equal(number, 5);
}

static void test_only_the_rounded_numbers_are_forgotten(void **state)
{
	const struct json *item =
	        json_first(parse(*state, "[1,[2.5,{\"a\":3}],0.99999999999999999999,4,[5,6.5],7]"));
	int64_t number = 0;
	assert_true(json_integer(item, 1, 1, &number));
	item = json_next(item);
	assert_false(json_integer(json_first(item), 0, 9, &number));
	assert_true(json_integer(json_find(json_next(json_first(item)), "a"), 3, 3, &number));
	item = json_next(item);
	assert_false(json_integer(item, 0, 9, &number));
	item = json_next(item);
	assert_true(json_integer(item, 4, 4, &number));
	item = json_next(item);
	assert_true(json_integer(json_first(item), 5, 5, &number));
	assert_false(json_integer(json_next(json_first(item)), 0, 9, &number));
	assert_true(json_integer(json_next(item), 7, 7, &number));
}

static void test_refusals_say_what_and_where(void **state)
{
	const struct json *root = NULL;
	const char *detail = NULL;
	assert_int_equal(json_parse(*state, "{\"a\":01}", 8, &root, &detail), ERR_BAD_REQUEST);
	assert_null(root);
	assert_string_equal(
	        detail, "The JSON text is refused at byte 6: a number does not begin with zero.");
}

static void expect_refused(struct arena *arena, const char *text, enum err expected)
{
	const struct json *root = NULL;
	const char *detail = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &root, &detail), expected);
	assert_null(root);
	assert_non_null(detail);
}

static void test_bodies_are_held_to_more_than_the_grammar(void **state)
{
	expect_refused(*state, "{\"ttl\":1,\"ttl\":2}", ERR_BAD_REQUEST);
	expect_refused(*state, "{\"ttl\":1,\"\\u0074tl\":2}", ERR_BAD_REQUEST);
	expect_refused(*state, "\"x\\u0000y\"", ERR_BAD_REQUEST);
	expect_refused(*state, "\"\\ud800\"", ERR_BAD_REQUEST);
	expect_refused(*state, "1111111111111111111111111111111111111111111111111111111111111111",
	        ERR_BAD_REQUEST);
	expect_refused(*state, "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", ERR_TOO_LARGE);
	parse(*state, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
	parse(*state, "111111111111111111111111111111111111111111111111111111111111111");
}

static void test_too_many_values(void **state)
{
	static char text[2 * JSON_NODES_MAX + 8];
	const struct json *root = NULL;
	const char *detail = NULL;
	text[0] = '[';
	for (size_t i = 0; i < JSON_NODES_MAX; i++)
		snprintf(text + 1 + 2 * i, 3, "0,");
	size_t length = 2 * (JSON_NODES_MAX - 1);
	text[length] = ']';
	assert_int_equal(json_parse(*state, text, length + 1, &root, &detail), ERR_OK);
	assert_int_equal(json_count(root), JSON_NODES_MAX - 1);
	text[length] = ',';
	text[length + 2] = ']';
	assert_int_equal(json_parse(*state, text, length + 3, &root, &detail), ERR_TOO_LARGE);
}

static void test_a_full_arena_is_too_large(void **state)
{
	(void)state;
	static const char text[] =
	        "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,\"a\",\"b\",\"c\",\"d\"]";
	for (size_t cap_bytes = 64; cap_bytes <= 4096; cap_bytes += 64) {
		struct arena *arena = arena_open(cap_bytes);
		const struct json *root = NULL;
		const char *detail = NULL;
		assert_non_null(arena);
		enum err err = json_parse(arena, text, sizeof(text) - 1, &root, &detail);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		if (cap_bytes <= 1024)
			assert_int_equal(err, ERR_TOO_LARGE);
		arena_close(arena);
	}
}

static void test_writing(void **state)
{
	struct buf buf;
	struct json_writer writer;
	buf_init(&buf, *state, 4096);
	json_writer_init(&writer, &buf);
	json_open_object(&writer, NULL);
	json_put_string(&writer, "name", "a\"b\\c\n\x01\x7F");
	json_put_int(&writer, "n", INT64_MIN);
	json_open_array(&writer, "list");
	json_put_null(&writer, NULL);
	json_put_bool(&writer, NULL, true);
	json_open_object(&writer, NULL);
	json_close_object(&writer);
	json_open_array(&writer, NULL);
	json_close_array(&writer);
	json_put_raw(&writer, NULL, "{\"raw\":1}");
	json_close_array(&writer);
	json_put_bytes(&writer, "b\"", "x\0y", 3);
	json_close_object(&writer);
	assert_string_equal(buf_string(&buf),
	        "{\"name\":\"a\\\"b\\\\c\\n\\u0001\\u007f\",\"n\":-9223372036854775808,"
	        "\"list\":[null,true,{},[],{\"raw\":1}],\"b\\\"\":\"x\\u0000y\"}");
	assert_int_equal(writer.depth, 0);
}

static void test_what_is_not_utf8_is_replaced(void **state)
{
	struct buf buf;
	struct json_writer writer;
	buf_init(&buf, *state, 4096);
	json_writer_init(&writer, &buf);
	json_put_string(&writer, NULL, "a\xFF\xC3\xBC\xC3(\xE2\x82");
	assert_string_equal(
	        buf_string(&buf), "\"a\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static int open_state(void **state)
{
	*state = arena_open((size_t)64 * 1024 * 1024);
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
		cmocka_unit_test(test_values_are_found),
		cmocka_unit_test(test_containers_are_walked),
		cmocka_unit_test(test_kinds_are_not_mixed_up),
		cmocka_unit_test(test_integers_are_exact),
		cmocka_unit_test(test_only_the_rounded_numbers_are_forgotten),
		cmocka_unit_test(test_refusals_say_what_and_where),
		cmocka_unit_test(test_bodies_are_held_to_more_than_the_grammar),
		cmocka_unit_test(test_too_many_values),
		cmocka_unit_test(test_a_full_arena_is_too_large),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_what_is_not_utf8_is_replaced),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
