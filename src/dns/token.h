/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fields of a record's presentation format: what stands between spaces, quoted strings whole.
 */
#ifndef COREGATE_DNS_TOKEN_H
#define COREGATE_DNS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* A field of the text, quotation marks included. Begin with all zero. */
struct token {
	size_t at;
	size_t length;
};

/* Moves on to the next field; false when there is none. */
static inline bool token_next(const char *text, size_t length, struct token *token)
{
	size_t at = token->at + token->length;
	while (at < length && text[at] == ' ')
		at++;
	size_t start = at;
	bool is_quoted = false;
	for (; at < length && (is_quoted || text[at] != ' '); at++) {
		if (text[at] == '\\' && at + 1 < length)
			at++;
		else if (text[at] == '"')
			is_quoted = !is_quoted;
	}
	token->at = start;
	token->length = at - start;
	return at > start;
}

#endif
