/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json_names.h"

#include <string.h>

/* Up to this many names are compared each with each. */
#define PAIRWISE_MAX 8

void json_names_init(struct json_names *names, struct arena *arena)
{
	names->arena = arena;
	names->items = names->first;
	names->count = 0;
	names->room = JSON_NAMES_FIRST;
}

static bool names_grow(struct json_names *names)
{
	struct json_name *items = arena_calloc(names->arena, 2 * names->room, sizeof(*items));
	if (items == NULL)
		return false;
	memcpy(items, names->items, names->count * sizeof(*items));
	names->items = items;
	names->room *= 2;
	return true;
}

bool json_names_add(struct json_names *names, const struct json_name *name)
{
	if (names->count == names->room && !names_grow(names))
		return false;
	names->items[names->count++] = *name;
	return true;
}

static int name_compare(const struct json_name *a, const struct json_name *b)
{
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->length);
}

static void heap_sink(struct json_name *names, size_t count, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= count)
			return;
		if (child + 1 < count && name_compare(&names[child], &names[child + 1]) < 0)
			child++;
		if (name_compare(&names[at], &names[child]) >= 0)
			return;
		struct json_name swapped = names[at];
		names[at] = names[child];
		names[child] = swapped;
		at = child;
	}
}

/* A heap sort: no memory, and no order of names makes it slow. */
static void names_sort(struct json_name *names, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		heap_sink(names, count, i);
	for (size_t last = count; last-- > 1;) {
		struct json_name largest = names[0];
		names[0] = names[last];
		names[last] = largest;
		heap_sink(names, last, 0);
	}
}

/* Two equal names, the later of which is returned, or NULL. */
static const struct json_name *names_find_pair(struct json_name *names, size_t count)
{
	bool is_small = count <= PAIRWISE_MAX;
	if (!is_small)
		names_sort(names, count);
	for (size_t i = 0; i + 1 < count; i++) {
		size_t last = is_small ? count - 1 : i + 1;
		for (size_t j = i + 1; j <= last; j++) {
			if (name_compare(&names[i], &names[j]) == 0)
				return names[i].at > names[j].at ? &names[i] : &names[j];
		}
	}
	return NULL;
}

bool json_names_drop(struct json_names *names, size_t base, size_t *ret_at)
{
	const struct json_name *twice = names_find_pair(names->items + base, names->count - base);
	names->count = base;
	if (twice != NULL)
		*ret_at = twice->at;
	return twice != NULL;
}
