/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "publish/heap.h"

#define ITEMS 500

struct item {
	int number;
	struct heap_node node;
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void test_empty(void **state)
{
	(void)state;
	struct heap heap = { 0 };
	struct heap_node node = { 0 };
	assert_null(heap_first(&heap));
	heap_drop(&heap, &node);
	heap_fini(&heap);
}

static void test_earliest_first_whatever_moves(void **state)
{
	(void)state;
	static struct item items[ITEMS];
	struct heap heap = { 0 };
	uint32_t seed = 7;
	assert_true(heap_reserve(&heap, ITEMS));
	for (int i = 0; i < ITEMS; i++) {
		items[i] = (struct item){ .number = i };
		heap_put(&heap, &items[i].node, next_random(&seed) % 1000);
	}
	for (int i = 0; i < 3 * ITEMS; i++) {
		struct item *item = &items[next_random(&seed) % ITEMS];
		if (i % 3 == 0)
			heap_drop(&heap, &item->node);
		else
			heap_put(&heap, &item->node, next_random(&seed) % 1000);
	}
	size_t left = heap.count;
	int64_t last_ms = 0;
	for (; left > 0; left--) {
		struct heap_node *first = heap_first(&heap);
		struct item *item = HEAP_OWNER(first, struct item, node);
		assert_ptr_equal(item, &items[item->number]);
		assert_true(first->due_ms >= last_ms);
		last_ms = first->due_ms;
		heap_drop(&heap, first);
	}
	assert_null(heap_first(&heap));
	heap_fini(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_earliest_first_whatever_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
