/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/secret.h"

#include <sodium.h>

#include "core/text.h"

_Static_assert(DIGEST_BYTES >= crypto_generichash_BYTES_MIN, "BLAKE2b has a shortest digest");
_Static_assert(DIGEST_BYTES <= crypto_generichash_BYTES_MAX, "BLAKE2b has a longest digest");

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "keys are that long");
_Static_assert(SEAL_EXTRA_BYTES == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
        "a nonce and a tag are added");

bool secret_init(void)
{
	return sodium_init() >= 0;
}

void random_bytes(void *ret_bytes, size_t length)
{
	randombytes_buf(ret_bytes, length);
}

void digest_blake2b(const void *first, size_t first_length, const void *second,
        size_t second_length, uint8_t ret_digest[static DIGEST_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
	crypto_generichash_update(&state, first, first_length);
	crypto_generichash_update(&state, second, second_length);
	crypto_generichash_final(&state, ret_digest, DIGEST_BYTES);
}

bool secret_is_equal(const void *a, const void *b, size_t length)
{
	return sodium_memcmp(a, b, length) == 0;
}

void secret_wipe(void *bytes, size_t length)
{
	sodium_memzero(bytes, length);
}

void secret_seal(const uint8_t key[static SEAL_KEY_BYTES], const void *bytes, size_t length,
        uint8_t *ret_sealed)
{
	random_bytes(ret_sealed, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        ret_sealed + NONCE_BYTES, NULL, bytes, length, NULL, 0, NULL, ret_sealed, key);
}

bool secret_unseal(const uint8_t key[static SEAL_KEY_BYTES], const uint8_t *sealed, size_t length,
        uint8_t *ret_bytes)
{
	return length >= SEAL_EXTRA_BYTES &&
	       crypto_aead_xchacha20poly1305_ietf_decrypt(ret_bytes, NULL, NULL,
	               sealed + NONCE_BYTES, length - NONCE_BYTES, NULL, 0, sealed, key) == 0;
}

void hex_render(const void *bytes, size_t length, char *ret_text)
{
	sodium_bin2hex(ret_text, 2 * length + 1, bytes, length);
}

bool hex_parse(const char *text, size_t text_length, void *ret_bytes, size_t length)
{
	if (text_length % 2 != 0 || text_length / 2 != length)
		return false;
	for (size_t i = 0; i < text_length; i++) {
		if (hex_value(text[i]) < 0)
			return false;
	}
	uint8_t *bytes = ret_bytes;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return true;
}
