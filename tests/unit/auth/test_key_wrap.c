/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "auth/key_wrap.h"
#include "auth/token_kit.h"

static const struct key_wrap_cost cheap = { .memory_bytes = 8192, .passes = 1 };
static const struct key_password password = { "correct horse", 13 };

static void test_a_key_comes_back(void **state)
{
	struct kit kit;
	char text[KEY_WRAP_TEXT_BYTES];
	char again[KEY_WRAP_TEXT_BYTES];
	struct key *secret = NULL;
	const char *detail = NULL;
	(void)state;
	kit_init(&kit, 9);
	assert_int_equal(key_wrap(kit.secret, &password, &cheap, text), ERR_OK);
	assert_int_equal(key_wrap(kit.secret, &password, &cheap, again), ERR_OK);
	assert_string_not_equal(text, again);
	assert_true(key_is_wrapped(text, strlen(text)));
	assert_false(key_is_wrapped(kit.public_text, strlen(kit.public_text)));
	assert_int_equal(key_unwrap(text, strlen(text), &password, &secret, &detail), ERR_OK);
	assert_memory_equal(secret->bytes, kit.secret->bytes, KEY_SECRET_BYTES);
	key_close(secret);
	kit_fini(&kit);
}

static void test_another_password_is_refused(void **state)
{
	static const struct key_password others[] = { { "", 0 }, { "correct hors", 12 },
		{ "correct horse ", 14 }, { "correct horsf", 13 } };
	struct kit kit;
	char text[KEY_WRAP_TEXT_BYTES];
	(void)state;
	kit_init(&kit, 9);
	assert_int_equal(key_wrap(kit.secret, &password, &cheap, text), ERR_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct key *secret = NULL;
		const char *detail = NULL;
		assert_int_equal(key_unwrap(text, strlen(text), &others[i], &secret, &detail),
		        ERR_BAD_REQUEST);
		assert_null(secret);
		assert_non_null(detail);
	}
	kit_fini(&kit);
}

/* Every character of the text matters: an altered cost is refused by its bounds before Argon2id
 * runs, or by the tag after it. */
static void test_any_alteration_is_refused(void **state)
{
	struct kit kit;
	char text[KEY_WRAP_TEXT_BYTES];
	(void)state;
	kit_init(&kit, 9);
	assert_int_equal(key_wrap(kit.secret, &password, &cheap, text), ERR_OK);
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++) {
		struct key *secret = NULL;
		const char *detail = NULL;
		char kept = text[i];
		text[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(
		        key_unwrap(text, length, &password, &secret, &detail), ERR_BAD_REQUEST);
		assert_null(secret);
		text[i] = kept;
	}
	for (size_t i = 0; i < length; i++) {
		struct key *secret = NULL;
		const char *detail = NULL;
		assert_int_equal(key_unwrap(text, i, &password, &secret, &detail), ERR_BAD_REQUEST);
	}
	kit_fini(&kit);
}

static void test_costs_are_bounded(void **state)
{
	static const struct key_wrap_cost costs[] = {
		{ .memory_bytes = 0, .passes = 1 },
		{ .memory_bytes = 8191, .passes = 1 },
		{ .memory_bytes = 8193, .passes = 1 },
		{ .memory_bytes = KEY_WRAP_MEMORY_MAX_BYTES + UINT64_C(1024), .passes = 1 },
		{ .memory_bytes = UINT64_MAX, .passes = 1 },
		{ .memory_bytes = 8192, .passes = 0 },
		{ .memory_bytes = 8192, .passes = KEY_WRAP_PASSES_MAX + 1 },
		{ .memory_bytes = 8192, .passes = UINT32_MAX },
	};
	struct kit kit;
	char text[KEY_WRAP_TEXT_BYTES];
	(void)state;
	kit_init(&kit, 9);
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		assert_int_equal(key_wrap(kit.secret, &password, &costs[i], text), ERR_BAD_REQUEST);
	assert_int_equal(key_wrap(&kit.public, &password, &cheap, text), ERR_BAD_REQUEST);
	kit_fini(&kit);
}

/* Files that ask for 1 TiB, for 2^32-1 passes, for two lanes, and for none at all, are refused at
 * once. */
static void test_a_greedy_file_is_refused(void **state)
{
	static const char *const texts[] = {
		"k4.secret-pw.AAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAQAAAAEAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"k4.secret-pw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAACAA_____wAAAAEAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"k4.secret-pw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAAAAAAQAAAAIAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"k4.secret-pw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"k4.secret-pw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct key *secret = NULL;
		const char *detail = NULL;
		assert_int_equal(
		        key_unwrap(texts[i], strlen(texts[i]), &password, &secret, &detail),
		        ERR_BAD_REQUEST);
		assert_string_equal(
		        detail, "this key asks for more memory or time than is granted");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_comes_back),
		cmocka_unit_test(test_another_password_is_refused),
		cmocka_unit_test(test_any_alteration_is_refused),
		cmocka_unit_test(test_costs_are_bounded),
		cmocka_unit_test(test_a_greedy_file_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
