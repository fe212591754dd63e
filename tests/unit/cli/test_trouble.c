/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/trouble.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define TEXT_BYTES  4096

static struct arena *arena;
static char told[TEXT_BYTES];

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena == NULL;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static void test_each_status_has_its_exit(void **state)
{
	static const struct {
		long status;
		int exit;
	} cases[] = { { 200, COMMAND_OK }, { 201, COMMAND_OK }, { 202, COMMAND_OK },
		{ 302, COMMAND_FAILED }, { 400, COMMAND_INVALID }, { 401, COMMAND_REFUSED },
		{ 403, COMMAND_REFUSED }, { 404, COMMAND_NOT_FOUND }, { 409, COMMAND_CONFLICT },
		{ 412, COMMAND_CONFLICT }, { 413, COMMAND_INVALID }, { 422, COMMAND_INVALID },
		{ 429, COMMAND_UNAVAILABLE }, { 500, COMMAND_FAILED }, { 502, COMMAND_UNAVAILABLE },
		{ 503, COMMAND_UNAVAILABLE } };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(trouble_exit(cases[i].status), cases[i].exit);
}

static void test_patience(void **state)
{
	static const struct {
		long status;
		const char *retry_after;
		unsigned tries;
		bool is_repeatable;
		unsigned seconds;
	} cases[] = {
		{ 503, "3", 1, true, 3 },
		{ 503, "3", 1, false, 0 }, /* it may have been done */
		{ 429, "3", 1, false, 3 }, /* it was not */
		{ 429, "60", 3, true, 60 },
		{ 429, "61", 1, true, 0 },
		{ 429, "3", 4, true, 0 },
		{ 429, "", 1, true, 1 },
		{ 429, "0", 1, true, 1 },
		{ 429, "Fri, 31 Dec 1999 23:59:59 GMT", 1, true, 1 },
		{ 500, "3", 1, true, 0 },
		{ 200, "3", 1, true, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_answer answer = { .status = cases[i].status };
		(void)snprintf(
		        answer.retry_after, sizeof(answer.retry_after), "%s", cases[i].retry_after);
		assert_int_equal(trouble_patience(&answer, cases[i].tries, cases[i].is_repeatable),
		        cases[i].seconds);
	}
}

/* What trouble_tell writes on standard error is in `told`. */
static int tell(long status, const char *content_type, const char *body)
{
	struct http_answer answer = { .status = status, .body = body, .length = strlen(body) };
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	assert_non_null(file);
	(void)snprintf(answer.content_type, sizeof(answer.content_type), "%s", content_type);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	int exit = trouble_tell(arena, &answer);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	told[fread(told, 1, sizeof(told) - 1, file)] = '\0';
	fclose(file);
	return exit;
}

static void test_problems_are_told(void **state)
{
	static const char type[] = "application/problem+json";
	(void)state;
	assert_int_equal(tell(409, type,
	                         "{\"title\":\"It exists already\",\"detail\":\"a A has this value "
	                         "already.\","
	                         "\"code\":\"exists\",\"status\":409}"),
	        COMMAND_CONFLICT);
	assert_string_equal(told, "coregate: a A has this value already (exists)\n");
	assert_int_equal(
	        tell(422, type,
	                "{\"title\":\"The record is not valid\",\"detail\":\"2 things\","
	                "\"code\":\"invalid-record\",\"errors\":[{\"pointer\":\"/"
	                "value\",\"detail\":"
	                "\"No \\u001b[1maddress.\"},{\"pointer\":\"?limit\",\"detail\":\"Too "
	                "large.\"},"
	                "{\"pointer\":\"\",\"detail\":\"All.\"},{\"pointer\":3}]}"),
	        COMMAND_INVALID);
	assert_string_equal(told, "coregate: The record is not valid (invalid-record)\n"
	                          "  value: No \\x1b[1maddress.\n"
	                          "  ?limit: Too large.\n"
	                          "  All.\n");
	assert_int_equal(tell(500, type,
	                         "{\"title\":\"t\",\"detail\":\"Something went wrong here.\","
	                         "\"code\":\"internal\",\"status\":500,\"request_id\":\"r1\"}"),
	        COMMAND_FAILED);
	assert_string_equal(told, "coregate: Something went wrong here (internal, request r1)\n");
}

static void test_what_is_no_problem_is_told_too(void **state)
{
	(void)state;
	assert_int_equal(tell(502, "text/html", "<h1>Bad Gateway</h1>"), COMMAND_UNAVAILABLE);
	assert_non_null(strstr(told, "with status 502"));
	assert_int_equal(tell(403, "application/problem+json", "{"), COMMAND_REFUSED);
	assert_non_null(strstr(told, "with status 403"));
	assert_int_equal(tell(302, "text/html", ""), COMMAND_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_status_has_its_exit),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_problems_are_told),
		cmocka_unit_test(test_what_is_no_problem_is_told_too),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
