/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Undoing changes: what comes back, and every way in which the data can have moved on.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dns/type.h"
#include "store/fixture.h"
#include "store/reader_history.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each case starts in a store that holds the zone example.com alone: change 1. */
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

/* All that a zone holds, as text, but for the serial. */
struct dump {
	struct arena *arena;
	struct buf buf;
};

static bool dump_rrset(void *context, const struct stored_rrset *stored)
{
	struct dump *dump = context;
	char name[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	const struct rrset *rrset = &stored->rrset;
	buf_printf(&dump->buf, "%s %s %u", name_render(&rrset->owner, name),
	        type_render(rrset->type, type), rrset->ttl_s);
	for (size_t i = 0; i < rrset->count && rrset->type != TYPE_SOA; i++) {
		buf_put_char(&dump->buf, ' ');
		rdata_render(&dump->buf, rrset->type, &rrset->values[i]);
		buf_printf(&dump->buf, "@%lld", (long long)rrset->values[i].expires_ms);
	}
	buf_put_char(&dump->buf, '\n');
	return true;
}

static bool count_rrset(void *context, const struct stored_rrset *stored)
{
	*(uint64_t *)context += stored->rrset.count;
	return true;
}

/* Also holds that the zone's count is right. */
static const char *dump_store(struct fixture *fixture, struct arena *arena)
{
	struct dump dump = { .arena = arena };
	const struct record_filter all = { 0 };
	struct record_position next;
	buf_init(&dump.buf, arena, 1 << 20);
	assert_int_equal(
	        reader_list_rrsets(fixture->reader, &all, dump_rrset, &dump, &next), ERR_OK);
	struct zone zone;
	struct name name = fixture_name("example.com");
	if (reader_find_zone_exact(fixture->reader, &name, &zone) == ERR_OK) {
		const struct record_filter one = { .zone = &name };
		uint64_t count = 0;
		assert_int_equal(
		        reader_list_rrsets(fixture->reader, &one, count_rrset, &count, &next),
		        ERR_OK);
		assert_int_equal(zone.record_count, count);
	}
	return buf_string(&dump.buf);
}

static enum err revert(struct fixture *fixture, uint64_t id, struct outcome *ret_outcome)
{
	char text[64];
	snprintf(text, sizeof(text), "revert %llu", (unsigned long long)id);
	return fixture_apply(fixture, text, ret_outcome);
}

static void test_all_comes_back(void **state)
{
	(void)state;
	/* what was there before | what is undone */
	static const char *const cases[][2] = {
		{ "", "put a.example.com A 192.0.2.1" },
		{ "", "put a.example.com A 192.0.2.1 192.0.2.2 ; put b.example.com TXT x" },
		{ "put a.example.com A 192.0.2.1", "put a.example.com A 192.0.2.2" },
		{ "put a.example.com A 192.0.2.1", "put a.example.com A ttl=5 192.0.2.1" },
		{ "put a.example.com A 192.0.2.1 192.0.2.2", "drop a.example.com A" },
		{ "put a.example.com A 192.0.2.1 192.0.2.2",
		        "dropvalue a.example.com A 192.0.2.2" },
		{ "put a.example.com A 192.0.2.1",
		        "drop a.example.com A ; put a.example.com CNAME b.example.com" },
		{ "put a.example.com A 192.0.2.1",
		        "add a.example.com A 192.0.2.2 ; put a.example.com A 192.0.2.3 ; "
		        "drop a.example.com A ; add a.example.com A 192.0.2.4" },
		{ "", "put a.example.com A 192.0.2.1 ; drop a.example.com A" },
		{ "put example.com NS ns1.example.net ns2.example.net",
		        "put example.com NS ns3.example.net" },
		{ "put x.a.example.com A 192.0.2.1", "drop x.a.example.com A" },
		{ "put a.example.com A expires=5000 192.0.2.1 192.0.2.2",
		        "patch a.example.com A expires=9000 192.0.2.1" },
		{ "zone example.net | put a.example.net A expires=5000 192.0.2.1",
		        "put a.example.com A 192.0.2.1 ; put a.example.net A 192.0.2.1" },
		{ "put a.example.com A expires=5000 192.0.2.1",
		        "put a.example.com A 192.0.2.1 ; put a.example.com A 192.0.2.2" },
		{ "", "zone example.net" },
		{ "", "zone example.net ; zone example.org" },
		{ "zone example.net | put a.example.net A 192.0.2.1 192.0.2.2 | "
		  "put b.example.net TXT x",
		        "dropzone example.net" },
		{ "zone sub.example.com | put a.sub.example.com TXT x",
		        "dropzone sub.example.com" },
		{ "zone example.net",
		        "put a.example.com A 192.0.2.1 ; dropzone example.net ; zone example.org" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		void *opened;
		struct outcome outcome;
		struct arena *arena = arena_open(1 << 22);
		open_store(&opened);
		struct fixture *fixture = opened;
		if (cases[i][0][0] != '\0')
			assert_int_equal(fixture_run(fixture, cases[i][0], NULL), ERR_OK);
		const char *before = dump_store(fixture, arena);
		assert_int_equal(fixture_apply(fixture, cases[i][1], &outcome), ERR_OK);
		const char *changed = dump_store(fixture, arena);
		uint64_t id = outcome.change_id;
		for (int turn = 0; turn < 3; turn++) {
			if (revert(fixture, id, &outcome) != ERR_OK)
				fail_msg("%s: %s", cases[i][1], outcome.detail);
			assert_int_equal(outcome.change_id, ++id);
			assert_string_equal(
			        dump_store(fixture, arena), turn % 2 == 0 ? before : changed);
		}
		arena_close(arena);
		close_store(&opened);
	}
}

static void test_serials_rise(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_run(fixture,
	                         "zone example.net | put a.example.net A 192.0.2.1 ; "
	                         "put a.example.com A 192.0.2.1",
	                         &outcome),
	        ERR_OK);
	uint32_t serial = fixture_zone(fixture, "example.net").serial;
	assert_int_equal(revert(fixture, outcome.change_id, &outcome), ERR_OK);
	assert_int_equal(outcome.zone_count, 2);
	assert_int_equal(fixture_zone(fixture, "example.net").serial, serial + 1);
	assert_int_equal(fixture_apply(fixture, "dropzone example.net", &outcome), ERR_OK);
	assert_int_equal(revert(fixture, outcome.change_id, &outcome), ERR_OK);
	assert_int_equal(outcome.zone_count, 1);
	assert_int_equal(outcome.zones[0].serial, serial + 2);
	assert_int_equal(fixture_zone(fixture, "example.net").serial, serial + 2);
	assert_int_equal(fixture_zone(fixture, "example.net").revision, outcome.change_id);
}

static bool take_zone(void *context, const struct changed_zone *zone)
{
	*(struct changed_zone *)context = *zone;
	return true;
}

/* A change of nothing but the time to expire is in the history of its zone, with the serial as it
 * is, and undoing it moves none either. */
static void test_a_time_to_expire_moves_no_serial(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct changed_zone told = { .serial = 0 };
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A expires=5000 192.0.2.1", NULL), ERR_OK);
	const struct zone before = fixture_zone(fixture, "example.com");
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A expires=9000 192.0.2.1", &outcome),
	        ERR_OK);
	for (int turn = 0; turn < 3; turn++) {
		told.serial = 0;
		assert_int_equal(outcome.zone_count, 0);
		assert_int_equal(reader_list_changed_zones(
		                         fixture->reader, outcome.change_id, take_zone, &told),
		        ERR_OK);
		assert_int_equal(told.serial, before.serial);
		assert_int_equal(told.actions, EFFECT_NONE);
		assert_int_equal(fixture_zone(fixture, "example.com").serial, before.serial);
		assert_int_equal(fixture_zone(fixture, "example.com").revision, before.revision);
		assert_true(writer_next_expiry(fixture->writer) == (turn % 2 == 0 ? 9000 : 5000));
		assert_int_equal(revert(fixture, outcome.change_id, &outcome), ERR_OK);
	}
}

