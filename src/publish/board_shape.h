/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the publish board lies in memory: for board.c and board_metrics.c only.
 */
#ifndef COREGATE_PUBLISH_BOARD_SHAPE_H
#define COREGATE_PUBLISH_BOARD_SHAPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "publish/board.h"

#define BOARD_INDEX       (2u * BOARD_ZONES)
#define BOARD_LAG_BUCKETS 13u

/* A value in shared memory, in words that are atomic; the first is a sequence number, odd while the
 * value is written. */
#define BOARD_CELL_WORDS(type) (1 + sizeof(type) / sizeof(uint64_t))

/* What does not belong to one zone or server. */
struct board_trouble {
	uint32_t pending_zones;
	int64_t pending_since_ms;
	int64_t failure_at_ms;
	char failure[BOARD_TEXT_BYTES];
};

/* hash 0: free. word: state, kind, round, time (see board_health.c). */
struct board_health_slot {
	_Atomic uint64_t hash;
	_Atomic uint64_t word;
};

struct board_entry {
	_Atomic uint64_t cell[BOARD_CELL_WORDS(struct board_zone)];
	uint32_t free_next; /* entry + 1 of the next free one */
};

struct board {
	_Atomic int64_t beat_ms; /* steady; -1: never */
	_Atomic uint32_t server_count;
	_Atomic uint32_t url_count;
	_Atomic uint32_t zone_count;
	_Atomic uint32_t used; /* entries that were ever used */
	uint32_t free_first;   /* the publisher's: entry + 1, 0: none */
	uint32_t gone_count;   /* the publisher's: words of dropped zones in the index */
	_Atomic uint64_t counters[BOARD_COUNTER__MAX];
	_Atomic uint64_t lag_counts[BOARD_LAG_BUCKETS + 1];
	_Atomic uint64_t lag_sum_ms;
	_Atomic uint64_t trouble[BOARD_CELL_WORDS(struct board_trouble)];
	_Atomic uint64_t servers[BOARD_SERVERS][BOARD_CELL_WORDS(struct board_server)];
	_Atomic uint64_t urls[BOARD_URLS][BOARD_CELL_WORDS(struct board_url)];
	_Atomic uint32_t health_counts[HEALTH_KIND__MAX][HEALTH__MAX];
	struct board_health_slot healths[BOARD_HEALTHS];
	_Atomic uint64_t index[BOARD_INDEX];
	struct board_entry zones[BOARD_ZONES];
};

/* Upper ends of the buckets of the lag; one more bucket lies behind the last. */
extern const int64_t board_lag_limits_ms[BOARD_LAG_BUCKETS];

/* Forgets all that the monitor found. */
void board_begin_health(struct board *board);

/* The zone of an entry; false when the entry is free. */
bool board_get_entry(const struct board *board, uint32_t entry, struct board_zone *ret_zone);

#endif
