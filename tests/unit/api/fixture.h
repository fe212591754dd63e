/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request as the tests of api/ write it: body, query and parts of the path in one line.
 */
#ifndef COREGATE_TESTS_API_FIXTURE_H
#define COREGATE_TESTS_API_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/plan.h"

#define FIXTURE_NOW_MS 1800000000000 /* 2027-01-15T08:00:00Z */

struct fixture {
	struct arena *arena;
	struct http_request request;
	struct http_segment captures[2];
	struct faults faults;
	struct plan plan;
};

static struct fixture fixture;

static inline int fixture_open(void **state)
{
	(void)state;
	fixture.arena = arena_open((size_t)8 << 20);
	return fixture.arena == NULL;
}

static inline int fixture_close(void **state)
{
	(void)state;
	arena_close(fixture.arena);
	return 0;
}

static inline void fixture_reset(void)
{
	arena_reset(fixture.arena);
	struct arena *arena = fixture.arena;
	memset(&fixture, 0, sizeof(fixture));
	fixture.arena = arena;
	faults_init(&fixture.faults, arena);
}

static inline void fixture_put_body(const char *body)
{
	fixture.request.content_type = "application/json";
	fixture.request.body = body;
	fixture.request.body_length = strlen(body);
}

static inline void fixture_put_query(const char *name, const char *value)
{
	fixture.request.query[fixture.request.query_count++] =
	        (struct http_query){ .name = name, .value = value };
}

static inline void fixture_put_path(const char *first, const char *second)
{
	fixture.captures[0] = (struct http_segment){ .text = first, .length = strlen(first) };
	if (second != NULL)
		fixture.captures[1] =
		        (struct http_segment){ .text = second, .length = strlen(second) };
}

static inline enum err fixture_plan(plan_fn *plan)
{
	const struct plan_input input = {
		.arena = fixture.arena,
		.request = &fixture.request,
		.captures = fixture.captures,
		.cursor_key = (const uint8_t *)"the key of all cursors in tests.",
		.now_ms = FIXTURE_NOW_MS,
		.default_ttl_s = 300,
		.ttl_min_s = 0,
		.ttl_max_s = 2147483647,
		.faults = &fixture.faults,
	};
	memset(&fixture.plan, 0, sizeof(fixture.plan));
	return plan(&input, &fixture.plan);
}

/* True when exactly this fault is in the list. */
static inline int fixture_has_fault(const char *pointer, enum err err)
{
	for (size_t i = 0; i < fixture.faults.count; i++)
		if (strcmp(fixture.faults.items[i].pointer, pointer) == 0 &&
		        fixture.faults.items[i].err == err)
			return 1;
	return 0;
}

#endif
