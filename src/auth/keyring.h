/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The public keys whose tokens are taken, each with a ceiling that its tokens cannot exceed.
 */
#ifndef COREGATE_AUTH_KEYRING_H
#define COREGATE_AUTH_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claims.h"
#include "auth/key.h"
#include "core/arena.h"
#include "core/err.h"

#define KEYRING_KEYS_MAX 32u

/* A key as the configuration gives it. */
struct keyring_entry {
	const char *paserk_text;  /* k4.public.…; white space around it is skipped */
	int64_t not_after_ms;     /* its tokens are refused from then on; 0: never */
	const char *const *zones; /* "*" alone, or the zones its tokens may name; at least one */
	size_t zone_count;
	const char *const *adm; /* "*" alone, or the words its tokens may carry; may be empty */
	size_t adm_count;
	int64_t max_lifetime_ms; /* exp - iat of its tokens; 0: only the verifier's own limit */
};

struct keyring_key {
	char key_id[KEY_ID_BYTES];
	struct key public;
	int64_t not_after_ms;
	bool all_zones;
	struct name_list zones;
	uint8_t adm;
	int64_t max_lifetime_ms;
};

struct keyring {
	struct arena *arena;
	size_t count;
	struct keyring_key keys[KEYRING_KEYS_MAX];
};

/* An empty ring whose names will live in arena. */
void keyring_init(struct keyring *keyring, struct arena *arena);

/* Adds a key. ERR_BAD_REQUEST with *ret_detail (in the arena) for what is not a k4.public, a bad
 * zone or word, a ring that is full or a key that is there already; ERR_TOO_LARGE when the arena is
 * full. */
MUST_CHECK enum err keyring_add(
        struct keyring *keyring, const struct keyring_entry *entry, const char **ret_detail);

/* The key of a k4.pid; NULL when it is not in the ring. */
const struct keyring_key *keyring_find(const struct keyring *keyring, const char *key_id);

/* ERR_BAD_TOKEN with a static *ret_detail when the token's zones, adm or lifetime exceed the
 * ceiling. */
MUST_CHECK enum err keyring_check(
        const struct keyring_key *key, const struct token *token, const char **ret_detail);

#endif