static void test_the_data_has_moved_on(void **state)
{
	(void)state;
	static const struct {
		const char *undone;
		const char *since;
		const char *words[3];
	} cases[] = {
		{ "put a.example.com A 192.0.2.1", "put a.example.com A 192.0.2.2",
		        { "a.example.com A has changed" } },
		{ "put a.example.com A 192.0.2.1", "put a.example.com A ttl=5 192.0.2.1",
		        { "a.example.com A has changed" } },
		{ "put a.example.com A 192.0.2.1 ; put b.example.com A 192.0.2.1",
		        "drop a.example.com A ; put b.example.com A 192.0.2.2",
		        { "b.example.com A has changed", "a.example.com A has changed" } },
		{ "put a.example.com A 192.0.2.1", "dropzone example.com",
		        { "the zone example.com is no longer there" } },
		{ "zone example.net", "put a.example.net A 192.0.2.1", { "by change 3" } },
		{ "zone example.net", "dropzone example.net", { "no longer there" } },
		{ "zone example.net", "dropzone example.net | zone example.net",
		        { "by change 4" } },
		{ "dropzone example.com", "zone example.com", { "is there again" } },
		{ "put a.example.com A 192.0.2.1 ; drop a.example.com A",
		        "put a.example.com CNAME b.example.com", { NULL } },
		{ "zone example.net ; dropzone example.net", "zone example.org",
		        { "made and dropped at once" } },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		void *opened;
		struct outcome outcome;
		struct arena *arena = arena_open(1 << 22);
		open_store(&opened);
		struct fixture *fixture = opened;
		assert_int_equal(fixture_apply(fixture, cases[i].undone, &outcome), ERR_OK);
		uint64_t id = outcome.change_id;
		assert_int_equal(fixture_run(fixture, cases[i].since, &outcome), ERR_OK);
		uint64_t newest = outcome.change_id;
		const char *before = dump_store(fixture, arena);
		enum err err = revert(fixture, id, &outcome);
		size_t wanted = 0;
		for (; wanted < 3 && cases[i].words[wanted] != NULL; wanted++) {
			assert_true(wanted < outcome.fault_count);
			assert_int_equal(outcome.faults[wanted].err, ERR_CONFLICT);
			if (strstr(outcome.faults[wanted].detail, cases[i].words[wanted]) == NULL)
				fail_msg("%s: \"%s\"", cases[i].undone,
				        outcome.faults[wanted].detail);
		}
		if (wanted == 0)
			assert_int_equal(err, ERR_OK);
		else
			assert_int_equal(err, ERR_CONFLICT);
		assert_int_equal(outcome.fault_count, wanted);
		if (wanted > 0) {
			uint64_t revision = 0;
			assert_string_equal(dump_store(fixture, arena), before);
			assert_int_equal(reader_head_revision(fixture->reader, &revision), ERR_OK);
			assert_int_equal(revision, newest);
		}
		arena_close(arena);
		close_store(&opened);
	}
}

