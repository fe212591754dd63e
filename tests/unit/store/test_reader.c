/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding zones and RRsets, pages of records, snapshots, dirty and gone zones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "store/fixture.h"

static int open_store(void **state)
{
	static struct fixture fixture;
	fixture_open(&fixture);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	fixture_close(*state);
	return 0;
}

static void apply(struct fixture *fixture, const char *text)
{
	assert_int_equal(fixture_run(fixture, text, NULL), ERR_OK);
}

static void expect_zone(struct fixture *fixture, const char *owner, const char *expected)
{
	struct zone zone;
	char text[NAME_TEXT_BYTES];
	struct name name = fixture_name(owner);
	enum err err = reader_find_zone(fixture->reader, &name, &zone);
	if (expected == NULL) {
		assert_int_equal(err, ERR_NO_SUCH_ZONE);
		return;
	}
	assert_int_equal(err, ERR_OK);
	assert_string_equal(name_render(&zone.name, text), expected);
}

static void test_longest_match(void **state)
{
	struct fixture *fixture = *state;
	expect_zone(fixture, "www.example.com", NULL);
	apply(fixture, "zone example.com | zone a.b.example.com | zone z.example.com | "
	               "zone example.net | zone c.a.b.example.com");
	expect_zone(fixture, "example.com", "example.com");
	expect_zone(fixture, "www.example.com", "example.com");
	expect_zone(fixture, "b.example.com", "example.com");
	expect_zone(fixture, "zz.b.example.com", "example.com");
	expect_zone(fixture, "a.b.example.com", "a.b.example.com");
	expect_zone(fixture, "x.y.a.b.example.com", "a.b.example.com");
	expect_zone(fixture, "d.a.b.example.com", "a.b.example.com");
	expect_zone(fixture, "x.c.a.b.example.com", "c.a.b.example.com");
	expect_zone(fixture, "aa.b.example.com", "example.com");
	expect_zone(fixture, "zz.example.com", "example.com");
	expect_zone(fixture, "xexample.com", NULL);
	expect_zone(fixture, "com", NULL);
	expect_zone(fixture, "example.org", NULL);
	apply(fixture, "zone .");
	expect_zone(fixture, "com", ".");
	expect_zone(fixture, "example.org", ".");
	expect_zone(fixture, "www.example.com", "example.com");
}

/* Against the plain way: the longest of all zones that are ancestors. */
static void test_longest_match_of_random_zones(void **state)
{
	struct fixture *fixture = *state;
	static struct name zones[60];
	size_t count = 0;
	srandom(11);
	for (unsigned i = 0; i < 60; i++) {
		char name[64];
		char text[96];
		size_t length = 0;
		unsigned labels = 1 + (unsigned)random() % 4;
		for (unsigned j = 0; j < labels; j++)
			length += (size_t)snprintf(name + length, sizeof(name) - length, "%s%c",
			        j > 0 ? "." : "", 'a' + (int)(random() % 3));
		snprintf(text, sizeof(text), "zone %s", name);
		if (fixture_apply(fixture, text, NULL) == ERR_OK)
			zones[count++] = fixture_name(name);
	}
	for (unsigned i = 0; i < 500; i++) {
		char name[64];
		size_t length = 0;
		unsigned labels = 1 + (unsigned)random() % 6;
		for (unsigned j = 0; j < labels; j++)
			length += (size_t)snprintf(name + length, sizeof(name) - length, "%s%c",
			        j > 0 ? "." : "", 'a' + (int)(random() % 4));
		struct name owner = fixture_name(name);
		const struct name *best = NULL;
		for (size_t j = 0; j < count; j++) {
			if (name_is_under(&owner, &zones[j]) &&
			        (best == NULL || zones[j].length > best->length))
				best = &zones[j];
		}
		struct zone zone;
		enum err err = reader_find_zone(fixture->reader, &owner, &zone);
		assert_int_equal(err, best != NULL ? ERR_OK : ERR_NO_SUCH_ZONE);
		if (best != NULL)
			assert_true(name_is_equal(&zone.name, best));
	}
}

/* ---- lists ---- */

struct seen {
	size_t max; /* stop after so many */
	size_t count;
	char texts[512][80];
};

