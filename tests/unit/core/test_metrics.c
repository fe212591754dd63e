/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/metrics.h"

static const struct metrics_route routes[] = {
	{ "/records", "GET" },
	{ "/records/{name}/{type}", "PUT" },
};

static const struct metrics_labels labels = {
	.version = "0.1\"\\\n", .route_count = 2, .routes = routes
};

static struct arena *arena;
static struct metrics *metrics;

static const char *rendered(void)
{
	struct buf buf;
	buf_init(&buf, arena, 65536);
	metrics_render(metrics, &labels, &buf);
	const char *text = buf_string(&buf);
	assert_non_null(text);
	return text;
}

static void expect_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);
	if (found == NULL)
		print_error("missing: %s", line);
	assert_non_null(found);
	assert_true(found == text || found[-1] == '\n');
}

static void test_counters(void **state)
{
	(void)state;
	metrics_add(metrics, METRIC_CHANGES, 2);
	metrics_add(metrics, METRIC_CHANGES, 3);
	metrics_add(metrics, METRIC_RATELIMIT_RECORDS, 1);
	assert_int_equal(metrics_get(metrics, METRIC_CHANGES), 5);
	const char *text = rendered();
	expect_line(text, "# TYPE coregate_changes_total counter\ncoregate_changes_total 5\n");
	expect_line(text, "coregate_ratelimit_rejections_total{policy=\"requests\"} 0\n"
	                  "coregate_ratelimit_rejections_total{policy=\"records\"} 1\n");
}

static void test_requests_by_route_and_status(void **state)
{
	(void)state;
	metrics_count_request(metrics, 0, 200);
	metrics_count_request(metrics, 1, 412);
	metrics_count_request(metrics, 1, 412);
	metrics_count_request(metrics, 1, 299);
	metrics_count_request(metrics, METRICS_ROUTE_NONE, 404);
	metrics_count_request(metrics, SIZE_MAX, 404);
	const char *text = rendered();
	expect_line(text,
	        "coregate_http_requests_total{route=\"/records\",method=\"GET\",code=\"200\"} 1\n");
	expect_line(text, "coregate_http_requests_total{route=\"/records/{name}/{type}\","
	                  "method=\"PUT\",code=\"412\"} 2\n");
	expect_line(text, "coregate_http_requests_total{route=\"/records/{name}/{type}\","
	                  "method=\"PUT\",code=\"other\"} 1\n");
	expect_line(text,
	        "coregate_http_requests_total{route=\"none\",method=\"any\",code=\"404\"} 2\n");
}

static void test_histograms_are_cumulative(void **state)
{
	(void)state;
	metrics_observe(metrics, HISTOGRAM_WRITER_BATCH, 1);
	metrics_observe(metrics, HISTOGRAM_WRITER_BATCH, 2);
	metrics_observe(metrics, HISTOGRAM_WRITER_BATCH, 3);
	metrics_observe(metrics, HISTOGRAM_WRITER_BATCH, 1000);
	metrics_observe(metrics, HISTOGRAM_REQUEST_NS, 250000);
	metrics_observe(metrics, HISTOGRAM_REQUEST_NS, 250001);
	metrics_observe(metrics, HISTOGRAM_REQUEST_NS, UINT64_C(20000000000));
	const char *text = rendered();
	expect_line(text, "coregate_writer_batch_size_bucket{le=\"1\"} 1\n"
	                  "coregate_writer_batch_size_bucket{le=\"2\"} 2\n"
	                  "coregate_writer_batch_size_bucket{le=\"4\"} 3\n");
	expect_line(text, "coregate_writer_batch_size_bucket{le=\"256\"} 3\n"
	                  "coregate_writer_batch_size_bucket{le=\"+Inf\"} 4\n"
	                  "coregate_writer_batch_size_sum 1006.000000000\n"
	                  "coregate_writer_batch_size_count 4\n");
	expect_line(text, "coregate_http_request_duration_seconds_bucket{le=\"0.00025\"} 1\n"
	                  "coregate_http_request_duration_seconds_bucket{le=\"0.0005\"} 2\n");
	expect_line(text, "coregate_http_request_duration_seconds_bucket{le=\"10\"} 2\n"
	                  "coregate_http_request_duration_seconds_bucket{le=\"+Inf\"} 3\n"
	                  "coregate_http_request_duration_seconds_sum 20.000500001\n");
}

static void test_label_values_are_escaped(void **state)
{
	(void)state;
	expect_line(rendered(), "coregate_build_info{version=\"0.1\\\"\\\\\\n\"} 1\n");
}

static void test_each_family_is_described_once(void **state)
{
	(void)state;
	const char *text = rendered();
	for (const char *at = strstr(text, "# TYPE "); at != NULL; at = strstr(at + 1, "# TYPE ")) {
		char name[128];
		size_t length = strcspn(at + 7, " ");
		assert_true(length + 9 < sizeof(name));
		memcpy(name, at, length + 8);
		name[length + 8] = '\0';
		assert_null(strstr(at + 1, name));
	}
}

static int open_state(void **state)
{
	(void)state;
	arena = arena_open(1024 * 1024);
	metrics = metrics_init(arena_alloc(arena, metrics_bytes()));
	return metrics == NULL;
}

static int close_state(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counters, open_state, close_state),
		cmocka_unit_test_setup_teardown(
		        test_requests_by_route_and_status, open_state, close_state),
		cmocka_unit_test_setup_teardown(
		        test_histograms_are_cumulative, open_state, close_state),
		cmocka_unit_test_setup_teardown(
		        test_label_values_are_escaped, open_state, close_state),
		cmocka_unit_test_setup_teardown(
		        test_each_family_is_described_once, open_state, close_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
