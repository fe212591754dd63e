/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/type.h"
#include "fixture.h"
#include "store/reader_import.h"

static struct outcome outcome;
static struct arena *rows_arena;
static struct buf rows;

static int open_store(void **state)
{
	static struct fixture fixture;
	fixture_open(&fixture);
	*state = &fixture;
	rows_arena = arena_open((size_t)8 << 20);
	buf_init(&rows, rows_arena, (size_t)1 << 20);
	return 0;
}

static int close_store(void **state)
{
	arena_close(rows_arena);
	fixture_close(*state);
	return 0;
}

/* A row of one A record; value NULL: the RRset goes. before NULL: it is new. */
static void put(const char *owner, const char *value, const char *before, bool is_again)
{
	struct rdata after_value;
	struct rdata before_value;
	struct import_row row = {
		.is_changed = true,
		.is_again = is_again,
		.owner = fixture_name(owner),
	};
	row.after = (struct rrset){ .owner = row.owner, .type = TYPE_A, .ttl_s = 300 };
	row.before = row.after;
	if (value != NULL) {
		after_value = fixture_value(rows_arena, "A", value);
		row.after.count = 1;
		row.after.values = &after_value;
	}
	if (before != NULL) {
		before_value = fixture_value(rows_arena, "A", before);
		row.before.count = 1;
		row.before.values = &before_value;
	}
	import_row_pack(&rows, &row);
}

static enum err step_of(struct fixture *fixture, const struct import_order *order)
{
	struct import_order copy = *order;
	struct op op = { .kind = OP_IMPORT, .zone = fixture_name("example.com"), .import = &copy };
	struct change change = {
		.op_count = 1,
		.ops = &op,
		.request_id = "",
		.request = "",
		.comment = "",
		.actor = { "tester", "", "", "" },
	};
	copy.rows = (const uint8_t *)rows.bytes;
	copy.length = rows.length;
	arena_reset(fixture->arena);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	enum err err =
	        writer_apply(fixture->writer, fixture->arena, &change, fixture->now_ms, &outcome);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	rows.length = 0;
	return err;
}

static uint64_t begin(struct fixture *fixture)
{
	assert_int_equal(step_of(fixture, &(struct import_order){ .step = IMPORT_BEGIN }), ERR_OK);
	assert_true(outcome.is_import && outcome.import_id != 0);
	assert_int_equal(outcome.change_id, 0);
	return outcome.import_id;
}

static enum err slice(struct fixture *fixture, uint64_t id)
{
	return step_of(fixture, &(struct import_order){ .step = IMPORT_SLICE, .id = id });
}

static enum err switch_to(struct fixture *fixture, uint64_t id, uint64_t revision)
{
	return step_of(fixture, &(struct import_order){ .step = IMPORT_SWITCH,
	                                .id = id,
	                                .revision = revision,
	                                .counts = { .created = 7 } });
}

static uint64_t head_of(struct fixture *fixture)
{
	uint64_t head;
	assert_int_equal(reader_head_revision(fixture->reader, &head), ERR_OK);
	return head;
}

static void prune_all(struct fixture *fixture)
{
	bool has_more;
	unsigned turns = 0;
	do {
		assert_int_equal(
		        writer_prune_left(fixture->writer, fixture->now_ms, &has_more), ERR_OK);
		assert_true(++turns < 100);
	} while (has_more);
}

#define RUN(fixture, text) assert_int_equal(fixture_run(fixture, text, &outcome), ERR_OK)
#define A(fixture, name)   fixture_rrset(fixture, name, "A")