static bool note_rrset(void *context, const struct stored_rrset *rrset)
{
	struct seen *seen = context;
	char owner[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	snprintf(seen->texts[seen->count++], sizeof(seen->texts[0]), "%.60s %s",
	        name_render(&rrset->rrset.owner, owner), type_render(rrset->rrset.type, type));
	assert_true(name_is_under(&rrset->rrset.owner, &rrset->zone.name));
	assert_true(rrset->rrset.count > 0);
	return seen->max == 0 || seen->count % seen->max != 0;
}

static void expect_list(
        struct fixture *fixture, const struct record_filter *filter, const char *const *expected)
{
	static struct seen seen;
	struct record_position next;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(
	        reader_list_rrsets(fixture->reader, filter, note_rrset, &seen, &next), ERR_OK);
	assert_false(next.is_set);
	size_t i = 0;
	for (; expected[i] != NULL; i++) {
		assert_true(i < seen.count);
		assert_string_equal(seen.texts[i], expected[i]);
	}
	assert_int_equal(seen.count, i);
}

static void fill(struct fixture *fixture)
{
	apply(fixture, "zone example.com | zone example.net | "
	               "put c.example.com NS n.c.example.com ; "
	               "put n.c.example.com A 192.0.2.1 | zone c.example.com | "
	               "put www.example.com A 192.0.2.1 192.0.2.2 ; put www.example.com AAAA ::1 | "
	               "put a.www.example.com TXT x | put wwwx.example.com A 192.0.2.1 | "
	               "put www.example.net A 192.0.2.7 | put n.c.example.com TXT inside");
}

static void test_lists(void **state)
{
	struct fixture *fixture = *state;
	fill(fixture);
	const struct name com = fixture_name("example.com");
	const struct name www = fixture_name("www.example.com");
	const struct name child = fixture_name("c.example.com");
	const struct name inside = fixture_name("n.c.example.com");
	const struct name nothing = fixture_name("example.org");
	const struct name top = fixture_name("com");
	const struct name root = fixture_name(".");
	expect_list(fixture, &(struct record_filter){ .zone = &com },
	        (const char *const[]){ "example.com NS", "example.com SOA", "c.example.com NS",
	                "www.example.com A", "www.example.com AAAA", "a.www.example.com TXT",
	                "wwwx.example.com A", NULL });
	expect_list(fixture, &(struct record_filter){ .name = &www },
	        (const char *const[]){ "www.example.com A", "www.example.com AAAA", NULL });
	expect_list(fixture, &(struct record_filter){ .name = &www, .type = TYPE_AAAA },
	        (const char *const[]){ "www.example.com AAAA", NULL });
	expect_list(fixture, &(struct record_filter){ .under = &www },
	        (const char *const[]){ "www.example.com A", "www.example.com AAAA",
	                "a.www.example.com TXT", NULL });
	expect_list(fixture, &(struct record_filter){ .under = &child },
	        (const char *const[]){ "c.example.com NS", "c.example.com NS", "c.example.com SOA",
	                "n.c.example.com TXT", NULL });
	expect_list(fixture, &(struct record_filter){ .name = &inside },
	        (const char *const[]){ "n.c.example.com TXT", NULL });
	expect_list(fixture, &(struct record_filter){ .zone = &child, .name = &inside },
	        (const char *const[]){ "n.c.example.com TXT", NULL });
	expect_list(fixture, &(struct record_filter){ .zone = &com, .under = &child },
	        (const char *const[]){ "c.example.com NS", NULL });
	expect_list(fixture, &(struct record_filter){ .type = TYPE_A },
	        (const char *const[]){
	                "www.example.com A", "wwwx.example.com A", "www.example.net A", NULL });
	expect_list(fixture, &(struct record_filter){ .under = &top, .type = TYPE_SOA },
	        (const char *const[]){ "example.com SOA", "c.example.com SOA", NULL });
	expect_list(fixture, &(struct record_filter){ .under = &root, .type = TYPE_SOA },
	        (const char *const[]){
	                "example.com SOA", "c.example.com SOA", "example.net SOA", NULL });
	expect_list(fixture, &(struct record_filter){ .zone = &nothing },
	        (const char *const[]){ NULL });
	expect_list(fixture, &(struct record_filter){ .under = &nothing },
	        (const char *const[]){ NULL });
	expect_list(fixture, &(struct record_filter){ .zone = &com, .name = &nothing },
	        (const char *const[]){ NULL });
}

/* Any page size gives the same records in the same order, also when a page ends by examine_max. */
static void check_pages(struct fixture *fixture, struct record_filter filter, bool by_visitor)
{
	static struct seen whole;
	static struct seen pages;
	struct record_position next;
	memset(&whole, 0, sizeof(whole));
	assert_int_equal(
	        reader_list_rrsets(fixture->reader, &filter, note_rrset, &whole, &next), ERR_OK);
	for (size_t size = 1; size <= 5; size++) {
		memset(&pages, 0, sizeof(pages));
		pages.max = by_visitor ? size : 0;
		filter.examine_max = by_visitor ? 0 : size;
		filter.from = (struct record_position){ .is_set = false };
		for (unsigned rounds = 0; rounds < 100; rounds++) {
			assert_int_equal(reader_list_rrsets(fixture->reader, &filter, note_rrset,
			                         &pages, &next),
			        ERR_OK);
			if (!next.is_set)
				break;
			filter.from = next;
			/* the RRset that the visitor stopped at was given: go on behind it */
			if (by_visitor)
				filter.from.type++;
		}
		assert_false(next.is_set);
		assert_int_equal(pages.count, whole.count);
		for (size_t i = 0; i < whole.count; i++)
			assert_string_equal(pages.texts[i], whole.texts[i]);
	}
}

static void test_pages(void **state)
{
	struct fixture *fixture = *state;
	fill(fixture);
	const struct name com = fixture_name("example.com");
	const struct name child = fixture_name("c.example.com");
	const struct record_filter filters[] = {
		{ .zone = NULL },
		{ .zone = &com },
		{ .under = &com },
		{ .under = &child },
		{ .type = TYPE_A },
		{ .name = &child },
	};
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		check_pages(fixture, filters[i], true);
		check_pages(fixture, filters[i], false);
	}
}

