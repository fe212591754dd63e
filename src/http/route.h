/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching a request's path and method with a table of patterns.
 */
#ifndef COREGATE_HTTP_ROUTE_H
#define COREGATE_HTTP_ROUTE_H

#include <stddef.h>

#include "core/err.h"
#include "http/request.h"

#define ROUTE_ALLOW_BYTES 64

/* pattern: "/records/{name}/{type}"; a part in braces takes any segment. */
struct route {
	const char *pattern;
	enum http_method method;
};

struct route_match {
	size_t index; /* of the route in its table */
	size_t capture_count;
	struct http_segment captures[HTTP_SEGMENTS_MAX]; /* what the braces took, in order */
	char allow[ROUTE_ALLOW_BYTES]; /* "GET, HEAD, OPTIONS" on ERR_METHOD_NOT_ALLOWED */
};

/* The first route of the table that fits; HEAD is taken by GET's route. ERR_NOT_FOUND when no
 * pattern fits; ERR_METHOD_NOT_ALLOWED, and only then allow, when the path has other methods.
 * OPTIONS is in every allow: for HTTP_OPTIONS this error means that the caller answers 204 with it.
 */
MUST_CHECK enum err route_find(const struct route *routes, size_t route_count,
        const struct http_request *request, struct route_match *ret_match);

#endif
