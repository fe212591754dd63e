/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/idempotency.h"

static struct arena *arena;

static enum err parse(const char *header, const char **ret_key)
{
	const char *detail = NULL;
	arena_reset(arena);
	enum err err = idempotency_parse(arena, header, ret_key, &detail);
	assert_true((err == ERR_OK) == (detail == NULL));
	return err;
}

static void test_keys(void **state)
{
	(void)state;
	static const char *const good[][2] = {
		{ "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"",
		        "8e03978e-40d5-43e8-bc93-6894a57f9324" },
		{ "  \"a b\"  ", "a b" },
		{ "\"say \\\"so\\\" \\\\\"", "say \"so\" \\" },
		{ "\" \"", " " },
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *key;
		assert_int_equal(parse(good[i][0], &key), ERR_OK);
		assert_string_equal(key, good[i][1]);
	}
}

static void test_malformed_keys(void **state)
{
	(void)state;
	static const char *const bad[] = { "", " ", "abc", "\"abc", "abc\"", "\"\"", "\"a\" b",
		"\"a\", \"b\"", "\"a\";p=1", "\"a\\n\"", "\"a\\", "\"a\tb\"", "\"\303\244\"",
		"\"a\177\"", "'a'" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *key = "untouched";
		assert_int_equal(parse(bad[i], &key), ERR_BAD_REQUEST);
		assert_string_equal(key, "untouched");
	}
}

static void test_length(void **state)
{
	(void)state;
	char header[IDEMPOTENCY_KEY_MAX + 4];
	const char *key;
	memset(header, 'k', sizeof(header));
	header[0] = '"';
	header[IDEMPOTENCY_KEY_MAX + 1] = '"';
	header[IDEMPOTENCY_KEY_MAX + 2] = '\0';
	assert_int_equal(parse(header, &key), ERR_OK);
	assert_int_equal(strlen(key), IDEMPOTENCY_KEY_MAX);
	header[IDEMPOTENCY_KEY_MAX + 1] = 'k';
	header[IDEMPOTENCY_KEY_MAX + 2] = '"';
	header[IDEMPOTENCY_KEY_MAX + 3] = '\0';
	assert_int_equal(parse(header, &key), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_malformed_keys),
		cmocka_unit_test(test_length),
	};
	arena = arena_open(1 << 16);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_close(arena);
	return failed;
}
