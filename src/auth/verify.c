/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/verify.h"

#include <stdlib.h>
#include <string.h>

#include "auth/paseto.h"
#include "auth/token_cache.h"
#include "core/arena.h"
#include "core/secret.h"

/* The decoded token, the bytes that are signed and the JSON tree of a payload of at most 4 KiB. */
#define SCRATCH_BYTES ((size_t)1024 * 1024)

struct verifier {
	struct verifier_options options;
	struct token_cache *cache;
	struct arena *scratch;
	struct arena *process;
	struct paseto_piece assertion;
	struct verifier_stats stats;
};

struct verifier *verifier_open(const struct verifier_options *options)
{
	struct verifier *verifier = calloc(1, sizeof(*verifier));
	if (verifier == NULL)
		return NULL;
	size_t entries = options->cache_entries;
	verifier->options = *options;
	verifier->cache = token_cache_open(entries > 0 ? entries : VERIFIER_CACHE_ENTRIES_DEFAULT);
	verifier->scratch = arena_open(SCRATCH_BYTES);
	verifier->process = arena_open(strlen(options->audience) + 4096);
	if (verifier->process != NULL)
		verifier->assertion = paseto_assertion(verifier->process, options->audience);
	if (verifier->cache == NULL || verifier->scratch == NULL ||
	        verifier->assertion.bytes == NULL) {
		verifier_close(verifier);
		return NULL;
	}
	return verifier;
}

void verifier_close(struct verifier *verifier)
{
	if (verifier == NULL)
		return;
	token_cache_close(verifier->cache);
	arena_close(verifier->scratch);
	arena_close(verifier->process);
	free(verifier);
}

static enum err refuse(enum err err, const char *reason, const char **ret_detail)
{
	*ret_detail = reason;
	return err;
}

/* ---- the signature: once a token ---- */

static enum err check_signature(struct verifier *verifier, const struct credentials *credentials,
        struct paseto *ret_paseto, const struct keyring_key **ret_key, const char **ret_detail)
{
	char key_id[KEY_ID_BYTES];
	enum err err = paseto_parse(verifier->scratch, credentials->token,
	        credentials->token_length, ret_paseto, ret_detail);
	if (err != ERR_OK)
		return err;
	if (!paseto_parse_footer(ret_paseto->footer, key_id))
		return refuse(ERR_BAD_TOKEN, "the token does not name its key", ret_detail);
	const struct keyring_key *key = keyring_find(verifier->options.keyring, key_id);
	if (key == NULL)
		return refuse(ERR_BAD_TOKEN, "the key of the token is not known here", ret_detail);
	err = paseto_verify(verifier->scratch, ret_paseto, &key->public, verifier->assertion);
	if (err == ERR_BAD_TOKEN)
		return refuse(err, "the signature of the token does not hold", ret_detail);
	if (err == ERR_OK)
		*ret_key = key;
	return err;
}

/* What the configuration asks of every token. */
static enum err check_claims(
        const struct verifier *verifier, const struct cached_token *entry, const char **ret_detail)
{
	const struct verifier_options *options = &verifier->options;
	const struct token *token = &entry->token;
	if (strcmp(token->audience, options->audience) != 0)
		return refuse(ERR_BAD_TOKEN, "the token is meant for another service", ret_detail);
	if (options->issuer != NULL && *options->issuer != '\0' &&
	        strcmp(token->issuer, options->issuer) != 0)
		return refuse(ERR_BAD_TOKEN, "the token is from another issuer", ret_detail);
	if (token->expires_ms - token->issued_ms > options->max_lifetime_ms)
		return refuse(
		        ERR_BAD_TOKEN, "the token lives longer than is allowed here", ret_detail);
	return keyring_check(entry->key, token, ret_detail);
}

/* Verifies a token that the table does not have and fills the entry it is to take. */
static enum err fill_entry(struct verifier *verifier, const struct credentials *credentials,
        struct cached_token *entry, const char **ret_detail)
{
	struct paseto paseto;
	enum err err = check_signature(verifier, credentials, &paseto, &entry->key, ret_detail);
	if (err != ERR_OK)
		return err;
	const struct claims_memory memory = { .scratch = verifier->scratch, .keep = entry->arena };
	err = claims_parse(
	        &memory, paseto.message.bytes, paseto.message.length, &entry->token, ret_detail);
	if (err != ERR_OK)
		return err;
	memcpy(entry->token.key_id, entry->key->key_id, KEY_ID_BYTES);
	return check_claims(verifier, entry, ret_detail);
}

