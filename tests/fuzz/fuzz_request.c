/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as the parameters of a request, one a line in the order of the table below, through
 * parsing, routing, preconditions and a rendered answer.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/secret.h"
#include "core/text.h"
#include "http/conditional.h"
#include "http/prefer.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"

#define ARENA_BYTES ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
	"REQUEST_METHOD",
	"REQUEST_URI",
	"CONTENT_TYPE",
	"CONTENT_LENGTH",
	"REMOTE_ADDR",
	"HTTP_AUTHORIZATION",
	"HTTP_IF_MATCH",
	"HTTP_IF_NONE_MATCH",
	"HTTP_X_REQUEST_ID",
	"HTTP_PREFER",
	"HTTP_IDEMPOTENCY_KEY",
	"HTTP_ORIGIN",
	"HTTP_ACCEPT",
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static const struct route routes[] = {
	{ "/records", HTTP_GET },
	{ "/records", HTTP_POST },
	{ "/records/{name}/{type}", HTTP_GET },
	{ "/records/{name}/{type}", HTTP_PUT },
	{ "/zones/{zone}", HTTP_DELETE },
};

struct params {
	const char *values[NAME_COUNT];
};

static const char *find_param(void *context, const char *name)
{
	const struct params *params = context;
	for (size_t i = 0; i < NAME_COUNT; i++) {
		if (strcmp(names[i], name) == 0)
			return params->values[i];
	}
	return NULL;
}

static void split(struct arena *arena, const uint8_t *data, size_t size, struct params *ret_params)
{
	char *at = arena_dup(arena, data, size);
	for (size_t i = 0; i < NAME_COUNT && at != NULL; i++) {
		char *end = strchr(at, '\n');
		ret_params->values[i] = at;
		if (end != NULL)
			*end++ = '\0';
		at = end;
	}
}

static void check_text(const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		size_t sequence = utf8_sequence_length(text, left);
		assert(sequence > 0);
		assert((uint8_t)*text >= 0x20 && *text != 0x7F);
		text += sequence;
		left -= sequence;
	}
}

static void check_request(const struct http_request *request)
{
	for (size_t i = 0; i < request->segment_count; i++) {
		check_text(request->segments[i].text);
		assert(request->segments[i].length == strlen(request->segments[i].text));
		assert(request->segments[i].length > 0);
	}
	for (size_t i = 0; i < request->query_count; i++) {
		check_text(request->query[i].name);
		check_text(request->query[i].value);
	}
	assert(strlen(request->request_id) <= HTTP_REQUEST_ID_MAX);
}

/* A head has as many lines as were put: no value can end its line. */
static void check_answer(
        struct arena *arena, const struct problem *problem, const struct http_request *request)
{
	struct http_response response;
	struct buf buf;
	size_t line_count = 0;
	response_init(&response, arena, ARENA_BYTES);
	problem_render(problem, request->request_id, &response);
	buf_init(&buf, arena, ARENA_BYTES);
	response_render_head(&response, request, &buf);
	const char *text = buf_string(&buf);
	assert(text != NULL);
	for (const char *at = strchr(text, '\n'); at != NULL; at = strchr(at + 1, '\n'))
		line_count++;
	assert(line_count == response.header_count + 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	if (arena == NULL)
		arena = secret_init() ? arena_open(ARENA_BYTES) : NULL;
	if (arena == NULL)
		abort();
	struct params params = { 0 };
	struct http_request request;
	struct route_match match = { 0 };
	struct precondition precondition;
	struct faults faults;
	const char *detail = NULL;
	const struct http_source source = { .context = &params, .find_param = find_param };
	split(arena, data, size, &params);
	faults_init(&faults, arena);
	enum err err = http_request_parse(arena, &source, &request, &detail);
	if (err == ERR_OK) {
		check_request(&request);
		http_query_check(&request, (const char *const[]){ "zone", "name", NULL }, &faults);
		err = precondition_parse(&request, &precondition, &detail);
		struct prefer prefer = prefer_parse(request.prefer);
		assert(request.prefer != NULL || !prefer.has_wait);
		if (request.if_match != NULL)
			(void)!precondition_parse_match(request.if_match, &precondition, &detail);
	}
	if (err == ERR_OK)
		err = route_find(routes, sizeof(routes) / sizeof(routes[0]), &request, &match);
	const struct problem problem = {
		.err = err == ERR_OK ? ERR_BAD_REQUEST : err,
		.detail = detail,
		.faults = &faults,
		.allow = match.allow,
	};
	check_answer(arena, &problem, &request);
	arena_reset(arena);
	return 0;
}
