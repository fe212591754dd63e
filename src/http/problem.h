/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Problem details (RFC 9457): every answer that is not a success.
 */
#ifndef COREGATE_HTTP_PROBLEM_H
#define COREGATE_HTTP_PROBLEM_H

#include <stdint.h>

#include "core/err.h"
#include "core/faults.h"
#include "http/response.h"

struct problem {
	enum err err;
	const char *detail;          /* one sentence for people; NULL: made from faults or err */
	const struct faults *faults; /* NULL or empty: none */
	const char *violated_policy; /* for ERR_RATE_LIMITED; NULL: not told */
	int64_t retry_after_s;       /* for 429 and 503; at least 1 is told */
	const char *allow;           /* for ERR_METHOD_NOT_ALLOWED: the methods; NULL: not told */
};

/* Sets status, content type and body, and the headers that belong to the status:
 * WWW-Authenticate (RFC 6750 section 3), Retry-After, Allow. response is one that was just
 * initialised; what it needs besides comes from its body's arena. */
void problem_render(
        const struct problem *problem, const char *request_id, struct http_response *response);

#endif