static void test_nobody_sees_it_before_the_switch(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com | put a.example.com A 192.0.2.1");
	struct zone before = fixture_zone(fixture, "example.com");
	uint64_t id = begin(fixture);
	put("a.example.com", NULL, "192.0.2.1", false);
	put("b.example.com", "192.0.2.2", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	put("c.example.com", "192.0.2.3", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	assert_string_equal(A(fixture, "a.example.com"), "300 192.0.2.1");
	assert_string_equal(A(fixture, "b.example.com"), "");
	struct zone during = fixture_zone(fixture, "example.com");
	assert_true(during.revision == before.revision && during.serial == before.serial);

	assert_int_equal(switch_to(fixture, id, head_of(fixture)), ERR_OK);
	assert_true(outcome.change_id == id);
	assert_int_equal(outcome.import.created, 7);
	assert_int_equal(outcome.zone_count, 1);
	assert_string_equal(A(fixture, "a.example.com"), "");
	assert_string_equal(A(fixture, "b.example.com"), "300 192.0.2.2");
	assert_string_equal(A(fixture, "c.example.com"), "300 192.0.2.3");
	struct zone after = fixture_zone(fixture, "example.com");
	assert_int_equal(after.record_count, 2);
	assert_int_equal(after.serial, before.serial + 1);
	assert_true(after.revision > id);
	assert_true(head_of(fixture) == after.revision);
	/* The next zone does not get the id of rows that are still there. */
	RUN(fixture, "zone example.net");
	assert_int_equal(fixture_zone(fixture, "example.net").record_count, 2);
	assert_string_equal(fixture_rrset(fixture, "a.example.net", "A"), "");
	assert_true(fixture_zone(fixture, "example.net").id > before.id);
	prune_all(fixture);
	assert_string_equal(A(fixture, "b.example.com"), "300 192.0.2.2");
	RUN(fixture, "revert 3");
	assert_string_equal(A(fixture, "a.example.com"), "300 192.0.2.1");
	assert_string_equal(A(fixture, "b.example.com"), "");
}

static bool count_fresh(void *context, const struct fresh_rrset *fresh)
{
	(void)fresh;
	++*(size_t *)context;
	return true;
}

static size_t fresh_after(struct fixture *fixture, uint64_t revision)
{
	size_t count = 0;
	const struct fresh_after after = {
		.revision = revision, .seq = INT64_MAX, .count_max = 10
	};
	assert_int_equal(reader_list_fresh(fixture->reader, &after, count_fresh, &count), ERR_OK);
	return count;
}

static void test_no_search_finds_it_before_the_switch(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com");
	uint64_t id = begin(fixture);
	put("a.example.com", "192.0.2.1", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	assert_int_equal(fresh_after(fixture, id - 1), 0);
	assert_int_equal(switch_to(fixture, id, head_of(fixture)), ERR_OK);
	assert_int_equal(fresh_after(fixture, id - 1), 1);
}

static void test_a_zone_that_moved(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com | put a.example.com A 192.0.2.1");
	uint64_t id = begin(fixture);
	uint64_t head = head_of(fixture);
	put("a.example.com", "192.0.2.9", "192.0.2.1", false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	RUN(fixture, "put a.example.com A 192.0.2.5 ; put b.example.com A 192.0.2.6");
	assert_int_equal(switch_to(fixture, id, head), ERR_PRECONDITION_FAILED);
	assert_string_equal(A(fixture, "a.example.com"), "300 192.0.2.5");
	/* What is sent again counts in place of what was sent before. */
	put("a.example.com", "192.0.2.9", "192.0.2.5", true);
	put("b.example.com", "192.0.2.6", NULL, true);
	assert_int_equal(switch_to(fixture, id, head_of(fixture)), ERR_OK);
	assert_string_equal(A(fixture, "a.example.com"), "300 192.0.2.9");
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 2);
	assert_int_equal(fixture_run(fixture, "revert 3", &outcome), ERR_OK);
	assert_string_equal(A(fixture, "a.example.com"), "300 192.0.2.5");
}

static void test_only_expiry_has_moved(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com | put a.example.com A 192.0.2.1");
	uint64_t id = begin(fixture);
	uint64_t head = head_of(fixture);
	RUN(fixture, "patch a.example.com A expires=99999999999999 192.0.2.1");
	assert_int_equal(switch_to(fixture, id, head), ERR_PRECONDITION_FAILED);
}

static void test_rules_hold_for_what_came_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com");
	uint64_t id = begin(fixture);
	put("d.a.example.com", "192.0.2.1", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	struct import_row row = {
		.is_changed = true, .is_again = true, .owner = fixture_name("a.example.com")
	};
	struct rdata value = fixture_value(rows_arena, "DNAME", "elsewhere.example.net");
	row.after = (struct rrset){
		.owner = row.owner, .type = TYPE_DNAME, .ttl_s = 300, .count = 1, .values = &value
	};
	row.before = (struct rrset){ .owner = row.owner, .type = TYPE_DNAME };
	import_row_pack(&rows, &row);
	assert_int_equal(switch_to(fixture, id, head_of(fixture)), ERR_CONFLICT);
	assert_string_equal(A(fixture, "d.a.example.com"), "");
}

static void test_a_zone_below_has_come(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com");
	uint64_t id = begin(fixture);
	RUN(fixture, "zone sub.example.com");
	assert_int_equal(switch_to(fixture, id, head_of(fixture)), ERR_PRECONDITION_FAILED);
	const struct import_order small = { .step = IMPORT_SMALL };
	assert_int_equal(step_of(fixture, &small), ERR_PRECONDITION_FAILED);
}

static void test_what_was_given_up_goes(void **state)
{
	struct fixture *fixture = *state;
	bool has_more;
	RUN(fixture, "zone example.com");
	uint64_t id = begin(fixture);
	put("a.example.com", "192.0.2.1", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_OK);
	assert_int_equal(
	        step_of(fixture, &(struct import_order){ .step = IMPORT_GIVE_UP, .id = id }),
	        ERR_OK);
	put("b.example.com", "192.0.2.1", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_UNAVAILABLE);
	prune_all(fixture);
	/* Nothing was heard of this one for long, and of that one the writer knows nothing. */
	id = begin(fixture);
	fixture->now_ms += IMPORT_QUIET_MS;
	assert_int_equal(writer_prune_left(fixture->writer, fixture->now_ms, &has_more), ERR_OK);
	assert_int_equal(slice(fixture, id), ERR_UNAVAILABLE);
	prune_all(fixture);
	id = begin(fixture);
	fixture_reopen_writer(fixture);
	assert_int_equal(slice(fixture, id), ERR_UNAVAILABLE);
	prune_all(fixture);
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 2);
}

static void test_rows_that_are_none(void **state)
{
	struct fixture *fixture = *state;
	RUN(fixture, "zone example.com");
	uint64_t id = begin(fixture);
	put("a.example.net", "192.0.2.1", NULL, false);
	assert_int_equal(slice(fixture, id), ERR_BAD_REQUEST);
	put("a.example.com", "192.0.2.1", NULL, false);
	rows.length--;
	assert_int_equal(slice(fixture, id), ERR_BAD_REQUEST);
	assert_int_equal(slice(fixture, id + 1), ERR_UNAVAILABLE);
}

struct seen {
	size_t count;
	char text[512];
};

static bool note(void *context, const struct name *owner, uint16_t type)
{
	struct seen *seen = context;
	char text[NAME_TEXT_BYTES];
	size_t length = strlen(seen->text);
	snprintf(seen->text + length, sizeof(seen->text) - length, "%s/%u ",
	        name_render(owner, text), type);
	seen->count++;
	return true;
}

static void test_what_was_touched(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = { 0 };
	RUN(fixture, "zone example.com | zone example.net | put a.example.com A 192.0.2.1"
	             " | put b.example.com A 192.0.2.1 | put a.example.net A 192.0.2.1"
	             " | drop b.example.com A");
	struct name zone = fixture_name("example.com");
	const struct touched_range range = { .zone = &zone, .after = 2, .until = 6, .except = 4 };
	assert_int_equal(reader_list_touched(fixture->reader, &range, note, &seen), ERR_OK);
	assert_string_equal(seen.text, "a.example.com/1 b.example.com/1 ");
	const struct touched_range without = { .zone = &zone, .after = 2, .until = 5, .except = 4 };
	seen = (struct seen){ 0 };
	assert_int_equal(reader_list_touched(fixture->reader, &without, note, &seen), ERR_OK);
	assert_string_equal(seen.text, "a.example.com/1 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_sees_it_before_the_switch),
		TEST(test_no_search_finds_it_before_the_switch),
		TEST(test_a_zone_that_moved),
		TEST(test_only_expiry_has_moved),
		TEST(test_rules_hold_for_what_came_meanwhile),
		TEST(test_a_zone_below_has_come),
		TEST(test_what_was_given_up_goes),
		TEST(test_rows_that_are_none),
		TEST(test_what_was_touched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
