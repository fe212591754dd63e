/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "fixture.h"

#include "api/records.h"
#include "api/rrsets.h"
#include "dns/type.h"

static void test_add_makes_an_op(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"name\":\"Web-01.Example.com.\",\"record_type\":\"a\","
	                 "\"value\":\"192.168.1.10\"}");
	assert_int_equal(fixture_plan(plan_records_add), ERR_OK);
	assert_int_equal(fixture.plan.kind, PLAN_CHANGE);
	assert_int_equal(fixture.plan.change.op_count, 1);
	const struct op *op = &fixture.plan.change.ops[0];
	char text[NAME_TEXT_BYTES];
	assert_int_equal(op->kind, OP_RRSET_ADD);
	assert_string_equal(name_render(&op->rrset.owner, text), "web-01.example.com");
	assert_int_equal(op->rrset.type, TYPE_A);
	assert_int_equal(op->rrset.count, 1);
	assert_memory_equal(op->rrset.values[0].bytes, "\300\250\1\12", 4);
	assert_false(op->has_ttl);
	assert_int_equal(op->rrset.ttl_s, 300);
}

static void test_add_tells_all_faults_at_once(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"name\":\"a..b\",\"record_type\":\"A\",\"value\":\"1.2.3\","
	                 "\"ttl\":-1,\"colour\":\"red\"}");
	assert_int_not_equal(fixture_plan(plan_records_add), ERR_OK);
	assert_true(fixture_has_fault("/name", ERR_INVALID_NAME));
	assert_true(fixture_has_fault("/value", ERR_INVALID_RECORD));
	assert_true(fixture_has_fault("/ttl", ERR_INVALID_TTL));
	assert_true(fixture_has_fault("/colour", ERR_BAD_REQUEST));
	assert_int_equal(fixture.faults.count, 4);
}

static void test_add_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		const char *pointer;
		enum err err;
	} cases[] = {
		{ "", "", ERR_BAD_REQUEST },
		{ "[]", "", ERR_BAD_REQUEST },
		{ "{", "", ERR_BAD_REQUEST },
		{ "{}", "/name", ERR_BAD_REQUEST },
		{ "{\"name\":1,\"record_type\":\"A\",\"value\":\"1.2.3.4\"}", "/name",
		        ERR_BAD_REQUEST },
		{ "{\"name\":\"a.example\",\"record_type\":\"NOPE\",\"value\":\"1\"}",
		        "/record_type", ERR_UNSUPPORTED_TYPE },
		{ "{\"name\":\"a.example\",\"record_type\":\"SOA\",\"value\":\"a. b. 1 2 3 4 5\"}",
		        "/record_type", ERR_UNSUPPORTED_TYPE },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\","
		  "\"ttl\":2147483648}",
		        "/ttl", ERR_INVALID_TTL },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\","
		  "\"ttl\":1.5}",
		        "/ttl", ERR_INVALID_TTL },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\","
		  "\"ttl\":\"300\"}",
		        "/ttl", ERR_INVALID_TTL },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":null}", "/value",
		        ERR_BAD_REQUEST },
		{ "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\\n"
		  "b 300 IN A 5.6.7.8\"}",
		        "/value", ERR_INVALID_RECORD },
		{ "{\"a/"
		  "b~c\":1,\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\"}",
		        "/a~1b~0c", ERR_BAD_REQUEST },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		fixture_put_body(cases[i].body);
		assert_int_equal(fixture_plan(plan_records_add), cases[i].err);
		assert_true(fixture_has_fault(cases[i].pointer, cases[i].err));
	}
}

static void test_a_body_must_be_json(void **state)
{
	(void)state;
	static const char *const types[] = { NULL, "text/plain", "application/jsonx",
		"application/x-www-form-urlencoded" };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fixture_reset();
		fixture_put_body("{}");
		fixture.request.content_type = types[i];
		assert_int_equal(fixture_plan(plan_records_add), ERR_UNSUPPORTED_MEDIA_TYPE);
	}
	fixture_reset();
	fixture_put_body("{}");
	fixture.request.content_type = "Application/JSON; charset=utf-8";
	assert_int_equal(fixture_plan(plan_records_add), ERR_BAD_REQUEST);
}

