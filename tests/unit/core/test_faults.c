/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/faults.h"

static void test_faults_are_kept_in_order(void **state)
{
	(void)state;
	struct arena *arena = arena_open(65536);
	struct faults faults;
	char pointer[] = "/ttl";
	faults_init(&faults, arena);
	assert_int_equal(faults_err(&faults), ERR_OK);
	assert_int_equal(faults_add(&faults, ERR_INVALID_TTL, pointer, "%d is too small", -1),
	        ERR_INVALID_TTL);
	pointer[1] = 'x';
	assert_int_equal(faults_add(&faults, ERR_INVALID_NAME, "/name", "no"), ERR_INVALID_NAME);
	assert_int_equal(faults.count, 2);
	assert_int_equal(faults_err(&faults), ERR_INVALID_TTL);
	assert_string_equal(faults.items[0].pointer, "/ttl");
	assert_string_equal(faults.items[0].detail, "-1 is too small");
	assert_int_equal(faults.items[1].err, ERR_INVALID_NAME);
	arena_close(arena);
}

static void test_more_than_the_maximum_are_not_kept(void **state)
{
	(void)state;
	struct arena *arena = arena_open(1 << 20);
	struct faults faults;
	faults_init(&faults, arena);
	for (unsigned i = 0; i < FAULTS_MAX + 20; i++)
		assert_int_equal(
		        faults_add(&faults, ERR_BAD_REQUEST, "", "%u", i), ERR_BAD_REQUEST);
	assert_int_equal(faults.count, FAULTS_MAX);
	for (unsigned i = 0; i < FAULTS_MAX; i++)
		assert_int_equal(strtoul(faults.items[i].detail, NULL, 10), i);
	arena_close(arena);
}

static void test_a_full_arena_still_leaves_texts(void **state)
{
	(void)state;
	struct arena *arena = arena_open(4096);
	struct faults faults;
	while (arena_alloc(arena, 1) != NULL)
		;
	faults_init(&faults, arena);
	assert_int_equal(faults_add(&faults, ERR_INVALID_TTL, "/ttl", "x"), ERR_INVALID_TTL);
	assert_string_equal(faults.items[0].pointer, "");
	assert_string_equal(faults.items[0].detail, err_sentence(ERR_INVALID_TTL));
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(faults_add(&faults, ERR_BAD_REQUEST, "", "x"), ERR_BAD_REQUEST);
	assert_int_equal(faults.count, FAULTS_INLINE);
	assert_int_equal(faults_err(&faults), ERR_INVALID_TTL);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_are_kept_in_order),
		cmocka_unit_test(test_more_than_the_maximum_are_not_kept),
		cmocka_unit_test(test_a_full_arena_still_leaves_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
