/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/buf.h"
#include "core/secret.h"
#include "http/request.h"

struct param {
	const char *name;
	const char *value;
};

static struct arena *arena;

static const char *find_param(void *context, const char *name)
{
	for (const struct param *param = context; param->name != NULL; param++) {
		if (strcmp(param->name, name) == 0)
			return param->value;
	}
	return NULL;
}

static enum err parse(struct param *params, struct http_request *ret_request)
{
	const struct http_source source = { .context = params, .find_param = find_param };
	const char *detail = NULL;
	enum err err = http_request_parse(arena, &source, ret_request, &detail);
	assert_true((err == ERR_OK) == (detail == NULL));
	assert_non_null(ret_request->request_id);
	assert_non_null(ret_request->method_text);
	assert_non_null(ret_request->path);
	assert_non_null(ret_request->remote_address);
	return err;
}

static enum err parse_uri(const char *uri, struct http_request *ret_request)
{
	struct param params[] = { { "REQUEST_METHOD", "GET" }, { "REQUEST_URI", uri },
		{ NULL, NULL } };
	return parse(params, ret_request);
}

static void test_a_whole_request(void **state)
{
	(void)state;
	struct http_request request;
	struct param params[] = {
		{ "REQUEST_METHOD", "PUT" },
		{ "REQUEST_URI", "/api/v1/dns/records/www.example.com/A?dry_run=true" },
		{ "CONTENT_TYPE", "application/json" },
		{ "CONTENT_LENGTH", "17" },
		{ "REMOTE_ADDR", "192.0.2.1" },
		{ "HTTP_AUTHORIZATION", "Bearer x" },
		{ "HTTP_IF_MATCH", "\"7\"" },
		{ "HTTP_IF_NONE_MATCH", "" },
		{ "HTTP_X_REQUEST_ID", "a-B_9.z" },
		{ "HTTP_PREFER", "wait=3" },
		{ "HTTP_IDEMPOTENCY_KEY", "\"k\"" },
		{ "HTTP_ORIGIN", "https://ui.example" },
		{ "HTTP_ACCEPT", "*/*" },
		{ NULL, NULL },
	};
	assert_int_equal(parse(params, &request), ERR_OK);
	assert_int_equal(request.method, HTTP_PUT);
	assert_string_equal(request.method_text, "PUT");
	assert_string_equal(request.path, "/records/www.example.com/A");
	assert_int_equal(request.segment_count, 3);
	assert_string_equal(request.segments[1].text, "www.example.com");
	assert_int_equal(request.segments[1].length, 15);
	assert_int_equal(request.query_count, 1);
	assert_string_equal(http_query_find(&request, "dry_run"), "true");
	assert_null(http_query_find(&request, "dry"));
	assert_string_equal(request.content_type, "application/json");
	assert_int_equal(request.content_length, 17);
	assert_string_equal(request.remote_address, "192.0.2.1");
	assert_string_equal(request.authorization, "Bearer x");
	assert_string_equal(request.if_match, "\"7\"");
	assert_null(request.if_none_match);
	assert_string_equal(request.request_id, "a-B_9.z");
	assert_string_equal(request.prefer, "wait=3");
	assert_string_equal(request.idempotency_key, "\"k\"");
	assert_string_equal(request.origin, "https://ui.example");
	assert_string_equal(request.accept, "*/*");
}

static void test_nothing_at_all(void **state)
{
	(void)state;
	struct http_request request;
	struct param params[] = { { NULL, NULL } };
	assert_int_equal(parse(params, &request), ERR_BAD_REQUEST);
	assert_int_equal(request.method, HTTP_OTHER);
	assert_string_equal(request.path, "");
}

