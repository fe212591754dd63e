/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/audit.h"
#include "api/cursor_text.h"
#include "api/revocations.h"
#include "api/tokens.h"

static const uint8_t *const cursor_key = (const uint8_t *)"the key of all cursors in tests.";

static void test_what_is_asked_of_a_child(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"g\":[{}],\"sub\":\"s\",\"lifetime\":60,\"ip\":[\"10.0.0.0/8\"],"
	                 "\"adm\":[],\"rl\":\"bulk\",\"dg\":1,\"comment\":\"why\"}");
	assert_int_equal(fixture_plan(plan_token_issue), ERR_OK);
	const struct token_wanted *wanted = fixture.plan.token_wanted;
	assert_int_equal(fixture.plan.kind, PLAN_CHANGE);
	assert_int_equal(fixture.plan.change.ops[0].kind, OP_TOKEN_ISSUE);
	assert_string_equal(fixture.plan.change.comment, "why");
	assert_string_equal(wanted->subject, "s");
	assert_int_equal(json_count(wanted->grants), 1);
	assert_true(wanted->cidrs.is_set && wanted->cidrs.count == 1);
	assert_true(wanted->adm.is_set && wanted->adm.count == 0);
	assert_null(wanted->expires);
	assert_non_null(wanted->seconds);
}

static void test_choices_of_a_child(void **state)
{
	static const struct {
		const char *body;
		const char *pointer;
	} cases[] = {
		{ "{}", "/g" },
		{ "{\"g\":[],\"preset\":\"acme\"}", "/g" },
		{ "{\"g\":[],\"zones\":[\"a\"]}", "/zones" },
		{ "{\"g\":[],\"names\":[\"a\"]}", "/names" },
		{ "{\"g\":[],\"exp\":\"x\",\"lifetime\":1}", "/lifetime" },
		{ "{\"g\":[],\"jti\":\"x\"}", "/jti" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		fixture_put_body(cases[i].body);
		assert_int_equal(fixture_plan(plan_token_issue), ERR_BAD_REQUEST);
		assert_true(fixture_has_fault(cases[i].pointer, ERR_BAD_REQUEST));
	}
}

static void test_revocations_of_each_kind(void **state)
{
	static const struct {
		const char *body;
		struct revocation revocation;
	} cases[] = {
		{ "{\"jti\":\"a\"}", { REVOCATION_TOKEN, "a", 0, 0 } },
		{ "{\"jti\":\"a\",\"expires_at\":\"2027-01-15T08:01:00Z\"}",
		        { REVOCATION_TOKEN, "a", 0, FIXTURE_NOW_MS + 60000 } },
		{ "{\"sub\":\"b c\",\"reason\":\"left\"}",
		        { REVOCATION_SUBJECT, "b c", FIXTURE_NOW_MS, 0 } },
		{ "{\"kid\":\"k4.pid.x\",\"before\":\"1970-01-01T00:00:01Z\"}",
		        { REVOCATION_KEY, "k4.pid.x", 1000, 0 } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		fixture_put_body(cases[i].body);
		assert_int_equal(fixture_plan(plan_revocation_add), ERR_OK);
		const struct revocation *found = &fixture.plan.change.ops[0].revocation;
		assert_int_equal(found->kind, cases[i].revocation.kind);
		assert_string_equal(found->value, cases[i].revocation.value);
		assert_int_equal(found->before_ms, cases[i].revocation.before_ms);
		assert_int_equal(found->expires_ms, cases[i].revocation.expires_ms);
	}
}

static void test_a_token_is_not_taken_for_its_id(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"jti\":\"v4.public.abc\"}");
	assert_int_equal(fixture_plan(plan_revocation_add), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("/jti", ERR_BAD_REQUEST));
	assert_null(strstr(fixture.faults.items[0].detail, "abc"));
}

static void test_cursors_belong_to_their_list(void **state)
{
	const char *position;
	(void)state;
	fixture_reset();
	struct revocation_row rows[] = { { { REVOCATION_SUBJECT, "a b", 1, 0 }, 77 } };
	const struct revocation_page page = { .count = 1, .rows = rows, .has_next = true };
	const struct answer_input input = { .arena = fixture.arena,
		.request = &fixture.request,
		.cursor_key = cursor_key,
		.revocations = &page };
	struct http_response response;
	response_init(&response, fixture.arena, 65536);
	answer_revocations_list(&input, &response);
	const char *cursor = strstr(buf_string(&response.body), "\"next\":\"") + 8;
	char *text = arena_strdup(fixture.arena, cursor);
	text[strcspn(text, "\"")] = '\0';
	assert_int_equal(
	        cursor_text_parse(fixture.arena, cursor_key, 'r', text, &position), ERR_OK);
	assert_string_equal(position, "77 1 a b");
	assert_int_equal(cursor_text_parse(fixture.arena, cursor_key, 'a', text, &position),
	        ERR_BAD_REQUEST);

	fixture_put_query("cursor", text);
	assert_int_equal(fixture_plan(plan_revocations_list), ERR_OK);
	assert_int_equal(fixture.plan.revocations.after_at_ms, 77);
	assert_int_equal(fixture.plan.revocations.after_kind, REVOCATION_SUBJECT);
	assert_string_equal(fixture.plan.revocations.after_value, "a b");
	assert_int_equal(fixture_plan(plan_audit), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("?cursor", ERR_BAD_REQUEST));
}

static void test_a_page_of_the_audit_log(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_query("since", "1970-01-01T00:00:01Z");
	fixture_put_query("actor", "ci");
	fixture_put_query("limit", "7");
	assert_int_equal(fixture_plan(plan_audit), ERR_OK);
	assert_true(fixture.plan.audit.has_since);
	assert_int_equal(fixture.plan.audit.since_ms, 1000);
	assert_string_equal(fixture.plan.audit.actor, "ci");
	assert_int_equal(fixture.plan.audit.limit, 7);
	const struct audit_page page = { .rows = "{\"seq\":1},{\"seq\":2}" };
	const struct answer_input input = { .arena = fixture.arena,
		.request = &fixture.request,
		.cursor_key = cursor_key,
		.audit = &page };
	struct http_response response;
	response_init(&response, fixture.arena, 65536);
	answer_audit(&input, &response);
	assert_string_equal(buf_string(&response.body),
	        "{\"success\":true,\"data\":[{\"seq\":1},{\"seq\":2}],\"next\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_of_a_child),
		cmocka_unit_test(test_choices_of_a_child),
		cmocka_unit_test(test_revocations_of_each_kind),
		cmocka_unit_test(test_a_token_is_not_taken_for_its_id),
		cmocka_unit_test(test_cursors_belong_to_their_list),
		cmocka_unit_test(test_a_page_of_the_audit_log),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
