/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cross-origin requests of browsers (the Fetch standard, "CORS protocol"). Tokens travel in a
 * header that a page sets itself: credentials of the browser are never allowed.
 */
#ifndef COREGATE_HTTP_CORS_H
#define COREGATE_HTTP_CORS_H

#include <stddef.h>

#include "http/request.h"
#include "http/response.h"

struct cors {
	const char *const *origins; /* who may call, as browsers spell themselves */
	size_t origin_count;        /* 0: nobody, and nothing is put */
	const char *allow;          /* of an answer to OPTIONS: the methods; NULL: another answer */
};

/* Puts Vary, and for a request of a listed origin the Access-Control headers. */
void cors_put(const struct cors *cors, const struct http_request *request,
        struct http_response *response);

#endif