static void test_methods_are_case_sensitive(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum http_method method;
	} cases[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		{ "PUT", HTTP_PUT },
		{ "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE },
		{ "OPTIONS", HTTP_OPTIONS },
		{ "get", HTTP_OTHER },
		{ "GETS", HTTP_OTHER },
		{ "other", HTTP_OTHER },
		{ "", HTTP_OTHER },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request request;
		struct param params[] = { { "REQUEST_METHOD", cases[i].text },
			{ "REQUEST_URI", "/api/v1/dns/records" }, { NULL, NULL } };
		assert_int_equal(parse(params, &request), ERR_OK);
		assert_int_equal(request.method, cases[i].method);
	}
}

static void test_paths_are_split_first_and_decoded_once(void **state)
{
	(void)state;
	struct http_request request;
	assert_int_equal(
	        parse_uri("/api/v1/dns/records/a%2Fb%3Fc%2541+%26/%C3%BC", &request), ERR_OK);
	assert_int_equal(request.segment_count, 3);
	assert_string_equal(request.segments[1].text, "a/b?c%41+&");
	assert_string_equal(request.segments[2].text, "\xC3\xBC");
	assert_string_equal(request.path, "/records/a%2Fb%3Fc%2541+%26/%C3%BC");
	assert_int_equal(
	        parse_uri("http://evil.example:80/api/v1/dns/zones?x=1", &request), ERR_OK);
	assert_string_equal(request.segments[0].text, "zones");
	assert_string_equal(request.path, "/zones");
	/* The path is for logs, which never hold a token. */
	assert_int_equal(parse_uri("/api/v1/dns/zones/v4.public.AbC-_.d/x?y=1", &request), ERR_OK);
	assert_string_equal(request.path, "/zones/...");
	assert_string_equal(request.segments[1].text, "v4.public.AbC-_.d");
	assert_int_equal(parse_uri("HTTPS://evil.example/api/v1/%64ns/zones", &request), ERR_OK);
	assert_int_equal(request.segment_count, 1);
	assert_int_equal(parse_uri("/api/v1/dns", &request), ERR_OK);
	assert_int_equal(request.segment_count, 0);
	assert_int_equal(parse_uri("/api/v1/dns/1/2/3/4/5/6/7/8", &request), ERR_OK);
	assert_int_equal(request.segment_count, 8);
}

static void test_paths_that_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *uri;
		enum err err;
	} cases[] = {
		{ "", ERR_BAD_REQUEST },
		{ "*", ERR_BAD_REQUEST },
		{ "api/v1/dns/zones", ERR_BAD_REQUEST },
		{ "http://example.com", ERR_BAD_REQUEST },
		{ "http://example.com?x", ERR_BAD_REQUEST },
		{ "ftp://example.com/api/v1/dns/zones", ERR_BAD_REQUEST },
		{ "//api/v1/dns/zones", ERR_BAD_REQUEST },
		{ "/api/v1/dns//zones", ERR_BAD_REQUEST },
		{ "/api/v1/dns/zones//", ERR_BAD_REQUEST },
		{ "/api/v1/dns/./zones", ERR_BAD_REQUEST },
		{ "/api/v1/dns/../dns/zones", ERR_BAD_REQUEST },
		{ "/api/v1/dns/%2e%2E/zones", ERR_BAD_REQUEST },
		{ "/api/v1/dns/zones/.", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%4", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%4/b", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%zz", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%00b", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%0d%0ab", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%09b", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a%7Fb", ERR_BAD_REQUEST },
		{ "/api/v1/dns/a\nb", ERR_BAD_REQUEST },
		{ "/api/v1/dns/%c0%ae", ERR_BAD_REQUEST },
		{ "/api/v1/dns/%ff", ERR_BAD_REQUEST },
		{ "/elsewhere/%00", ERR_BAD_REQUEST },
		{ "/", ERR_NOT_FOUND },
		{ "/api", ERR_NOT_FOUND },
		{ "/api/v1", ERR_NOT_FOUND },
		{ "/api/v2/dns/zones", ERR_NOT_FOUND },
		{ "/api/v1/dnsx/zones", ERR_NOT_FOUND },
		{ "/api/v1/dns/", ERR_NOT_FOUND },
		{ "/api/v1/dns/zones/", ERR_NOT_FOUND },
		{ "/api%2Fv1%2Fdns/zones", ERR_NOT_FOUND },
		{ "/api/v1/dns/1/2/3/4/5/6/7/8/9", ERR_NOT_FOUND },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request request;
		enum err err = parse_uri(cases[i].uri, &request);
		if (err != cases[i].err)
			print_error("%s: %s\n", cases[i].uri, err_slug(err));
		assert_int_equal(err, cases[i].err);
	}
}

