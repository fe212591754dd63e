/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions that are open: one watch for each zone and server, found by zone or by what is due
 * next. Data only; soa_poll.c sends and receives.
 */
#ifndef COREGATE_PUBLISH_WATCH_H
#define COREGATE_PUBLISH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "publish/heap.h"

/* Watches beyond this must wait until others have ended. */
#define WATCHES_MAX 16384u

struct watch {
	struct heap_node node; /* first member: by due time */
	struct name zone;
	struct watch *next_in_bucket;
	size_t server;
	bool is_probe;     /* one answer ends it */
	uint32_t serial;   /* wanted */
	unsigned attempts; /* answers that were not the wanted one */
	unsigned misses;   /* questions in a row without an answer */
	bool is_asked;     /* a question is out */
	uint16_t id;       /* of that question */
	int64_t asked_us;
};

struct watch_table {
	struct heap due;
	struct watch **buckets;
	size_t count;
};

/* False when memory is out. */
MUST_CHECK bool watch_table_init(struct watch_table *table);
void watch_table_fini(struct watch_table *table);

/* The watch of a zone at a server, or NULL. */
struct watch *watch_find(
        const struct watch_table *table, const struct name *zone, size_t server, bool is_probe);

/* A new one, due at due_ms; NULL when there are too many or memory is out. */
struct watch *watch_add(struct watch_table *table, const struct watch *values, int64_t due_ms);

/* Ends it. */
void watch_drop(struct watch_table *table, struct watch *watch);

/* The one due first, or NULL. */
struct watch *watch_first(const struct watch_table *table);

#endif
