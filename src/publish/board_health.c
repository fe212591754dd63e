/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The health monitor's findings on the board: a table by the hash of the name. A name has a window
 * of slots, which is always searched whole, so that taking one out is clearing it. Two names of one
 * 64-bit hash would share a state; nothing is decided by it.
 */
#include <stdatomic.h>

#include "publish/board_shape.h"

#define WINDOW 64u

/* word, from the lowest bit: 2 of state, 16 of round, 42 of milliseconds */
#define ROUND_SHIFT 2
#define TIME_SHIFT  18
#define TIME_MASK   ((UINT64_C(1) << 42) - 1)

static uint64_t hash_of(enum health_kind kind, const struct name *name)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < name->length; i++)
		hash = (hash ^ name->wire[i]) * UINT64_C(1099511628211);
	/* The lowest bit is the kind; never 0. */
	return (hash | 2u) - (hash & 1u) + (uint64_t)kind;
}

static size_t place_of(uint64_t hash, unsigned offset)
{
	return ((hash ^ hash >> 32) / 4 + offset) % BOARD_HEALTHS;
}

static uint64_t word_make(const struct health *health, uint16_t round)
{
	return (uint64_t)health->state | (uint64_t)round << ROUND_SHIFT |
	       ((uint64_t)health->at_ms & TIME_MASK) << TIME_SHIFT;
}

static enum health_state word_state(uint64_t word)
{
	return (enum health_state)(word & 3u);
}

static uint16_t word_round(uint64_t word)
{
	return (uint16_t)(word >> ROUND_SHIFT);
}

static void count(struct board *board, uint64_t hash, enum health_state state, int by)
{
	_Atomic uint32_t *counter = &board->health_counts[hash & 1u][state];
	atomic_fetch_add_explicit(counter, (uint32_t)by, memory_order_relaxed);
}

void board_get_health(const struct board *board, enum health_kind kind, const struct name *name,
        struct health *ret_health)
{
	uint64_t hash = hash_of(kind, name);
	*ret_health = (struct health){ .state = HEALTH_UNKNOWN };
	for (unsigned i = 0; i < WINDOW; i++) {
		const struct board_health_slot *slot = &board->healths[place_of(hash, i)];
		if (atomic_load_explicit(&slot->hash, memory_order_acquire) != hash)
			continue;
		uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
		ret_health->state = word_state(word);
		ret_health->at_ms = (int64_t)(word >> TIME_SHIFT);
		return;
	}
}

enum health_state board_put_health(struct board *board, enum health_kind kind,
        const struct name *name, const struct health *health, uint16_t round)
{
	uint64_t hash = hash_of(kind, name);
	struct board_health_slot *room = NULL;
	for (unsigned i = 0; i < WINDOW; i++) {
		struct board_health_slot *slot = &board->healths[place_of(hash, i)];
		uint64_t found = atomic_load_explicit(&slot->hash, memory_order_relaxed);
		if (found == 0 && room == NULL)
			room = slot;
		if (found != hash)
			continue;
		uint64_t word = atomic_exchange(&slot->word, word_make(health, round));
		count(board, hash, word_state(word), -1);
		count(board, hash, health->state, 1);
		return word_state(word);
	}
	if (room == NULL)
		return HEALTH_UNKNOWN;
	atomic_store_explicit(&room->word, word_make(health, round), memory_order_release);
	atomic_store_explicit(&room->hash, hash, memory_order_release);
	count(board, hash, health->state, 1);
	return HEALTH_UNKNOWN;
}

void board_sweep_health(struct board *board, uint16_t round)
{
	for (size_t i = 0; i < BOARD_HEALTHS; i++) {
		struct board_health_slot *slot = &board->healths[i];
		uint64_t hash = atomic_load_explicit(&slot->hash, memory_order_relaxed);
		uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
		if (hash == 0 || (uint16_t)(round - word_round(word)) <= 1)
			continue;
		atomic_store_explicit(&slot->hash, 0, memory_order_release);
		count(board, hash, word_state(word), -1);
	}
}

void board_begin_health(struct board *board)
{
	for (size_t i = 0; i < BOARD_HEALTHS; i++) {
		struct board_health_slot *slot = &board->healths[i];
		if (atomic_load_explicit(&slot->hash, memory_order_relaxed) != 0)
			atomic_store_explicit(&slot->hash, 0, memory_order_release);
	}
	for (size_t kind = 0; kind < HEALTH_KIND__MAX; kind++)
		for (size_t state = 0; state < HEALTH__MAX; state++)
			atomic_store(&board->health_counts[kind][state], 0);
}
