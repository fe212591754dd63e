/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/cursor.h"
#include "api/history.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t *const key = (const uint8_t *)"the key of all cursors in tests.";

static void test_ids(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t id; /* 0: there is none */
	} cases[] = {
		{ "1", 1 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", 0 },
		{ "99999999999999999999", 0 },
		{ "0", 0 },
		{ "-1", 0 },
		{ "1x", 0 },
		{ " 1", 0 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum err wanted = cases[i].id != 0 ? ERR_OK : ERR_NOT_FOUND;
		fixture_reset();
		fixture_put_path(cases[i].text, NULL);
		assert_int_equal(fixture_plan(plan_change_get), wanted);
		if (cases[i].id != 0)
			assert_int_equal(fixture.plan.wanted.id, cases[i].id);
		assert_int_equal(fixture_plan(plan_change_revert), wanted);
		if (cases[i].id != 0)
			assert_int_equal(
			        fixture.plan.change.ops[0].reversion.change_id, cases[i].id);
	}
}

static void test_filters(void **state)
{
	(void)state;
	char text[NAME_TEXT_BYTES];
	fixture_reset();
	fixture_put_query("zone", "Example.com.");
	fixture_put_query("name", "a.example.com");
	fixture_put_query("actor", "robot");
	fixture_put_query("since", "2026-11-23T11:36:42Z");
	fixture_put_query("limit", "7");
	fixture_put_query("cursor", cursor_render_number(fixture.arena, key, CURSOR_HISTORY, 5));
	assert_int_equal(fixture_plan(plan_history_list), ERR_OK);
	const struct history_wanted *wanted = &fixture.plan.history;
	assert_string_equal(name_render(&wanted->zone, text), "example.com");
	assert_string_equal(name_render(&wanted->owner, text), "a.example.com");
	assert_string_equal(wanted->actor, "robot");
	assert_true(wanted->has_since);
	assert_int_equal(wanted->since_ms, INT64_C(1795433802000));
	assert_int_equal(wanted->limit, 7);
	assert_int_equal(wanted->before_id, 5);
	fixture_reset();
	assert_int_equal(fixture_plan(plan_history_list), ERR_OK);
	assert_int_equal(fixture.plan.history.limit, PAGE_LIMIT_DEFAULT);
}

static void test_bad_filters(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "zone", "a..b" },
		{ "name", "" },
		{ "since", "yesterday" },
		{ "limit", "1001" },
		{ "cursor", "00" },
		{ "color", "red" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		fixture_reset();
		fixture_put_query(cases[i][0], cases[i][1]);
		assert_int_not_equal(fixture_plan(plan_history_list), ERR_OK);
		assert_string_equal(fixture.faults.items[0].pointer + 1, cases[i][0]);
	}
	/* A cursor is of one list. */
	fixture_reset();
	fixture_put_query("cursor", cursor_render_number(fixture.arena, key, CURSOR_EFFECTS, 5));
	assert_int_equal(fixture_plan(plan_history_list), ERR_BAD_REQUEST);
	fixture_reset();
	fixture_put_query("cursor", cursor_render_number(fixture.arena, key, CURSOR_EFFECTS, 5));
	fixture_put_path("1", NULL);
	assert_int_equal(fixture_plan(plan_change_get), ERR_OK);
	assert_int_equal(fixture.plan.wanted.after_seq, 5);
}

static void test_a_revert_says_what_it_is(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("17", NULL);
	assert_int_equal(fixture_plan(plan_change_revert), ERR_OK);
	assert_string_equal(fixture.plan.change.comment, "revert of change 17");
	assert_true(fixture.plan.is_told && fixture.plan.change.is_brief);
	fixture_put_body("{\"comment\":\"sorry\"}");
	assert_int_equal(fixture_plan(plan_change_revert), ERR_OK);
	assert_string_equal(fixture.plan.change.comment, "sorry");
	fixture_put_body("{\"other\":1}");
	assert_int_equal(fixture_plan(plan_change_revert), ERR_BAD_REQUEST);
}

int main(void)
{
	if (!secret_init())
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_bad_filters),
		cmocka_unit_test(test_a_revert_says_what_it_is),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
