/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/buf.h"

static void test_text_is_appended(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 4096);
	assert_string_equal(buf_string(&buf), "");
	buf_put(&buf, "ab", 2);
	buf_put_char(&buf, ' ');
	buf_put_string(&buf, "cd ");
	buf_put_uint(&buf, UINT64_MAX);
	buf_put_char(&buf, ' ');
	buf_put_int(&buf, INT64_MIN);
	buf_put_char(&buf, ' ');
	buf_put_int(&buf, 0);
	buf_printf(&buf, " %s=%d", "x", 5);
	assert_false(buf_is_full(&buf));
	assert_string_equal(
	        buf_string(&buf), "ab cd 18446744073709551615 -9223372036854775808 0 x=5");
}

static void test_it_grows_and_keeps_its_content(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 100000);
	for (unsigned i = 0; i < 5000; i++)
		buf_printf(&buf, "%04u ", i);
	assert_int_equal(buf.length, 25000);
	assert_memory_equal(buf.bytes, "0000 0001 ", 10);
	assert_memory_equal(buf.bytes + 24990, "4998 4999 ", 10);
}

static void test_the_ceiling_holds_and_is_sticky(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 8);
	buf_put(&buf, "1234567", 7);
	assert_false(buf_is_full(&buf));
	assert_string_equal(buf_string(&buf), "1234567");
	buf_put_char(&buf, '8');
	assert_true(buf_is_full(&buf));
	assert_int_equal(buf.length, 7);
	assert_null(buf_string(&buf));
	buf_put(&buf, "", 0);
	assert_true(buf_is_full(&buf));
}

static void test_a_full_arena_fills_the_buffer(void **state)
{
	(void)state;
	struct arena *arena = arena_open(4096);
	struct buf buf;
	buf_init(&buf, arena, 1000000);
	for (unsigned i = 0; i < 5000; i++)
		buf_put_char(&buf, 'x');
	assert_true(buf_is_full(&buf));
	arena_close(arena);
}

static void test_fixed_memory_does_not_grow(void **state)
{
	(void)state;
	char memory[8];
	struct buf buf;
	buf_init_fixed(&buf, memory, sizeof(memory));
	buf_printf(&buf, "%s", "1234567");
	assert_string_equal(buf_string(&buf), "1234567");
	buf_printf(&buf, "%s", "8");
	assert_true(buf_is_full(&buf));
	buf_init_fixed(&buf, memory, 0);
	buf_put_char(&buf, 'x');
	assert_true(buf_is_full(&buf));
}

static void test_numbers_come_back(void **state)
{
	struct buf buf;
	struct decoder decoder;
	buf_init(&buf, *state, 4096);
	buf_put_u8(&buf, 0xFE);
	buf_put_u16(&buf, 0x1234);
	buf_put_u32(&buf, 0xFEDCBA98);
	buf_put_u64(&buf, UINT64_C(0xFEDCBA9876543210));
	buf_put(&buf, "xy", 2);
	assert_memory_equal(buf.bytes, "\xFE\x12\x34\xFE\xDC\xBA\x98", 7);
	decoder_init(&decoder, buf.bytes, buf.length);
	assert_int_equal(decoder_u8(&decoder), 0xFE);
	assert_int_equal(decoder_u16(&decoder), 0x1234);
	assert_int_equal(decoder_u32(&decoder), 0xFEDCBA98);
	assert_true(decoder_u64(&decoder) == UINT64_C(0xFEDCBA9876543210));
	assert_false(decoder_is_done(&decoder));
	assert_memory_equal(decoder_bytes(&decoder, 2), "xy", 2);
	assert_true(decoder_is_done(&decoder));
}

static void test_reading_past_the_end_fails_for_good(void **state)
{
	(void)state;
	struct decoder decoder;
	decoder_init(&decoder, "\x01\x02\x03", 3);
	assert_int_equal(decoder_u32(&decoder), 0);
	assert_true(decoder.failed);
	assert_int_equal(decoder_u8(&decoder), 0);
	assert_null(decoder_bytes(&decoder, 0));
	assert_false(decoder_is_done(&decoder));
	decoder_init(&decoder, "\x01", 1);
	assert_null(decoder_bytes(&decoder, SIZE_MAX));
}

static int open_state(void **state)
{
	*state = arena_open(1024 * 1024);
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
		cmocka_unit_test(test_text_is_appended),
		cmocka_unit_test(test_it_grows_and_keeps_its_content),
		cmocka_unit_test(test_the_ceiling_holds_and_is_sticky),
		cmocka_unit_test(test_a_full_arena_fills_the_buffer),
		cmocka_unit_test(test_fixed_memory_does_not_grow),
		cmocka_unit_test(test_numbers_come_back),
		cmocka_unit_test(test_reading_past_the_end_fails_for_good),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
