/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dns/rrset.h"
#include "dns/serial.h"

#define R(string)                                                                                  \
	{                                                                                          \
		.length = sizeof(string) - 1, .bytes = (const uint8_t *)(string)                   \
	}

static void test_sort(void **state)
{
	(void)state;
	struct rdata values[] = { R("b"), R("aa"), R(""), R("a"), R("\xff"), R("a\0") };
	assert_int_equal(rrset_sort(values, 6), 6);
	static const char *const expected[] = { "", "a", "a", "aa", "b", "\xff" };
	static const size_t lengths[] = { 0, 1, 2, 2, 1, 1 };
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(values[i].length, lengths[i]);
		assert_memory_equal(values[i].bytes, expected[i], lengths[i] > 0 ? 1 : 0);
	}
	assert_int_equal(rrset_sort(values, 6), 6);
	assert_int_equal(rrset_sort(values, 1), 1);
	assert_int_equal(rrset_sort(NULL, 0), 0);
}

static void test_repeats(void **state)
{
	(void)state;
	struct rdata values[] = { R("d"), R("c"), R("b"), R("c"), R("d"), R("b") };
	assert_int_equal(rrset_sort(values, 6), 3);
	assert_memory_equal(values[0].bytes, "d", 1);
	assert_memory_equal(values[5].bytes, "b", 1);
	struct rdata same[] = { R("a"), R("a"), R("a") };
	assert_int_equal(rrset_sort(same, 3), 1);
	struct rdata ordered[] = { R("a"), R("b"), R("b"), R("c") };
	assert_int_equal(rrset_sort(ordered, 4), 2);
}

static void test_sort_many(void **state)
{
	static uint16_t numbers[RRSET_VALUES_MAX + 1];
	static struct rdata values[RRSET_VALUES_MAX + 1];
	(void)state;
	for (size_t i = 0; i <= RRSET_VALUES_MAX; i++) {
		numbers[i] = (uint16_t)(i * 40503u);
		values[i] = (struct rdata){ .length = 2, .bytes = (const uint8_t *)&numbers[i] };
	}
	assert_int_equal(rrset_sort(values, RRSET_VALUES_MAX), RRSET_VALUES_MAX);
	for (size_t i = 1; i < RRSET_VALUES_MAX; i++)
		assert_true(rdata_compare(&values[i - 1], &values[i]) < 0);
	assert_int_equal(rrset_sort(values, RRSET_VALUES_MAX + 1), RRSET_VALUES_MAX + 1);
}

static void test_find(void **state)
{
	(void)state;
	struct rdata values[] = { R("a"), R("b"), R("d") };
	struct rrset rrset = { .count = 3, .values = values };
	struct rdata wanted = R("b");
	struct rdata missing = R("c");
	assert_ptr_equal(rrset_find_value(&rrset, &wanted), &values[1]);
	assert_null(rrset_find_value(&rrset, &missing));
	rrset.count = 0;
	rrset.values = NULL;
	assert_null(rrset_find_value(&rrset, &wanted));
}

static void test_size_and_data(void **state)
{
	(void)state;
	struct rdata values[] = { R("abcd"), R("efgh") };
	struct rdata others[] = { R("abcd"), R("efgi") };
	struct rrset a = { .owner.length = 13, .type = 1, .ttl_s = 5, .count = 2 };
	a.values = values;
	struct rrset b = a;
	assert_int_equal(rrset_wire_size(&a), 2 * (13 + 10 + 4));
	b.owner.length = 1;
	assert_true(rrset_is_same_data(&a, &b));
	b.ttl_s = 6;
	assert_false(rrset_is_same_data(&a, &b));
	b = a;
	b.type = 2;
	assert_false(rrset_is_same_data(&a, &b));
	b = a;
	b.values = others;
	assert_false(rrset_is_same_data(&a, &b));
	b.count = 1;
	assert_false(rrset_is_same_data(&a, &b));
}

static void test_pack(void **state)
{
	(void)state;
	struct arena *arena = arena_open(1 << 20);
	struct rdata values[] = { R(""), R("abc"), R("\0\1") };
	struct rrset rrset = { .count = 3, .values = values };
	struct rrset again = { 0 };
	struct buf buf;
	buf_init(&buf, arena, 1 << 16);
	rrset_pack_values(&buf, &rrset);
	assert_int_equal(rrset_parse_values(arena, buf.bytes, buf.length, &again), ERR_OK);
	assert_int_equal(again.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(rdata_compare(&values[i], &again.values[i]), 0);
	for (size_t length = 1; length < buf.length; length++) {
		struct rrset cut = { 0 };
		enum err err = rrset_parse_values(arena, buf.bytes, length, &cut);
		assert_int_equal(err, length == 2 || length == 7 ? ERR_OK : ERR_INTERNAL);
	}
	assert_int_equal(rrset_parse_values(arena, "", 0, &again), ERR_OK);
	assert_int_equal(again.count, 0);
	arena_close(arena);
}

static void test_pack_full_arena(void **state)
{
	(void)state;
	struct arena *arena = arena_open(4096);
	static const uint8_t blob[4000];
	struct rrset rrset = { 0 };
	assert_int_equal(rrset_parse_values(arena, blob, sizeof(blob), &rrset), ERR_TOO_LARGE);
	assert_int_equal(rrset.count, 0);
	arena_close(arena);
}

static void test_serial(void **state)
{
	(void)state;
	assert_int_equal(serial_next(1), 2);
	assert_int_equal(serial_next(UINT32_MAX), 1);
	assert_true(serial_is_after(1, UINT32_MAX));
	assert_true(serial_is_after(2, 1));
	assert_false(serial_is_after(1, 1));
	assert_false(serial_is_after(1, 2));
	assert_false(serial_is_after(0x80000001u, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_sort_many),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_size_and_data),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_pack_full_arena),
		cmocka_unit_test(test_serial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
