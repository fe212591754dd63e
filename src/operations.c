/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operations.h"

#include "api/openapi.h"
#include "api/shape.h"
#include "config.h"
#include "core/clock.h"
#include "core/json.h"

#define NS_PER_MS        1000000
#define BEATS_UNTIL_DEAD 3

/* ---- /health: this process answers ---- */

static void operation_health(struct exchange *x)
{
	struct json_writer writer;
	shape_open(&x->response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_string(&writer, "status", "ok");
	json_put_string(&writer, "version", PACKAGE_VERSION);
	json_close_object(&writer);
	shape_close(&writer);
}

/* ---- /ready: every check by its name ---- */

struct readiness {
	struct json_writer writer;
	bool is_ready;
};

/* detail NULL: nothing to add. */
static void readiness_put(
        struct readiness *readiness, const char *name, bool ok, const char *detail)
{
	json_open_object(&readiness->writer, name);
	json_put_bool(&readiness->writer, "ok", ok);
	if (detail != NULL)
		json_put_string(&readiness->writer, "detail", detail);
	json_close_object(&readiness->writer);
	readiness->is_ready &= ok;
}

static void readiness_put_store(struct readiness *readiness, struct exchange *x)
{
	bool ok = reader_ping(x->pipeline->reader) == ERR_OK;
	readiness_put(readiness, "store", ok, ok ? NULL : "The store cannot be read.");
}

static void readiness_put_writer(
        struct readiness *readiness, const struct exchange *x, int64_t steady_ms)
{
	const struct shared_state *state = x->pipeline->settings.shared->state;
	int64_t beat_ms = atomic_load(&state->writer_beat_ms);
	bool is_alive = beat_ms != 0 && steady_ms - beat_ms <= BEATS_UNTIL_DEAD * WRITER_BEAT_MS;
	bool is_failing = atomic_load(&state->writer_failing_ms) != 0;
	readiness_put(readiness, "writer", is_alive && !is_failing,
	        !is_alive    ? "The writer does not run or hangs."
	        : is_failing ? "The writer cannot commit; see its log."
	                     : NULL);
}

static void readiness_put_publication(
        struct readiness *readiness, struct exchange *x, int64_t steady_ms)
{
	struct board_health health;
	board_check(x->pipeline->settings.shared->board, steady_ms,
	        (int64_t)x->pipeline->settings.conf->publish_behind_s * 1000, &health);
	readiness_put(readiness, "publisher", health.is_publisher_alive,
	        health.is_publisher_alive ? NULL : "The publisher does not run or hangs.");
	const char *detail = NULL;
	if (health.failure[0] != '\0')
		/* Which zone it is stays in the log: nobody has shown a token here. */
		detail = "Publishing fails; the log of the publisher tells why.";
	else if (health.pending_zones > 0)
		detail = arena_printf(x->arena, "%u zones wait, the oldest change for %lld ms.",
		        health.pending_zones, (long long)health.pending_age_ms);
	readiness_put(
	        readiness, "publication", health.is_current && health.failure[0] == '\0', detail);
}

/* A CoreDNS that is down makes publication late, and that is what counts: these only tell which. */
static void readiness_put_servers(struct readiness *readiness, struct exchange *x)
{
	bool is_ready = readiness->is_ready;
	const struct board *board = x->pipeline->settings.shared->board;
	size_t count = board_count_servers(board);
	struct board_server *server = arena_alloc(x->arena, sizeof(*server));
	for (size_t i = 0; server != NULL && i < count; i++) {
		board_get_server(board, i, server);
		const char *name = arena_printf(x->arena, "coredns %s", server->address);
		if (name != NULL)
			readiness_put(readiness, name, server->is_up,
			        server->is_up ? NULL : server->error);
	}
	readiness->is_ready = is_ready;
}

static void operation_ready(struct exchange *x)
{
	int64_t steady_ms = (int64_t)(x->start_ns / NS_PER_MS);
	struct readiness readiness = { .is_ready = true };
	struct buf checks;
	buf_init(&checks, x->arena, (size_t)64 * 1024);
	json_writer_init(&readiness.writer, &checks);
	json_open_object(&readiness.writer, NULL);
	readiness_put_store(&readiness, x);
	readiness_put_writer(&readiness, x, steady_ms);
	readiness_put_publication(&readiness, x, steady_ms);
	readiness_put_servers(&readiness, x);
	json_close_object(&readiness.writer);
	const char *checks_text = buf_string(&checks);

	struct json_writer writer;
	response_init(&x->response, x->seat->answer_arena, checks.ceiling_bytes * 2);
	x->response.status = readiness.is_ready ? 200 : 503;
	json_writer_init(&writer, &x->response.body);
	json_open_object(&writer, NULL);
	json_put_bool(&writer, "success", readiness.is_ready);
	json_open_object(&writer, "data");
	json_put_string(&writer, "status", readiness.is_ready ? "ready" : "not ready");
	json_put_raw(&writer, "checks", checks_text != NULL ? checks_text : "{}");
	json_close_object(&writer);
	json_close_object(&writer);
	if (!readiness.is_ready)
		response_put_header(&x->response, "Retry-After", "1");
}

/* ---- /metrics ---- */

static void operation_metrics(struct exchange *x)
{
	struct metrics_route routes[METRICS_ROUTES_MAX];
	for (size_t i = 0; i < api_route_count; i++)
		routes[i] = (struct metrics_route){ .route = api_route_patterns[i].pattern,
			.method = http_method_name(api_route_patterns[i].method) };
	const struct metrics_labels labels = {
		.version = PACKAGE_VERSION, .route_count = api_route_count, .routes = routes
	};
	const struct shared *shared = x->pipeline->settings.shared;
	x->response.status = 200;
	x->response.content_type = METRICS_CONTENT_TYPE;
	metrics_render(shared->metrics, &labels, &x->response.body);
	board_render_metrics(shared->board, (int64_t)(x->start_ns / NS_PER_MS),
	        x->pipeline->settings.conf->metrics_zones, &x->response.body);
}

/* ---- /openapi.json ---- */

static void operation_openapi(struct exchange *x)
{
	x->response.status = 200;
	x->response.content_type = "application/vnd.oai.openapi+json;version=3.1";
	buf_put(&x->response.body, openapi_json, openapi_json_bytes);
}

void operation_answer(struct exchange *x)
{
	static void (*const answers[])(struct exchange *) = {
		[OPERATION_HEALTH] = operation_health,
		[OPERATION_READY] = operation_ready,
		[OPERATION_METRICS] = operation_metrics,
		[OPERATION_OPENAPI] = operation_openapi,
		[OPERATION_TOKEN] = operation_token,
	};
	answers[x->plan.operation](x);
}
