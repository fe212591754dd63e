/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/secret.h"

static void test_random_bytes_differ(void **state)
{
	(void)state;
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

/* RFC 7693 gives BLAKE2b-512; these are BLAKE2b-256 as b2sum -l 256 prints them. */
static void test_digest_is_blake2b_256(void **state)
{
	(void)state;
	uint8_t digest[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];
	digest_blake2b("abc", 3, "", 0, digest);
	hex_render(digest, sizeof(digest), hex);
	assert_string_equal(
	        hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	digest_blake2b(NULL, 0, NULL, 0, digest);
	hex_render(digest, sizeof(digest), hex);
	assert_string_equal(
	        hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void test_pieces_are_concatenated(void **state)
{
	(void)state;
	uint8_t whole[DIGEST_BYTES];
	uint8_t pieces[DIGEST_BYTES];
	digest_blake2b("abcdef", 6, NULL, 0, whole);
	digest_blake2b("ab", 2, "cdef", 4, pieces);
	assert_memory_equal(whole, pieces, sizeof(whole));
	assert_true(secret_is_equal(whole, pieces, sizeof(whole)));
	pieces[31] ^= 1;
	assert_false(secret_is_equal(whole, pieces, sizeof(whole)));
	assert_true(secret_is_equal("", "x", 0));
}

static void test_wiped_is_zero(void **state)
{
	(void)state;
	char secret[4] = "key";
	secret_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0", 4);
}

static void test_hex_goes_both_ways(void **state)
{
	(void)state;
	uint8_t bytes[3] = { 0 };
	char text[7];
	assert_true(hex_parse("00fFa9", 6, bytes, 3));
	assert_memory_equal(bytes, "\x00\xFF\xA9", 3);
	hex_render(bytes, 3, text);
	assert_string_equal(text, "00ffa9");
	assert_true(hex_parse("", 0, bytes, 0));
}

static void test_what_is_not_hex_is_refused_and_writes_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "00", "00000", "0000000", "00000000", "00000g",
		"g00000", " 00000", "0x0000", "00:000" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t bytes[3] = { 7, 7, 7 };
		assert_false(hex_parse(bad[i], strlen(bad[i]), bytes, 3));
		assert_memory_equal(bytes, "\7\7\7", 3);
	}
}

static void test_only_the_key_opens_what_was_sealed(void **state)
{
	(void)state;
	static const uint8_t key[SEAL_KEY_BYTES] = { 1 };
	static const uint8_t other_key[SEAL_KEY_BYTES] = { 2 };
	uint8_t sealed[5 + SEAL_EXTRA_BYTES];
	uint8_t again[sizeof(sealed)];
	uint8_t opened[5];
	secret_seal(key, "words", 5, sealed);
	secret_seal(key, "words", 5, again);
	assert_memory_not_equal(sealed, again, sizeof(sealed));
	assert_true(secret_unseal(key, sealed, sizeof(sealed), opened));
	assert_memory_equal(opened, "words", 5);
	assert_false(secret_unseal(other_key, sealed, sizeof(sealed), opened));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		assert_false(secret_unseal(key, sealed, i, opened));
		sealed[i] ^= 1;
		assert_false(secret_unseal(key, sealed, sizeof(sealed), opened));
		sealed[i] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_bytes_differ),
		cmocka_unit_test(test_digest_is_blake2b_256),
		cmocka_unit_test(test_pieces_are_concatenated),
		cmocka_unit_test(test_wiped_is_zero),
		cmocka_unit_test(test_only_the_key_opens_what_was_sealed),
		cmocka_unit_test(test_hex_goes_both_ways),
		cmocka_unit_test(test_what_is_not_hex_is_refused_and_writes_nothing),
	};
	if (!secret_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