/* Verifies a token that the table does not have and puts it in. */
static enum err add_entry(struct verifier *verifier, const struct credentials *credentials,
        const uint8_t digest[static DIGEST_BYTES], struct cached_token **ret_entry,
        const char **ret_detail)
{
	struct cached_token *reserved = token_cache_reserve(verifier->cache);
	if (reserved == NULL)
		return refuse(ERR_OVERLOADED, "memory for the token cannot be had", ret_detail);
	enum err err = fill_entry(verifier, credentials, reserved, ret_detail);
	if (err == ERR_TOO_LARGE)
		return refuse(ERR_BAD_TOKEN, "the token holds too much", ret_detail);
	if (err == ERR_OK)
		*ret_entry = token_cache_put(verifier->cache, digest);
	return err;
}

static enum err find_entry(struct verifier *verifier, const struct credentials *credentials,
        struct cached_token **ret_entry, const char **ret_detail)
{
	uint8_t digest[DIGEST_BYTES];
	if (credentials->token_length > PASETO_TOKEN_MAX)
		return refuse(ERR_BAD_TOKEN, "the token is too long", ret_detail);
	digest_blake2b(credentials->token, credentials->token_length, NULL, 0, digest);
	struct cached_token *entry = token_cache_find(verifier->cache, digest);
	if (entry == NULL) {
		verifier->stats.misses++;
		return add_entry(verifier, credentials, digest, ret_entry, ret_detail);
	}
	verifier->stats.hits++;
	*ret_entry = entry;
	return ERR_OK;
}

/* ---- every time ---- */

static enum err check_time(
        const struct cached_token *entry, int64_t now_ms, const char **ret_detail)
{
	const struct token *token = &entry->token;
	int64_t latest_ms = now_ms + VERIFIER_SKEW_MS;
	if (entry->key->not_after_ms != 0 && now_ms >= entry->key->not_after_ms)
		return refuse(ERR_BAD_TOKEN, "the key of the token is out of use", ret_detail);
	if (now_ms > token->expires_ms)
		return refuse(ERR_EXPIRED_TOKEN, "the token has expired", ret_detail);
	if (latest_ms < token->not_before_ms || latest_ms < token->issued_ms)
		return refuse(ERR_NOT_YET_VALID, "the token is not valid yet", ret_detail);
	return ERR_OK;
}

static bool verdict_holds(const struct cached_token *entry, uint64_t generation, int64_t now_ms)
{
	/* A clock that was set back makes the age negative: then nothing is known. */
	int64_t age_ms = now_ms - entry->verdict_ms;
	return entry->has_verdict && entry->verdict_generation == generation && age_ms >= 0 &&
	       age_ms < VERIFIER_VERDICT_MS;
}

static enum err check_revocation(const struct revocation_source *source, struct cached_token *entry,
        int64_t now_ms, const char **ret_detail)
{
	/* Read before asking: a revocation in between makes the verdict stale, never the other way.
	 */
	uint64_t generation = source->generation(source->context);
	if (verdict_holds(entry, generation, now_ms))
		return ERR_OK;
	entry->has_verdict = false;
	bool is_revoked = true;
	if (source->is_revoked(source->context, &entry->token, &is_revoked) != ERR_OK)
		return refuse(ERR_UNAVAILABLE, "revocations cannot be looked up", ret_detail);
	if (is_revoked)
		return refuse(ERR_REVOKED_TOKEN, "the token has been revoked", ret_detail);
	entry->has_verdict = true;
	entry->verdict_generation = generation;
	entry->verdict_ms = now_ms;
	return ERR_OK;
}

static enum err check_address(const struct token *token, const char *text, const char **ret_detail)
{
	struct address address;
	if (token->cidr_count == 0)
		return ERR_OK;
	if (text == NULL || !address_parse(text, &address))
		return refuse(
		        ERR_ADDRESS_NOT_ALLOWED, "the token is bound to addresses", ret_detail);
	for (size_t i = 0; i < token->cidr_count; i++) {
		if (cidr_has(&token->cidrs[i], &address))
			return ERR_OK;
	}
	return refuse(
	        ERR_ADDRESS_NOT_ALLOWED, "the token may not be used from this address", ret_detail);
}

enum err verifier_check(struct verifier *verifier, const struct credentials *credentials,
        int64_t now_ms, const struct token **ret_token, const char **ret_detail)
{
	struct cached_token *entry;
	arena_reset(verifier->scratch);
	enum err err = find_entry(verifier, credentials, &entry, ret_detail);
	if (err == ERR_OK)
		err = check_time(entry, now_ms, ret_detail);
	if (err == ERR_OK)
		err = check_revocation(&verifier->options.revocation, entry, now_ms, ret_detail);
	if (err == ERR_OK)
		err = check_address(&entry->token, credentials->address, ret_detail);
	if (err != ERR_OK)
		return err;
	token_cache_hold(entry);
	*ret_token = &entry->token;
	return ERR_OK;
}

void verifier_release(const struct token *token)
{
	if (token != NULL)
		token_cache_release((struct cached_token *)((uintptr_t)token -
		                                            offsetof(struct cached_token, token)));
}

void verifier_get_stats(const struct verifier *verifier, struct verifier_stats *ret_stats)
{
	*ret_stats = verifier->stats;
}
