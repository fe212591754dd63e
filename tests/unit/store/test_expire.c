/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "dns/expiry.h"
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

/* What the writer does when `now_ms` has come. */
static enum err expire(
        struct fixture *fixture, int64_t now_ms, size_t limit, struct outcome *ret_outcome)
{
	struct change change;
	arena_reset(fixture->arena);
	enum err err = writer_find_due(fixture->writer, fixture->arena, now_ms, limit, &change);
	if (err != ERR_OK)
		return err;
	assert_string_equal(change.actor.subject, "expiry");
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	err = writer_apply(fixture->writer, fixture->arena, &change, now_ms, ret_outcome);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	return err;
}

static int64_t next(struct fixture *fixture)
{
	return writer_next_expiry(fixture->writer);
}

static void test_values_go_on_time(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_true(next(fixture) == INT64_MAX);
	assert_int_equal(fixture_run(fixture,
	                         "put a.example.com A 192.0.2.1 | "
	                         "patch a.example.com A expires=5000 192.0.2.2 | "
	                         "put b.example.com A expires=6000 192.0.2.3",
	                         NULL),
	        ERR_OK);
	assert_true(next(fixture) == 5000);
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	assert_int_equal(expire(fixture, 4999, 10, &outcome), ERR_NOT_FOUND);
	assert_int_equal(expire(fixture, 5000, 10, &outcome), ERR_OK);
	assert_int_equal(outcome.effect_count, 1);
	assert_int_equal(outcome.effects[0].action, EFFECT_UPDATE);
	assert_int_equal(outcome.effects[0].deleted_count, 1);
	assert_int_equal(outcome.zone_count, 1);
	assert_int_equal(outcome.zones[0].serial, serial + 1);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	assert_true(next(fixture) == 6000);
	assert_int_equal(expire(fixture, 7000, 10, &outcome), ERR_OK);
	assert_int_equal(outcome.effects[0].action, EFFECT_DELETE);
	assert_string_equal(fixture_rrset(fixture, "b.example.com", "A"), "");
	assert_true(next(fixture) == INT64_MAX);
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 3);
}

static void test_a_limit_takes_the_longest_due(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_run(fixture,
	                         "put a.example.com A expires=3000 192.0.2.1 | "
	                         "put b.example.com A expires=1000 192.0.2.1 | "
	                         "put c.example.com A expires=2000 192.0.2.1",
	                         NULL),
	        ERR_OK);
	assert_int_equal(expire(fixture, 9000, 2, &outcome), ERR_OK);
	assert_int_equal(outcome.effect_count, 2);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	assert_string_equal(fixture_rrset(fixture, "b.example.com", "A"), "");
	assert_int_equal(expire(fixture, 9000, 2, &outcome), ERR_OK);
	assert_int_equal(outcome.effect_count, 1);
	assert_int_equal(expire(fixture, 9000, 2, &outcome), ERR_NOT_FOUND);
}

/* The serial rests, the entity tag moves. */
static void test_renewing_and_making_permanent(void **state)
{
	struct fixture *fixture = *state;
	struct outcome first;
	struct outcome outcome;
	assert_int_equal(
	        fixture_run(fixture, "put a.example.com A expires=5000 192.0.2.1", &first), ERR_OK);
	const uint64_t tag = first.effects[0].revision;
	const struct zone before = fixture_zone(fixture, "example.com");
	static const struct {
		const char *change;
		int64_t next_ms;
		bool is_change;
	} cases[] = {
		{ "put a.example.com A expires=6000 192.0.2.1", 6000, true },
		{ "put a.example.com A expires=6000 192.0.2.1", 6000, false },
		{ "patch a.example.com A expires=7000 192.0.2.1", 7000, true },
		{ "patch a.example.com A 192.0.2.1", INT64_MAX, true },
		{ "put a.example.com A 192.0.2.1", INT64_MAX, false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fixture_apply(fixture, cases[i].change, &outcome), ERR_OK);
		assert_true(next(fixture) == cases[i].next_ms);
		assert_int_equal(outcome.change_id != 0, cases[i].is_change);
		assert_int_equal(outcome.zone_count, 0);
		if (cases[i].is_change)
			assert_true(outcome.effects[0].revision > tag);
	}
	const struct zone after = fixture_zone(fixture, "example.com");
	assert_int_equal(after.serial, before.serial);
	assert_int_equal(after.revision, before.revision);
	assert_int_equal(after.record_count, before.record_count);
	assert_int_equal(expire(fixture, 90000, 10, &outcome), ERR_NOT_FOUND);
}

