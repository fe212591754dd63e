/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/zones.h"
#include "core/json.h"
#include "dns/type.h"

static void test_add_makes_soa_and_ns(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body(
	        "{\"name\":\"Example.org\",\"nameservers\":[\"ns2.example.net\","
	        "\"ns1.example.net.\"],\"contact\":\"dns.admin@example.net\",\"ttl\":600}");
	assert_int_equal(fixture_plan(plan_zone_add), ERR_OK);
	const struct op *op = &fixture.plan.change.ops[0];
	struct soa soa;
	char text[NAME_TEXT_BYTES];
	assert_int_equal(op->kind, OP_ZONE_ADD);
	assert_string_equal(name_render(&op->zone, text), "example.org");
	assert_int_equal(op->apex_ns.count, 2);
	assert_int_equal(op->apex_ns.ttl_s, 600);
	assert_true(soa_parse(fixture.arena, &op->rrset.values[0], &soa));
	assert_string_equal(name_render(soa.mname, text), "ns2.example.net");
	assert_string_equal(name_render(soa.rname, text), "dns\\.admin.example.net");
	assert_int_equal(soa.minimum_s, op->rrset.ttl_s);
	assert_true(soa.refresh_s > 0 && soa.refresh_s <= 60); /* how late a secondary may be */
	assert_true(soa.retry_s <= soa.refresh_s && soa.refresh_s < soa.expire_s);
}

static void test_add_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		const char *pointer;
	} cases[] = {
		{ "{\"name\":\".\",\"nameservers\":[\"a.example\"]}", "/name" },
		{ "{\"name\":\"*.example\",\"nameservers\":[\"a.example\"]}", "/name" },
		{ "{\"name\":\"0/25.2.0.192.in-addr.arpa\",\"nameservers\":[\"a.example\"]}",
		        "/name" },
		{ "{\"name\":\"b.example\"}", "/nameservers" },
		{ "{\"name\":\"b.example\",\"nameservers\":[]}", "/nameservers" },
		{ "{\"name\":\"b.example\",\"nameservers\":\"a.example\"}", "/nameservers" },
		{ "{\"name\":\"b.example\",\"nameservers\":[7]}", "/nameservers/0" },
		{ "{\"name\":\"b.example\",\"nameservers\":[\"a b.example\"]}", "/nameservers/0" },
		{ "{\"name\":\"b.example\",\"nameservers\":[\"a.example\"],\"contact\":\"@\"}",
		        "/contact" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		fixture_put_body(cases[i].body);
		assert_int_not_equal(fixture_plan(plan_zone_add), ERR_OK);
		assert_string_equal(fixture.faults.items[0].pointer, cases[i].pointer);
	}
}

static void test_delete_needs_the_name_twice(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_path("example.org", NULL);
	assert_int_equal(fixture_plan(plan_zone_delete), ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("?confirm", ERR_BAD_REQUEST));

	fixture_reset();
	fixture_put_path("example.org", NULL);
	fixture_put_query("confirm", "example.com");
	assert_int_equal(fixture_plan(plan_zone_delete), ERR_BAD_REQUEST);

	fixture_reset();
	fixture_put_path("example.org", NULL);
	fixture_put_query("confirm", "EXAMPLE.org.");
	assert_int_equal(fixture_plan(plan_zone_delete), ERR_OK);
	assert_int_equal(fixture.plan.change.ops[0].kind, OP_ZONE_DROP);
}

static void test_zone_is_shown_with_what_is_served(void **state)
{
	(void)state;
	fixture_reset();
	const char *detail;
	struct name zone_name;
	assert_int_equal(name_parse("example.org", 11, &zone_name, &detail), ERR_OK);
	struct served_by served[] = {
		{ .address = "127.0.0.1:53", .serial = 7, .at_ms = 1000 },
		{ .address = "127.0.0.2:53" },
	};
	const struct zone_details details = {
		.zone = { .name = zone_name, .serial = 8, .revision = 3, .record_count = 4 },
		.soa = { .mname = &zone_name, .rname = &zone_name, .minimum_s = 300 },
		.soa_ttl_s = 300,
		.served = { .count = 2, .items = served },
	};
	const struct answer_input input = {
		.arena = fixture.arena, .request = &fixture.request, .zone = &details
	};
	struct http_response response;
	response_init(&response, fixture.arena, 65536);
	answer_zone_get(&input, &response);
	assert_int_equal(response.status, 200);
	assert_string_equal(response_find_header(&response, "ETag"), "\"3\"");
	const char *body = buf_string(&response.body);
	assert_non_null(strstr(body, "\"name\":\"example.org\",\"serial\":8,\"revision\":3"));
	assert_non_null(strstr(body, "{\"address\":\"127.0.0.1:53\",\"serial\":7,"
	                             "\"at\":\"1970-01-01T00:00:01Z\"}"));
	assert_non_null(strstr(body, "{\"address\":\"127.0.0.2:53\",\"serial\":null,\"at\":null}"));
}

/* ---- PATCH ---- */

static enum err plan_edit(const char *body)
{
	fixture_reset();
	fixture_put_path("Example.org", NULL);
	fixture_put_body(body);
	return fixture_plan(plan_zone_edit);
}

