/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/response.h"

#define COMMON                                                                                     \
	"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: id-1\r\n"

static struct arena *arena;
static struct http_request request;
static struct http_response response;

static const char *rendered(void)
{
	struct buf buf;
	buf_init(&buf, arena, 65536);
	response_render_head(&response, &request, &buf);
	if (response_has_body(&response, &request))
		buf_put(&buf, response.body.bytes, response.body.length);
	return buf_string(&buf);
}

static void test_a_whole_answer(void **state)
{
	(void)state;
	response_put_header(&response, "ETag", "\"7\"");
	buf_put_string(&response.body, "{\"a\":1}");
	assert_true(response_has_body(&response, &request));
	assert_string_equal(rendered(),
	        "Status: 200 OK\r\n" COMMON "ETag: \"7\"\r\n"
	        "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
}

static void test_head_has_the_length_and_no_body(void **state)
{
	(void)state;
	request.method = HTTP_HEAD;
	buf_put_string(&response.body, "{\"a\":1}");
	assert_false(response_has_body(&response, &request));
	assert_string_equal(rendered(),
	        "Status: 200 OK\r\n" COMMON
	        "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n");
}

static void test_an_empty_body(void **state)
{
	(void)state;
	response.content_type = "text/plain";
	assert_string_equal(rendered(), "Status: 200 OK\r\n" COMMON
	                                "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

static void test_statuses_without_a_body(void **state)
{
	(void)state;
	buf_put_string(&response.body, "left over");
	response_put_header(&response, "ETag", "\"7\"");
	response.status = 304;
	assert_string_equal(
	        rendered(), "Status: 304 Not Modified\r\n" COMMON "ETag: \"7\"\r\n\r\n");
	response.status = 204;
	assert_string_equal(rendered(), "Status: 204 No Content\r\n" COMMON "ETag: \"7\"\r\n\r\n");
}

static void test_every_status_has_a_reason(void **state)
{
	(void)state;
	for (enum err err = 0; err < ERR__MAX; err++) {
		response.status = err_status(err);
		assert_null(strstr(rendered(), "Unknown"));
	}
	response.status = 299;
	assert_non_null(strstr(rendered(), "Status: 299 Unknown\r\n"));
}

static void test_no_header_can_end_its_line(void **state)
{
	(void)state;
	response_put_header(&response, "X-A", "a\r\nSet-Cookie: b");
	response_put_header(&response, "X-B", "a\nb");
	response_put_header(&response, "X-C", "a\x7F");
	response_put_header(&response, "X-D", NULL);
	assert_int_equal(response.header_count, 0);
	response_put_header(&response, "X-E", "a\tb \xC3\xBC");
	assert_int_equal(response.header_count, 1);
}

static void test_a_header_is_there_once(void **state)
{
	(void)state;
	response_put_header(&response, "Retry-After", "1");
	response_put_header(&response, "retry-after", "2");
	assert_int_equal(response.header_count, 1);
	assert_string_equal(response_find_header(&response, "Retry-After"), "2");
	assert_null(response_find_header(&response, "Retry"));
}

static void test_the_number_of_headers_is_bounded(void **state)
{
	(void)state;
	static char names[RESPONSE_HEADERS_MAX + 1][8];
	for (unsigned i = 0; i <= RESPONSE_HEADERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "X-%u", i);
		response_put_header(&response, names[i], "v");
	}
	assert_int_equal(response.header_count, RESPONSE_HEADERS_MAX);
	assert_null(response_find_header(&response, names[RESPONSE_HEADERS_MAX]));
	response_put_header(&response, names[0], "w");
	assert_string_equal(response_find_header(&response, names[0]), "w");
}

static int open_state(void **state)
{
	(void)state;
	arena = arena_open(1024 * 1024);
	request = (struct http_request){ .method = HTTP_GET, .request_id = "id-1" };
	response_init(&response, arena, 4096);
	return arena == NULL;
}

static int close_state(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_state, close_state)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_whole_answer),
		TEST(test_head_has_the_length_and_no_body),
		TEST(test_an_empty_body),
		TEST(test_statuses_without_a_body),
		TEST(test_every_status_has_a_reason),
		TEST(test_no_header_can_end_its_line),
		TEST(test_a_header_is_there_once),
		TEST(test_the_number_of_headers_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
