/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include <stdlib.h>

#include "audit_attempt.h"
#include "auth/policy.h"
#include "core/clock.h"
#include "core/log.h"
#include "exchange.h"
#include "execute.h"
#include "http/conditional.h"
#include "http/problem.h"
#include "identity.h"
#include "operations.h"
#include "server/responder.h"

/* A request's life, in this order. An error skips to the stages that always run. */
#define STAGES(STAGE)                                                                              \
	STAGE(parse, false)    /* http/   bytes become method, path, query, headers */             \
	STAGE(route, false)    /* http/   which call of the API, see api/routes.c */               \
	STAGE(identify, false) /* auth/   whose token is it */                                     \
	STAGE(limit, false)    /* limit/  may they ask now */                                      \
	STAGE(plan, false)     /* api/    the body becomes a change or a lookup, as a value */     \
	STAGE(permit, false)   /* auth/   may they make this change */                             \
	STAGE(commit, false)   /* store/  the writer makes it durable; or the lookup is done */    \
	STAGE(wait, false)     /* publish/ CoreDNS is asked */                                     \
	STAGE(audit, true)     /* audit/  refused attempts are kept, too */                        \
	STAGE(respond, true)   /* http/   status, headers, body; metrics; one log line */

#define STAGE_DECLARE(name, always) static enum err stage_##name(struct exchange *x);
STAGES(STAGE_DECLARE)