static void test_edit_is_one_op_or_two(void **state)
{
	(void)state;
	struct soa soa;
	char text[NAME_TEXT_BYTES];
	assert_int_equal(plan_edit("{\"retry\":7,\"ttl\":600}"), ERR_OK);
	const struct op *ops = fixture.plan.change.ops;
	assert_int_equal(fixture.plan.change.op_count, 1);
	assert_int_equal(ops[0].kind, OP_ZONE_EDIT);
	assert_int_equal(ops[0].edit.members, ZONE_RETRY | ZONE_TTL);
	assert_int_equal(ops[0].edit.ttl_s, 600);
	assert_string_equal(name_render(&ops[0].zone, text), "example.org");
	assert_true(soa_parse(fixture.arena, &ops[0].rrset.values[0], &soa));
	assert_int_equal(soa.retry_s, 7);

	assert_int_equal(
	        plan_edit("{\"nameservers\":[\"b.example\",\"a.example\"],\"ttl\":null}"), ERR_OK);
	ops = fixture.plan.change.ops;
	assert_int_equal(fixture.plan.change.op_count, 2);
	assert_int_equal(ops[0].edit.members, ZONE_MNAME | ZONE_NO_TTL);
	assert_true(soa_parse(fixture.arena, &ops[0].rrset.values[0], &soa));
	assert_string_equal(name_render(soa.mname, text), "b.example");
	assert_int_equal(ops[1].kind, OP_RRSET_PUT);
	assert_int_equal(ops[1].rrset.type, TYPE_NS);
	assert_int_equal(ops[1].rrset.count, 2);
	assert_false(ops[1].has_ttl);
	assert_true(name_is_equal(&ops[1].rrset.owner, &ops[0].zone));
}

static void test_edit_tells_all_faults(void **state)
{
	(void)state;
	assert_int_equal(plan_edit("{}"), ERR_EMPTY_CHANGE);
	assert_int_equal(plan_edit("{\"nameservers\":[],\"contact\":\"@x\",\"ttl\":-1,"
	                           "\"refresh\":\"1\",\"retry\":2147483648,\"expire\":1.5,"
	                           "\"minimum\":null}"),
	        ERR_INVALID_TTL);
	assert_int_equal(fixture.faults.count, 7);
	assert_true(fixture_has_fault("/nameservers", ERR_INVALID_RECORD));
	assert_true(fixture_has_fault("/contact", ERR_INVALID_NAME));
	static const char *const places[] = { "/ttl", "/refresh", "/retry", "/expire", "/minimum" };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_true(fixture_has_fault(places[i], ERR_INVALID_TTL));
	assert_int_equal(plan_edit("{\"nameservers\":[\"a.example\",\"b b\"],\"serial\":1}"),
	        ERR_BAD_REQUEST);
	assert_true(fixture_has_fault("/nameservers/1", ERR_INVALID_NAME) ||
	            fixture_has_fault("/nameservers/1", ERR_INVALID_RECORD));
	assert_true(fixture_has_fault("/serial", ERR_BAD_REQUEST));
}

/* The zone's own serial among those that moved, wherever it stands. */
static void test_edit_is_answered(void **state)
{
	(void)state;
	struct name zone;
	struct name parent;
	const char *detail;
	assert_int_equal(plan_edit("{\"retry\":7}"), ERR_OK);
	assert_int_equal(name_parse("example.org", 11, &zone, &detail), ERR_OK);
	assert_int_equal(name_parse("org", 3, &parent, &detail), ERR_OK);
	struct effect effect = { .action = EFFECT_UPDATE, .zone = zone, .revision = 9 };
	effect.after = fixture.plan.change.ops[0].rrset;
	struct zone_serial zones[] = { { parent, 70 }, { zone, 71 } };
	struct outcome outcome = { .change_id = 9,
		.effect_count = 1,
		.effects = &effect,
		.zone_count = 2,
		.zones = zones };
	struct answer_input input = { .arena = fixture.arena,
		.request = &fixture.request,
		.plan = &fixture.plan,
		.outcome = &outcome,
		.may_read = true };
	struct http_response response;
	response_init(&response, fixture.arena, 65536);
	answer_zone_edit(&input, &response);
	assert_string_equal(response_find_header(&response, "ETag"), "\"9\"");
	assert_string_equal(response_find_header(&response, "Change-Id"), "9");
	assert_non_null(strstr(buf_string(&response.body),
	        "{\"name\":\"example.org\",\"revision\":9,\"serial\":71,\"soa\":{"));
	input.may_read = false;
	response_init(&response, fixture.arena, 65536);
	answer_zone_edit(&input, &response);
	assert_string_equal(buf_string(&response.body), "{\"success\":true,\"data\":{\"id\":9}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_makes_soa_and_ns),
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_delete_needs_the_name_twice),
		cmocka_unit_test(test_zone_is_shown_with_what_is_served),
		cmocka_unit_test(test_edit_is_one_op_or_two),
		cmocka_unit_test(test_edit_tells_all_faults),
		cmocka_unit_test(test_edit_is_answered),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
