/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table of fixed size from the digest of a token to the token: sets of eight, the entry of a set
 * that was not used for the longest time makes room. An entry that is held outlives that. Only
 * auth/verify.c uses it.
 */
#ifndef COREGATE_AUTH_TOKEN_CACHE_H
#define COREGATE_AUTH_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claims.h"
#include "auth/keyring.h"
#include "core/arena.h"
#include "core/secret.h"

/* Room for the largest token that claims_parse lets through. Address space: a usual token touches
 * one page of it. */
#define TOKEN_CACHE_ENTRY_BYTES ((size_t)64 * 1024)

struct cached_token {
	uint8_t digest[DIGEST_BYTES];
	bool is_used;        /* in the table */
	unsigned hold_count; /* requests that look at it */
	uint64_t used_at;    /* the table's count of look-ups at the last use */
	struct arena *arena; /* owns the token */
	struct token token;
	const struct keyring_key *key;
	bool has_verdict; /* "not revoked", as of the next two */
	uint64_t verdict_generation;
	int64_t verdict_ms;
};

struct token_cache;

/* At least 8 entries, rounded up to a power of two. NULL when memory cannot be had. */
struct token_cache *token_cache_open(size_t entries);

/* Wipes and frees; nothing may be held any more. NULL is accepted. */
void token_cache_close(struct token_cache *cache);

/* NULL when the table does not have it. */
struct cached_token *token_cache_find(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES]);

/* An empty entry outside the table, its arena reset: what does not verify pushes nothing out.
 * NULL when memory cannot be had. */
struct cached_token *token_cache_reserve(struct token_cache *cache);

/* Puts the reserved entry in under the digest and returns it at its place; what it pushes out
 * becomes the next reserve. */
struct cached_token *token_cache_put(
        struct token_cache *cache, const uint8_t digest[static DIGEST_BYTES]);

/* The entry stays as it is until it was released as often as it was held. */
void token_cache_hold(struct cached_token *entry);
void token_cache_release(struct cached_token *entry);

#endif
