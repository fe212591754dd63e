/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A binary heap of things that are due: the earliest first. Nodes are members of the caller's
 * structs; the heap holds pointers to them. A node is in one heap at most.
 */
#ifndef COREGATE_PUBLISH_HEAP_H
#define COREGATE_PUBLISH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct heap_node {
	int64_t due_ms;
	size_t place; /* 1 and up; 0: in no heap */
};

struct heap {
	struct heap_node **nodes;
	size_t count;
	size_t room;
};

/* The struct that has node as its member. */
#define HEAP_OWNER(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* A zeroed heap is empty. Frees what the heap itself holds. */
void heap_fini(struct heap *heap);

/* Makes room for so many nodes, after which heap_put of up to so many cannot fail. False: no
 * memory. */
MUST_CHECK bool heap_reserve(struct heap *heap, size_t count);

/* Puts a node, or moves it when it is in this heap. There must be room. */
void heap_put(struct heap *heap, struct heap_node *node, int64_t due_ms);

/* Takes a node out; one that is in no heap is left alone. */
void heap_drop(struct heap *heap, struct heap_node *node);

/* The earliest, or NULL. */
struct heap_node *heap_first(const struct heap *heap);

#endif
