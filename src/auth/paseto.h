/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PASETO v4.public and nothing else: one version, one purpose, no choice of algorithm
 * (paseto-spec docs/01-Protocol-Versions/Version4.md).
 */
#ifndef COREGATE_AUTH_PASETO_H
#define COREGATE_AUTH_PASETO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/key.h"
#include "core/arena.h"
#include "core/err.h"

/* Longer tokens are neither made nor read: a header line of nginx must hold them. */
#define PASETO_TOKEN_MAX 4096u

struct paseto_piece {
	const void *bytes; /* may be NULL when length is 0 */
	size_t length;
};

/* A token taken apart. Nothing in it can be trusted before paseto_verify. */
struct paseto {
	struct paseto_piece message;
	struct paseto_piece footer; /* length 0 when the token has none */
	const uint8_t *signature;   /* 64 bytes */
};

/* Takes a token apart without any key. ERR_BAD_TOKEN with a static *ret_detail for anything but a
 * canonical v4.public token of at most PASETO_TOKEN_MAX characters; ERR_TOO_LARGE when the arena is
 * full. The pieces live in the arena. */
MUST_CHECK enum err paseto_parse(struct arena *arena, const char *token, size_t length,
        struct paseto *ret_paseto, const char **ret_detail);

/* Checks the signature over message, footer and the implicit assertion, which must be the bytes it
 * was signed with. ERR_BAD_TOKEN when it does not hold or key is not a v4 public key;
 * ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err paseto_verify(struct arena *arena, const struct paseto *paseto,
        const struct key *public, struct paseto_piece assertion);

/* What is to be signed. An empty footer is left out of the token. */
struct paseto_claim {
	struct paseto_piece message;
	struct paseto_piece footer;
	struct paseto_piece assertion;
};

/* Signs. *ret_token is NUL-terminated in the arena. ERR_BAD_REQUEST when secret is not a v4 secret
 * key; ERR_TOO_LARGE when the token would be longer than PASETO_TOKEN_MAX or the arena is full. */
MUST_CHECK enum err paseto_sign(struct arena *arena, const struct key *secret,
        const struct paseto_claim *claim, const char **ret_token);

/* Pre-authentication encoding of count pieces (PAE, paseto-spec "Common.md"). The result lives in
 * the arena; bytes NULL when it is full. */
struct paseto_piece paseto_encode_pieces(
        struct arena *arena, const struct paseto_piece *pieces, size_t count);

/* ---- coregate's own conventions ---- */

/* The footer that coregate writes: {"kid":"k4.pid.…"}, exactly these bytes. */
#define PASETO_FOOTER_LENGTH 61u
void paseto_render_footer(
        const char key_id[static KEY_ID_LENGTH], char ret_footer[static PASETO_FOOTER_LENGTH + 1]);

/* The key id inside a footer of exactly that form. False for any other bytes: no JSON parser ever
 * sees a footer. */
MUST_CHECK bool paseto_parse_footer(
        struct paseto_piece footer, char ret_key_id[static KEY_ID_BYTES]);

/* The implicit assertion for an audience: "coregate/token/v1\n" and the audience. Lives in the
 * arena; bytes NULL when it is full. */
struct paseto_piece paseto_assertion(struct arena *arena, const char *audience);

#endif
