/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/cors.h"

#include <stdbool.h>
#include <string.h>

/* What is read of requests, and what pages may read of answers, beyond what they always may. */
#define REQUEST_HEADERS                                                                            \
	"Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, "          \
	"X-Request-Id"
#define ANSWER_HEADERS                                                                             \
	"ETag, Change-Id, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "              \
	"X-Request-Id, Preference-Applied, WWW-Authenticate, Allow"
/* Browsers ask again after this long; a change of the configuration is felt as soon. */
#define PREFLIGHT_SECONDS "600"

static bool is_listed(const struct cors *cors, const char *origin)
{
	for (size_t i = 0; i < cors->origin_count; i++) {
		if (strcmp(cors->origins[i], origin) == 0)
			return true;
	}
	return false;
}

void cors_put(
        const struct cors *cors, const struct http_request *request, struct http_response *response)
{
	if (cors->origin_count == 0)
		return;
	response_put_header(response, "Vary", "Origin");
	if (request->origin == NULL || !is_listed(cors, request->origin))
		return;
	response_put_header(response, "Access-Control-Allow-Origin", request->origin);
	if (cors->allow == NULL) {
		response_put_header(response, "Access-Control-Expose-Headers", ANSWER_HEADERS);
		return;
	}
	response_put_header(response, "Access-Control-Allow-Methods", cors->allow);
	response_put_header(response, "Access-Control-Allow-Headers", REQUEST_HEADERS);
	response_put_header(response, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
}
