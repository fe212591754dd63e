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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_makes_soa_and_ns),
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_delete_needs_the_name_twice),
		cmocka_unit_test(test_zone_is_shown_with_what_is_served),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
