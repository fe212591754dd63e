/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands around tokens. The first byte says as what the rest is taken: T a header's token,
 * P a payload whose signature holds, K the text of a key, C an address block.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/bearer.h"
#include "auth/cidr.h"
#include "auth/claims.h"
#include "auth/key.h"
#include "auth/paseto.h"
#include "auth/policy.h"
#include "auth/verify.h"
#include "core/arena.h"
#include "core/secret.h"

#define ARENA_BYTES  ((size_t)8 * 1024 * 1024)
#define RENDER_BYTES ((size_t)64 * 1024)
#define NOW_MS       INT64_C(1795435200000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena;
static struct arena *process;
static struct keyring keyring;
static struct verifier *verifier;

static uint64_t get_generation(void *context)
{
	(void)context;
	return 0;
}

static enum err is_revoked(void *context, const struct token *token, bool *ret_revoked)
{
	(void)context;
	(void)token;
	*ret_revoked = false;
	return ERR_OK;
}

/* A key that no input can have signed with. */
static void open_verifier(void)
{
	static const char *const any[] = { "*" };
	const struct verifier_options options = {
		.keyring = &keyring,
		.audience = "coregate",
		.max_lifetime_ms = INT64_MAX,
		.cache_entries = 8,
		.revocation = { NULL, get_generation, is_revoked },
	};
	char text[KEY_TEXT_BYTES];
	struct key public;
	const char *detail;
	struct key *secret = key_generate();
	assert(secret != NULL);
	key_get_public(secret, &public);
	key_close(secret);
	key_render(&public, text);
	const struct keyring_entry entry = { .paserk_text = text, .zones = any, .zone_count = 1 };
	keyring_init(&keyring, process);
	if (keyring_add(&keyring, &entry, &detail) != ERR_OK)
		abort();
	verifier = verifier_open(&options);
}

static void open_all(void)
{
	if (!secret_init())
		abort();
	arena = arena_open(ARENA_BYTES);
	process = arena_open(ARENA_BYTES);
	if (arena == NULL || process == NULL)
		abort();
	open_verifier();
	if (verifier == NULL)
		abort();
}

static void try_token(const char *text, size_t length)
{
	struct paseto paseto;
	char key_id[KEY_ID_BYTES];
	const struct token *token = NULL;
	const char *detail = NULL;
	const char *bearer;
	size_t bearer_length;
	if (bearer_parse(text, &bearer, &bearer_length) == ERR_OK)
		assert(bearer_length <= PASETO_TOKEN_MAX && bearer > text);
	if (paseto_parse(arena, text, length, &paseto, &detail) == ERR_OK)
		(void)!paseto_parse_footer(paseto.footer, key_id);
	else
		assert(detail != NULL);
	const struct credentials credentials = { text, length, "192.0.2.1" };
	enum err err = verifier_check(verifier, &credentials, NOW_MS, &token, &detail);
	assert(err == ERR_BAD_TOKEN && token == NULL);
}

/* What is accepted is rendered, and comes back as the same text. */
static void try_payload(const char *text, size_t length)
{
	const struct claims_memory memory = { arena, arena };
	const struct name root = { .length = 1 };
	struct bound bounds[OP_BOUNDS_MAX];
	struct token token;
	struct buf first, second;
	const char *detail = NULL;
	buf_init(&first, arena, RENDER_BYTES);
	buf_init(&second, arena, RENDER_BYTES);
	if (claims_parse(&memory, text, length, &token, &detail) != ERR_OK)
		return;
	assert(policy_cover(&token, &root, &root, 1, bounds) <= OP_BOUNDS_MAX);
	claims_render(&first, &token);
	assert(!buf_is_full(&first));
	/* Spelt in full a payload can be longer than one is read: escapes and prefix lengths. */
	if (first.length > 4096)
		return;
	enum err err = claims_parse(&memory, first.bytes, first.length, &token, &detail);
	assert(err == ERR_OK);
	claims_render(&second, &token);
	assert(first.length == second.length &&
	        memcmp(first.bytes, second.bytes, first.length) == 0);
}

static void try_key(const char *text, size_t length)
{
	struct key public;
	struct key *secret;
	char again[KEY_TEXT_BYTES];
	const char *detail;
	if (key_parse_public(text, length, &public, &detail) == ERR_OK) {
		key_render(&public, again);
		assert(strlen(again) == length && memcmp(again, text, length) == 0);
	}
	if (key_parse_secret(text, length, &secret, &detail) == ERR_OK)
		key_close(secret);
	assert(!key_id_is_valid(text, length, KEY_V4_PUBLIC) || length == KEY_ID_LENGTH);
}

static void try_cidr(const char *text)
{
	struct cidr cidr, again;
	char rendered[CIDR_TEXT_BYTES];
	const char *detail = NULL;
	if (!cidr_parse(text, &cidr, &detail)) {
		assert(detail != NULL);
		return;
	}
	assert(cidr_has(&cidr, &cidr.base));
	bool is_parsed = cidr_parse(cidr_render(&cidr, rendered), &again, &detail);
	assert(is_parsed && again.prefix_bits == cidr.prefix_bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (arena == NULL)
		open_all();
	if (size == 0)
		return 0;
	const char *text = arena_dup(arena, data + 1, size - 1);
	if (text != NULL && data[0] == 'T')
		try_token(text, size - 1);
	else if (text != NULL && data[0] == 'P')
		try_payload(text, size - 1);
	else if (text != NULL && data[0] == 'K')
		try_key(text, size - 1);
	else if (text != NULL && data[0] == 'C')
		try_cidr(text);
	arena_reset(arena);
	return 0;
}
