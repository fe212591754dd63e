/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/prefer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO_WAIT      (-1)

static void test_headers(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		enum prefer_return return_kind;
		int64_t wait_s;
		bool respond_async;
	} cases[] = {
		{ NULL, PREFER_RETURN_ANY, NO_WAIT, false },
		{ "", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "return=minimal", PREFER_RETURN_MINIMAL, NO_WAIT, false },
		{ "Return = \"MINIMAL\"", PREFER_RETURN_MINIMAL, NO_WAIT, false },
		{ "return=representation", PREFER_RETURN_REPRESENTATION, NO_WAIT, false },
		{ "return=minimal, return=representation", PREFER_RETURN_MINIMAL, NO_WAIT, false },
		{ "return=other, return=minimal", PREFER_RETURN_MINIMAL, NO_WAIT, false },
		{ "return", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "wait=5", PREFER_RETURN_ANY, 5, false },
		{ "wait=\"5\"", PREFER_RETURN_ANY, 5, false },
		{ "wait=0", PREFER_RETURN_ANY, 0, false },
		{ "wait=5, wait=7", PREFER_RETURN_ANY, 5, false },
		{ "wait=99999999999999999999", PREFER_RETURN_ANY, UINT32_MAX, false },
		{ "wait=-1", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "wait=5s", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "wait=", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "wait", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "respond-async, wait=10, return=minimal", PREFER_RETURN_MINIMAL, 10, true },
		{ " ,, respond-async;foo=\"b;a,r\";x ; , wait=3", PREFER_RETURN_ANY, 3, true },
		{ "foo=\"a, return=minimal\", wait=3", PREFER_RETURN_ANY, 3, false },
		{ "foo=\"a\\\", return=minimal\", wait=3", PREFER_RETURN_ANY, 3, false },
		{ "waiting=3, returns=minimal", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "wait=3 return=minimal, respond-async", PREFER_RETURN_ANY, NO_WAIT, true },
		{ "foo=\"open, return=minimal", PREFER_RETURN_ANY, NO_WAIT, false },
		{ "@, wait=3", PREFER_RETURN_ANY, 3, false },
		{ "=, =x, ;, wait=3", PREFER_RETURN_ANY, 3, false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefer prefer = prefer_parse(cases[i].value);
		int64_t wait_s = prefer.has_wait ? (int64_t)prefer.wait_s : NO_WAIT;
		if (prefer.return_kind != cases[i].return_kind || wait_s != cases[i].wait_s ||
		        prefer.respond_async != cases[i].respond_async)
			fail_msg("%s: return %d, wait %lld, async %d", cases[i].value,
			        prefer.return_kind, (long long)wait_s, prefer.respond_async);
	}
}

static void test_applied(void **state)
{
	(void)state;
	struct arena *arena = arena_open(1 << 16);
	struct http_response response;
	response_init(&response, arena, 1 << 12);
	prefer_put_applied(&response, "return=minimal");
	assert_string_equal(
	        response_find_header(&response, "Preference-Applied"), "return=minimal");
	prefer_put_applied(&response, "wait");
	assert_string_equal(
	        response_find_header(&response, "Preference-Applied"), "return=minimal, wait");
	assert_int_equal(response.header_count, 1);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