static void test_a_page_goes_on_where_its_rrset_was(void **state)
{
	struct fixture *fixture = *state;
	fill(fixture);
	struct record_filter filter = { .from = {
		                                .is_set = true,
		                                .zone = fixture_name("example.com"),
		                                .owner = fixture_name("x.example.com"),
		                                .type = TYPE_A,
		                        } };
	expect_list(fixture, &filter,
	        (const char *const[]){ "c.example.com NS", "c.example.com SOA",
	                "n.c.example.com TXT", "example.net NS", "example.net SOA",
	                "www.example.net A", NULL });
	/* the zone is gone as well */
	filter.from.zone = fixture_name("d.example.com");
	filter.from.owner = fixture_name("d.example.com");
	expect_list(fixture, &filter,
	        (const char *const[]){
	                "example.net NS", "example.net SOA", "www.example.net A", NULL });
}

static void test_a_zone_as_a_whole(void **state)
{
	struct fixture *fixture = *state;
	static struct seen seen;
	fill(fixture);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(reader_begin(fixture->reader), ERR_OK);
	struct zone zone = fixture_zone(fixture, "example.com");
	assert_int_equal(
	        reader_each_rrset_of_zone(fixture->reader, &zone, note_rrset, &seen), ERR_OK);
	reader_end(fixture->reader);
	static const char *const expected[] = { "example.com SOA", "example.com NS",
		"c.example.com NS", "www.example.com A", "www.example.com AAAA",
		"a.www.example.com TXT", "wwwx.example.com A" };
	assert_int_equal(seen.count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(seen.texts[i], expected[i]);
	assert_int_equal(zone.record_count, 8);
}

static void test_a_snapshot_stands_still(void **state)
{
	struct fixture *fixture = *state;
	apply(fixture, "zone example.com");
	uint64_t before;
	uint64_t after;
	assert_int_equal(reader_begin(fixture->reader), ERR_OK);
	assert_int_equal(reader_head_revision(fixture->reader, &before), ERR_OK);
	/* The change is made ready outside of the snapshot's sight. */
	struct outcome outcome;
	struct change *change = fixture_change(fixture, "put a.example.com A 192.0.2.1");
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, 0, &outcome), ERR_OK);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_int_equal(reader_head_revision(fixture->reader, &after), ERR_OK);
	assert_int_equal(after, before);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
	reader_end(fixture->reader);
	assert_int_equal(reader_head_revision(fixture->reader, &after), ERR_OK);
	assert_int_equal(after, before + 1);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
}

/* ---- zones ---- */

static bool note_zone(void *context, const struct zone *zone)
{
	struct seen *seen = context;
	char text[NAME_TEXT_BYTES];
	snprintf(seen->texts[seen->count++], sizeof(seen->texts[0]), "%.79s",
	        name_render(&zone->name, text));
	return seen->count != seen->max;
}

