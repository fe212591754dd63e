/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "auth/base64url.h"

static bool parse(const char *text, uint8_t *bytes, size_t room, size_t *ret_length)
{
	return base64url_parse(text, strlen(text), bytes, room, ret_length);
}

static void test_there_and_back(void **state)
{
	uint8_t bytes[70];
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 251);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		char text[BASE64URL_LENGTH(sizeof(bytes)) + 1];
		uint8_t back[sizeof(bytes)];
		size_t parsed = 0;
		base64url_render(bytes, length, text);
		assert_int_equal(strlen(text), BASE64URL_LENGTH(length));
		assert_true(parse(text, back, sizeof(back), &parsed));
		assert_int_equal(parsed, length);
		assert_memory_equal(back, bytes, length);
	}
}

static void test_one_spelling_only(void **state)
{
	static const char *const texts[] = { "YQ==", "YQ=", "YR", "YS", "Y", "YWI=", "YWJ", "Y Q",
		"YQ\n", " YQ", "Y+8", "Y/8", "YWJj=", "YWJjZ", "YW.j", "\xC3\xBC", "YWJj\r\n" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t bytes[16];
		size_t parsed;
		assert_false(parse(texts[i], bytes, sizeof(bytes), &parsed));
	}
}

static void test_no_other_octet_is_taken(void **state)
{
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	(void)state;
	for (unsigned octet = 0; octet <= 0xff; octet++) {
		bool is_in = octet != 0 && strchr(alphabet, (int)octet) != NULL;
		for (size_t at = 0; at < 4; at++) {
			char text[4] = "AAAA";
			uint8_t bytes[3];
			size_t parsed;
			text[at] = (char)octet;
			assert_int_equal(
			        base64url_parse(text, sizeof(text), bytes, sizeof(bytes), &parsed),
			        is_in);
		}
	}
}

static void test_room_is_a_limit(void **state)
{
	uint8_t bytes[3];
	size_t parsed = 0;
	(void)state;
	assert_true(parse("YWJj", bytes, 3, &parsed));
	assert_false(parse("YWJj", bytes, 2, &parsed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_one_spelling_only),
		cmocka_unit_test(test_no_other_octet_is_taken),
		cmocka_unit_test(test_room_is_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
