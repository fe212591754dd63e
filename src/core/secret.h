/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random bytes, digests, and comparing or forgetting secrets. With auth/ the only door to
 * libsodium.
 */
#ifndef COREGATE_CORE_SECRET_H
#define COREGATE_CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

#define SEAL_KEY_BYTES   32
#define SEAL_EXTRA_BYTES 40 /* what sealing adds: a nonce and a tag */

/* Once a process, before anything else here or in auth/. False when libsodium cannot start. */
bool secret_init(void);

/* Unpredictable bytes. */
void random_bytes(void *ret_bytes, size_t length);

/* BLAKE2b-256 (RFC 7693) of the concatenation of two pieces; either may be empty. */
void digest_blake2b(const void *first, size_t first_length, const void *second,
        size_t second_length, uint8_t ret_digest[static DIGEST_BYTES]);

/* Compares in constant time. */
bool secret_is_equal(const void *a, const void *b, size_t length);

/* Overwrites in a way the compiler keeps. */
void secret_wipe(void *bytes, size_t length);

/* Makes bytes unreadable and unchangeable for whoever lacks the key (XChaCha20-Poly1305, a random
 * nonce each time). ret_sealed takes length + SEAL_EXTRA_BYTES and does not overlap bytes. */
void secret_seal(const uint8_t key[static SEAL_KEY_BYTES], const void *bytes, size_t length,
        uint8_t *ret_sealed);

/* The way back: length is that of what is sealed, ret_bytes takes length - SEAL_EXTRA_BYTES. False
 * for anything that secret_seal did not make with this key; then ret_bytes may be wiped. */
bool secret_unseal(const uint8_t key[static SEAL_KEY_BYTES], const uint8_t *sealed, size_t length,
        uint8_t *ret_bytes);

/* Lower-case hexadecimal and a NUL: 2 * length + 1 bytes. */
void hex_render(const void *bytes, size_t length, char *ret_text);

/* Exactly 2 * length hexadecimal digits, any case; false for anything else. */
bool hex_parse(const char *text, size_t text_length, void *ret_bytes, size_t length);

#endif
