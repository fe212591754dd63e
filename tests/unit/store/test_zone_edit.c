/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone's own settings: its SOA, and the TTL of records that name none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/fixture.h"

static int open_store(void **state)
{
	static struct fixture fixture;
	fixture_open(&fixture);
	assert_int_equal(fixture_apply(&fixture, "zone example.com", NULL), ERR_OK);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	fixture_close(*state);
	return 0;
}

/* The SOA without its serial, which must be the zone's. */
static const char *soa(struct fixture *fixture)
{
	char *rest = arena_strdup(fixture->arena, fixture_rrset(fixture, "example.com", "SOA"));
	const char *ttl = strsep(&rest, " ");
	const char *mname = strsep(&rest, " ");
	const char *rname = strsep(&rest, " ");
	const char *serial = strsep(&rest, " ");
	assert_non_null(rest);
	assert_int_equal(strtoul(serial, NULL, 10), fixture_zone(fixture, "example.com").serial);
	return arena_printf(fixture->arena, "%s %s %s %s", ttl, mname, rname, rest);
}

static enum err apply(struct fixture *fixture, const char *text)
{
	return fixture_run(fixture, text, NULL);
}

static void test_members_one_by_one(void **state)
{
	struct fixture *fixture = *state;
	static const char *const cases[][2] = {
		{ "refresh=1", "300 ns1.example.net hostmaster.example.net 1 600 604800 300" },
		{ "retry=2", "300 ns1.example.net hostmaster.example.net 1 2 604800 300" },
		{ "expire=3", "300 ns1.example.net hostmaster.example.net 1 2 3 300" },
		{ "minimum=4", "4 ns1.example.net hostmaster.example.net 1 2 3 4" },
		{ "mname=m.example", "4 m.example hostmaster.example.net 1 2 3 4" },
		{ "contact=r.example", "4 m.example r.example 1 2 3 4" },
		{ "minimum=5 refresh=6", "5 m.example r.example 6 2 3 5" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];
		struct outcome outcome;
		uint32_t serial = fixture_zone(fixture, "example.com").serial;
		snprintf(text, sizeof(text), "edit example.com %s", cases[i][0]);
		assert_int_equal(fixture_apply(fixture, text, &outcome), ERR_OK);
		assert_int_equal(outcome.effects[0].action, EFFECT_UPDATE);
		assert_int_equal(outcome.effects[0].revision, outcome.change_id);
		assert_string_equal(soa(fixture), cases[i][1]);
		assert_int_equal(fixture_zone(fixture, "example.com").serial, serial + 1);
		/* the same once more is nothing */
		assert_int_equal(fixture_apply(fixture, text, &outcome), ERR_OK);
		assert_int_equal(outcome.change_id, 0);
		assert_int_equal(outcome.zone_count, 0);
		assert_int_equal(outcome.effects[0].action, EFFECT_NONE);
		assert_int_equal(
		        outcome.effects[0].revision, fixture_zone(fixture, "example.com").revision);
	}
}

static void test_what_is_refused(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(apply(fixture, "edit example.org refresh=1"), ERR_NO_SUCH_ZONE);
	assert_int_equal(apply(fixture, "edit www.example.com refresh=1"), ERR_NO_SUCH_ZONE);
	assert_int_equal(apply(fixture, "edit example.com may=cd refresh=1"), ERR_NOT_PERMITTED);
	assert_int_equal(
	        apply(fixture, "edit example.com ttlmax=299 refresh=1"), ERR_NOT_PERMITTED);
	assert_int_equal(apply(fixture, "edit example.com ttlmax=299 minimum=9"), ERR_OK);
	/* nothing to do tells what is there, too */
	assert_int_equal(apply(fixture, "edit example.com may=c minimum=9"), ERR_NOT_PERMITTED);
	assert_int_equal(
	        apply(fixture, "edit example.com if=1 refresh=1"), ERR_PRECONDITION_FAILED);
	assert_int_equal(apply(fixture, "edit example.com if=2 refresh=1"), ERR_OK);
	assert_int_equal(
	        apply(fixture, "edit example.com ifnone=* refresh=2"), ERR_PRECONDITION_FAILED);
	assert_int_equal(
	        apply(fixture, "edit example.org if=* refresh=2"), ERR_PRECONDITION_FAILED);
	/* all or nothing */
	assert_int_equal(apply(fixture, "edit example.com refresh=3 ; drop no.example.com A"),
	        ERR_NOT_FOUND);
	assert_string_equal(
	        soa(fixture), "9 ns1.example.net hostmaster.example.net 1 600 604800 9");
}

