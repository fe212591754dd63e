/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ed25519 keys for PASETO v4.public, and their text forms (PASERK: k4.public, k4.secret, k4.pid,
 * k4.sid). A key always carries what it is for; raw bytes are never taken for a key. All other
 * PASERK types and versions are refused.
 */
#ifndef COREGATE_AUTH_KEY_H
#define COREGATE_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum key_tag {
	KEY_V4_PUBLIC = 1,
	KEY_V4_SECRET,
};

#define KEY_PUBLIC_BYTES 32u
#define KEY_SECRET_BYTES 64u /* the seed, then the public key */

/* A public key is a plain value. A secret key is only ever made by key_open_secret and the
 * functions that call it, in locked memory, and ends with key_close. */
struct key {
	enum key_tag tag;
	uint8_t bytes[KEY_SECRET_BYTES]; /* a public key uses the first 32 */
};

/* Longest text that key_render writes, with its NUL ("k4.secret." and 86 characters). */
#define KEY_TEXT_BYTES 100u
/* "k4.pid." or "k4.sid.", 44 characters and a NUL. */
#define KEY_ID_LENGTH 51u
#define KEY_ID_BYTES  (KEY_ID_LENGTH + 1u)

/* A new random secret key. NULL when locked memory cannot be had. */
struct key *key_generate(void);

/* The secret key that a seed of 32 bytes stands for. NULL when locked memory cannot be had. */
struct key *key_open_secret(const uint8_t seed[static 32]);

/* Locks the memory of a secret key again, in a child process: fork(2) does not hand the lock down.
 * As far as the system lets it. NULL is accepted. */
void key_lock(struct key *secret);

/* Wipes and frees a secret key. NULL is accepted. */
void key_close(struct key *secret);

/* The public half of a secret key. */
void key_get_public(const struct key *secret, struct key *ret_public);

/* Parses k4.public (no NUL needed). ERR_BAD_REQUEST with a static *ret_detail. */
MUST_CHECK enum err key_parse_public(
        const char *text, size_t length, struct key *ret_public, const char **ret_detail);

/* Parses k4.secret; its public half must be the one its seed gives. The caller ends *ret_secret
 * with key_close. ERR_BAD_REQUEST or, without locked memory, ERR_UNAVAILABLE, with a static
 * *ret_detail.
 */
MUST_CHECK enum err key_parse_secret(
        const char *text, size_t length, struct key **ret_secret, const char **ret_detail);

/* True when the bytes of a public key are a point that can verify anything: on the curve, in the
 * main subgroup, not of small order. */
bool key_is_sound(const struct key *public);

/* k4.public or k4.secret, by the tag. The text of a secret key is a secret: give locked memory. */
void key_render(const struct key *key, char ret_text[static KEY_TEXT_BYTES]);

/* The key id: k4.pid of a public key, k4.sid of a secret one (PASERK "ID" operation, BLAKE2b-264).
 */
void key_render_id(const struct key *key, char ret_id[static KEY_ID_BYTES]);

/* True for the well-formed text of a k4.pid (KEY_V4_PUBLIC) or k4.sid (KEY_V4_SECRET). */
bool key_id_is_valid(const char *text, size_t length, enum key_tag tag);

#endif
