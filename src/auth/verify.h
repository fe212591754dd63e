/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the text of a token to who it is: signature, claims, time, revocation, address. One verifier
 * belongs to one process and remembers verified tokens in a table of fixed size, so that a repeated
 * token costs a digest instead of a signature. Time, revocation and address are checked every time.
 */
#ifndef COREGATE_AUTH_VERIFY_H
#define COREGATE_AUTH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claims.h"
#include "auth/keyring.h"
#include "core/err.h"

#define VERIFIER_CACHE_ENTRIES_DEFAULT 1024u
#define VERIFIER_SKEW_MS               60000 /* for nbf and iat; exp has none */
#define VERIFIER_VERDICT_MS            500   /* how long "not revoked" holds */

/* Where revocations are looked up. The callee sees jti, parents, subject, key id and iat. */
struct revocation_source {
	void *context;
	/* Moves with every committed revocation. */
	uint64_t (*generation)(void *context);
	/* Any error but ERR_OK means "not known": the token is refused with ERR_UNAVAILABLE. */
	enum err (*is_revoked)(void *context, const struct token *token, bool *ret_revoked);
};

/* The pointers must outlive the verifier. */
struct verifier_options {
	const struct keyring *keyring;
	const char *audience;
	const char *issuer;      /* NULL or "": any */
	int64_t max_lifetime_ms; /* exp - iat */
	size_t cache_entries;    /* 0: the default; rounded up to a power of two */
	struct revocation_source revocation;
};

struct verifier;

/* NULL when memory cannot be had. The caller ends it with verifier_close. */
struct verifier *verifier_open(const struct verifier_options *options);

/* NULL is accepted. */
void verifier_close(struct verifier *verifier);

/* What a request presents. */
struct credentials {
	const char *token; /* no NUL needed */
	size_t token_length;
	const char *address; /* of the client, from REMOTE_ADDR; NULL is no address */
};

/* Who it is. *ret_token stays valid until verifier_release; *ret_detail is set on failure, to one
 * sentence for people that never holds any of the token, valid until the next verifier_check. In
 * this order:
 * ERR_BAD_TOKEN (form, unknown or retired key, signature, claims, ceiling), ERR_EXPIRED_TOKEN,
 * ERR_NOT_YET_VALID, ERR_REVOKED_TOKEN (or ERR_UNAVAILABLE when that cannot be known),
 * ERR_ADDRESS_NOT_ALLOWED. ERR_OVERLOADED when memory cannot be had. */
MUST_CHECK enum err verifier_check(struct verifier *verifier, const struct credentials *credentials,
        int64_t now_ms, const struct token **ret_token, const char **ret_detail);

/* Ends what verifier_check gave. NULL is accepted. */
void verifier_release(const struct token *token);

/* How often the table had the token, and how often not, since verifier_open. */
struct verifier_stats {
	uint64_t hits;
	uint64_t misses;
};
void verifier_get_stats(const struct verifier *verifier, struct verifier_stats *ret_stats);

#endif
