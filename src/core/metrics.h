/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counters and histograms in memory that the processes share, and their text (Prometheus exposition
 * format 0.0.4). Everything is a relaxed atomic: cheap, and never torn.
 */
#ifndef COREGATE_CORE_METRICS_H
#define COREGATE_CORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum metric {
#define METRIC(id, family, label, help) METRIC_##id,
#include "core/metrics.def"
	METRIC__MAX
};

enum metric_histogram {
#define HISTOGRAM(id, family, scale, help, ...) HISTOGRAM_##id,
#include "core/metrics.def"
	HISTOGRAM__MAX
};

/* Routes that can be told apart. The last index stands for requests that found no route. */
#define METRICS_ROUTES_MAX 64u
#define METRICS_ROUTE_NONE (METRICS_ROUTES_MAX - 1)

struct metrics;

/* Labels that only the reader of the metrics knows. */
struct metrics_route {
	const char *route; /* "/records/{name}/{type}" */
	const char *method;
};

struct metrics_labels {
	const char *version;
	size_t route_count;
	const struct metrics_route *routes; /* by route index */
};

/* Bytes of shared memory that metrics_init needs. */
size_t metrics_bytes(void);

/* Takes zeroed memory, aligned for any type, as a set of metrics that are all zero. */
struct metrics *metrics_init(void *zeroed);

void metrics_add(struct metrics *metrics, enum metric id, uint64_t number);
uint64_t metrics_get(const struct metrics *metrics, enum metric id);

/* value in the histogram's observed unit: nanoseconds (…_NS) or a number of things. */
void metrics_observe(struct metrics *metrics, enum metric_histogram id, uint64_t value);

/* Counts an answer; an index that is out of range counts as METRICS_ROUTE_NONE. */
void metrics_count_request(struct metrics *metrics, size_t route_index, int status);

/* Appends all metrics. Content type: METRICS_CONTENT_TYPE. Overflow shows in the buffer. */
void metrics_render(
        const struct metrics *metrics, const struct metrics_labels *labels, struct buf *buf);
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the HELP and TYPE lines of a family that the caller renders himself. */
void metrics_put_family(struct buf *buf, const char *family, const char *type, const char *help);

/* Appends name="value" with the value escaped. */
void metrics_put_label(struct buf *buf, const char *name, const char *value);

#endif