static void test_queries_are_decoded_as_forms(void **state)
{
	(void)state;
	struct http_request request;
	assert_int_equal(
	        parse_uri("/api/v1/dns/records?name=a%2Eb&v=1+2%2B3%3D4&flag&empty=&&x=a=b?c/d&",
	                &request),
	        ERR_OK);
	assert_int_equal(request.query_count, 5);
	assert_string_equal(http_query_find(&request, "name"), "a.b");
	assert_string_equal(http_query_find(&request, "v"), "1 2+3=4");
	assert_string_equal(http_query_find(&request, "flag"), "");
	assert_string_equal(http_query_find(&request, "empty"), "");
	assert_string_equal(http_query_find(&request, "x"), "a=b?c/d");
	assert_int_equal(parse_uri("/api/v1/dns/records?", &request), ERR_OK);
	assert_int_equal(request.query_count, 0);
}

static void test_queries_that_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"/api/v1/dns/r?a=1&a=2",
		"/api/v1/dns/r?a=1&%61=2",
		"/api/v1/dns/r?=1",
		"/api/v1/dns/r?a=%",
		"/api/v1/dns/r?a=%0a",
		"/api/v1/dns/r?a%00=1",
		"/api/v1/dns/r?a=%80",
		"/api/v1/dns/r?a=\x01",
	};
	struct http_request request;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_uri(bad[i], &request), ERR_BAD_REQUEST);
}

static void test_the_number_of_parameters_is_bounded(void **state)
{
	(void)state;
	struct http_request request;
	struct buf uri;
	buf_init(&uri, arena, 4096);
	buf_put_string(&uri, "/api/v1/dns/records?");
	for (unsigned i = 0; i < HTTP_QUERY_MAX; i++)
		buf_printf(&uri, "p%u=%u&", i, i);
	assert_int_equal(parse_uri(buf_string(&uri), &request), ERR_OK);
	assert_int_equal(request.query_count, HTTP_QUERY_MAX);
	assert_string_equal(http_query_find(&request, "p31"), "31");
	buf_put_string(&uri, "one=more");
	assert_int_equal(parse_uri(buf_string(&uri), &request), ERR_BAD_REQUEST);
}

static void test_unknown_parameters_are_faults(void **state)
{
	(void)state;
	static const char *const allowed[] = { "limit", "zone", NULL };
	struct http_request request;
	struct faults faults;
	assert_int_equal(parse_uri("/api/v1/dns/records?zone=a&limt=5&x=1", &request), ERR_OK);
	faults_init(&faults, arena);
	http_query_check(&request, allowed, &faults);
	assert_int_equal(faults.count, 2);
	assert_int_equal(faults_err(&faults), ERR_BAD_REQUEST);
	assert_string_equal(faults.items[0].pointer, "?limt");
	assert_string_equal(faults.items[1].pointer, "?x");
	faults_init(&faults, arena);
	http_query_check(&request, NULL, &faults);
	assert_int_equal(faults.count, 3);
}

static enum err parse_length(const char *text, size_t *ret_length)
{
	struct http_request request;
	struct param params[] = { { "REQUEST_METHOD", "POST" },
		{ "REQUEST_URI", "/api/v1/dns/records" }, { "CONTENT_LENGTH", text },
		{ NULL, NULL } };
	enum err err = parse(params, &request);
	*ret_length = request.content_length;
	return err;
}

