/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/base64url.h"

#include <sodium.h>

bool base64url_parse(
        const char *text, size_t length, void *ret_bytes, size_t room, size_t *ret_length)
{
	/* libsodium 1.0.18 compares signed characters and takes 0xff for one of the alphabet. */
	unsigned char seen = 0;
	for (size_t i = 0; i < length; i++)
		seen |= (unsigned char)text[i];
	if (seen >= 0x80)
		return false;
	/* Without an end pointer libsodium insists that all of the text is used, and it checks the
	 * trailing bits. */
	return sodium_base642bin(ret_bytes, room, text, length, NULL, ret_length, NULL,
	               sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

void base64url_render(const void *bytes, size_t length, char *ret_text)
{
	sodium_bin2base64(ret_text, BASE64URL_LENGTH(length) + 1, bytes, length,
	        sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
