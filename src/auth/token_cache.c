/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/token_cache.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 8u

struct token_cache {
	size_t set_count; /* a power of two */
	uint64_t lookups;
	struct cached_token *entries;
	struct cached_token spare;
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

void token_cache_close(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < cache->set_count * WAYS; i++)
		arena_close(cache->entries[i].arena);
	arena_close(cache->spare.arena);
	free(cache->entries);
	free(cache);
}

/* The digest is as good as random, so any of its bits choose the set. */
static struct cached_token *find_set(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	uint64_t bits;
	memcpy(&bits, digest, sizeof(bits));
	return &cache->entries[(bits & (cache->set_count - 1)) * WAYS];
}

struct cached_token *token_cache_find(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	struct cached_token *set = find_set(cache, digest);
	cache->lookups++;
	for (size_t i = 0; i < WAYS; i++) {
		if (!set[i].is_used || memcmp(set[i].digest, digest, DIGEST_BYTES) != 0)
			continue;
		set[i].used_at = cache->lookups;
		return &set[i];
	}
	return NULL;
}

struct cached_token *token_cache_reserve(struct token_cache *cache)
{
	struct arena *arena = cache->spare.arena;
	if (arena == NULL)
		arena = arena_open(TOKEN_CACHE_ENTRY_BYTES);
	else
		arena_reset(arena);
	cache->spare = (struct cached_token){ .arena = arena };
	return arena != NULL ? &cache->spare : NULL;
}

struct cached_token *token_cache_put(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES])
{
	struct cached_token *set = find_set(cache, digest);
	struct cached_token *place = &set[0];
	for (size_t i = 1; i < WAYS && place->is_used; i++) {
		if (!set[i].is_used || set[i].used_at < place->used_at)
			place = &set[i];
	}
	struct arena *pushed_out = place->arena;
	*place = cache->spare;
	cache->spare = (struct cached_token){ .arena = pushed_out };
	memcpy(place->digest, digest, DIGEST_BYTES);
	place->is_used = true;
	place->used_at = cache->lookups;
	return place;
}
