/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/json.h"
#include "http/problem.h"

static struct arena *arena;
static struct http_response response;

static const char *render(const struct problem *problem)
{
	response_init(&response, arena, 65536);
	problem_render(problem, "id-1", &response);
	const char *text = buf_string(&response.body);
	assert_non_null(text);
	return text;
}

static void test_a_plain_problem(void **state)
{
	(void)state;
	const struct problem problem = { .err = ERR_NO_SUCH_ZONE,
		.detail = "No zone holds \"x\"." };
	assert_string_equal(render(&problem),
	        "{\"type\":\"about:blank\",\"title\":\"No zone here holds this "
	        "name\",\"status\":404,"
	        "\"detail\":\"No zone holds "
	        "\\\"x\\\".\",\"success\":false,\"code\":\"no-such-zone\","
	        "\"request_id\":\"id-1\"}");
	assert_int_equal(response.status, 404);
	assert_string_equal(response.content_type, "application/problem+json");
	assert_int_equal(response.header_count, 0);
}

static void test_faults_are_listed(void **state)
{
	(void)state;
	struct faults faults;
	faults_init(&faults, arena);
	faults_add(&faults, ERR_INVALID_TTL, "/ttl", "It is too large.");
	const struct problem problem = { .err = ERR_INVALID_TTL, .faults = &faults };
	assert_non_null(strstr(render(&problem), "\"detail\":\"It is too large.\",\"success\""));
	faults_add(&faults, ERR_INVALID_NAME, "/na\"me", "No.");
	assert_non_null(strstr(render(&problem),
	        "\"detail\":\"2 things are wrong with the request; errors lists them.\""));
	assert_non_null(strstr(render(&problem),
	        "\"errors\":[{\"pointer\":\"/ttl\",\"code\":\"invalid-ttl\",\"detail\":\"It is too "
	        "large.\"},{\"pointer\":\"/"
	        "na\\\"me\",\"code\":\"invalid-name\",\"detail\":\"No.\"}]}"));
	faults_init(&faults, arena);
	assert_non_null(strstr(render(&problem), "\"detail\":\"The TTL is not valid.\""));
	assert_null(strstr(render(&problem), "errors"));
}

static void test_every_error_gives_a_whole_problem(void **state)
{
	(void)state;
	for (enum err err = ERR_OK + 1; err < ERR__MAX; err++) {
		const struct problem problem = { .err = err, .allow = "GET" };
		const struct json *root = NULL;
		const char *detail = NULL;
		int64_t status = 0;
		const char *text = render(&problem);
		assert_int_equal(json_parse(arena, text, strlen(text), &root, &detail), ERR_OK);
		assert_true(json_integer(json_find(root, "status"), 400, 599, &status));
		assert_int_equal(status, response.status);
		assert_string_equal(json_string(json_find(root, "code")), err_slug(err));
		assert_true(strlen(json_string(json_find(root, "detail"))) > 1);
	}
}

static const char *authenticate(enum err err)
{
	const struct problem problem = { .err = err };
	render(&problem);
	return response_find_header(&response, "WWW-Authenticate");
}

static void test_who_is_told_to_authenticate(void **state)
{
	(void)state;
	assert_string_equal(authenticate(ERR_NO_TOKEN), "Bearer realm=\"dns\"");
	assert_string_equal(authenticate(ERR_EXPIRED_TOKEN),
	        "Bearer realm=\"dns\", error=\"invalid_token\", "
	        "error_description=\"The token has expired\"");
	assert_non_null(strstr(authenticate(ERR_NOT_PERMITTED), "error=\"insufficient_scope\""));
	assert_null(authenticate(ERR_NOT_FOUND));
}

static void test_retry_after_and_types(void **state)
{
	(void)state;
	const struct problem limited = {
		.err = ERR_RATE_LIMITED, .violated_policy = "default", .retry_after_s = 7
	};
	const char *text = render(&limited);
	assert_string_equal(response_find_header(&response, "Retry-After"), "7");
	assert_non_null(strstr(text,
	        "\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\""));
	assert_non_null(strstr(text, "\"violated-policies\":[\"default\"]"));
	const struct problem unavailable = { .err = ERR_UNAVAILABLE };
	text = render(&unavailable);
	assert_string_equal(response_find_header(&response, "Retry-After"), "1");
	assert_non_null(strstr(text, "#temporary-reduced-capacity\""));
	assert_null(strstr(text, "violated-policies"));
}

static void test_allow(void **state)
{
	(void)state;
	const struct problem problem = { .err = ERR_METHOD_NOT_ALLOWED, .allow = "GET, HEAD" };
	render(&problem);
	assert_string_equal(response_find_header(&response, "Allow"), "GET, HEAD");
	const struct problem other = { .err = ERR_NOT_FOUND, .allow = "GET, HEAD" };
	render(&other);
	assert_null(response_find_header(&response, "Allow"));
}

static int open_state(void **state)
{
	(void)state;
	arena = arena_open(1024 * 1024);
	return arena == NULL;
}

static int close_state(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static void test_a_clause_becomes_a_sentence(void **state)
{
	(void)state;
	struct problem problem = { .err = ERR_CONFLICT, .detail = "the token is too long" };
	assert_non_null(strstr(render(&problem), "\"detail\":\"The token is too long.\""));
	problem.detail = "www.example.com cannot have both";
	assert_non_null(
	        strstr(render(&problem), "\"detail\":\"www.example.com cannot have both.\""));
	problem.detail = "Is it so?";
	assert_non_null(strstr(render(&problem), "\"detail\":\"Is it so?\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plain_problem),
		cmocka_unit_test(test_faults_are_listed),
		cmocka_unit_test(test_every_error_gives_a_whole_problem),
		cmocka_unit_test(test_who_is_told_to_authenticate),
		cmocka_unit_test(test_retry_after_and_types),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_a_clause_becomes_a_sentence),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