static void test_lists_of_zones(void **state)
{
	struct fixture *fixture = *state;
	static struct seen seen;
	apply(fixture, "zone b.example | zone a.example | zone x.a.example");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(reader_list_zones(fixture->reader, NULL, note_zone, &seen), ERR_OK);
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.texts[0], "a.example");
	assert_string_equal(seen.texts[1], "x.a.example");
	assert_string_equal(seen.texts[2], "b.example");
	memset(&seen, 0, sizeof(seen));
	seen.max = 1;
	const struct name after = fixture_name("a.example");
	assert_int_equal(reader_list_zones(fixture->reader, &after, note_zone, &seen), ERR_OK);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.texts[0], "x.a.example");
}

static void test_dirty_and_gone_zones(void **state)
{
	struct fixture *fixture = *state;
	static struct seen seen;
	apply(fixture, "zone a.example | zone b.example | zone c.example");
	uint64_t revision;
	assert_int_equal(reader_head_revision(fixture->reader, &revision), ERR_OK);
	apply(fixture, "put x.c.example A 192.0.2.1 | put x.a.example A 192.0.2.1 | "
	               "put x.a.example A 192.0.2.1 | dropzone b.example | revoke token x");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(
	        reader_list_dirty_zones(fixture->reader, revision, note_zone, &seen), ERR_OK);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.texts[0], "c.example");
	assert_string_equal(seen.texts[1], "a.example");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(
	        reader_list_gone_zones(fixture->reader, revision, note_zone, &seen), ERR_OK);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.texts[0], "b.example");
	apply(fixture, "zone b.example");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(
	        reader_list_gone_zones(fixture->reader, revision, note_zone, &seen), ERR_OK);
	assert_int_equal(seen.count, 0);
}

/* ---- effects ---- */

struct seen_effects {
	size_t count;
	struct fresh_rrset last;
	char owners[512];
};

static bool see_effect(void *context, const struct fresh_rrset *effect)
{
	struct seen_effects *seen = context;
	char text[NAME_TEXT_BYTES];
	seen->count++;
	seen->last = *effect;
	snprintf(seen->owners + strlen(seen->owners), sizeof(seen->owners) - strlen(seen->owners),
	        "%s%s%zu ", name_render(&effect->rrset.owner, text), effect->is_new ? "+" : "=",
	        effect->rrset.count);
	return true;
}

static const char *list_effects(
        struct fixture *fixture, const struct fresh_after *after, struct seen_effects *seen)
{
	*seen = (struct seen_effects){ 0 };
	assert_int_equal(reader_list_fresh(fixture->reader, after, see_effect, seen), ERR_OK);
	return seen->owners;
}

static void test_effects_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct seen_effects seen;
	apply(fixture, "zone e.test");
	uint64_t revision;
	assert_int_equal(reader_head_revision(fixture->reader, &revision), ERR_OK);
	const struct fresh_after all = { .count_max = 100 };
	list_effects(fixture, &all, &seen);
	assert_int_equal(seen.count, 2); /* SOA and NS */
	apply(fixture, "put b.e.test A 192.0.2.1 ; put a.e.test A 192.0.2.1 192.0.2.2 | "
	               "add b.e.test A 192.0.2.9 | drop a.e.test A");
	const struct fresh_after behind = {
		.revision = revision, .seq = INT64_MAX, .count_max = 100
	};
	assert_string_equal(list_effects(fixture, &behind, &seen),
	        "b.e.test+1 a.e.test+2 b.e.test=2 "); /* what a drop leaves is nothing */
	assert_int_equal(seen.last.revision, revision + 2);
	/* From the middle of a change, and not too many. */
	const struct fresh_after middle = { .revision = revision + 1, .seq = 1, .count_max = 1 };
	assert_string_equal(list_effects(fixture, &middle, &seen), "a.e.test+2 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_longest_match),
		TEST(test_longest_match_of_random_zones),
		TEST(test_lists),
		TEST(test_pages),
		TEST(test_a_page_goes_on_where_its_rrset_was),
		TEST(test_a_zone_as_a_whole),
		TEST(test_a_snapshot_stands_still),
		TEST(test_lists_of_zones),
		TEST(test_dirty_and_gone_zones),
		cmocka_unit_test_setup_teardown(test_effects_in_order, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
