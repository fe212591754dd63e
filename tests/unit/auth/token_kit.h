/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of tokens share: fixed keys, and tokens made of any payload and footer.
 */
#ifndef COREGATE_TESTS_TOKEN_KIT_H
#define COREGATE_TESTS_TOKEN_KIT_H

#include <stdlib.h>
#include <string.h>

#include "auth/key.h"
#include "auth/keyring.h"
#include "auth/paseto.h"
#include "core/arena.h"
#include "core/secret.h"

#define KIT_AUDIENCE "coregate"
/* 2026-11-23T12:00:00Z, when the tokens of the kit are issued, and 90 days later. */
#define KIT_NOW_MS     INT64_C(1795435200000)
#define KIT_EXPIRES_MS (KIT_NOW_MS + INT64_C(90) * 24 * 3600 * 1000)

#define KIT_GRANT   "{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"rlcud\"}"
#define KIT_TIMES   "\"iat\":\"2026-11-23T12:00:00Z\",\"exp\":\"2027-02-21T12:00:00Z\","
#define KIT_WHO     "\"iss\":\"tests\",\"sub\":\"ci\",\"aud\":\"coregate\",\"jti\":\"t-1\","
#define KIT_PAYLOAD "{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "]}"

struct kit {
	struct arena *arena;
	struct key *secret;
	struct key public;
	char key_id[KEY_ID_BYTES];
	char public_text[KEY_TEXT_BYTES];
};

static inline void kit_init(struct kit *kit, uint8_t seed_byte)
{
	uint8_t seed[32];
	if (!secret_init())
		abort();
	memset(seed, seed_byte, sizeof(seed));
	kit->arena = arena_open((size_t)16 * 1024 * 1024);
	kit->secret = key_open_secret(seed);
	key_get_public(kit->secret, &kit->public);
	key_render_id(&kit->public, kit->key_id);
	key_render(&kit->public, kit->public_text);
}

static inline void kit_fini(struct kit *kit)
{
	key_close(kit->secret);
	arena_close(kit->arena);
}

/* A token over any message and footer. */
static inline const char *kit_sign_raw(
        struct kit *kit, struct paseto_piece message, struct paseto_piece footer)
{
	const struct paseto_claim claim = {
		.message = message,
		.footer = footer,
		.assertion = paseto_assertion(kit->arena, KIT_AUDIENCE),
	};
	const char *token = NULL;
	if (paseto_sign(kit->arena, kit->secret, &claim, &token) != ERR_OK)
		abort();
	return token;
}

/* A token as coregate makes them, over any payload. */
static inline const char *kit_sign(struct kit *kit, const char *payload)
{
	char footer[PASETO_FOOTER_LENGTH + 1];
	paseto_render_footer(kit->key_id, footer);
	return kit_sign_raw(kit, (struct paseto_piece){ payload, strlen(payload) },
	        (struct paseto_piece){ footer, PASETO_FOOTER_LENGTH });
}

/* Adds the kit's key with a ceiling of everything. */
static inline void kit_add_key(struct kit *kit, struct keyring *keyring, int64_t not_after_ms)
{
	static const char *const any[] = { "*" };
	const struct keyring_entry entry = {
		.paserk_text = kit->public_text,
		.not_after_ms = not_after_ms,
		.zones = any,
		.zone_count = 1,
		.adm = any,
		.adm_count = 1,
	};
	const char *detail;
	if (keyring_add(keyring, &entry, &detail) != ERR_OK)
		abort();
}

#endif
