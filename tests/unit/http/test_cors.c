/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/cors.h"

static const char *const origins[] = { "https://dns.example.com", "http://localhost:5173" };
static struct arena *arena;
static struct http_response response;

static void put(const char *origin, size_t count, const char *allow)
{
	const struct cors cors = { .origins = origins, .origin_count = count, .allow = allow };
	const struct http_request request = { .origin = origin };
	response_init(&response, arena, 64);
	cors_put(&cors, &request, &response);
}

static const char *header(const char *name)
{
	const char *value = response_find_header(&response, name);
	return value != NULL ? value : "";
}

static void test_nobody_is_the_default(void **state)
{
	(void)state;
	put("https://dns.example.com", 0, NULL);
	assert_int_equal(response.header_count, 0);
}

static void test_a_listed_origin(void **state)
{
	(void)state;
	put("http://localhost:5173", 2, NULL);
	assert_string_equal(header("Vary"), "Origin");
	assert_string_equal(header("Access-Control-Allow-Origin"), "http://localhost:5173");
	assert_non_null(strstr(header("Access-Control-Expose-Headers"), "ETag"));
	assert_string_equal(header("Access-Control-Allow-Methods"), "");
	assert_string_equal(header("Access-Control-Allow-Credentials"), "");
}

static void test_a_preflight(void **state)
{
	(void)state;
	put("https://dns.example.com", 2, "GET, HEAD, OPTIONS");
	assert_string_equal(header("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
	assert_non_null(strstr(header("Access-Control-Allow-Headers"), "Authorization"));
	assert_string_equal(header("Access-Control-Max-Age"), "600");
}

static void test_other_origins_get_nothing(void **state)
{
	static const char *const others[] = { NULL, "null", "*", "https://dns.example.com.evil",
		"https://DNS.example.com", "https://dns.example.com:443", "http://dns.example.com",
		"https://dns.example.com/", "" };
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put(others[i], 2, "GET");
		assert_int_equal(response.header_count, 1);
		assert_string_equal(header("Vary"), "Origin");
	}
}

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(1 << 20);
	return arena == NULL;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_is_the_default),
		cmocka_unit_test(test_a_listed_origin),
		cmocka_unit_test(test_a_preflight),
		cmocka_unit_test(test_other_origins_get_nothing),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