static void test_the_rules_hold(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_run(fixture,
	                         "put a.example.com A 192.0.2.1 | drop a.example.com A", &outcome),
	        ERR_OK);
	uint64_t id = outcome.change_id;
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com CNAME b.example.com", NULL), ERR_OK);
	assert_int_equal(revert(fixture, id, &outcome), ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "cannot have both"));
	/* A zone comes back only where nothing would be hidden, above it or in it. */
	assert_int_equal(fixture_run(fixture,
	                         "zone s.example.com | put x.y.s.example.com TXT x | "
	                         "dropzone s.example.com",
	                         &outcome),
	        ERR_OK);
	id = outcome.change_id;
	assert_int_equal(fixture_apply(fixture, "put w.s.example.com TXT x", NULL), ERR_OK);
	assert_int_equal(revert(fixture, id, &outcome), ERR_CONFLICT);
	assert_int_equal(
	        fixture_run(fixture, "drop w.s.example.com TXT | zone y.s.example.com", NULL),
	        ERR_OK);
	assert_int_equal(revert(fixture, id, &outcome), ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "x.y.s.example.com TXT"));
	assert_int_equal(fixture_apply(fixture, "dropzone y.s.example.com", NULL), ERR_OK);
	assert_int_equal(revert(fixture, id, &outcome), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "x.y.s.example.com", "TXT"), "300 x");
}

static void test_nothing_to_undo(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(revert(fixture, 77, &outcome), ERR_NOT_FOUND);
	assert_int_equal(fixture_apply(fixture, "revoke token x", &outcome), ERR_OK);
	assert_int_equal(revert(fixture, outcome.change_id, &outcome), ERR_NOT_FOUND);
	assert_int_equal(
	        fixture_apply(fixture, "put a.example.com A 192.0.2.1 ; revert 1", &outcome),
	        ERR_BAD_REQUEST);
}

static void test_many_conflicts_are_cut(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct change change = *fixture_change(fixture, "put a.example.com A 192.0.2.1");
	struct op ops[150];
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < 150; i++) {
			char name[64];
			snprintf(name, sizeof(name), "n%u.example.com", i);
			ops[i] = change.ops[0];
			ops[i].rrset.owner = fixture_name(name);
			ops[i].rrset.ttl_s = 300 + (uint32_t)turn;
			ops[i].has_ttl = true;
		}
		change.ops = ops;
		change.op_count = 150;
		assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
		assert_int_equal(writer_apply(fixture->writer, fixture->arena, &change,
		                         fixture->now_ms, &outcome),
		        ERR_OK);
		assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	}
	assert_int_equal(revert(fixture, outcome.change_id - 1, &outcome), ERR_CONFLICT);
	assert_int_equal(outcome.fault_count, REVERT_FAULTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_comes_back),
		cmocka_unit_test_setup_teardown(test_serials_rise, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_a_time_to_expire_moves_no_serial, open_store, close_store),
		cmocka_unit_test(test_the_data_has_moved_on),
		cmocka_unit_test_setup_teardown(test_the_rules_hold, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_nothing_to_undo, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_many_conflicts_are_cut, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