static void test_the_ttl_of_new_records(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_apply(fixture, "edit example.com ttl=77", &outcome), ERR_OK);
	assert_int_equal(outcome.zone_count, 1);
	assert_true(fixture_zone(fixture, "example.com").has_ttl);
	assert_int_equal(fixture_zone(fixture, "example.com").ttl_s, 77);
	assert_int_equal(apply(fixture, "add a.example.com A 192.0.2.1 | "
	                                "put b.example.com A ttl=5 192.0.2.1 | "
	                                "put c.example.com A 192.0.2.1 ; "
	                                "edit example.com ttl=78 ; put d.example.com A 192.0.2.1 ; "
	                                "put a.example.com A 192.0.2.2"),
	        ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "77 192.0.2.2");
	assert_string_equal(fixture_rrset(fixture, "b.example.com", "A"), "5 192.0.2.1");
	assert_string_equal(fixture_rrset(fixture, "c.example.com", "A"), "77 192.0.2.1");
	assert_string_equal(fixture_rrset(fixture, "d.example.com", "A"), "78 192.0.2.1");
	/* a grant's bounds are for what it comes to */
	assert_int_equal(
	        apply(fixture, "put e.example.com A ttlmax=70 192.0.2.1"), ERR_NOT_PERMITTED);
	assert_int_equal(apply(fixture, "edit example.com ttl=none"), ERR_OK);
	assert_int_equal(apply(fixture, "put e.example.com A 192.0.2.1"), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "e.example.com", "A"), "300 192.0.2.1");
}

static void test_it_is_undone(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(
	        apply(fixture, "edit example.com ttl=77 minimum=5 | edit example.com ttl=78"),
	        ERR_OK);
	assert_int_equal(fixture_apply(fixture, "revert 2", &outcome), ERR_CONFLICT);
	assert_int_equal(apply(fixture, "revert 3"), ERR_OK);
	assert_int_equal(fixture_zone(fixture, "example.com").ttl_s, 77);
	assert_int_equal(apply(fixture, "revert 2"), ERR_OK);
	assert_false(fixture_zone(fixture, "example.com").has_ttl);
	assert_string_equal(
	        soa(fixture), "300 ns1.example.net hostmaster.example.net 3600 600 604800 300");
	assert_int_equal(apply(fixture, "revert 5"), ERR_OK);
	assert_int_equal(fixture_zone(fixture, "example.com").ttl_s, 77);
	/* Only the TTL has moved on: the SOA alone would not tell. */
	assert_int_equal(
	        apply(fixture, "edit example.com ttl=80 | edit example.com ttl=81"), ERR_OK);
	assert_int_equal(fixture_apply(fixture, "revert 7", &outcome), ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "default TTL"));
	/* A zone comes back with it, and goes with it. */
	assert_int_equal(apply(fixture, "dropzone example.com | revert 9"), ERR_OK);
	assert_int_equal(fixture_zone(fixture, "example.com").ttl_s, 81);
	assert_int_equal(apply(fixture, "zone example.net ttl=44 | revert 11 | revert 12"), ERR_OK);
	assert_int_equal(fixture_zone(fixture, "example.net").ttl_s, 44);
	assert_int_equal(apply(fixture, "dropzone example.net | zone example.net"), ERR_OK);
	assert_false(fixture_zone(fixture, "example.net").has_ttl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members_one_by_one, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_what_is_refused, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_the_ttl_of_new_records, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_it_is_undone, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
