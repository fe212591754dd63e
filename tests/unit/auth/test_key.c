/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "auth/base64url.h"
#include "auth/token_kit.h"

static void test_texts_come_back(void **state)
{
	struct kit kit;
	char text[KEY_TEXT_BYTES];
	const char *detail = NULL;
	(void)state;
	kit_init(&kit, 7);
	struct key public;
	assert_int_equal(
	        key_parse_public(kit.public_text, strlen(kit.public_text), &public, &detail),
	        ERR_OK);
	assert_int_equal(public.tag, KEY_V4_PUBLIC);
	assert_memory_equal(public.bytes, kit.public.bytes, KEY_PUBLIC_BYTES);

	struct key *secret = NULL;
	key_render(kit.secret, text);
	assert_int_equal(key_parse_secret(text, strlen(text), &secret, &detail), ERR_OK);
	assert_memory_equal(secret->bytes, kit.secret->bytes, KEY_SECRET_BYTES);
	key_close(secret);
	kit_fini(&kit);
}

static void test_new_keys_differ(void **state)
{
	(void)state;
	assert_true(secret_init());
	struct key *a = key_generate();
	struct key *b = key_generate();
	assert_memory_not_equal(a->bytes, b->bytes, KEY_SECRET_BYTES);
	struct key public;
	key_get_public(a, &public);
	assert_true(key_is_sound(&public));
	key_close(a);
	key_close(b);
	key_close(NULL);
}

static void test_a_key_is_only_what_it_says(void **state)
{
	struct kit kit;
	char text[KEY_TEXT_BYTES];
	const char *detail = NULL;
	struct key public;
	struct key *secret = NULL;
	(void)state;
	kit_init(&kit, 7);
	key_render(kit.secret, text);
	assert_int_equal(key_parse_public(text, strlen(text), &public, &detail), ERR_BAD_REQUEST);
	assert_non_null(detail);
	assert_int_equal(
	        key_parse_secret(kit.public_text, strlen(kit.public_text), &secret, &detail),
	        ERR_BAD_REQUEST);
	assert_null(secret);
	kit_fini(&kit);
}

/* The public half is not the one of the seed. */
static void test_halves_must_belong_together(void **state)
{
	struct kit kit;
	char text[KEY_TEXT_BYTES];
	const char *detail = NULL;
	struct key *secret = NULL;
	(void)state;
	kit_init(&kit, 7);
	kit.secret->bytes[40] ^= 1;
	key_render(kit.secret, text);
	assert_int_equal(key_parse_secret(text, strlen(text), &secret, &detail), ERR_BAD_REQUEST);
	kit_fini(&kit);
}

static void test_other_types_are_refused(void **state)
{
	static const char *const prefixes[] = { "k1.public.", "k2.public.", "k3.public.",
		"k5.public.", "K4.public.", "k4.Public.", "k4.local.", "k4.lid.", "k4.pid.",
		"k4.sid.", "k4.seal.", "k4.local-pw.", "k4.secret-pw.", "k4.local-wrap.pie.",
		"k4.secret-wrap.pie.", "k4.public", "", "v4.public.", " k4.public." };
	static const uint8_t bytes[KEY_SECRET_BYTES];
	char text[256];
	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		for (size_t length = 0; length <= sizeof(bytes); length += 32) {
			struct key public;
			struct key *secret = NULL;
			const char *detail = NULL;
			snprintf(text, sizeof(text), "%s", prefixes[i]);
			base64url_render(bytes, length, text + strlen(text));
			assert_int_equal(key_parse_public(text, strlen(text), &public, &detail),
			        ERR_BAD_REQUEST);
			assert_int_equal(key_parse_secret(text, strlen(text), &secret, &detail),
			        ERR_BAD_REQUEST);
		}
	}
}

static void test_lengths_are_exact(void **state)
{
	static const uint8_t bytes[80];
	char text[256];
	(void)state;
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		struct key public;
		const char *detail = NULL;
		snprintf(text, sizeof(text), "%s", "k4.public.");
		base64url_render(bytes, length, text + strlen(text));
		assert_int_equal(key_parse_public(text, strlen(text), &public, &detail) == ERR_OK,
		        length == KEY_PUBLIC_BYTES);
	}
}

static void test_ids_are_checked(void **state)
{
	struct kit kit;
	char id[KEY_ID_BYTES];
	(void)state;
	kit_init(&kit, 7);
	assert_int_equal(strlen(kit.key_id), KEY_ID_LENGTH);
	assert_true(key_id_is_valid(kit.key_id, KEY_ID_LENGTH, KEY_V4_PUBLIC));
	assert_false(key_id_is_valid(kit.key_id, KEY_ID_LENGTH, KEY_V4_SECRET));
	assert_false(key_id_is_valid(kit.key_id, KEY_ID_LENGTH - 1, KEY_V4_PUBLIC));
	key_render_id(kit.secret, id);
	assert_true(key_id_is_valid(id, KEY_ID_LENGTH, KEY_V4_SECRET));
	assert_memory_equal(id, "k4.sid.", 7);
	memcpy(id, "k3.pid.", 7);
	assert_false(key_id_is_valid(id, KEY_ID_LENGTH, KEY_V4_PUBLIC));
	memcpy(id, kit.key_id, KEY_ID_BYTES);
	id[20] = '+';
	assert_false(key_id_is_valid(id, KEY_ID_LENGTH, KEY_V4_PUBLIC));
	kit_fini(&kit);
}

static void test_weak_keys_are_not_sound(void **state)
{
	struct key zero = { .tag = KEY_V4_PUBLIC };
	struct key one = { .tag = KEY_V4_PUBLIC, .bytes = { 1 } };
	struct key ones = { .tag = KEY_V4_PUBLIC };
	(void)state;
	memset(ones.bytes, 0xff, KEY_PUBLIC_BYTES);
	assert_false(key_is_sound(&zero));
	assert_false(key_is_sound(&one));
	assert_false(key_is_sound(&ones));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_come_back),
		cmocka_unit_test(test_new_keys_differ),
		cmocka_unit_test(test_a_key_is_only_what_it_says),
		cmocka_unit_test(test_halves_must_belong_together),
		cmocka_unit_test(test_other_types_are_refused),
		cmocka_unit_test(test_lengths_are_exact),
		cmocka_unit_test(test_ids_are_checked),
		cmocka_unit_test(test_weak_keys_are_not_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