static void test_put_sorts_and_refuses_repeats(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_body("{\"values\":[\"10.0.0.2\",\"10.0.0.1\"],\"ttl\":60}");
	assert_int_equal(fixture_plan(plan_rrset_put), ERR_OK);
	const struct op *op = &fixture.plan.change.ops[0];
	assert_int_equal(op->rrset.count, 2);
	assert_int_equal(op->rrset.values[0].bytes[3], 1);
	assert_true(op->has_ttl);
	assert_int_equal(op->rrset.ttl_s, 60);

	fixture_reset();
	fixture_put_path("www.example.com", "AAAA");
	fixture_put_body("{\"values\":[\"2001:db8::1\",\"2001:db8:0::1\"]}");
	assert_int_equal(fixture_plan(plan_rrset_put), ERR_INVALID_RECORD);
	assert_true(fixture_has_fault("/values/1", ERR_INVALID_RECORD));

	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_body("{\"values\":[]}");
	assert_int_equal(fixture_plan(plan_rrset_put), ERR_EMPTY_CHANGE);
}

static void test_patch_adds_and_removes(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_body("{\"add\":[\"10.0.0.2\"],\"remove\":[\"10.0.0.1\"]}");
	assert_int_equal(fixture_plan(plan_rrset_patch), ERR_OK);
	const struct op *op = &fixture.plan.change.ops[0];
	assert_int_equal(op->kind, OP_RRSET_PATCH);
	assert_int_equal(op->rrset.count, 1);
	assert_int_equal(op->remove_count, 1);
	assert_false(op->has_ttl);

	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_body("{}");
	assert_int_equal(fixture_plan(plan_rrset_patch), ERR_EMPTY_CHANGE);

	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_body("{\"add\":[\"10.0.0.2\"],\"remove\":[\"10.0.0.2\"]}");
	assert_int_equal(fixture_plan(plan_rrset_patch), ERR_INVALID_RECORD);
}

static void test_delete_takes_one_value(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("www.example.com", "TYPE1");
	assert_int_equal(fixture_plan(plan_rrset_delete), ERR_OK);
	assert_int_equal(fixture.plan.change.ops[0].kind, OP_RRSET_DROP);
	assert_int_equal(fixture.plan.change.ops[0].rrset.type, TYPE_A);

	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_query("value", "10.0.0.1");
	assert_int_equal(fixture_plan(plan_rrset_delete), ERR_OK);
	assert_int_equal(fixture.plan.change.ops[0].kind, OP_VALUE_DROP);
	assert_int_equal(fixture.plan.change.ops[0].remove_count, 1);

	fixture_reset();
	fixture_put_path("www.example.com", "A");
	fixture_put_query("vlaue", "10.0.0.1");
	assert_int_equal(fixture_plan(plan_rrset_delete), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("?vlaue", ERR_BAD_REQUEST));
}

static void test_list_takes_filters(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_query("zone", "example.com");
	fixture_put_query("under", "dev.example.com");
	fixture_put_query("record_type", "txt");
	fixture_put_query("value", "hello");
	fixture_put_query("limit", "1000");
	fixture_put_query("q", "Web-0");
	assert_int_equal(fixture_plan(plan_records_list), ERR_OK);
	const struct records_wanted *wanted = &fixture.plan.records;
	assert_int_equal(wanted->limit, 1000);
	assert_true(wanted->has_type);
	assert_int_equal(wanted->type, TYPE_TXT);
	assert_non_null(wanted->exact);
	assert_int_equal(wanted->owner.length, 0);
	assert_true(wanted->under.length > 0);
	assert_string_equal(wanted->search, "web-0");
	assert_false(wanted->after.is_set);
}

