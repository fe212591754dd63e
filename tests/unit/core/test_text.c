/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/text.h"

static void test_utf8_sequences(void **state)
{
	(void)state;
	assert_int_equal(utf8_sequence_length("a", 1), 1);
	assert_int_equal(utf8_sequence_length("\xC2\x80", 2), 2);
	assert_int_equal(utf8_sequence_length("\xC2\x80", 1), 0);
	assert_int_equal(utf8_sequence_length("\xC1\xBF", 2), 0);
	assert_int_equal(utf8_sequence_length("\xE0\xA0\x80", 3), 3);
	assert_int_equal(utf8_sequence_length("\xE0\x9F\xBF", 3), 0);
	assert_int_equal(utf8_sequence_length("\xED\x9F\xBF", 3), 3);
	assert_int_equal(utf8_sequence_length("\xED\xA0\x80", 3), 0);
	assert_int_equal(utf8_sequence_length("\xF0\x90\x80\x80", 4), 4);
	assert_int_equal(utf8_sequence_length("\xF0\x8F\xBF\xBF", 4), 0);
	assert_int_equal(utf8_sequence_length("\xF4\x8F\xBF\xBF", 4), 4);
	assert_int_equal(utf8_sequence_length("\xF4\x90\x80\x80", 4), 0);
	assert_int_equal(utf8_sequence_length("\xF5\x80\x80\x80", 4), 0);
	assert_int_equal(utf8_sequence_length("\xE2\x82(", 3), 0);
}

static void test_every_code_point_comes_back(void **state)
{
	(void)state;
	for (uint32_t point = 0; point <= 0x10FFFF; point++) {
		char bytes[4];
		size_t length = (size_t)(utf8_put(bytes, point) - bytes);
		int is_surrogate = point >= 0xD800 && point <= 0xDFFF;
		if (utf8_sequence_length(bytes, length) != (is_surrogate ? 0 : length))
			fail_msg("U+%X", point);
		for (size_t cut = 1; cut < length; cut++)
			assert_int_equal(utf8_sequence_length(bytes, cut), 0);
	}
}

static void test_hexadecimal_digits(void **state)
{
	(void)state;
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int valid_count = 0;
	for (int i = 0; i < 32; i++)
		assert_int_equal(hex_value(digits[i]), i % 16);
	for (int c = -128; c < 128; c++)
		valid_count += hex_value((char)c) >= 0;
	assert_int_equal(valid_count, 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_sequences),
		cmocka_unit_test(test_every_code_point_comes_back),
		cmocka_unit_test(test_hexadecimal_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
