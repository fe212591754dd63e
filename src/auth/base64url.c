/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/base64url.h"

#include <sodium.h>

bool base64url_parse(
        const char *text, size_t length, void *ret_bytes, size_t room, size_t *ret_length)
{
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
