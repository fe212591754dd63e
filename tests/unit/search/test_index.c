/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dns/type.h"
#include "search/area.h"
#include "search/index.h"

#define RECORDS 3000

/* Records in canonical order: zones a.test and b.test, names of digits, a value each. */
struct record {
	struct name zone;
	struct rrset rrset;
	struct rdata value;
	char name[64];
	char text[64];
};

struct fixture {
	struct search_index *index;
	struct arena *arena;
	struct buf text;
	struct record *records;
};

static struct name parse(const char *text)
{
	struct name name;
	const char *detail;
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static void fill_record(struct fixture *fixture, int number, struct record *record)
{
	const char *zone = number < RECORDS / 2 ? "a.test" : "b.test";
	const char *detail;
	snprintf(record->name, sizeof(record->name), "h%06d.%s", number, zone);
	snprintf(record->text, sizeof(record->text), "10.%d.%d.%d", number % 7,
	        number * 31 / 256 % 256, number * 31 % 256);
	record->zone = parse(zone);
	assert_int_equal(
	        rdata_parse(fixture->arena, TYPE_A, record->text, &record->value, &detail), ERR_OK);
	record->rrset = (struct rrset){
		.owner = parse(record->name), .type = TYPE_A, .count = 1, .values = &record->value
	};
}

static void build(struct fixture *fixture, int count, uint64_t revision)
{
	search_build_begin(fixture->index);
	for (int i = 0; i < count; i++)
		search_build_add(fixture->index, &fixture->records[i].zone,
		        &fixture->records[i].rrset, &fixture->text);
	search_build_end(fixture->index, revision);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *memory = mmap(NULL, search_index_bytes(), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	fixture->index = search_index_init(memory);
	fixture->arena = arena_open((size_t)4 << 20);
	buf_init(&fixture->text, fixture->arena, VALUE_TEXT_MAX);
	fixture->records = calloc(RECORDS, sizeof(*fixture->records));
	for (int i = 0; i < RECORDS; i++)
		fill_record(fixture, i, &fixture->records[i]);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	munmap(fixture->index, search_index_bytes());
	arena_close(fixture->arena);
	free(fixture->records);
	free(fixture);
	return 0;
}

static struct search_view look_for(const struct fixture *fixture, const char *text)
{
	struct search_view view;
	assert_true(search_view_open(fixture->index, &view));
	terms_put_text(&view.terms, text, strlen(text));
	return view;
}

static bool is_in_run(const struct search_run *run, const struct place *place)
{
	return place_compare(place, &run->start) >= 0 &&
	       (!run->has_end || place_compare(place, &run->end) < 0);
}

/* Goes through all runs and marks the records in them; the number of records in runs. */
static int walk(const struct fixture *fixture, const struct search_view *view, bool *seen)
{
	struct place from = { 0 };
	struct search_run run;
	int count = 0;
	while (search_view_next(view, &from, &run) == SEARCH_FOUND) {
		assert_true(place_compare(&run.start, &from) >= 0);
		for (int i = 0; i < RECORDS; i++) {
			struct place place;
			place_of(&fixture->records[i].zone, &fixture->records[i].rrset.owner,
			        &place);
			if (!is_in_run(&run, &place))
				continue;
			assert_false(seen[i]);
			seen[i] = true;
			count++;
		}
		if (!run.has_end)
			break;
		assert_true(place_compare(&run.end, &from) > 0);
		from = run.end;
	}
	return count;
}

static void test_nothing_before_it_is_built(void **state)
{
	const struct fixture *fixture = *state;
	struct search_view view;
	assert_false(search_index_is_built(fixture->index));
	assert_int_equal(search_index_revision(fixture->index), 0);
	assert_false(search_view_open(fixture->index, &view));
	assert_false(search_view_open(NULL, &view));
}

static void test_whatever_holds_the_text_is_found(void **state)
{
	struct fixture *fixture = *state;
	static const char *const texts[] = { "h0012", "001", "10.3.", "999", ".b.t",
		"h002999.b.test", "10.", "5.test", "zzz", "10.6.200.17", ".77" };
	build(fixture, RECORDS, 17);
	assert_int_equal(search_index_revision(fixture->index), 17);
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		struct search_view view = look_for(fixture, texts[t]);
		bool seen[RECORDS] = { false };
		int in_runs = walk(fixture, &view, seen);
		int hits = 0;
		for (int i = 0; i < RECORDS; i++) {
			const struct record *record = &fixture->records[i];
			bool is_hit = strstr(record->name, texts[t]) != NULL ||
			              strstr(record->text, texts[t]) != NULL;
			assert_true(!is_hit || seen[i]);
			hits += is_hit;
		}
		/* And it leaves out most of the rest. */
		assert_true(in_runs <= hits * (int)BLOCK_RRSETS + RECORDS / 8);
	}
}

static void test_types_and_values_leave_out(void **state)
{
	struct fixture *fixture = *state;
	build(fixture, RECORDS, 1);
	struct search_view view;
	bool seen[RECORDS] = { false };
	assert_true(search_view_open(fixture->index, &view));
	terms_put_type(&view.terms, TYPE_MX);
	assert_true(walk(fixture, &view, seen) < RECORDS / 8);
	assert_true(search_view_open(fixture->index, &view));
	terms_put_value(&view.terms, fixture->records[77].text, strlen(fixture->records[77].text));
	memset(seen, 0, sizeof(seen));
	assert_true(walk(fixture, &view, seen) < RECORDS / 8);
	assert_true(seen[77]);
}

static void test_zone_and_tree_narrow_it(void **state)
{
	struct fixture *fixture = *state;
	build(fixture, RECORDS, 1);
	struct search_view view = look_for(fixture, "10.");
	bool seen[RECORDS] = { false };
	view.zone = &fixture->records[RECORDS - 1].zone;
	int count = walk(fixture, &view, seen);
	assert_in_range(count, RECORDS / 2, RECORDS / 2 + (int)BLOCK_RRSETS);
	view.zone = NULL;
	view.tree = &fixture->records[100].rrset.owner;
	memset(seen, 0, sizeof(seen));
	count = walk(fixture, &view, seen);
	assert_true(seen[100]);
	assert_true(count <= 4 * (int)BLOCK_RRSETS); /* its block, and those where zones meet */
}

static void test_what_comes_later_is_found(void **state)
{
	struct fixture *fixture = *state;
	build(fixture, RECORDS - 1, 1);
	const struct record *last = &fixture->records[RECORDS - 1];
	struct search_view view = look_for(fixture, last->name);
	bool seen[RECORDS] = { false };
	struct place place;
	place_of(&last->zone, &last->rrset.owner, &place);
	view.terms.count = 0;
	terms_put_text(&view.terms, "qqqqq", 5);
	assert_int_equal(walk(fixture, &view, seen), 0);
	/* Named as fresh it is looked at; then it is put, and found by itself. */
	uint32_t room[1];
	view.marked = room;
	view.marked_max = 1;
	assert_true(search_view_mark(&view, &place));
	assert_false(search_view_mark(&view, &place));
	assert_true(search_view_end_marks(&view));
	assert_true(walk(fixture, &view, seen) > 0 && seen[RECORDS - 1]);
	const struct search_effect effect = { &last->zone, &last->rrset, true };
	search_index_put(fixture->index, &effect, &fixture->text);
	search_index_set_revision(fixture->index, 2);
	memset(seen, 0, sizeof(seen));
	view = look_for(fixture, last->name);
	assert_int_equal(view.revision, 2);
	walk(fixture, &view, seen);
	assert_true(seen[RECORDS - 1]);
}

static void test_an_old_view_is_stale(void **state)
{
	struct fixture *fixture = *state;
	build(fixture, RECORDS, 1);
	struct search_view view = look_for(fixture, "h00");
	struct place from = { 0 };
	struct search_run run;
	assert_int_equal(search_view_next(&view, &from, &run), SEARCH_FOUND);
	build(fixture, 10, 2);
	assert_int_equal(search_view_next(&view, &from, &run), SEARCH_STALE);
	assert_false(search_view_end_marks(&view));
	/* The first area again: its old view stays stale. */
	build(fixture, RECORDS, 3);
	assert_int_equal(search_view_next(&view, &from, &run), SEARCH_STALE);
	bool seen[RECORDS] = { false };
	view = look_for(fixture, "h00");
	assert_int_equal(walk(fixture, &view, seen), RECORDS);
}

static void test_it_tells_when_it_has_outgrown_itself(void **state)
{
	struct fixture *fixture = *state;
	build(fixture, 0, 1);
	assert_true(search_index_is_built(fixture->index));
	assert_false(search_index_is_overgrown(fixture->index));
	for (int i = 0; i < RECORDS; i++) {
		const struct search_effect effect = { &fixture->records[i].zone,
			&fixture->records[i].rrset, true };
		search_index_put(fixture->index, &effect, &fixture->text);
	}
	assert_true(search_index_is_overgrown(fixture->index));
	struct search_view view = look_for(fixture, "h002");
	bool seen[RECORDS] = { false };
	assert_int_equal(walk(fixture, &view, seen), RECORDS); /* one block is all there is */
	build(fixture, RECORDS, 2);
	assert_false(search_index_is_overgrown(fixture->index));
}

static void test_a_soa_is_found_by_its_names(void **state)
{
	struct fixture *fixture = *state;
	struct rdata soa;
	const char *detail;
	assert_int_equal(rdata_parse(fixture->arena, TYPE_SOA,
	                         "NS.a.test host.a.test 2024 60 60 604800 300", &soa, &detail),
	        ERR_OK);
	assert_string_equal(text_of_value(&fixture->text, TYPE_SOA, &soa), "ns.a.test host.a.test");
}

static void test_texts_are_folded(void **state)
{
	(void)state;
	char text[] = "ABC-xyz \xC3\x84 Z";
	text_fold(text, strlen(text));
	assert_string_equal(text, "abc-xyz \xC3\x84 z");
	assert_int_equal(text_cut_soa("a b 3 4", 7), 3);
	assert_int_equal(text_cut_soa("a b", 3), 3);
	struct terms terms = { 0 };
	terms_put_text(&terms, "ab", 2);
	assert_int_equal(terms.count, 0);
	terms_put_text(&terms, "aaaaa", 5);
	assert_int_equal(terms.count, 1); /* the same three octets count once */
}

static void test_more_terms_than_there_is_room_for(void **state)
{
	(void)state;
	char text[300];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	struct terms terms = { 0 };
	terms_put_text(&terms, text, sizeof(text));
	assert_true(terms.count <= TERMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_before_it_is_built, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		        test_whatever_holds_the_text_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types_and_values_leave_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_zone_and_tree_narrow_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_comes_later_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_old_view_is_stale, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		        test_it_tells_when_it_has_outgrown_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		        test_a_soa_is_found_by_its_names, set_up, tear_down),
		cmocka_unit_test(test_texts_are_folded),
		cmocka_unit_test(test_more_terms_than_there_is_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
