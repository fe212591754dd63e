/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#define BUCKETS_MAX 16

static const struct {
	const char *family;
	const char *label;
	const char *help;
} metric_table[] = {
#define METRIC(id, family, label, help) [METRIC_##id] = { family, label, help },
#include "core/metrics.def"
};

struct histogram_row {
	const char *family;
	double scale;
	const char *help;
	uint64_t bounds[BUCKETS_MAX]; /* ends at the first zero */
};

static const struct histogram_row histogram_table[] = {
#define HISTOGRAM(id, family, scale, help, ...)                                                    \
	[HISTOGRAM_##id] = { family, scale, help, { __VA_ARGS__ } },
#include "core/metrics.def"
};

static const int statuses[] = {
#define STATUS(code) code,
#include "core/metrics.def"
};

#define STATUS_COUNT (sizeof(statuses) / sizeof(statuses[0]))

struct histogram {
	_Atomic uint64_t buckets[BUCKETS_MAX + 1]; /* the last is above every bound */
	_Atomic uint64_t sum;
};

struct metrics {
	_Atomic uint64_t values[METRIC__MAX];
	struct histogram histograms[HISTOGRAM__MAX];
	_Atomic uint64_t requests[METRICS_ROUTES_MAX][STATUS_COUNT + 1];
};

size_t metrics_bytes(void)
{
	return sizeof(struct metrics);
}

struct metrics *metrics_init(void *zeroed)
{
	return zeroed;
}

static void add(_Atomic uint64_t *place, uint64_t number)
{
	atomic_fetch_add_explicit(place, number, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *place)
{
	return atomic_load_explicit(place, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metric id, uint64_t number)
{
	assert(id < METRIC__MAX);
	add(&metrics->values[id], number);
}

uint64_t metrics_get(const struct metrics *metrics, enum metric id)
{
	assert(id < METRIC__MAX);
	return load(&metrics->values[id]);
}

static size_t bound_count(const struct histogram_row *row)
{
	size_t count = 0;
	while (count < BUCKETS_MAX && row->bounds[count] != 0)
		count++;
	return count;
}

void metrics_observe(struct metrics *metrics, enum metric_histogram id, uint64_t value)
{
	assert(id < HISTOGRAM__MAX);
	const struct histogram_row *row = &histogram_table[id];
	size_t bucket = 0;
	while (bucket < BUCKETS_MAX && row->bounds[bucket] != 0 && value > row->bounds[bucket])
		bucket++;
	bool is_above = bucket == BUCKETS_MAX || row->bounds[bucket] == 0;
	add(&metrics->histograms[id].buckets[is_above ? BUCKETS_MAX : bucket], 1);
	add(&metrics->histograms[id].sum, value);
}

void metrics_count_request(struct metrics *metrics, size_t route_index, int status)
{
	if (route_index >= METRICS_ROUTES_MAX)
		route_index = METRICS_ROUTE_NONE;
	size_t at = 0;
	while (at < STATUS_COUNT && statuses[at] != status)
		at++;
	add(&metrics->requests[route_index][at], 1);
}

void metrics_put_family(struct buf *buf, const char *family, const char *type, const char *help)
{
	buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", family, help, family, type);
}

void metrics_put_label(struct buf *buf, const char *name, const char *value)
{
	buf_put_string(buf, name);
	buf_put_string(buf, "=\"");
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_put_string(buf, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(buf, "\\%c", *value);
		else
			buf_put_char(buf, *value);
	}
	buf_put_char(buf, '"');
}

static void render_value(const struct metrics *metrics, enum metric id, struct buf *buf)
{
	const char *family = metric_table[id].family;
	const char *label = metric_table[id].label;
	bool is_first = id == 0 || strcmp(metric_table[id - 1].family, family) != 0;
	if (is_first)
		metrics_put_family(buf, family, "counter", metric_table[id].help);
	buf_put_string(buf, family);
	if (*label != '\0')
		buf_printf(buf, "{%s}", label);
	buf_printf(buf, " %" PRIu64 "\n", load(&metrics->values[id]));
}

static void render_histogram(
        const struct metrics *metrics, enum metric_histogram id, struct buf *buf)
{
	const struct histogram_row *row = &histogram_table[id];
	const struct histogram *histogram = &metrics->histograms[id];
	uint64_t count = 0;
	size_t bounds = bound_count(row);
	metrics_put_family(buf, row->family, "histogram", row->help);
	for (size_t i = 0; i < bounds; i++) {
		count += load(&histogram->buckets[i]);
		buf_printf(buf, "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", row->family,
		        (double)row->bounds[i] / row->scale, count);
	}
	/* The count is the sum of what was read, so that it agrees with the buckets. */
	count += load(&histogram->buckets[BUCKETS_MAX]);
	buf_printf(buf, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", row->family, count);
	buf_printf(buf, "%s_sum %.9f\n", row->family, (double)load(&histogram->sum) / row->scale);
	buf_printf(buf, "%s_count %" PRIu64 "\n", row->family, count);
}

static void render_request(
        const struct metrics_route *route, size_t status_index, uint64_t count, struct buf *buf)
{
	buf_put_string(buf, "coregate_http_requests_total{");
	metrics_put_label(buf, "route", route->route);
	buf_put_char(buf, ',');
	metrics_put_label(buf, "method", route->method);
	if (status_index < STATUS_COUNT)
		buf_printf(buf, ",code=\"%d\"} %" PRIu64 "\n", statuses[status_index], count);
	else
		buf_printf(buf, ",code=\"other\"} %" PRIu64 "\n", count);
}

static void render_requests(
        const struct metrics *metrics, const struct metrics_labels *labels, struct buf *buf)
{
	static const struct metrics_route none = { "none", "any" };
	metrics_put_family(buf, "coregate_http_requests_total", "counter", "Requests answered.");
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		const struct metrics_route *route =
		        i < labels->route_count ? &labels->routes[i] : &none;
		for (size_t status = 0; status <= STATUS_COUNT; status++) {
			uint64_t count = load(&metrics->requests[i][status]);
			if (count > 0)
				render_request(route, status, count, buf);
		}
	}
}

void metrics_render(
        const struct metrics *metrics, const struct metrics_labels *labels, struct buf *buf)
{
	metrics_put_family(buf, "coregate_build_info", "gauge", "The version that runs.");
	buf_put_string(buf, "coregate_build_info{");
	metrics_put_label(buf, "version", labels->version);
	buf_put_string(buf, "} 1\n");
	render_requests(metrics, labels, buf);
	for (enum metric id = 0; id < METRIC__MAX; id++)
		render_value(metrics, id, buf);
	for (enum metric_histogram id = 0; id < HISTOGRAM__MAX; id++)
		render_histogram(metrics, id, buf);
}
