/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prefer and Preference-Applied (RFC 7240): what a client would like of an answer. A preference is
 * no demand: what is not known or not well formed is left out, and of one given twice the first
 * counts (section 2).
 */
#ifndef COREGATE_HTTP_PREFER_H
#define COREGATE_HTTP_PREFER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/response.h"

enum prefer_return {
	PREFER_RETURN_ANY,
	PREFER_RETURN_MINIMAL,        /* return=minimal */
	PREFER_RETURN_REPRESENTATION, /* return=representation */
};

struct prefer {
	enum prefer_return return_kind;
	bool has_wait;
	uint32_t wait_s;    /* wait=N; a larger N than fits is the largest that does */
	bool respond_async; /* respond-async */
};

/* The value of the header; NULL: there is none. */
struct prefer prefer_parse(const char *value);

/* Adds to Preference-Applied what was obeyed, "return=minimal"; the text is kept in the memory of
 * the response. */
void prefer_put_applied(struct http_response *response, const char *preference);

#endif
