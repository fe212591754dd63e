/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include <stdlib.h>

#include "api/shape.h"
#include "audit_attempt.h"
#include "api/history.h"
#include "auth/policy.h"
#include "core/clock.h"
#include "core/log.h"
#include "exchange.h"
#include "execute.h"
#include "execute_export.h"
#include "execute_import.h"
#include "execute_told.h"
#include "http/conditional.h"
#include "http/cors.h"
#include "http/problem.h"
#include "identity.h"
#include "operations.h"
#include "repeat.h"

/* A request's life, in this order. An error skips to the stages that always run. A stage that waits
 * for another process gives the responder back meanwhile, and is then gone on with. */
#define STAGES(STAGE, WAITS)                                                                       \
	STAGE(parse, false)    /* http/   bytes become method, path, query, headers */             \
	STAGE(route, false)    /* http/   which call of the API, see api/routes.c */               \
	STAGE(identify, false) /* auth/   whose token is it */                                     \
	STAGE(limit, false)    /* limit/  may they ask now */                                      \
	STAGE(plan, false)     /* api/    the body becomes a change or a lookup, as a value */     \
	STAGE(permit, false)   /* auth/   may they make this change */                             \
	WAITS(commit, false)   /* store/  the writer makes it durable; or the lookup is done */    \
	WAITS(wait, false)     /* publish/ CoreDNS is asked, or serves the change */               \
	WAITS(audit, true)     /* audit/  refused attempts are kept, too */                        \
	STAGE(respond, true)   /* http/   status, headers, body; metrics; one log line */

#define STAGE_DECLARE(name, always) static enum err stage_##name(struct exchange *x);
#define STAGE_DECLARE_WAITING(name, always)                                                        \
	STAGE_DECLARE(name, always)                                                                \
	static enum err stage_##name##_go_on(struct exchange *x, enum task_event event);
STAGES(STAGE_DECLARE, STAGE_DECLARE_WAITING)