static void test_expires_at(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t expires_ms; /* 0: refused */
	} cases[] = {
		{ "2027-01-15T08:00:01Z", FIXTURE_NOW_MS + 1000 },
		{ "2027-01-15T09:00:01+01:00", FIXTURE_NOW_MS + 1000 },
		{ "2027-01-15T08:00:00.5Z", FIXTURE_NOW_MS + 1000 }, /* what is shown counts */
		{ "2037-01-15T08:00:00Z", FIXTURE_NOW_MS + (int64_t)3653 * 86400000 },
		{ "2037-01-15T08:00:01Z", 0 },
		{ "2027-01-15T08:00:00Z", 0 },
		{ "2026-01-15T08:00:00Z", 0 },
		{ "2027-01-15", 0 },
		{ "tomorrow", 0 },
		{ "", 0 },
	};
	char body[160];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		snprintf(body, sizeof(body),
		        "{\"name\":\"a.example\",\"record_type\":\"A\",\"value\":\"1.2.3.4\","
		        "\"expires_at\":\"%s\"}",
		        cases[i].text);
		fixture_put_body(body);
		enum err err = fixture_plan(plan_records_add);
		if (cases[i].expires_ms == 0) {
			assert_int_equal(err, ERR_INVALID_RECORD);
			assert_true(fixture_has_fault("/expires_at", ERR_INVALID_RECORD));
		} else {
			assert_int_equal(err, ERR_OK);
			assert_true(fixture.plan.change.ops[0].rrset.values[0].expires_ms ==
			            cases[i].expires_ms);
		}
	}
}

static void test_expires_at_of_rrsets(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("a.example", "A");
	fixture_put_body("{\"values\":[\"1.2.3.4\",\"1.2.3.5\"],"
	                 "\"expires_at\":\"2027-02-01T00:00:00Z\"}");
	assert_int_equal(fixture_plan(plan_rrset_put), ERR_OK);
	for (size_t i = 0; i < 2; i++)
		assert_true(fixture.plan.change.ops[0].rrset.values[i].expires_ms == 1801440000000);
	fixture_reset();
	fixture_put_path("a.example", "A");
	fixture_put_body("{\"add\":[\"1.2.3.4\"],\"remove\":[\"1.2.3.5\"],"
	                 "\"expires_at\":\"2027-02-01T00:00:00Z\"}");
	assert_int_equal(fixture_plan(plan_rrset_patch), ERR_OK);
	assert_true(fixture.plan.change.ops[0].rrset.values[0].expires_ms == 1801440000000);
	assert_true(fixture.plan.change.ops[0].remove[0].expires_ms == 0);
	fixture_reset();
	fixture_put_path("a.example", "A");
	fixture_put_body("{\"ttl\":60,\"expires_at\":\"2027-02-01T00:00:00Z\"}");
	assert_int_equal(fixture_plan(plan_rrset_patch), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("/expires_at", ERR_BAD_REQUEST));
	fixture_reset();
	fixture_put_path("a.example", "A");
	fixture_put_body("{\"values\":[\"1.2.3.4\"],\"expires_at\":1801440000}");
	assert_int_equal(fixture_plan(plan_rrset_put), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("/expires_at", ERR_BAD_REQUEST));
}

static void test_list_refuses(void **state)
{
	(void)state;
	static const char *const bad[][2] = { { "limit", "0" }, { "limit", "1001" },
		{ "limit", "1e2" }, { "limit", "" }, { "limit", "99999999999999999999" },
		{ "cursor", "zz" }, { "cursor", "00" }, { "cursor", "" }, { "q", "" },
		{ "q", "ab" } };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fixture_reset();
		fixture_put_query(bad[i][0], bad[i][1]);
		assert_int_equal(fixture_plan(plan_records_list), ERR_BAD_REQUEST);
		assert_int_equal(fixture.faults.count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_makes_an_op),
		cmocka_unit_test(test_add_tells_all_faults_at_once),
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_a_body_must_be_json),
		cmocka_unit_test(test_put_sorts_and_refuses_repeats),
		cmocka_unit_test(test_patch_adds_and_removes),
		cmocka_unit_test(test_delete_takes_one_value),
		cmocka_unit_test(test_expires_at),
		cmocka_unit_test(test_expires_at_of_rrsets),
		cmocka_unit_test(test_list_takes_filters),
		cmocka_unit_test(test_list_refuses),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
