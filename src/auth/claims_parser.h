/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What auth/claims.c and auth/claims_grant.c share while they read one payload.
 */
#ifndef COREGATE_AUTH_CLAIMS_PARSER_H
#define COREGATE_AUTH_CLAIMS_PARSER_H

#include <stddef.h>

#include "auth/claims.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"

struct claims_parser {
	struct arena *scratch;
	struct arena *keep;
	size_t names_left;  /* of TOKEN_NAMES_MAX */
	size_t types_left;  /* of TOKEN_TYPES_MAX */
	const char *detail; /* what was wrong; NULL while nothing was */
};

/* Keeps the sentence and returns ERR_BAD_TOKEN. */
enum err claims_refuse(struct claims_parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);

/* Reads one element of `g`. ERR_BAD_TOKEN, ERR_TOO_LARGE. */
MUST_CHECK enum err claims_parse_grant(
        struct claims_parser *parser, const struct json *value, struct grant *ret_grant);

#endif
