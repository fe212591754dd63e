/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/err.h"

static void test_every_error_is_whole(void **state)
{
	(void)state;
	for (enum err err = 0; err < ERR__MAX; err++) {
		const char *slug = err_slug(err);
		const char *sentence = err_sentence(err);
		assert_true(strlen(slug) > 0);
		assert_int_equal(strspn(slug, "abcdefghijklmnopqrstuvwxyz-"), strlen(slug));
		assert_true(sentence[0] >= 'A' && sentence[0] <= 'Z');
		assert_true(sentence[strlen(sentence) - 1] != '.');
		assert_true(err == ERR_OK ? err_status(err) == 200
		                          : err_status(err) >= 400 && err_status(err) < 600);
	}
}

static void test_slugs_are_unique(void **state)
{
	(void)state;
	for (enum err a = 0; a < ERR__MAX; a++) {
		for (enum err b = a + 1; b < ERR__MAX; b++)
			assert_string_not_equal(err_slug(a), err_slug(b));
	}
}

static void test_rows_belong_to_their_names(void **state)
{
	(void)state;
	assert_int_equal(err_status(ERR_PRECONDITION_FAILED), 412);
	assert_string_equal(err_slug(ERR_NO_SUCH_ZONE), "no-such-zone");
	assert_string_equal(err_sentence(ERR_OVERLOADED), "The service is overloaded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_error_is_whole),
		cmocka_unit_test(test_slugs_are_unique),
		cmocka_unit_test(test_rows_belong_to_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