static const struct stage {
	const char *name;
	enum err (*run)(struct exchange *x);
	enum err (*go_on)(struct exchange *x, enum task_event event);
	bool always;
} stages[] = {
#define STAGE_ROW(name, always)         { "us_" #name, stage_##name, NULL, always },
#define STAGE_ROW_WAITING(name, always) { "us_" #name, stage_##name, stage_##name##_go_on, always },
	STAGES(STAGE_ROW, STAGE_ROW_WAITING)
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
_Static_assert(COUNT_OF(stages) == STAGES_MAX, "one place for the time of each stage");

/* An answer is at most this large; pages and RRsets are bounded far below. */
#define ANSWER_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define HEAD_BYTES_MAX   ((size_t)64 * 1024)
#define POLICY_BYTES_MAX 256

static enum err exchange_run_stage(struct exchange *x, enum task_event event)
{
	const struct stage *stage = &stages[x->stage];
	bool is_gone_on_with = x->is_waiting;
	x->is_waiting = false;
	return is_gone_on_with ? stage->go_on(x, event) : stage->run(x);
}

/* False: it waits. */
static bool exchange_run(struct exchange *x, enum task_event event)
{
	for (; x->stage < COUNT_OF(stages); x->stage++) {
		if (x->err != ERR_OK && !stages[x->stage].always)
			continue;
		enum err err = exchange_run_stage(x, event);
		if (x->is_waiting)
			return false;
		if (x->err == ERR_OK)
			x->err = err;
		uint64_t now_ns = clock_steady_ns();
		x->stage_us[x->stage] = (uint32_t)((now_ns - x->stage_ns) / 1000);
		x->stage_ns = now_ns;
	}
	return true;
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
	enum err err = execute_import_is_it(x)
	                       ? execute_import_read(x, &bytes)
	                       : fcgi_read_body(x->fcgi, x->arena, x->request.content_length,
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
	x->prefer = prefer_parse(x->request.prefer);
	enum err err = precondition_parse(&x->request, &x->precondition, &x->detail);
	if (err == ERR_OK)
		err = exchange_read_body(x);
	if (err == ERR_OK)
		err = repeat_find(x);
	if (err != ERR_OK)
		return err;
	const struct plan_input input = {
		.arena = x->arena,
		.request = &x->request,
		.captures = x->match.captures,
		.precondition = x->precondition,
		.cursor_key = x->pipeline->settings.shared->state->cursor_key,
		.now_ms = exchange_first_ms(x),
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
	if (x->repeat != NULL)
		return repeat_permit(err);
	return err == ERR_OK ? identity_charge_records(x) : err;
}

static enum err stage_commit(struct exchange *x)
{
	if (x->repeat != NULL)
		return repeat_answer(x);
	return x->plan.kind == PLAN_CHANGE ? execute_change(x) : execute_lookup(x);
}

static enum err stage_commit_go_on(struct exchange *x, enum task_event event)
{
	return execute_change_go_on(x, event);
}

static enum err stage_wait(struct exchange *x)
{
	if (x->plan.verifies_change)
		return execute_server_verify(x);
	return x->plan.kind == PLAN_VERIFY ? execute_verify(x) : execute_await(x);
}

static enum err stage_wait_go_on(struct exchange *x, enum task_event event)
{
	if (x->plan.verifies_change)
		return execute_server_verify_go_on(x, event);
	return x->plan.kind == PLAN_VERIFY ? execute_verify_go_on(x, event)
	                                   : execute_await_go_on(x, event);
}

static enum err stage_audit(struct exchange *x)
{
	if (x->err != ERR_OK && x->route != NULL && x->route->is_change && x->token != NULL &&
	        !x->writer_knows)
		audit_attempt(x);
	return ERR_OK;
}

static enum err stage_audit_go_on(struct exchange *x, enum task_event event)
{
	audit_attempt_go_on(x, event);
	return ERR_OK;
}

static bool exchange_may_read_effect(const struct exchange *x)
{
	if (x->outcome.effect_count == 0 || x->plan.is_import)
		return false;
	const struct effect *effect = &x->outcome.effects[0];
	if (effect->zone.length == 0) /* of a revocation, or of a token */
		return false;
	return policy_may_read(x->token, &effect->zone, &x->plan.change.ops[0].rrset.owner,
	        x->plan.change.ops[0].rrset.type);
}

/* Of a dry run the whole answer is wanted, or it would be for nothing; and what is pending is told
 * anyhow. */
static bool exchange_wants_minimal(const struct exchange *x)
{
	return x->plan.kind == PLAN_CHANGE && !x->plan.change.is_dry_run &&
	       x->await != AWAIT_PENDING && x->prefer.return_kind == PREFER_RETURN_MINIMAL;
}

static const struct told_change *exchange_find_change(struct exchange *x)
{
	if (x->await == AWAIT_PENDING)
		return execute_tell(x) ? &x->change : NULL;
	if (!x->plan.is_told)
		return &x->change;
	return !exchange_wants_minimal(x) && execute_tell(x) ? &x->change : NULL;
}

static void exchange_put_result(struct exchange *x)
{
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
		.change = exchange_find_change(x),
		.history = &x->history,
		.revocations = &x->revocations,
		.audit = &x->audit,
		.servers = &x->servers,
		.server = &x->server,
		.has_verified = x->has_verified,
		.is_verified = x->is_verified,
	};
	if (x->await == AWAIT_PENDING)
		answer_pending(&input, &x->response);
	else
		x->route->answer(&input, &x->response);
	if (x->await == AWAIT_SERVED)
		prefer_put_applied(&x->response, "wait");
	if (!exchange_wants_minimal(x))
		return;
	answer_minimal(&input, &x->response);
	prefer_put_applied(&x->response, "return=minimal");
}

static void exchange_put_answer(struct exchange *x)
{
	if (x->err == ERR_OK && x->plan.kind == PLAN_OPERATION)
		operation_answer(x);
	else if (x->err == ERR_OK)
		exchange_put_result(x);
	if (x->err == ERR_OK && buf_is_full(&x->response.body))
		x->err = ERR_TOO_LARGE;
}

static void exchange_put_tag(struct exchange *x)
{
	if (x->err != ERR_OK)
		return;
	if (x->list_tag != 0)
		shape_put_etag(x->arena, &x->response, x->list_tag);
	uint64_t tag = x->list_tag;
	if (x->plan.kind == PLAN_RRSET)
		tag = x->rrset.revision;
	else if (x->plan.kind == PLAN_SERVER)
		tag = x->server.server.revision;
	else if (x->plan.kind == PLAN_EXPORT)
		tag = x->zone.zone.revision;
	if (tag != 0 && precondition_is_fresh(&x->precondition, tag))
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
	buf_init(&policy, x->seat->answer_arena, POLICY_BYTES_MAX);
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
	response_init(&x->response, x->seat->answer_arena, ANSWER_BYTES_MAX);
	problem_render(&problem, x->request.request_id, &x->response);
}

static void exchange_put_cors(struct exchange *x)
{
	const struct conf *conf = x->pipeline->settings.conf;
	const struct cors cors = {
		.origins = conf->cors_origins.items,
		.origin_count = conf->cors_origins.count,
		.allow = x->response.status == 204 ? x->match.allow : NULL,
	};
	cors_put(&cors, &x->request, &x->response);
}

static enum err stage_respond(struct exchange *x)
{
	exchange_put_answer(x);
	exchange_put_tag(x);
	if (x->err == ERR_METHOD_NOT_ALLOWED && x->request.method == HTTP_OPTIONS)
		exchange_put_options(x);
	if (x->err != ERR_OK)
		exchange_put_problem(x);
	if (x->class != NULL)
		identity_put_limit_headers(x);
	exchange_put_cors(x);
	struct buf head;
	buf_init(&head, x->seat->answer_arena, HEAD_BYTES_MAX);
	response_render_head(&x->response, &x->request, &head);
	fcgi_write(x->fcgi, head.bytes, head.length);
	if (response_has_body(&x->response, &x->request) && x->response.is_streamed)
		execute_export_stream(x);
	else if (response_has_body(&x->response, &x->request))
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

/* ---- one request ---- */

static struct exchange *exchange_begin(struct pipeline *pipeline, struct task *task)
{
	struct seat *seat = task->request;
	struct exchange *x = arena_alloc(seat->arena, sizeof(*x));
	if (x == NULL) /* the arena is empty and larger than this */
		abort();
	x->pipeline = pipeline;
	x->task = task;
	x->seat = seat;
	x->fcgi = task->exchange;
	x->arena = seat->arena;
	x->now_ms = clock_wall_ms();
	x->start_ns = clock_steady_ns();
	x->stage_ns = x->start_ns;
	faults_init(&x->faults, x->arena);
	response_init(&x->response, seat->answer_arena, ANSWER_BYTES_MAX);
	return x;
}

static void exchange_end(struct exchange *x)
{
	struct seat *seat = x->seat;
	reader_end(x->pipeline->reader);
	exchange_count(x);
	exchange_log(x);
	verifier_release(x->token);
	seat->exchange = NULL;
	arena_reset(seat->arena);
	arena_reset(seat->answer_arena);
}

bool pipeline_serve(void *context, struct task *task, enum task_event event)
{
	struct pipeline *pipeline = context;
	if (task->request == NULL)
		task->request = seat_open(pipeline);
	struct seat *seat = task->request;
	if (event == TASK_BEGIN)
		seat->exchange = exchange_begin(pipeline, task);
	if (!exchange_run(seat->exchange, event))
		return false;
	exchange_end(seat->exchange);
	return true;
}
