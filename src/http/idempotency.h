/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a structured field whose
 * value is a string (RFC 8941 section 3.3.3).
 */
#ifndef COREGATE_HTTP_IDEMPOTENCY_H
#define COREGATE_HTTP_IDEMPOTENCY_H

#include "core/arena.h"
#include "core/err.h"

#define IDEMPOTENCY_KEY_MAX 255u /* octets of the key, without quotes and escapes */

/* The key inside the header's quotes, in the arena. ERR_BAD_REQUEST with *ret_detail for anything
 * but one such string of 1 to IDEMPOTENCY_KEY_MAX octets; parameters are not taken. */
MUST_CHECK enum err idempotency_parse(
        struct arena *arena, const char *header, const char **ret_key, const char **ret_detail);

#endif
