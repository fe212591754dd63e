/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <stdio.h>

#include "api/changes.h"
#include "dns/type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum err plan_body(const char *body)
{
	fixture_reset();
	fixture_put_body(body);
	return fixture_plan(plan_changes_add);
}

static void test_actions_become_ops(void **state)
{
	(void)state;
	assert_int_equal(
	        plan_body("{\"comment\":\"why\",\"changes\":["
	                  "{\"action\":\"create\",\"name\":\"A.example\",\"record_type\":\"a\","
	                  "\"value\":\"192.0.2.1\",\"ttl\":60},"
	                  "{\"action\":\"upsert\",\"name\":\"b.example\",\"record_type\":\"TXT\","
	                  "\"values\":[\"y\",\"x\"],\"if_match\":\"\\\"5\\\", \\\"6\\\"\"},"
	                  "{\"action\":\"delete\",\"name\":\"c.example\",\"record_type\":\"A\"},"
	                  "{\"action\":\"delete\",\"name\":\"d.example\",\"record_type\":\"A\","
	                  "\"values\":[\"192.0.2.2\",\"192.0.2.1\"],\"if_match\":\"7\"}]}"),
	        ERR_OK);
	const struct change *change = &fixture.plan.change;
	const struct op *ops = change->ops;
	assert_int_equal(fixture.plan.kind, PLAN_CHANGE);
	assert_true(fixture.plan.is_told && change->is_brief);
	assert_false(change->is_dry_run);
	assert_string_equal(change->comment, "why");
	assert_int_equal(change->op_count, 4);
	assert_int_equal(ops[0].kind, OP_RRSET_ADD);
	assert_true(ops[0].has_ttl);
	assert_int_equal(ops[0].rrset.ttl_s, 60);
	assert_int_equal(ops[0].rrset.count, 1);
	assert_int_equal(ops[1].kind, OP_RRSET_PUT);
	assert_int_equal(ops[1].rrset.count, 2);
	assert_false(ops[1].has_ttl);
	assert_int_equal(ops[1].rrset.ttl_s, 300);
	assert_int_equal(ops[1].precondition.kind, PRECONDITION_MATCH);
	assert_int_equal(ops[1].precondition.count, 2);
	assert_int_equal(ops[2].kind, OP_RRSET_DROP);
	assert_int_equal(ops[3].kind, OP_VALUE_DROP);
	assert_int_equal(ops[3].rrset.count, 2);
	assert_int_equal(ops[3].precondition.revisions[0], 7);
	assert_string_equal(fixture.plan.places.pointer, "/changes");
	assert_int_equal(fixture.plan.places.indexes[3], 3);
}

#define GOOD                                                                                       \
	"{\"action\":\"create\",\"name\":\"a.example\",\"record_type\":\"A\","                     \
	"\"value\":\"192.0.2.1\"}"

static void test_faults(void **state)
{
	(void)state;
	static const struct {
		const char *entry;
		const char *pointer;
		enum err err;
	} cases[] = {
		{ "7", "/changes/1", ERR_BAD_REQUEST },
		{ "{\"action\":\"destroy\",\"name\":\"a.example\",\"record_type\":\"A\"}",
		        "/changes/1/action", ERR_BAD_REQUEST },
		{ "{\"action\":\"delete\",\"name\":\"a..example\",\"record_type\":\"A\"}",
		        "/changes/1/name", ERR_INVALID_NAME },
		{ "{\"action\":\"delete\",\"name\":\"a.example\",\"record_type\":\"SOA\"}",
		        "/changes/1/record_type", ERR_UNSUPPORTED_TYPE },
		{ "{\"action\":\"delete\",\"name\":\"a.example\",\"record_type\":\"A\",\"a/b\":1}",
		        "/changes/1/a~1b", ERR_BAD_REQUEST },
		{ "{\"action\":\"create\",\"name\":\"a.example\",\"record_type\":\"A\"}",
		        "/changes/1/value", ERR_BAD_REQUEST },
		{ "{\"action\":\"create\",\"name\":\"a.example\",\"record_type\":\"A\","
		  "\"value\":\"x\"}",
		        "/changes/1/value", ERR_INVALID_RECORD },
		{ "{\"action\":\"upsert\",\"name\":\"a.example\",\"record_type\":\"A\","
		  "\"values\":[\"192.0.2.1\",\"x\"]}",
		        "/changes/1/values/1", ERR_INVALID_RECORD },
		{ "{\"action\":\"upsert\",\"name\":\"a.example\",\"record_type\":\"A\","
		  "\"values\":[]}",
		        "/changes/1/values", ERR_EMPTY_CHANGE },
		{ "{\"action\":\"delete\",\"name\":\"a.example\",\"record_type\":\"A\","
		  "\"if_match\":\"x\"}",
		        "/changes/1/if_match", ERR_BAD_REQUEST },
		{ "{\"action\":\"delete\",\"name\":\"a.example\",\"record_type\":\"A\",\"ttl\":5}",
		        "/changes/1/ttl", ERR_BAD_REQUEST },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\"}", "/changes/1/action",
		        ERR_BAD_REQUEST },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char body[1024];
		snprintf(
		        body, sizeof(body), "{\"changes\":[%s,%s,%s]}", GOOD, cases[i].entry, GOOD);
		assert_int_equal(plan_body(body), cases[i].err);
		assert_int_equal(fixture.faults.count, 1);
		if (!fixture_has_fault(cases[i].pointer, cases[i].err))
			fail_msg("%s: %s", cases[i].entry, fixture.faults.items[0].pointer);
		/* Of a dry run the others go on. */
		snprintf(body, sizeof(body), "{\"dry_run\":true,\"changes\":[%s,%s,%s]}", GOOD,
		        cases[i].entry, GOOD);
		assert_int_equal(plan_body(body), ERR_OK);
		assert_int_equal(fixture.faults.count, 1);
		assert_int_equal(fixture.plan.change.op_count, 2);
		assert_int_equal(fixture.plan.places.indexes[1], 2);
		assert_int_equal(fixture.plan.change.ops[1].rrset.count, 1);
		assert_true(fixture.plan.change.is_dry_run);
		assert_false(fixture.plan.change.is_brief);
	}
}

static void test_the_body_around(void **state)
{
	(void)state;
	assert_int_equal(plan_body("{\"changes\":[]}"), ERR_EMPTY_CHANGE);
	assert_int_equal(plan_body("{\"changes\":7}"), ERR_BAD_REQUEST);
	assert_int_equal(plan_body("{}"), ERR_BAD_REQUEST);
	assert_int_equal(plan_body("{\"dry_run\":true,\"changes\":[7]}"), ERR_BAD_REQUEST);
	assert_int_equal(
	        plan_body("{\"dry_run\":true,\"x\":1,\"changes\":[" GOOD "]}"), ERR_BAD_REQUEST);
	assert_int_equal(plan_body("{\"dry_run\":1,\"changes\":[" GOOD "]}"), ERR_BAD_REQUEST);
	assert_int_equal(plan_body("{\"changes\":[" GOOD "]}"), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions_become_ops),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_the_body_around),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
