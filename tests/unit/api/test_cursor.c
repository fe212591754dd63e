/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/cursor.h"

static const uint8_t key[SEAL_KEY_BYTES] = { 1 };

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
	const char *text = cursor_render(fixture.arena, key, &position);
	struct record_position back;
	assert_int_equal(cursor_parse(text, key, &back), ERR_OK);
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
	char *text = arena_strdup(fixture.arena, cursor_render(fixture.arena, key, &position));
	struct record_position back;
	for (size_t length = strlen(text); length > 0; length--) {
		text[length - 1] = '\0';
		assert_int_equal(cursor_parse(text, key, &back), ERR_BAD_REQUEST);
	}
	assert_int_equal(cursor_parse("0102", key, &back), ERR_BAD_REQUEST);
}

static void test_any_changed_character_is_refused(void **state)
{
	(void)state;
	fixture_reset();
	const struct record_position position = { .is_set = true, .zone = name_of("example.com") };
	char *text = arena_strdup(fixture.arena, cursor_render(fixture.arena, key, &position));
	struct record_position back;
	for (size_t i = 0; text[i] != '\0'; i++) {
		char kept = text[i];
		text[i] = kept == '0' ? '1' : '0';
		assert_int_equal(cursor_parse(text, key, &back), ERR_BAD_REQUEST);
		text[i] = kept;
	}
	static const uint8_t other_key[SEAL_KEY_BYTES] = { 2 };
	assert_int_equal(cursor_parse(text, other_key, &back), ERR_BAD_REQUEST);
	assert_int_equal(cursor_parse(text, key, &back), ERR_OK);
}

/* The position may be that of a record which the client may not list. */
static void test_a_cursor_does_not_tell_where_it_stands(void **state)
{
	(void)state;
	fixture_reset();
	const struct record_position position = { .is_set = true,
		.zone = name_of("example.com"),
		.owner = name_of("hidden.example.com") };
	static const char *const words[] = { "hidden", "example" };
	const char *text = cursor_render(fixture.arena, key, &position);
	for (size_t i = 0; i < 2; i++) {
		char hex[32];
		hex_render(words[i], strlen(words[i]), hex);
		assert_null(strstr(text, words[i]));
		assert_null(strstr(text, hex));
	}
	assert_string_not_equal(text, cursor_render(fixture.arena, key, &position));
}

static void test_numbers(void **state)
{
	(void)state;
	fixture_reset();
	uint64_t number = 0;
	const char *text = cursor_render_number(fixture.arena, key, CURSOR_EFFECTS, UINT64_MAX);
	assert_int_equal(cursor_parse_number(text, key, CURSOR_EFFECTS, &number), ERR_OK);
	assert_true(number == UINT64_MAX);
	/* A cursor of one list is none of another. */
	assert_int_equal(cursor_parse_number(text, key, CURSOR_HISTORY, &number), ERR_BAD_REQUEST);
	struct record_position position = { .is_set = true, .zone = name_of("example.com") };
	assert_int_equal(cursor_parse(text, key, &position), ERR_BAD_REQUEST);
	text = cursor_render(fixture.arena, key, &position);
	assert_int_equal(cursor_parse_number(text, key, CURSOR_HISTORY, &number), ERR_BAD_REQUEST);
}

int main(void)
{
	if (!secret_init())
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_any_change_of_length_is_refused),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_any_changed_character_is_refused),
		cmocka_unit_test(test_a_cursor_does_not_tell_where_it_stands),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
