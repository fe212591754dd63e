/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Base64 with the URL alphabet and without padding (RFC 4648 section 5), one spelling for each
 * value: padding, other alphabets, white space and non-zero trailing bits are refused.
 */
#ifndef COREGATE_AUTH_BASE64URL_H
#define COREGATE_AUTH_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Characters that length bytes become, without a NUL. */
#define BASE64URL_LENGTH(length) (((size_t)(length)*4 + 2) / 3)

/* Decodes to at most room bytes. False for anything but the canonical spelling. Runs in a time that
 * depends on the length only. */
MUST_CHECK bool base64url_parse(
        const char *text, size_t length, void *ret_bytes, size_t room, size_t *ret_length);

/* BASE64URL_LENGTH(length) characters and a NUL. */
void base64url_render(const void *bytes, size_t length, char *ret_text);

#endif
