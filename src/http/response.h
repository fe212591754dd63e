/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An answer as a value, and its text for the gateway (RFC 3875 section 6).
 */
#ifndef COREGATE_HTTP_RESPONSE_H
#define COREGATE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/buf.h"
#include "http/request.h"

#define RESPONSE_HEADERS_MAX 16u

struct http_header {
	const char *name;
	const char *value;
};

struct http_response {
	int status;
	const char *content_type; /* of the body, "application/json" unless set */
	bool is_streamed; /* the body follows the head in pieces, of a length nobody knows yet */
	size_t header_count;
	struct http_header headers[RESPONSE_HEADERS_MAX];
	struct buf body;
};

/* Status 200 and an empty body that may grow to ceiling_bytes in arena. */
void response_init(struct http_response *response, struct arena *arena, size_t ceiling_bytes);

/* Adds a header or replaces the one of this name. The texts are not copied. A value that is NULL
 * (so that the result of arena_printf can be given), that has a control character, or that finds no
 * place is left out: the answer is worth more than the header. */
void response_put_header(struct http_response *response, const char *name, const char *value);

/* Value of a header; NULL when it was not put. */
const char *response_find_header(const struct http_response *response, const char *name);

/* Appends status line, headers and an empty line. X-Request-Id, Cache-Control,
 * X-Content-Type-Options, Content-Type and Content-Length come by themselves. */
void response_render_head(
        const struct http_response *response, const struct http_request *request, struct buf *buf);

/* False when the answer ends after its head: to HEAD, and with 204 and 304. */
bool response_has_body(const struct http_response *response, const struct http_request *request);

#endif
