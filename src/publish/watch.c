/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/watch.h"

#include <stdlib.h>

#define BUCKETS 16384u

static struct watch **watch_bucket(const struct watch_table *table, const struct name *zone)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < zone->length; i++)
		hash = (hash ^ zone->wire[i]) * 1099511628211u;
	return &table->buckets[(hash ^ hash >> 32) % BUCKETS];
}

bool watch_table_init(struct watch_table *table)
{
	*table = (struct watch_table){ .buckets = calloc(BUCKETS, sizeof(struct watch *)) };
	return table->buckets != NULL;
}

void watch_table_fini(struct watch_table *table)
{
	for (struct watch *watch; (watch = watch_first(table)) != NULL;)
		watch_drop(table, watch);
	heap_fini(&table->due);
	free(table->buckets);
	table->buckets = NULL;
}

struct watch *watch_find(
        const struct watch_table *table, const struct name *zone, size_t server, bool is_probe)
{
	struct watch *watch = *watch_bucket(table, zone);
	while (watch != NULL && (watch->server != server || watch->is_probe != is_probe ||
	                                !name_is_equal(&watch->zone, zone)))
		watch = watch->next_in_bucket;
	return watch;
}

struct watch *watch_add(struct watch_table *table, const struct watch *values, int64_t due_ms)
{
	if (table->count == WATCHES_MAX || !heap_reserve(&table->due, table->count + 1))
		return NULL;
	struct watch *watch = malloc(sizeof(*watch));
	if (watch == NULL)
		return NULL;
	*watch = *values;
	watch->node = (struct heap_node){ 0 };
	struct watch **bucket = watch_bucket(table, &watch->zone);
	watch->next_in_bucket = *bucket;
	*bucket = watch;
	table->count++;
	heap_put(&table->due, &watch->node, due_ms);
	return watch;
}

void watch_drop(struct watch_table *table, struct watch *watch)
{
	struct watch **link = watch_bucket(table, &watch->zone);
	while (*link != watch)
		link = &(*link)->next_in_bucket;
	*link = watch->next_in_bucket;
	heap_drop(&table->due, &watch->node);
	table->count--;
	free(watch);
}

struct watch *watch_first(const struct watch_table *table)
{
	struct heap_node *node = heap_first(&table->due);
	return node == NULL ? NULL : HEAP_OWNER(node, struct watch, node);
}
