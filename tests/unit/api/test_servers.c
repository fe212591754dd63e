/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "api/servers.h"
#include "dns/type.h"

static void test_add_makes_parts(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"hostname\":\"Web.Example.com\",\"ips\":[\"2001:db8::1\",\"192.0.2.2\","
	                 "\"192.0.2.1\"],\"ttl\":60,\"on_conflict\":\"replace\",\"ptr\":true,"
	                 "\"verify\":true,\"force\":true}");
	assert_int_equal(fixture_plan(plan_server_add), ERR_OK);
	const struct op *op = &fixture.plan.change.ops[0];
	char text[NAME_TEXT_BYTES];
	assert_int_equal(fixture.plan.kind, PLAN_CHANGE);
	assert_true(fixture.plan.verifies_change);
	assert_int_equal(op->kind, OP_SERVER_PUT);
	assert_int_equal(op->server->on_conflict, SERVER_CONFLICT_REPLACE);
	assert_int_equal(op->server->ptr, SERVER_PTR_ALWAYS);
	assert_int_equal(op->server->part_count, 5);
	assert_int_equal(op->server->parts[0].rrset.count, 2);
	assert_int_equal(op->server->parts[0].rrset.values[0].bytes[3], 1);
	assert_int_equal(op->server->parts[1].rrset.count, 1);
	assert_string_equal(
	        name_render(&op->server->parts[2].rrset.owner, text), "1.2.0.192.in-addr.arpa");
	assert_string_equal(name_render(&op->rrset.owner, text), "web.example.com");
	assert_int_equal(op->rrset.ttl_s, 60);
}

/* The fixture's input has auto_register off. */
static void test_off_unless_forced(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_body("{\"hostname\":\"a.example\",\"ip\":\"192.0.2.1\",\"ptr\":false}");
	assert_int_equal(fixture_plan(plan_server_add), ERR_OK);
	assert_int_equal(fixture.plan.kind, PLAN_SERVER_OFF);
	assert_int_equal(fixture.plan.change.ops[0].server->part_count, 2);
}

static void test_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		const char *pointer;
	} cases[] = {
		{ "{\"hostname\":\"*.example\",\"ip\":\"192.0.2.1\"}", "/hostname" },
		{ "{\"hostname\":\".\",\"ip\":\"192.0.2.1\"}", "/hostname" },
		{ "{\"hostname\":\"a.example\",\"ip\":\"192.0.2.1.\"}", "/ip" },
		{ "{\"hostname\":\"a.example\",\"ip\":\"fe80::1%eth0\"}", "/ip" },
		{ "{\"hostname\":\"a.example\"}", "/ip" },
		{ "{\"hostname\":\"a.example\",\"ip\":\"192.0.2.1\",\"ips\":[\"192.0.2.1\"]}",
		        "/ips" },
		{ "{\"hostname\":\"a.example\",\"ips\":[\"192.0.2.1\",\"192.0.2.1\"]}", "/ips/1" },
		{ "{\"hostname\":\"a.example\",\"ip\":\"192.0.2.1\",\"ptr\":1}", "/ptr" },
		{ "{\"hostname\":\"a.example\",\"ip\":\"192.0.2.1\",\"on_conflict\":\"x\"}",
		        "/on_conflict" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_reset();
		fixture_put_body(cases[i].body);
		assert_int_not_equal(fixture_plan(plan_server_add), ERR_OK);
		assert_int_equal(fixture.faults.count, 1);
		assert_string_equal(fixture.faults.items[0].pointer, cases[i].pointer);
	}
}

static void test_list_filters(void **state)
{
	(void)state;
	fixture_reset();
	fixture_put_query("zone", "example.com");
	fixture_put_query("under", "a.example.com");
	fixture_put_query("state", "drift");
	fixture_put_query("limit", "7");
	assert_int_equal(fixture_plan(plan_servers_list), ERR_OK);
	assert_int_equal(fixture.plan.servers.state, HEALTH_DRIFT);
	assert_int_equal(fixture.plan.servers.limit, 7);
	fixture_reset();
	fixture_put_query("state", "ill");
	fixture_put_query("cursor", "00");
	assert_int_not_equal(fixture_plan(plan_servers_list), ERR_OK);
	assert_true(fixture_has_fault("?state", ERR_BAD_REQUEST));
	assert_true(fixture_has_fault("?cursor", ERR_BAD_REQUEST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_makes_parts),
		cmocka_unit_test(test_off_unless_forced),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_list_filters),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