static void test_content_length_is_digits(void **state)
{
	(void)state;
	size_t length = 0;
	assert_int_equal(parse_length("", &length), ERR_OK);
	assert_int_equal(length, 0);
	assert_int_equal(parse_length("0012", &length), ERR_OK);
	assert_int_equal(length, 12);
	assert_int_equal(parse_length("-1", &length), ERR_BAD_REQUEST);
	assert_int_equal(parse_length("+1", &length), ERR_BAD_REQUEST);
	assert_int_equal(parse_length("1 ", &length), ERR_BAD_REQUEST);
	assert_int_equal(parse_length("0x10", &length), ERR_BAD_REQUEST);
	assert_int_equal(parse_length("1,1", &length), ERR_BAD_REQUEST);
	assert_int_equal(parse_length("73786976294838206464", &length), ERR_TOO_LARGE);
	assert_int_equal(length, 0);
}

static const char *request_id_for(const char *id)
{
	static struct http_request request;
	struct param params[] = { { "REQUEST_METHOD", "GET" },
		{ "REQUEST_URI", "/api/v1/dns/zones" }, { "HTTP_X_REQUEST_ID", id },
		{ NULL, NULL } };
	assert_int_equal(parse(params, &request), ERR_OK);
	return request.request_id;
}

static void test_request_ids(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "a b", "a\r\nb", "a/b", "\xC3\xBC", "a\"b" };
	char longest[HTTP_REQUEST_ID_MAX + 2];
	memset(longest, 'x', sizeof(longest));
	longest[HTTP_REQUEST_ID_MAX] = '\0';
	assert_string_equal(request_id_for(longest), longest);
	longest[HTTP_REQUEST_ID_MAX] = 'x';
	longest[HTTP_REQUEST_ID_MAX + 1] = '\0';
	assert_string_not_equal(request_id_for(longest), longest);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *made = request_id_for(bad[i]);
		assert_int_equal(strlen(made), 32);
		assert_int_equal(strspn(made, "0123456789abcdef"), 32);
	}
	assert_string_not_equal(request_id_for(NULL), request_id_for(NULL));
}

static void test_the_id_is_kept_when_the_rest_is_bad(void **state)
{
	(void)state;
	struct http_request request;
	struct param params[] = { { "REQUEST_METHOD", "DELETE" }, { "REQUEST_URI", "/%" },
		{ "HTTP_X_REQUEST_ID", "kept" }, { "REMOTE_ADDR", "192.0.2.9" }, { NULL, NULL } };
	assert_int_equal(parse(params, &request), ERR_BAD_REQUEST);
	assert_string_equal(request.request_id, "kept");
	assert_int_equal(request.method, HTTP_DELETE);
	assert_string_equal(request.remote_address, "192.0.2.9");
	assert_string_equal(request.path, "/%");
}

static void test_a_full_arena_is_too_large(void **state)
{
	(void)state;
	struct http_request request;
	while (arena_alloc(arena, 1) != NULL)
		;
	assert_int_equal(parse_uri("/api/v1/dns/zones", &request), ERR_TOO_LARGE);
}

static int open_state(void **state)
{
	(void)state;
	arena = arena_open(1024 * 1024);
	return arena == NULL || !secret_init();
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
		TEST(test_a_whole_request),
		TEST(test_nothing_at_all),
		TEST(test_methods_are_case_sensitive),
		TEST(test_paths_are_split_first_and_decoded_once),
		TEST(test_paths_that_are_refused),
		TEST(test_queries_are_decoded_as_forms),
		TEST(test_queries_that_are_refused),
		TEST(test_the_number_of_parameters_is_bounded),
		TEST(test_unknown_parameters_are_faults),
		TEST(test_content_length_is_digits),
		TEST(test_request_ids),
		TEST(test_the_id_is_kept_when_the_rest_is_bad),
		TEST(test_a_full_arena_is_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
