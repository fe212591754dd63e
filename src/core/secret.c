/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/secret.h"

#include <sodium.h>

#include "core/text.h"

_Static_assert(DIGEST_BYTES >= crypto_generichash_BYTES_MIN, "BLAKE2b has a shortest digest");
_Static_assert(DIGEST_BYTES <= crypto_generichash_BYTES_MAX, "BLAKE2b has a longest digest");

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
