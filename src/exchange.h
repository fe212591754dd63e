/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that is known of one request while it goes through the stages. It lives in the
 * request's arena; each stage fills in its part.
 */
#ifndef COREGATE_EXCHANGE_H
#define COREGATE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/plan.h"
#include "api/routes.h"
#include "auth/claims.h"
#include "auth/verify.h"
#include "conf/conf.h"
#include "core/arena.h"
#include "core/faults.h"
#include "http/request.h"
#include "http/response.h"
#include "limit/limit.h"
#include "lookup.h"
#include "pipeline.h"
#include "server/channel.h"
#include "server/fcgi.h"
#include "store/reader.h"

#define STAGES_MAX 10

/* A responder's own things, with the lifetime of the process. */
struct pipeline {
	struct pipeline_settings settings;
	struct arena *arena; /* one request */
	struct arena
	        *answer_arena; /* its answer: there is room for a problem even when arena is full */
	struct reader *reader;
	struct verifier *verifier;
	struct verifier_stats seen_stats; /* what the metrics have been told already */
	struct channel writer;
	struct channel publisher;
};

struct exchange {
	struct pipeline *pipeline;
	struct fcgi_exchange *fcgi;
	struct arena *arena;
	int64_t now_ms;    /* wall clock at the start */
	uint64_t start_ns; /* steady clock at the start */

	struct http_request request;         /* parse */
	const struct api_route *route;       /* route; NULL: none */
	struct route_match match;            /* route */
	const struct token *token;           /* identify; NULL: nobody yet */
	const struct conf_rate_class *class; /* limit */
	struct limit_state limits;           /* limit */
	enum limit_kind limit_shown;         /* limit, permit: what RateLimit tells */
	struct precondition precondition;    /* plan: If-Match, If-None-Match */
	struct plan plan;                    /* plan */

	struct outcome outcome; /* commit: of a change */
	struct stored_rrset rrset;
	struct record_page records;
	struct zone_page zones;
	struct zone_details zone;
	struct server_page servers;
	struct server_details server;
	struct verify_report verify; /* wait */
	size_t verified_count;       /* wait: of the records of a registration */
	int64_t verify_until_ms;     /* steady */
	bool has_verified;
	bool is_verified;

	bool writer_knows; /* the writer got the change, so it has audited it */
	enum err err;
	const char *detail;
	struct faults faults;
	struct http_response response;
	uint32_t stage_us[STAGES_MAX];
};

#endif
