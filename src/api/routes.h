/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The API as a table: every call that there is.
 */
#ifndef COREGATE_API_ROUTES_H
#define COREGATE_API_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "api/plan.h"
#include "http/route.h"

struct api_route {
	bool is_open;   /* no token is needed */
	bool is_change; /* changes something: every attempt is audited */
	plan_fn *plan;
	answer_fn *answer; /* NULL: the pipeline answers itself */
};

/* Methods and patterns, for route_find and the labels of the metrics. */
extern const struct route api_route_patterns[];
extern const size_t api_route_count;

/* By the same index. */
extern const struct api_route api_routes[];

#endif
