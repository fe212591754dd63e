/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The request target (RFC 9112 section 3.2) taken apart: path segments and query parameters.
 */
#ifndef COREGATE_HTTP_URI_H
#define COREGATE_HTTP_URI_H

#include "core/arena.h"
#include "core/err.h"
#include "http/request.h"

/* Fills path, segments and query of the request from a REQUEST_URI in origin or absolute form.
 * Errors and *ret_detail as of http_request_parse. */
MUST_CHECK enum err uri_parse(struct arena *arena, const char *uri, struct http_request *request,
        const char **ret_detail);

#endif
