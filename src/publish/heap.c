/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/heap.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_ROOM 64

void heap_fini(struct heap *heap)
{
	free(heap->nodes);
	*heap = (struct heap){ 0 };
}

bool heap_reserve(struct heap *heap, size_t count)
{
	size_t room = heap->room > 0 ? heap->room : FIRST_ROOM;
	while (room < count)
		room *= 2;
	if (room == heap->room)
		return true;
	struct heap_node **nodes = reallocarray(heap->nodes, room, sizeof(*nodes));
	if (nodes == NULL)
		return false;
	heap->nodes = nodes;
	heap->room = room;
	return true;
}

/* Places are counted from 1, so that the children of p are 2p and 2p + 1. */
static void heap_place(struct heap *heap, struct heap_node *node, size_t place)
{
	heap->nodes[place - 1] = node;
	node->place = place;
}

static struct heap_node *heap_at(const struct heap *heap, size_t place)
{
	return heap->nodes[place - 1];
}

static void heap_rise(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place;
	for (; place > 1 && heap_at(heap, place / 2)->due_ms > node->due_ms; place /= 2)
		heap_place(heap, heap_at(heap, place / 2), place);
	heap_place(heap, node, place);
}

static void heap_sink(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place;
	for (size_t child; (child = 2 * place) <= heap->count; place = child) {
		if (child < heap->count &&
		        heap_at(heap, child + 1)->due_ms < heap_at(heap, child)->due_ms)
			child++;
		if (heap_at(heap, child)->due_ms >= node->due_ms)
			break;
		heap_place(heap, heap_at(heap, child), place);
	}
	heap_place(heap, node, place);
}

void heap_put(struct heap *heap, struct heap_node *node, int64_t due_ms)
{
	if (node->place == 0) {
		assert(heap->count < heap->room);
		heap_place(heap, node, ++heap->count);
	}
	node->due_ms = due_ms;
	heap_rise(heap, node);
	heap_sink(heap, node);
}

void heap_drop(struct heap *heap, struct heap_node *node)
{
	if (node->place == 0)
		return;
	struct heap_node *last = heap_at(heap, heap->count--);
	size_t place = node->place;
	node->place = 0;
	if (last == node)
		return;
	heap_place(heap, last, place);
	heap_rise(heap, last);
	heap_sink(heap, last);
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->nodes[0] : NULL;
}