static const struct stage {
	const char *name;
	enum err (*run)(struct exchange *x);
	bool always;
} stages[] = {
#define STAGE_ROW(name, always) { "us_" #name, stage_##name, always },
	STAGES(STAGE_ROW)
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
_Static_assert(COUNT_OF(stages) == STAGES_MAX, "one place for the time of each stage");

/* An answer is at most this large; pages and RRsets are bounded far below. */
#define ANSWER_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define HEAD_BYTES_MAX   ((size_t)64 * 1024)
#define POLICY_BYTES_MAX 256

static void exchange_run(struct exchange *x)
{
	uint64_t before_ns = x->start_ns;
	for (size_t i = 0; i < COUNT_OF(stages); i++) {
		if (x->err != ERR_OK && !stages[i].always)
			continue;
		enum err err = stages[i].run(x);
		if (x->err == ERR_OK)
			x->err = err;
		uint64_t after_ns = clock_steady_ns();
		x->stage_us[i] = (uint32_t)((after_ns - before_ns) / 1000);
		before_ns = after_ns;
	}
}

/* ---- the stages ---- */

static const char *exchange_find_param(void *context, const char *name)
{
	return fcgi_find_param(context, name);
}

static enum err stage_parse(struct exchange *x)
{
	const struct http_source source = { .context = x->fcgi, .find_param = exchange_find_param };
	return http_request_parse(x->arena, &source, &x->request, &x->detail);
}

static enum err stage_route(struct exchange *x)
{
	enum err err = route_find(api_route_patterns, api_route_count, &x->request, &x->match);
	if (err == ERR_OK)
		x->route = &api_routes[x->match.index];
	return err;
}

static enum err stage_identify(struct exchange *x)
{
	return x->route->is_open ? ERR_OK : identity_identify(x);
}

static enum err stage_limit(struct exchange *x)
{
	return x->token == NULL ? ERR_OK : identity_charge(x, LIMIT_REQUESTS, 1);
}

static enum err exchange_read_body(struct exchange *x)
{
	if (x->request.content_length == 0)
		return ERR_OK;
	char *bytes;
	enum err err = fcgi_read_body(x->fcgi, x->arena, x->request.content_length,
	        x->pipeline->settings.conf->body_max_bytes, &bytes);
	if (err == ERR_OK) {
		x->request.body = bytes;
		x->request.body_length = x->request.content_length;
	}
	return err;
}

static enum err stage_plan(struct exchange *x)
{
	const struct conf *conf = x->pipeline->settings.conf;
	enum err err = precondition_parse(&x->request, &x->precondition, &x->detail);
	if (err == ERR_OK)
		err = exchange_read_body(x);
	if (err != ERR_OK)
		return err;
	const struct plan_input input = {
		.arena = x->arena,
		.request = &x->request,
		.captures = x->match.captures,
		.precondition = x->precondition,
		.cursor_key = x->pipeline->settings.shared->state->cursor_key,
		.default_ttl_s = conf->ttl,
		.ttl_min_s = conf->ttl_min,
		.ttl_max_s = conf->ttl_max,
		.auto_register = conf->auto_register,
		.faults = &x->faults,
	};
	return x->route->plan(&input, &x->plan);
}

static enum err stage_permit(struct exchange *x)
{
	if (x->plan.kind != PLAN_CHANGE && x->plan.kind != PLAN_SERVER_OFF)
		return ERR_OK;
	enum err err = execute_permit(x);
	return err == ERR_OK ? identity_charge_records(x) : err;
}

static enum err stage_commit(struct exchange *x)
{
	return x->plan.kind == PLAN_CHANGE ? execute_change(x) : execute_lookup(x);
}

static enum err stage_wait(struct exchange *x)
{
	if (x->plan.kind == PLAN_CHANGE && x->plan.verifies_change)
		return execute_server_verify(x);
	return x->plan.kind == PLAN_VERIFY ? execute_verify(x) : ERR_OK;
}

static enum err stage_audit(struct exchange *x)
{
	if (x->err != ERR_OK && x->route != NULL && x->route->is_change && x->token != NULL &&
	        !x->writer_knows)
		audit_attempt(x);
	return ERR_OK;
}

static bool exchange_may_read_effect(const struct exchange *x)
{
	if (x->outcome.effect_count == 0)
		return false;
	const struct effect *effect = &x->outcome.effects[0];
	return policy_may_read(x->token, &effect->zone, &x->plan.change.ops[0].rrset.owner,
	        x->plan.change.ops[0].rrset.type);
}

static void exchange_put_answer(struct exchange *x)
{
	if (x->err == ERR_OK && x->plan.kind == PLAN_OPERATION) {
		operation_answer(x);
	} else if (x->err == ERR_OK) {
		const struct answer_input input = {
			.arena = x->arena,
			.request = &x->request,
			.plan = &x->plan,
			.cursor_key = x->pipeline->settings.shared->state->cursor_key,
			.outcome = &x->outcome,
			.may_read = exchange_may_read_effect(x),
			.rrset = &x->rrset,
			.records = &x->records,
			.zones = &x->zones,
			.zone = &x->zone,
			.verify = &x->verify,
			.servers = &x->servers,
			.server = &x->server,
			.has_verified = x->has_verified,
			.is_verified = x->is_verified,
		};
		x->route->answer(&input, &x->response);
	}
	if (x->err == ERR_OK && buf_is_full(&x->response.body))
		x->err = ERR_TOO_LARGE;
}

static void exchange_put_not_modified(struct exchange *x)
{
	bool is_fresh = (x->plan.kind == PLAN_RRSET &&
	                        precondition_is_fresh(&x->precondition, x->rrset.revision)) ||
	                (x->plan.kind == PLAN_SERVER &&
	                        precondition_is_fresh(&x->precondition, x->server.server.revision));
	if (x->err == ERR_OK && is_fresh)
		x->response.status = 304;
}

static void exchange_put_options(struct exchange *x)
{
	x->err = ERR_OK;
	x->response.status = 204;
	response_put_header(&x->response, "Allow", x->match.allow);
}

static void exchange_put_problem(struct exchange *x)
{
	struct buf policy;
	buf_init(&policy, x->pipeline->answer_arena, POLICY_BYTES_MAX);
	if (x->err == ERR_RATE_LIMITED)
		limit_render_name(&x->limits, x->limit_shown, &policy);
	const struct problem problem = {
		.err = x->err,
		.detail = x->detail,
		.faults = &x->faults,
		.violated_policy = x->err == ERR_RATE_LIMITED ? buf_string(&policy) : NULL,
		.retry_after_s = x->limits.verdicts[x->limit_shown].retry_after_s,
		.allow = x->match.allow,
	};
	response_init(&x->response, x->pipeline->answer_arena, ANSWER_BYTES_MAX);
	problem_render(&problem, x->request.request_id, &x->response);
}

static enum err stage_respond(struct exchange *x)
{
	exchange_put_answer(x);
	exchange_put_not_modified(x);
	if (x->err == ERR_METHOD_NOT_ALLOWED && x->request.method == HTTP_OPTIONS)
		exchange_put_options(x);
	if (x->err != ERR_OK)
		exchange_put_problem(x);
	if (x->class != NULL)
		identity_put_limit_headers(x);
	struct buf head;
	buf_init(&head, x->pipeline->answer_arena, HEAD_BYTES_MAX);
	response_render_head(&x->response, &x->request, &head);
	fcgi_write(x->fcgi, head.bytes, head.length);
	if (response_has_body(&x->response, &x->request))
		fcgi_write(x->fcgi, x->response.body.bytes, x->response.body.length);
	return ERR_OK;
}

/* ---- after the answer ---- */

static void exchange_count(const struct exchange *x)
{
	struct pipeline *pipeline = x->pipeline;
	struct metrics *metrics = pipeline->settings.shared->metrics;
	size_t index = x->route == NULL ? METRICS_ROUTE_NONE : x->match.index;
	metrics_count_request(metrics, index, x->response.status);
	metrics_observe(metrics, HISTOGRAM_REQUEST_NS, clock_steady_ns() - x->start_ns);
	struct verifier_stats stats;
	verifier_get_stats(pipeline->verifier, &stats);
	metrics_add(metrics, METRIC_TOKEN_CACHE_HITS, stats.hits - pipeline->seen_stats.hits);
	metrics_add(metrics, METRIC_TOKEN_CACHE_MISSES, stats.misses - pipeline->seen_stats.misses);
	pipeline->seen_stats = stats;
}

static void exchange_log(const struct exchange *x)
{
	if (!x->pipeline->settings.conf->log_requests || !log_is_on(LOG_LEVEL_INFO))
		return;
	struct log_line line;
	log_line_init(&line, x->now_ms);
	log_line_string(&line, "request_id", x->request.request_id);
	log_line_string(&line, "method", x->request.method_text);
	log_line_string(&line, "route",
	        x->route == NULL ? "none" : api_route_patterns[x->match.index].pattern);
	log_line_string(&line, "path", x->request.path);
	log_line_int(&line, "status", x->response.status);
	log_line_string(&line, "code", err_slug(x->err));
	log_line_string(&line, "address", x->request.remote_address);
	log_line_string(&line, "subject", x->token == NULL ? NULL : x->token->subject);
	log_line_string(&line, "token_id", x->token == NULL ? NULL : x->token->token_id);
	log_line_string(&line, "key_id", x->token == NULL ? NULL : x->token->key_id);
	if (x->outcome.change_id != 0)
		log_line_int(&line, "change_id", (int64_t)x->outcome.change_id);
	log_line_int(&line, "us", (int64_t)((clock_steady_ns() - x->start_ns) / 1000));
	for (size_t i = 0; i < COUNT_OF(stages); i++)
		if (x->stage_us[i] > 0)
			log_line_int(&line, stages[i].name, x->stage_us[i]);
	log_line_write(&line);
}

void pipeline_serve(void *context, struct fcgi_exchange *fcgi)
{
	struct pipeline *pipeline = context;
	struct exchange *x = arena_alloc(pipeline->arena, sizeof(*x));
	if (x == NULL) /* the arena is empty and larger than this */
		abort();
	x->pipeline = pipeline;
	x->fcgi = fcgi;
	x->arena = pipeline->arena;
	x->now_ms = clock_wall_ms();
	x->start_ns = clock_steady_ns();
	faults_init(&x->faults, x->arena);
	response_init(&x->response, pipeline->answer_arena, ANSWER_BYTES_MAX);
	exchange_run(x);
	reader_end(pipeline->reader);
	exchange_count(x);
	exchange_log(x);
	arena_reset(pipeline->arena);
	arena_reset(pipeline->answer_arena);
}

/* ---- a responder's own things ---- */

struct pipeline *pipeline_open(const struct pipeline_settings *settings)
{
	const struct conf *conf = settings->conf;
	struct pipeline *pipeline = malloc(sizeof(*pipeline));
	if (pipeline == NULL)
		return NULL;
	const struct store_settings store = { .path = conf->store };
	const struct pipeline opened = {
		.settings = *settings,
		.arena = arena_open(conf->request_memory_bytes),
		.answer_arena = arena_open(4 * ANSWER_BYTES_MAX),
		.reader = reader_open(&store),
	};
	*pipeline = opened;
	pipeline->verifier = identity_open_verifier(pipeline);
	channel_init(&pipeline->writer, settings->writer_path, responder_wait);
	channel_init(&pipeline->publisher, settings->publisher_path, responder_wait);
	if (pipeline->arena != NULL && pipeline->answer_arena != NULL && pipeline->reader != NULL &&
	        pipeline->verifier != NULL)
		return pipeline;
	pipeline_close(pipeline);
	return NULL;
}

void pipeline_close(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	channel_fini(&pipeline->publisher);
	channel_fini(&pipeline->writer);
	verifier_close(pipeline->verifier);
	reader_close(pipeline->reader);
	arena_close(pipeline->answer_arena);
	arena_close(pipeline->arena);
	free(pipeline);
}