static void test_what_is_dropped_does_not_expire(void **state)
{
	struct fixture *fixture = *state;
	static const char *const drops[] = {
		"drop a.example.com A",
		"dropvalue a.example.com A 192.0.2.1",
		"patch a.example.com A -192.0.2.1",
		"put a.example.com A 192.0.2.9",
	};
	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		assert_int_equal(
		        fixture_apply(fixture, "put a.example.com A expires=5000 192.0.2.1", NULL),
		        ERR_OK);
		assert_true(next(fixture) == 5000);
		assert_int_equal(fixture_apply(fixture, drops[i], NULL), ERR_OK);
		assert_true(next(fixture) == INT64_MAX);
	}
	assert_int_equal(
	        fixture_run(fixture,
	                "put b.example.com A expires=5000 192.0.2.1 | dropzone example.com", NULL),
	        ERR_OK);
	assert_true(next(fixture) == INT64_MAX);
}

/* The change was found due, and is renewed before it is applied. */
static void test_renewed_at_the_last_moment(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct change due;
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A expires=5000 192.0.2.1", NULL), ERR_OK);
	struct arena *arena = arena_open(1 << 20);
	assert_int_equal(writer_find_due(fixture->writer, arena, 5000, 10, &due), ERR_OK);
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A expires=9000 192.0.2.1", NULL), ERR_OK);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(writer_apply(fixture->writer, arena, &due, 5000, &outcome), ERR_OK);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_true(outcome.change_id == 0);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	arena_close(arena);
}

/* Else the zone would be without name servers one day. */
static void test_the_apex_keeps_a_name_server(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(
	        fixture_apply(fixture, "put example.com NS expires=5000 ns1.example.net", &outcome),
	        ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "stay for good"));
	assert_int_equal(fixture_apply(fixture, "patch example.com NS expires=5000 ns2.example.net",
	                         &outcome),
	        ERR_OK);
	assert_int_equal(
	        fixture_apply(fixture, "dropvalue example.com NS ns1.example.net", &outcome),
	        ERR_CONFLICT);
	assert_int_equal(expire(fixture, 5000, 10, &outcome), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "example.com", "NS"), "300 ns1.example.net");
}

/* The delegation of a zone here is that zone's: what was there before it no longer expires, and
 * what expires in the zone goes from the delegation as well. */
static void test_a_delegation_follows_what_expires(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_run(fixture,
	                         "put sub.example.com NS expires=5000 ns9.example.net | "
	                         "zone sub.example.com",
	                         NULL),
	        ERR_OK);
	assert_true(next(fixture) == INT64_MAX);
	assert_int_equal(fixture_apply(fixture,
	                         "patch sub.example.com NS expires=5000 ns2.example.net", &outcome),
	        ERR_OK);
	assert_int_equal(outcome.zone_count, 2);
	assert_int_equal(expire(fixture, 5000, 10, &outcome), ERR_OK);
	assert_int_equal(outcome.effect_count, 1);
	assert_int_equal(outcome.zone_count, 2);
	char text[NAME_TEXT_BYTES];
	assert_string_equal(name_render(&outcome.effects[0].zone, text), "sub.example.com");
	assert_string_equal(fixture_rrset(fixture, "sub.example.com", "NS"), "300 ns1.example.net");
	assert_true(next(fixture) == INT64_MAX);
}

static void test_readers_see_it(void **state)
{
	struct fixture *fixture = *state;
	struct stored_rrset stored;
	const struct name owner = fixture_name("a.example.com");
	assert_int_equal(fixture_run(fixture,
	                         "put a.example.com A 192.0.2.1 | "
	                         "patch a.example.com A expires=5000 192.0.2.2",
	                         NULL),
	        ERR_OK);
	const struct zone zone = fixture_zone(fixture, "example.com");
	const struct rrset_key key = { &zone, &owner, 1 };
	assert_int_equal(reader_find_rrset(fixture->reader, fixture->arena, &key, &stored), ERR_OK);
	assert_true(stored.rrset.values[0].expires_ms == 0);
	assert_true(stored.rrset.values[1].expires_ms == 5000);
}

static void test_it_survives_reopening(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A expires=5000 192.0.2.1", NULL), ERR_OK);
	fixture_reopen_writer(fixture);
	assert_true(next(fixture) == 5000);
	assert_int_equal(expire(fixture, 5000, 10, &outcome), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_values_go_on_time),
		TEST(test_a_limit_takes_the_longest_due),
		TEST(test_renewing_and_making_permanent),
		TEST(test_what_is_dropped_does_not_expire),
		TEST(test_renewed_at_the_last_moment),
		TEST(test_the_apex_keeps_a_name_server),
		TEST(test_a_delegation_follows_what_expires),
		TEST(test_readers_see_it),
		TEST(test_it_survives_reopening),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
