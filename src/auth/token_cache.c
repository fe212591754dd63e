/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/token_cache.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 8u

struct token_cache {
	size_t set_count; /* a power of two */
	uint64_t lookups;
	struct cached_token **entries;
	struct cached_token *spare;
};

struct token_cache *token_cache_open(size_t entries)
{
	struct token_cache *cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return NULL;
	cache->set_count = 1;
	while (cache->set_count * WAYS < entries)
		cache->set_count *= 2;
	cache->entries = calloc(cache->set_count * WAYS, sizeof(*cache->entries));
	if (cache->entries == NULL) {
		free(cache);
		return NULL;
	}
	return cache;
}

static void entry_close(struct cached_token *entry)
{
	if (entry == NULL)
		return;
	arena_close(entry->arena);
	free(entry);
}

static struct cached_token *entry_open(void)
{
	struct cached_token *entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->arena = arena_open(TOKEN_CACHE_ENTRY_BYTES);
	if (entry->arena != NULL)
		return entry;
	free(entry);
	return NULL;
}

void token_cache_close(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < cache->set_count * WAYS; i++)
		entry_close(cache->entries[i]);
	entry_close(cache->spare);
	free(cache->entries);
	free(cache);
}

/* The digest is as good as random, so any of its bits choose the set. */
static struct cached_token **find_set(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	uint64_t bits;
	memcpy(&bits, digest, sizeof(bits));
	return &cache->entries[(bits & (cache->set_count - 1)) * WAYS];
}

struct cached_token *token_cache_find(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	struct cached_token **set = find_set(cache, digest);
	cache->lookups++;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i] == NULL || memcmp(set[i]->digest, digest, DIGEST_BYTES) != 0)
			continue;
		set[i]->used_at = cache->lookups;
		return set[i];
	}
	return NULL;
}

struct cached_token *token_cache_reserve(struct token_cache *cache)
{
	if (cache->spare == NULL) {
		cache->spare = entry_open();
		return cache->spare;
	}
	struct arena *arena = cache->spare->arena;
	arena_reset(arena);
	*cache->spare = (struct cached_token){ .arena = arena };
	return cache->spare;
}

/* What nobody looks at is used again, the rest goes with its last hold. */
static void push_out(struct token_cache *cache, struct cached_token *entry)
{
	if (entry == NULL)
		return;
	entry->is_used = false;
	if (entry->hold_count == 0)
		cache->spare = entry;
}

struct cached_token *token_cache_put(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	struct cached_token **set = find_set(cache, digest);
	struct cached_token **place = &set[0];
	for (size_t i = 1; i < WAYS && *place != NULL; i++) {
		if (set[i] == NULL || set[i]->used_at < (*place)->used_at)
			place = &set[i];
	}
	struct cached_token *pushed_out = *place;
	struct cached_token *entry = cache->spare;
	cache->spare = NULL;
	push_out(cache, pushed_out);
	memcpy(entry->digest, digest, DIGEST_BYTES);
	entry->is_used = true;
	entry->used_at = cache->lookups;
	*place = entry;
	return entry;
}

void token_cache_hold(struct cached_token *entry)
{
	entry->hold_count++;
}

void token_cache_release(struct cached_token *entry)
{
	if (--entry->hold_count == 0 && !entry->is_used)
		entry_close(entry);
}
