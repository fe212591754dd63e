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
#include "http/prefer.h"
#include "http/request.h"
#include "http/response.h"
#include "limit/limit.h"
#include "lookup.h"
#include "pipeline.h"
#include "server/channel.h"
#include "server/fcgi.h"
#include "server/responder.h"
#include "store/reader.h"
#include "zone_cache.h"

#define STAGES_MAX 10

/* A responder's own things, with the lifetime of the process. */
struct pipeline {
	struct pipeline_settings settings;
	struct reader *reader;
	struct verifier *verifier;
	struct verifier_stats seen_stats; /* what the metrics have been told already */
	struct zone_cache zone_cache;
	unsigned wait_count; /* requests that wait for CoreDNS */
	size_t seat_count;
	struct seat *seats[RESPONDER_TASKS_MAX];
};

/* What a request needs to be served, used for one after the other: each task has one. */
struct seat {
	struct arena *arena; /* the request */
	struct arena
	        *answer_arena; /* its answer: there is room for a problem even when arena is full */
	struct channel writer;
	struct channel publisher;
	struct exchange *exchange; /* while it waits */
};

/* What became of "Prefer: wait". */
enum await_state {
	AWAIT_NONE,    /* nobody wanted to wait */
	AWAIT_SERVED,  /* every CoreDNS serves the change */
	AWAIT_PENDING, /* not yet */
};

/* A wait for CoreDNS, or a question to it through the publisher, while it is under way. */
struct ask {
	bool may_wait;    /* it has one of the places of those that wait */
	unsigned repeats; /* the publisher went away so often */
	int64_t until_ms; /* steady clock: the client's own timeout */
};

struct exchange {
	struct pipeline *pipeline;
	struct task *task;
	struct seat *seat;
	struct fcgi_exchange *fcgi;
	struct arena *arena;
	size_t stage;      /* the one at hand */
	bool is_waiting;   /* it has to be gone on with; what for says the task */
	int64_t now_ms;    /* wall clock at the start */
	uint64_t start_ns; /* steady clock at the start */
	uint64_t stage_ns; /* steady clock when the stage at hand began */

	struct http_request request;         /* parse */
	const struct api_route *route;       /* route; NULL: none */
	struct route_match match;            /* route */
	const struct token *token;           /* identify; NULL: nobody yet */
	const struct conf_rate_class *class; /* limit */
	struct limit_state limits;           /* limit */
	enum limit_kind limit_shown;         /* limit, permit: what RateLimit tells */
	struct precondition precondition;    /* plan: If-Match, If-None-Match */
	struct prefer prefer;                /* plan: Prefer */
	struct idempotency idempotency;      /* plan: Idempotency-Key of a change */
	struct outcome *repeat; /* plan: what it was answered before; NULL: it is new */
	struct plan plan;       /* plan */
	struct arena *bulk;     /* plan: of an import, with the file; NULL: it is none */

	struct outcome outcome;      /* commit: of a change */
	struct outcome kept_outcome; /* audit: outcome, while the attempt is under way */
	struct stored_rrset rrset;
	struct record_page records;
	struct zone_page zones;
	uint64_t list_tag; /* the entity tag of a list; 0: this is none */
	struct zone_details zone;
	struct revocation_page revocations;
	struct audit_page audit;
	struct verify_report verify; /* wait */
	struct ask ask;              /* wait */
	enum await_state await;      /* wait */
	struct told_change change;   /* commit, or respond when the plan is_told */
	struct history_page history;
	struct server_page servers;
	struct server_details server;
	size_t verified_count;   /* wait: of the records of a registration */
	int64_t verify_until_ms; /* steady */
	bool has_verified;
	bool is_verified;

	bool writer_knows; /* the writer got the change, so it has audited it */
	enum err err;
	const char *detail;
	struct faults faults;
	struct http_response response;
	uint32_t stage_us[STAGES_MAX];
};

/* Room for an answer, in memory that is only reserved. */
#define ANSWER_MEMORY_BYTES ((size_t)32 * 1024 * 1024)

/* A new seat for a task of the pipeline, which closes it. Without memory for it the process ends;
 * the supervisor starts another one, with less to do. */
struct seat *seat_open(struct pipeline *pipeline);

/* When the request came; of a repeat, when it came first. */
static inline int64_t exchange_first_ms(const struct exchange *x)
{
	return x->repeat != NULL ? x->repeat->first_ms : x->now_ms;
}

#endif
