/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request as values: method, path, query and the few headers that count, from CGI parameters
 * (RFC 3875). The path comes from REQUEST_URI alone, is split first and decoded once, so that
 * nothing a client encodes can change its shape.
 */
#ifndef COREGATE_HTTP_REQUEST_H
#define COREGATE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/faults.h"

#define HTTP_BASE           "/api/v1/dns"
#define HTTP_SEGMENTS_MAX   8u
#define HTTP_QUERY_MAX      32u
#define HTTP_REQUEST_ID_MAX 64u

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER,
};

/* "GET"; "other" for HTTP_OTHER. Static storage. */
const char *http_method_name(enum http_method method);

/* Where parameters come from. find_param gives a value that stays valid as long as the request, or
 * NULL; an empty value counts as none. */
struct http_source {
	void *context;
	const char *(*find_param)(void *context, const char *name);
};

/* A part of the path, decoded: UTF-8 without control characters, NUL-terminated, never empty. */
struct http_segment {
	const char *text;
	size_t length;
};

/* A query parameter, decoded as a form is: "+" is a space. Same characters as in a segment; value
 * may be empty. */
struct http_query {
	const char *name;
	const char *value;
};

struct http_request {
	enum http_method method;
	const char *method_text; /* as the client wrote it */
	const char *path; /* below the base, as the client wrote it: "/records/a.example/A"; ends
	                   * with "..." where a token was */
	size_t segment_count; /* of the path below the base */
	struct http_segment segments[HTTP_SEGMENTS_MAX];
	size_t query_count;
	struct http_query query[HTTP_QUERY_MAX];

	/* Headers; NULL when there is none. */
	const char *content_type;
	const char *authorization;
	const char *if_match;
	const char *if_none_match;
	const char *prefer;
	const char *idempotency_key;
	const char *origin;
	const char *accept;

	size_t content_length;      /* bytes of body to come; 0: none */
	const char *remote_address; /* "" when unknown */
	const char *request_id;     /* the client's, or one that was made */

	/* Set by whoever reads the body. */
	const char *body;
	size_t body_length;
};

/* Reads everything but the body. ERR_BAD_REQUEST: not well formed; ERR_NOT_FOUND: not below the
 * base, or too many segments; ERR_TOO_LARGE: the arena is full. *ret_detail is set then. Unlike
 * other functions' results ret_request is filled as far as possible also on failure: request_id,
 * method, method_text, path and remote_address are always good for an answer and a log line. */
MUST_CHECK enum err http_request_parse(struct arena *arena, const struct http_source *source,
        struct http_request *ret_request, const char **ret_detail);

/* Value of a query parameter; NULL when it is not there. */
const char *http_query_find(const struct http_request *request, const char *name);

/* Adds a fault at "?name" for each parameter that is not in allowed (a list that ends with NULL;
 * NULL: none is allowed). */
void http_query_check(
        const struct http_request *request, const char *const *allowed, struct faults *faults);

#endif
