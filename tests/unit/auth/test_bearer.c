/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "auth/bearer.h"
#include "auth/paseto.h"

static void test_the_token_is_found(void **state)
{
	static const char *const headers[] = {
		"Bearer v4.public.abc",
		"bearer v4.public.abc",
		"BEARER v4.public.abc",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *token = NULL;
		size_t length = 0;
		assert_int_equal(bearer_parse(headers[i], &token, &length), ERR_OK);
		assert_ptr_equal(token, headers[i] + 7);
		assert_int_equal(length, 13);
	}
}

static void test_anything_else_is_refused(void **state)
{
	static const struct {
		const char *header;
		enum err err;
	} cases[] = {
		{ NULL, ERR_NO_TOKEN },
		{ "", ERR_NO_TOKEN },
		{ "Bearer", ERR_NO_TOKEN },
		{ "Bearer ", ERR_NO_TOKEN },
		{ "Basic YTpi", ERR_NO_TOKEN },
		{ "Bearertoken", ERR_NO_TOKEN },
		{ " Bearer token", ERR_NO_TOKEN },
		{ "Bearer\ttoken", ERR_NO_TOKEN },
		{ "Token Bearer x", ERR_NO_TOKEN },
		{ "Bearer  token", ERR_BAD_TOKEN },
		{ "Bearer token ", ERR_BAD_TOKEN },
		{ "Bearer a b", ERR_BAD_TOKEN },
		{ "Bearer a,b", ERR_BAD_TOKEN },
		{ "Bearer a=b", ERR_BAD_TOKEN },
		{ "Bearer =", ERR_BAD_TOKEN },
		{ "Bearer \"token\"", ERR_BAD_TOKEN },
		{ "Bearer t\xC3\xB6ken", ERR_BAD_TOKEN },
		{ "Bearer a\r\nX-Evil: 1", ERR_BAD_TOKEN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *token = NULL;
		size_t length = 0;
		assert_int_equal(bearer_parse(cases[i].header, &token, &length), cases[i].err);
		assert_null(token);
	}
}

static void test_a_token_has_a_longest_length(void **state)
{
	char header[PASETO_TOKEN_MAX + 16] = "Bearer ";
	const char *token = NULL;
	size_t length = 0;
	(void)state;
	memset(header + 7, 'a', PASETO_TOKEN_MAX);
	assert_int_equal(bearer_parse(header, &token, &length), ERR_OK);
	assert_int_equal(length, PASETO_TOKEN_MAX);
	header[7 + PASETO_TOKEN_MAX] = 'a';
	assert_int_equal(bearer_parse(header, &token, &length), ERR_BAD_TOKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_token_is_found),
		cmocka_unit_test(test_anything_else_is_refused),
		cmocka_unit_test(test_a_token_has_a_longest_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
