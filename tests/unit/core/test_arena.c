/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/arena.h"

static char order[8];

static void note(void *letter)
{
	strncat(order, letter, 1);
}

static struct arena *open_arena(size_t cap_bytes)
{
	struct arena *arena = arena_open(cap_bytes);
	assert_non_null(arena);
	return arena;
}

static void test_memory_is_zeroed_and_aligned(void **state)
{
	(void)state;
	struct arena *arena = open_arena(65536);
	for (size_t size = 1; size < 100; size++) {
		unsigned char *memory = arena_alloc(arena, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xA5, size);
	}
	arena_close(arena);
}

static void test_memory_is_zeroed_again_after_reset(void **state)
{
	(void)state;
	size_t large_bytes = (size_t)1024 * 1024;
	struct arena *arena = open_arena(2 * large_bytes);
	memset(arena_alloc(arena, large_bytes), 0xA5, large_bytes);
	assert_true(arena_used(arena) >= large_bytes);
	arena_reset(arena);
	assert_int_equal(arena_used(arena), 0);
	unsigned char *memory = arena_alloc(arena, large_bytes);
	assert_non_null(memory);
	for (size_t i = 0; i < large_bytes; i++)
		assert_int_equal(memory[i], 0);
	arena_close(arena);
}

static void test_the_cap_is_an_error_and_not_the_end(void **state)
{
	(void)state;
	struct arena *arena = open_arena(4096);
	assert_null(arena_alloc(arena, 4097));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_calloc(arena, SIZE_MAX / 2, 3));
	assert_null(arena_dup(arena, "x", SIZE_MAX));
	assert_non_null(arena_alloc(arena, 3000));
	assert_null(arena_alloc(arena, 3000));
	assert_null(arena_printf(arena, "%3000s", ""));
	assert_non_null(arena_alloc(arena, 100));
	arena_reset(arena);
	assert_non_null(arena_alloc(arena, 3000));
	arena_close(arena);
}

static void test_copies_end_in_nul(void **state)
{
	(void)state;
	struct arena *arena = open_arena(4096);
	const char *copy = arena_dup(arena, "a\0bcd", 4);
	assert_memory_equal(copy, "a\0bc", 5);
	assert_string_equal(arena_strdup(arena, "zone"), "zone");
	assert_string_equal(arena_dup(arena, NULL, 0), "");
	assert_string_equal(arena_printf(arena, "%s-%d", "web", 7), "web-7");
	arena_close(arena);
}

static void test_deferred_runs_last_first_and_once(void **state)
{
	(void)state;
	struct arena *arena = open_arena(4096);
	order[0] = '\0';
	assert_true(arena_defer(arena, note, (char[]){ "a" }));
	assert_true(arena_defer(arena, note, (char[]){ "b" }));
	arena_reset(arena);
	assert_string_equal(order, "ba");
	assert_true(arena_defer(arena, note, (char[]){ "c" }));
	arena_close(arena);
	assert_string_equal(order, "bac");
	arena_close(NULL);
}

static void test_defer_at_the_cap_leaves_the_object(void **state)
{
	(void)state;
	struct arena *arena = open_arena(4096);
	while (arena_alloc(arena, 1) != NULL)
		;
	order[0] = '\0';
	assert_false(arena_defer(arena, note, (char[]){ "a" }));
	arena_close(arena);
	assert_string_equal(order, "");
}

/* Used beyond what it keeps, and within: zeroed again each time. */
static void test_what_is_kept_is_wiped(void **state)
{
	(void)state;
	static const size_t keeps[] = { 0, 5000, 1 << 16, 1 << 22 };
	for (size_t i = 0; i < sizeof(keeps) / sizeof(keeps[0]); i++) {
		struct arena *arena = arena_open(1 << 20);
		arena_keep(arena, keeps[i]);
		for (size_t size = 1; size < 900000; size = size * 3 + 1) {
			unsigned char *bytes = arena_alloc(arena, size);
			assert_non_null(bytes);
			for (size_t at = 0; at < size; at++)
				assert_int_equal(bytes[at], 0);
			memset(bytes, 0xa5, size);
			arena_reset(arena);
		}
		arena_close(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_wiped),
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_memory_is_zeroed_again_after_reset),
		cmocka_unit_test(test_the_cap_is_an_error_and_not_the_end),
		cmocka_unit_test(test_copies_end_in_nul),
		cmocka_unit_test(test_deferred_runs_last_first_and_once),
		cmocka_unit_test(test_defer_at_the_cap_leaves_the_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
