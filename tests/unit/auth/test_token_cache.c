/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "auth/token_cache.h"

static void make_digest(uint8_t digest[static DIGEST_BYTES], uint32_t number, uint8_t set)
{
	memset(digest, 0, DIGEST_BYTES);
	digest[0] = set;
	memcpy(digest + 8, &number, sizeof(number));
}

static void put(struct token_cache *cache, uint32_t number, uint8_t set)
{
	uint8_t digest[DIGEST_BYTES];
	make_digest(digest, number, set);
	struct cached_token *entry = token_cache_reserve(cache);
	assert_non_null(entry);
	entry->token.subject = arena_printf(entry->arena, "subject-%u", (unsigned)number);
	entry = token_cache_put(cache, digest);
	assert_memory_equal(entry->digest, digest, DIGEST_BYTES);
}

static bool has(struct token_cache *cache, uint32_t number, uint8_t set)
{
	uint8_t digest[DIGEST_BYTES];
	char subject[32];
	make_digest(digest, number, set);
	struct cached_token *entry = token_cache_find(cache, digest);
	if (entry == NULL)
		return false;
	snprintf(subject, sizeof(subject), "subject-%u", (unsigned)number);
	assert_string_equal(entry->token.subject, subject);
	return true;
}

static void test_what_was_put_is_found(void **state)
{
	(void)state;
	struct token_cache *cache = token_cache_open(64);
	assert_false(has(cache, 1, 0));
	for (uint32_t i = 0; i < 64; i++)
		put(cache, i, (uint8_t)(i % 8));
	for (uint32_t i = 0; i < 64; i++)
		assert_true(has(cache, i, (uint8_t)(i % 8)));
	assert_false(has(cache, 0, 1));
	token_cache_close(cache);
	token_cache_close(NULL);
}

static void test_the_one_unused_for_longest_makes_room(void **state)
{
	(void)state;
	struct token_cache *cache = token_cache_open(1);
	for (uint32_t i = 0; i < 8; i++)
		put(cache, i, 0);
	assert_true(has(cache, 0, 0));
	assert_true(has(cache, 2, 0));
	put(cache, 100, 0);
	assert_false(has(cache, 1, 0));
	assert_true(has(cache, 0, 0));
	assert_true(has(cache, 2, 0));
	assert_true(has(cache, 100, 0));
	put(cache, 101, 0);
	assert_false(has(cache, 3, 0));
	token_cache_close(cache);
}

static void test_a_reserve_alone_pushes_nothing_out(void **state)
{
	(void)state;
	struct token_cache *cache = token_cache_open(8);
	for (uint32_t i = 0; i < 8; i++)
		put(cache, i, 0);
	for (uint32_t i = 0; i < 100; i++) {
		struct cached_token *entry = token_cache_reserve(cache);
		assert_non_null(arena_alloc(entry->arena, 100));
	}
	for (uint32_t i = 0; i < 8; i++)
		assert_true(has(cache, i, 0));
	token_cache_close(cache);
}

static void test_what_is_held_stays(void **state)
{
	uint8_t digest[DIGEST_BYTES];
	(void)state;
	struct token_cache *cache = token_cache_open(8);
	put(cache, 0, 0);
	make_digest(digest, 0, 0);
	struct cached_token *held = token_cache_find(cache, digest);
	token_cache_hold(held);
	token_cache_hold(held);
	for (uint32_t i = 1; i < 100; i++)
		put(cache, i, 0);
	assert_false(has(cache, 0, 0));
	assert_string_equal(held->token.subject, "subject-0");
	token_cache_release(held);
	assert_string_equal(held->token.subject, "subject-0");
	token_cache_release(held);
	/* What is in the table stays there when it is released. */
	make_digest(digest, 99, 0);
	held = token_cache_find(cache, digest);
	token_cache_hold(held);
	token_cache_release(held);
	assert_true(has(cache, 99, 0));
	token_cache_close(cache);
}

static void test_it_does_not_grow(void **state)
{
	size_t found = 0;
	(void)state;
	struct token_cache *cache = token_cache_open(16);
	for (uint32_t i = 0; i < 5000; i++)
		put(cache, i, (uint8_t)(i % 251));
	for (uint32_t i = 0; i < 5000; i++)
		found += has(cache, i, (uint8_t)(i % 251));
	assert_int_equal(found, 16);
	token_cache_close(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_put_is_found),
		cmocka_unit_test(test_the_one_unused_for_longest_makes_room),
		cmocka_unit_test(test_a_reserve_alone_pushes_nothing_out),
		cmocka_unit_test(test_what_is_held_stays),
		cmocka_unit_test(test_it_does_not_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
