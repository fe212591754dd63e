/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/board.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "dns/serial.h"
#include "publish/board_shape.h"

/* A reader that meets a half-written cell looks again so often. A writer needs well under a
 * microsecond; one that was killed meanwhile never ends. */
#define READ_TRIES      4096u
#define TRIES_PER_YIELD 64u

_Static_assert(sizeof(struct board_zone) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(sizeof(struct board_server) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(sizeof(struct board_url) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(sizeof(struct board_trouble) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words must be atomic between processes");

/* ---- cells: one writer, readers that never wait for it ---- */

static void cell_write(_Atomic uint64_t *cell, const void *value, size_t size_bytes)
{
	uint64_t sequence = atomic_load_explicit(&cell[0], memory_order_relaxed) | 1u;
	const char *from = value;
	atomic_store_explicit(&cell[0], sequence, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < size_bytes / sizeof(uint64_t); i++) {
		uint64_t word;
		memcpy(&word, from + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&cell[i + 1], word, memory_order_relaxed);
	}
	atomic_store_explicit(&cell[0], sequence + 1, memory_order_release);
}

static bool cell_try_read(const _Atomic uint64_t *cell, void *ret_value, size_t size_bytes)
{
	uint64_t before = atomic_load_explicit(&cell[0], memory_order_acquire);
	char *to = ret_value;
	if (before & 1u)
		return false;
	for (size_t i = 0; i < size_bytes / sizeof(uint64_t); i++) {
		uint64_t word = atomic_load_explicit(&cell[i + 1], memory_order_relaxed);
		memcpy(to + i * sizeof(word), &word, sizeof(word));
	}
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&cell[0], memory_order_relaxed) == before;
}

static bool cell_read(const _Atomic uint64_t *cell, void *ret_value, size_t size_bytes)
{
	for (unsigned i = 1; i <= READ_TRIES; i++) {
		if (cell_try_read(cell, ret_value, size_bytes))
			return true;
		if (i % TRIES_PER_YIELD == 0)
			sched_yield();
	}
	memset(ret_value, 0, size_bytes);
	return false;
}

/* ---- the index: open addressing, a word is the hash above and the entry below ---- */

#define WORD_EMPTY 0u
#define WORD_GONE  1u
#define WORD_FIRST 2u /* entry 0 */

static uint32_t hash_name(const struct name *name)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < name->length; i++)
		hash = (hash ^ name->wire[i]) * 1099511628211u;
	return (uint32_t)(hash ^ hash >> 32);
}

static uint64_t word_make(uint32_t hash, uint32_t entry)
{
	return (uint64_t)hash << 32 | (entry + WORD_FIRST);
}

static uint32_t word_entry(uint64_t word)
{
	return (uint32_t)word - WORD_FIRST;
}

/* The entry of a zone and the place of its word. Both may be asked for while the publisher writes.
 */
static bool index_find(const struct board *board, const struct name *name,
        struct board_zone *ret_zone, uint32_t *ret_place)
{
	uint32_t hash = hash_name(name);
	for (uint32_t i = 0; i < BOARD_INDEX; i++) {
		uint32_t place = (hash + i) % BOARD_INDEX;
		uint64_t word = atomic_load_explicit(&board->index[place], memory_order_acquire);
		if (word == WORD_EMPTY)
			return false;
		if (word == WORD_GONE || (uint32_t)(word >> 32) != hash ||
		        word_entry(word) >= BOARD_ZONES)
			continue;
		if (cell_read(board->zones[word_entry(word)].cell, ret_zone, sizeof(*ret_zone)) &&
		        name_is_equal(&ret_zone->name, name)) {
			*ret_place = place;
			return true;
		}
	}
	return false;
}

static void index_put(struct board *board, const struct name *name, uint32_t entry)
{
	uint32_t hash = hash_name(name);
	for (uint32_t i = 0; i < BOARD_INDEX; i++) {
		_Atomic uint64_t *place = &board->index[(hash + i) % BOARD_INDEX];
		uint64_t word = atomic_load_explicit(place, memory_order_relaxed);
		if (word != WORD_EMPTY && word != WORD_GONE)
			continue;
		board->gone_count -= word == WORD_GONE;
		atomic_store_explicit(place, word_make(hash, entry), memory_order_release);
		return;
	}
}

/* Words of dropped zones lengthen every search. A reader that looks during this may miss a zone:
 * then it is pending for it, and found a moment later. */
static void index_rebuild(struct board *board)
{
	struct board_zone zone;
	for (size_t i = 0; i < BOARD_INDEX; i++)
		atomic_store_explicit(&board->index[i], WORD_EMPTY, memory_order_relaxed);
	board->gone_count = 0;
	uint32_t used = atomic_load_explicit(&board->used, memory_order_relaxed);
	for (uint32_t entry = 0; entry < used; entry++) {
		if (cell_read(board->zones[entry].cell, &zone, sizeof(zone)) &&
		        zone.name.length > 0)
			index_put(board, &zone.name, entry);
	}
}

/* ---- life ---- */

size_t board_bytes(void)
{
	return sizeof(struct board);
}

struct board *board_init(void *zeroed_memory)
{
	struct board *board = zeroed_memory;
	atomic_store(&board->beat_ms, -1);
	return board;
}

static void copy_text(char ret_text[static BOARD_TEXT_BYTES], const char *text)
{
	size_t length = strnlen(text, BOARD_TEXT_BYTES - 1);
	memcpy(ret_text, text, length);
	memset(ret_text + length, 0, BOARD_TEXT_BYTES - length);
}

static void begin_zones(struct board *board)
{
	static const struct board_zone empty;
	uint32_t used = atomic_load(&board->used);
	atomic_store(&board->used, 0);
	for (size_t i = 0; i < BOARD_INDEX; i++)
		if (atomic_load_explicit(&board->index[i], memory_order_relaxed) != WORD_EMPTY)
			atomic_store_explicit(&board->index[i], WORD_EMPTY, memory_order_relaxed);
	for (uint32_t i = 0; i < used; i++)
		cell_write(board->zones[i].cell, &empty, sizeof(empty));
	board->gone_count = 0;
	board->free_first = 0;
	atomic_store(&board->zone_count, 0);
}

void board_begin(struct board *board, const char *const *addresses, size_t address_count,
        const char *const *urls, size_t url_count)
{
	address_count = address_count < BOARD_SERVERS ? address_count : BOARD_SERVERS;
	url_count = url_count < BOARD_URLS ? url_count : BOARD_URLS;
	atomic_store(&board->server_count, 0);
	atomic_store(&board->url_count, 0);
	begin_zones(board);
	for (size_t i = 0; i < address_count; i++) {
		struct board_server server = { .error = "it has not been asked yet" };
		copy_text(server.address, addresses[i]);
		board_put_server(board, i, &server);
	}
	for (size_t i = 0; i < url_count; i++) {
		struct board_url url = { .error = "it has not been asked yet" };
		copy_text(url.url, urls[i]);
		board_put_url(board, i, &url);
	}
	atomic_store(&board->server_count, (uint32_t)address_count);
	atomic_store(&board->url_count, (uint32_t)url_count);
	board_put_pending(board, 0, 0);
	board_put_failure(board, NULL, 0);
	board_begin_health(board);
}

/* ---- reading ---- */

size_t board_count_servers(const struct board *board)
{
	return atomic_load(&board->server_count);
}

void board_get_server(const struct board *board, size_t index, struct board_server *ret_server)
{
	(void)cell_read(board->servers[index], ret_server, sizeof(*ret_server));
}

size_t board_count_urls(const struct board *board)
{
	return atomic_load(&board->url_count);
}

void board_get_url(const struct board *board, size_t index, struct board_url *ret_url)
{
	(void)cell_read(board->urls[index], ret_url, sizeof(*ret_url));
}

bool board_get_entry(const struct board *board, uint32_t entry, struct board_zone *ret_zone)
{
	return cell_read(board->zones[entry].cell, ret_zone, sizeof(*ret_zone)) &&
	       ret_zone->name.length > 0;
}

bool board_find_zone(
        const struct board *board, const struct name *zone, struct board_zone *ret_zone)
{
	struct board_zone found;
	uint32_t place;
	if (!index_find(board, zone, &found, &place))
		return false;
	*ret_zone = found;
	return true;
}

bool board_is_served(const struct board *board, const struct name *zone, uint32_t serial)
{
	struct board_zone found;
	uint32_t place;
	if (!index_find(board, zone, &found, &place))
		return false;
	if (found.published_at_ms == 0 || serial_is_after(serial, found.published_serial))
		return false;
	for (size_t i = 0; i < board_count_servers(board); i++) {
		const struct board_served *served = &found.served[i];
		if (!served->is_known || serial_is_after(serial, served->serial))
			return false;
	}
	return true;
}

void board_check(const struct board *board, int64_t steady_ms, int64_t behind_limit_ms,
        struct board_health *ret_health)
{
	*ret_health = (struct board_health){ .is_every_server_up = true };
	int64_t beat_ms = atomic_load(&board->beat_ms);
	ret_health->beat_age_ms = beat_ms < 0 ? -1 : steady_ms - beat_ms;
	ret_health->is_publisher_alive =
	        beat_ms >= 0 && ret_health->beat_age_ms <= 3 * BOARD_BEAT_MS;

	struct board_trouble trouble;
	(void)cell_read(board->trouble, &trouble, sizeof(trouble));
	ret_health->pending_zones = trouble.pending_zones;
	if (trouble.pending_zones > 0 && steady_ms > trouble.pending_since_ms)
		ret_health->pending_age_ms = steady_ms - trouble.pending_since_ms;
	ret_health->is_current = ret_health->pending_age_ms <= behind_limit_ms;
	memcpy(ret_health->failure, trouble.failure, sizeof(trouble.failure));
	ret_health->failure_at_ms = trouble.failure_at_ms;

	for (size_t i = 0; i < board_count_servers(board); i++) {
		struct board_server server;
		board_get_server(board, i, &server);
		ret_health->is_every_server_up &= server.is_up;
	}
}

/* ---- writing ---- */

void board_beat(struct board *board, int64_t steady_ms)
{
	atomic_store(&board->beat_ms, steady_ms);
}

static bool take_entry(struct board *board, uint32_t *ret_entry)
{
	uint32_t used = atomic_load_explicit(&board->used, memory_order_relaxed);
	if (board->free_first > 0) {
		*ret_entry = board->free_first - 1;
		board->free_first = board->zones[*ret_entry].free_next;
		return true;
	}
	if (used == BOARD_ZONES)
		return false;
	*ret_entry = used;
	atomic_store(&board->used, used + 1);
	return true;
}

bool board_put_zone(struct board *board, const struct board_zone *zone)
{
	struct board_zone found;
	uint32_t place;
	uint32_t entry;
	if (index_find(board, &zone->name, &found, &place)) {
		entry = word_entry(
		        atomic_load_explicit(&board->index[place], memory_order_relaxed));
		cell_write(board->zones[entry].cell, zone, sizeof(*zone));
		return true;
	}
	if (!take_entry(board, &entry))
		return false;
	cell_write(board->zones[entry].cell, zone, sizeof(*zone));
	index_put(board, &zone->name, entry);
	atomic_fetch_add(&board->zone_count, 1);
	return true;
}

void board_drop_zone(struct board *board, const struct name *zone)
{
	static const struct board_zone empty;
	struct board_zone found;
	uint32_t place;
	if (!index_find(board, zone, &found, &place))
		return;
	uint32_t entry =
	        word_entry(atomic_load_explicit(&board->index[place], memory_order_relaxed));
	atomic_store_explicit(&board->index[place], WORD_GONE, memory_order_release);
	cell_write(board->zones[entry].cell, &empty, sizeof(empty));
	board->zones[entry].free_next = board->free_first;
	board->free_first = entry + 1;
	atomic_fetch_sub(&board->zone_count, 1);
	if (++board->gone_count > BOARD_INDEX / 4)
		index_rebuild(board);
}

void board_put_server(struct board *board, size_t index, const struct board_server *server)
{
	cell_write(board->servers[index], server, sizeof(*server));
}

void board_put_url(struct board *board, size_t index, const struct board_url *url)
{
	cell_write(board->urls[index], url, sizeof(*url));
}

void board_put_pending(struct board *board, uint32_t zones, int64_t since_steady_ms)
{
	struct board_trouble trouble;
	(void)cell_read(board->trouble, &trouble, sizeof(trouble));
	trouble.pending_zones = zones;
	trouble.pending_since_ms = since_steady_ms;
	cell_write(board->trouble, &trouble, sizeof(trouble));
}

void board_put_failure(struct board *board, const char *sentence, int64_t at_ms)
{
	struct board_trouble trouble;
	(void)cell_read(board->trouble, &trouble, sizeof(trouble));
	copy_text(trouble.failure, sentence != NULL ? sentence : "");
	trouble.failure_at_ms = sentence != NULL ? at_ms : 0;
	cell_write(board->trouble, &trouble, sizeof(trouble));
}

void board_count(struct board *board, enum board_counter counter)
{
	atomic_fetch_add_explicit(&board->counters[counter], 1, memory_order_relaxed);
}

const int64_t board_lag_limits_ms[BOARD_LAG_BUCKETS] = { 10, 25, 50, 100, 200, 300, 400, 600, 1000,
	2000, 5000, 10000, 60000 };

void board_count_served(struct board *board, int64_t lag_ms)
{
	size_t bucket = 0;
	while (bucket < BOARD_LAG_BUCKETS && lag_ms > board_lag_limits_ms[bucket])
		bucket++;
	atomic_fetch_add_explicit(&board->lag_counts[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	        &board->lag_sum_ms, (uint64_t)(lag_ms > 0 ? lag_ms : 0), memory_order_relaxed);
}
