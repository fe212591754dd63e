/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Secret keys under a password: PASERK k4.secret-pw (Argon2id, XChaCha20, keyed BLAKE2b).
 */
#ifndef COREGATE_AUTH_KEY_WRAP_H
#define COREGATE_AUTH_KEY_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/key.h"
#include "core/err.h"

/* "k4.secret-pw.", 203 characters and a NUL. */
#define KEY_WRAP_TEXT_BYTES 220u

/* What a wrapped key may ask of Argon2id; read from the text and checked before it runs. */
#define KEY_WRAP_MEMORY_MIN_BYTES 8192u
#define KEY_WRAP_MEMORY_MAX_BYTES (512u * 1024u * 1024u)
#define KEY_WRAP_PASSES_MAX       8u

struct key_wrap_cost {
	uint64_t memory_bytes; /* a multiple of 1024 */
	uint32_t passes;
};

/* 256 MiB and 3 passes, libsodium's "moderate". */
extern const struct key_wrap_cost key_wrap_cost_default;

struct key_password {
	const char *bytes;
	size_t length;
};

/* Wraps a secret key with a fresh salt and nonce. ERR_BAD_REQUEST for a cost out of bounds,
 * ERR_UNAVAILABLE when Argon2id cannot have its memory. The text is safe to store. */
MUST_CHECK enum err key_wrap(const struct key *secret, const struct key_password *password,
        const struct key_wrap_cost *cost, char ret_text[static KEY_WRAP_TEXT_BYTES]);

/* True when text begins as a wrapped secret key. */
bool key_is_wrapped(const char *text, size_t length);

/* Unwraps; the caller ends *ret_secret with key_close. ERR_BAD_REQUEST with a static *ret_detail
 * for another type or version, a cost out of bounds, a wrong password or altered bytes (these two
 * cannot be told apart); ERR_UNAVAILABLE when memory cannot be had. */
MUST_CHECK enum err key_unwrap(const char *text, size_t length, const struct key_password *password,
        struct key **ret_secret, const char **ret_detail);

#endif
