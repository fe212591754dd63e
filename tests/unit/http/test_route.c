/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/route.h"

static const struct route routes[] = {
	{ "/records", HTTP_GET },
	{ "/records", HTTP_POST },
	{ "/records/{name}/{type}", HTTP_GET },
	{ "/records/{name}/{type}", HTTP_PUT },
	{ "/zones/{zone}", HTTP_DELETE },
	{ "/zones/special", HTTP_GET },
	{ "/zones/{zone}/export", HTTP_GET },
};

/* path: segments separated by slashes, taken as decoded. */
static enum err find(enum http_method method, const char *path, struct route_match *ret_match)
{
	static char text[256];
	struct http_request request = { .method = method };
	strncpy(text, path, sizeof(text) - 1);
	for (char *at = text; *at == '/';) {
		size_t length = strcspn(at + 1, "/");
		request.segments[request.segment_count++] = (struct http_segment){ at + 1, length };
		*at = '\0';
		at += 1 + length;
	}
	memset(ret_match, 0, sizeof(*ret_match));
	return route_find(routes, sizeof(routes) / sizeof(routes[0]), &request, ret_match);
}

static void test_routes_are_found(void **state)
{
	(void)state;
	struct route_match match;
	assert_int_equal(find(HTTP_POST, "/records", &match), ERR_OK);
	assert_int_equal(match.index, 1);
	assert_int_equal(match.capture_count, 0);
	assert_int_equal(find(HTTP_PUT, "/records/www.example.com/A", &match), ERR_OK);
	assert_int_equal(match.index, 3);
	assert_int_equal(match.capture_count, 2);
	assert_string_equal(match.captures[0].text, "www.example.com");
	assert_int_equal(match.captures[1].length, 1);
	assert_string_equal(match.captures[1].text, "A");
	assert_int_equal(find(HTTP_GET, "/zones/a/export", &match), ERR_OK);
	assert_int_equal(match.index, 6);
	assert_int_equal(match.capture_count, 1);
}

static void test_head_is_taken_by_get(void **state)
{
	(void)state;
	struct route_match match;
	assert_int_equal(find(HTTP_HEAD, "/records/a/A", &match), ERR_OK);
	assert_int_equal(match.index, 2);
	assert_int_equal(find(HTTP_HEAD, "/zones/a", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "DELETE, OPTIONS");
}

static void test_unknown_paths(void **state)
{
	(void)state;
	static const char *const paths[] = { "", "/", "/record", "/recordsx", "/Records",
		"/records/a", "/records/a/A/b", "/zones/a/exports", "/zones/a/expor", "/{zone}" };
	struct route_match match;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find(HTTP_GET, paths[i], &match), ERR_NOT_FOUND);
}

static void test_other_methods_are_listed(void **state)
{
	(void)state;
	struct route_match match;
	assert_int_equal(find(HTTP_DELETE, "/records", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "GET, HEAD, POST, OPTIONS");
	assert_int_equal(find(HTTP_OTHER, "/records/a/A", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "GET, HEAD, PUT, OPTIONS");
	assert_int_equal(find(HTTP_OPTIONS, "/zones/special", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "GET, HEAD, DELETE, OPTIONS");
}

static void test_allow_has_room_for_all(void **state)
{
	(void)state;
	static const struct route all[] = { { "/x", HTTP_GET }, { "/x", HTTP_POST },
		{ "/x", HTTP_PUT }, { "/x", HTTP_PATCH }, { "/x", HTTP_DELETE } };
	struct http_request request = { .method = HTTP_OTHER, .segment_count = 1 };
	struct route_match match;
	request.segments[0] = (struct http_segment){ "x", 1 };
	assert_int_equal(route_find(all, 5, &request, &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_are_found),
		cmocka_unit_test(test_head_is_taken_by_get),
		cmocka_unit_test(test_unknown_paths),
		cmocka_unit_test(test_other_methods_are_listed),
		cmocka_unit_test(test_allow_has_room_for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
