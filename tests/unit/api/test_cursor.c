/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/cursor.h"

static struct name name_of(const char *text)
{
	struct name name;
	const char *detail;
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static void test_round_trip(void **state)
{
	(void)state;
	fixture_reset();
	const struct record_position position = { .is_set = true,
		.zone = name_of("example.com"),
		.owner = name_of("*.a.example.com"),
		.type = 65280,
		.value_index = 4095 };
	const char *text = cursor_render(fixture.arena, &position);
	struct record_position back;
	assert_int_equal(cursor_parse(text, &back), ERR_OK);
	assert_true(back.is_set);
	assert_true(name_is_equal(&back.zone, &position.zone));
	assert_true(name_is_equal(&back.owner, &position.owner));
	assert_int_equal(back.type, 65280);
	assert_int_equal(back.value_index, 4095);
}

static void test_any_change_of_length_is_refused(void **state)
{
	(void)state;
	fixture_reset();
	const struct record_position position = { .is_set = true, .zone = name_of("example.com") };
	char *text = arena_strdup(fixture.arena, cursor_render(fixture.arena, &position));
	struct record_position back;
	for (size_t length = strlen(text); length > 0; length--) {
		text[length - 1] = '\0';
		assert_int_equal(cursor_parse(text, &back), ERR_BAD_REQUEST);
	}
	assert_int_equal(cursor_parse("0102", &back), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_any_change_of_length_is_refused),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
