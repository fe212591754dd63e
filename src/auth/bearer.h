/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Authorization header (RFC 6750 section 2.1).
 */
#ifndef COREGATE_AUTH_BEARER_H
#define COREGATE_AUTH_BEARER_H

#include <stddef.h>

#include "core/err.h"

/* The token of "Bearer TOKEN": the scheme in any case, one space, b64token characters to the end.
 * *ret_token points into authorization. ERR_NO_TOKEN when the header is missing (NULL), empty, of
 * another scheme or without a token; ERR_BAD_TOKEN for other characters or too many of them. */
MUST_CHECK enum err bearer_parse(
        const char *authorization, const char **ret_token, size_t *ret_length);

#endif
