/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"

#define ARENA_BYTES ((size_t)4 << 20)

static struct arena *arena;
static char *printed;
static size_t printed_length;

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

static struct table begin(const char *columns, size_t screen)
{
	FILE *file = open_memstream(&printed, &printed_length);
	assert_non_null(file);
	return (struct table){ .file = file, .columns = columns, .screen = screen };
}

static void assert_prints(struct table *table, const char *expected)
{
	assert_int_equal(fclose(table->file), 0);
	assert_string_equal(printed, expected);
	free(printed);
}

static void test_columns_stand_below_one_another(void **state)
{
	struct table table = begin("name record_type ttl value expires_at", 0);
	(void)state;
	assert_true(table_print(&table, arena,
	        look("[{\"name\":\"a.example.com\",\"record_type\":\"A\",\"ttl\":300,\"value\":"
	             "\"192.0.2.1\"},"
	             "{\"name\":\"b\",\"record_type\":\"AAAA\",\"ttl\":5,\"value\":\"2001:db8::1\","
	             "\"other\":1}]")));
	assert_prints(&table, "NAME           TYPE  TTL  VALUE\n"
	                      "a.example.com  A     300  192.0.2.1\n"
	                      "b              AAAA  5    2001:db8::1\n");
}

static void test_an_rrset_is_a_row_for_each_value(void **state)
{
	struct table table = begin("name value ttl", 0);
	(void)state;
	assert_true(table_print(
	        &table, arena, look("{\"name\":\"a\",\"ttl\":1,\"values\":[\"x\",\"yy\"]}")));
	assert_prints(&table, "NAME  VALUE  TTL\n"
	                      "a     x      1\n"
	                      "a     yy     1\n");
}

/* Widths only grow, and a column that appears late brings a header of its own. */
static void test_pages_go_on_below_one_another(void **state)
{
	struct table table = begin("name value until:expires_at", 0);
	(void)state;
	assert_true(table_print(&table, arena, look("[{\"name\":\"abcdef\",\"value\":\"1\"}]")));
	assert_true(table_print(&table, arena, look("[{\"name\":\"a\",\"value\":\"2\"}]")));
	assert_true(table_print(&table, arena, look("[]")));
	assert_true(table_print(
	        &table, arena, look("[{\"name\":\"b\",\"value\":\"3\",\"expires_at\":\"soon\"}]")));
	assert_prints(&table, "NAME    VALUE\n"
	                      "abcdef  1\n"
	                      "a       2\n"
	                      "NAME    VALUE  UNTIL\n"
	                      "b       3      soon\n");
}

static void test_nothing_prints_nothing(void **state)
{
	struct table table = begin("name", 0);
	(void)state;
	assert_true(table_print(&table, arena, look("[]")));
	assert_prints(&table, "");
}

static void test_cells_of_every_kind(void **state)
{
	struct table table = begin("a b c d e zones:zones.zone f:o.k", 0);
	(void)state;
	assert_true(table_print(&table, arena,
	        look("[{\"a\":null,\"b\":true,\"c\":[\"x\",2],\"d\":{\"k\":\"v\",\"l\":[]},\"e\":"
	             "\"\\u001b[2J\","
	             "\"zones\":[{\"zone\":\"p\"},{\"zone\":\"q\"}],\"o\":{\"k\":0.125}}]")));
	assert_prints(&table, "A  B    C     D        E        ZONES  F\n"
	                      "-  yes  x, 2  k=v l=-  \\x1b[2J  p, q   0.125\n");
}

static void test_a_terminal_cuts_the_widest_column(void **state)
{
	struct table table = begin("name value", 20);
	(void)state;
	assert_true(table_print(&table, arena,
	        look("[{\"name\":\"www\",\"value\":\"0123456789012345678901234567890\"},"
	             "{\"name\":\"mail\",\"value\":\"short\"}]")));
	assert_prints(&table, "NAME  VALUE\n"
	                      "www   0123456789012\xe2\x80\xa6\n"
	                      "mail  short\n");
	table = begin("name", 3);
	assert_true(table_print(&table, arena, look("[{\"name\":\"0123456789\"}]")));
	assert_prints(&table, "NAME\n0123456\xe2\x80\xa6\n");
}

static void test_an_object_is_a_line_for_each_member(void **state)
{
	struct table table = begin(NULL, 0);
	(void)state;
	assert_true(table_print_object(table.file, 0, arena,
	        look("{\"name\":\"example.com\",\"soa\":{\"retry\":60,\"none\":{}},\"served\":"
	             "[{\"address\":\"a\",\"serial\":1},{\"address\":\"bb\",\"serial\":null}],"
	             "\"n\":[]}")));
	assert_prints(&table, "name       example.com\n"
	                      "soa retry  60\n"
	                      "soa none   -\n"
	                      "n          -\n"
	                      "\n"
	                      "served:\n"
	                      "ADDRESS  SERIAL\n"
	                      "a        1\n"
	                      "bb       -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_stand_below_one_another),
		cmocka_unit_test(test_an_rrset_is_a_row_for_each_value),
		cmocka_unit_test(test_pages_go_on_below_one_another),
		cmocka_unit_test(test_nothing_prints_nothing),
		cmocka_unit_test(test_cells_of_every_kind),
		cmocka_unit_test(test_a_terminal_cuts_the_widest_column),
		cmocka_unit_test(test_an_object_is_a_line_for_each_member),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
