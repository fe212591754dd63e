/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the history, and that of a store from before it had its indexes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "dns/type.h"
#include "store/fixture.h"
#include "store/reader_history.h"

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

/* What visitors were given, as text. */
struct heard {
	struct buf buf;
	char memory[4096];
	size_t room; /* visits before it stops */
};

static bool hear_id(void *context, uint64_t id, int64_t at_ms, const char *subject)
{
	struct heard *heard = context;
	assert_true(at_ms > 0);
	assert_string_equal(subject, "tester");
	buf_printf(&heard->buf, "%llu ", (unsigned long long)id);
	return --heard->room > 0;
}

static bool hear_zone(void *context, const struct changed_zone *zone)
{
	struct heard *heard = context;
	char text[NAME_TEXT_BYTES];
	assert_true(zone->serial > 0);
	buf_printf(&heard->buf, "%s:%u ", name_render(&zone->name, text), zone->actions);
	return --heard->room > 0;
}

static void hear_side(struct buf *buf, const struct packed_rrset *packed, uint16_t type)
{
	struct rrset rrset = { .type = type };
	struct arena *arena = arena_open(1 << 16);
	if (packed->blob == NULL)
		buf_put_char(buf, '-');
	else
		assert_int_equal(
		        rrset_parse_values(arena, packed->blob, packed->length, &rrset), ERR_OK);
	for (size_t i = 0; i < rrset.count && type != TYPE_SOA; i++)
		rdata_render(buf, type, &rrset.values[i]);
	arena_close(arena);
}

static bool hear_effect(void *context, const struct stored_effect *effect)
{
	struct heard *heard = context;
	char owner[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	buf_printf(&heard->buf, "%llu %s %s ", (unsigned long long)effect->seq,
	        name_render(&effect->owner, owner), type_render(effect->type, type));
	hear_side(&heard->buf, &effect->before, effect->type);
	buf_put_string(&heard->buf, ">");
	hear_side(&heard->buf, &effect->after, effect->type);
	buf_put_char(&heard->buf, ' ');
	return --heard->room > 0;
}

static void heard_init(struct heard *heard, size_t room)
{
	buf_init_fixed(&heard->buf, heard->memory, sizeof(heard->memory));
	heard->room = room;
}

static void expect_history(
        struct fixture *fixture, const struct history_filter *filter, const char *expected)
{
	struct heard heard;
	heard_init(&heard, 100);
	assert_int_equal(reader_list_history(fixture->reader, filter, hear_id, &heard), ERR_OK);
	assert_string_equal(buf_string(&heard.buf), expected);
}

static void expect_zones(struct fixture *fixture, uint64_t id, const char *expected)
{
	struct heard heard;
	heard_init(&heard, 100);
	assert_int_equal(reader_list_changed_zones(fixture->reader, id, hear_zone, &heard), ERR_OK);
	assert_string_equal(buf_string(&heard.buf), expected);
}

static void expect_effects(struct fixture *fixture, uint64_t id, uint64_t seq, const char *expected)
{
	struct heard heard;
	heard_init(&heard, 2);
	assert_int_equal(
	        reader_list_effects(fixture->reader, id, seq, hear_effect, &heard), ERR_OK);
	assert_string_equal(buf_string(&heard.buf), expected);
}

static void fill(struct fixture *fixture)
{
	assert_int_equal(fixture_run(fixture,
	                         "zone example.com | zone example.net | "
	                         "put a.example.com A 192.0.2.1 ; put a.example.com TXT x ; "
	                         "put b.example.net A 192.0.2.2 | put a.example.com A 192.0.2.3 | "
	                         "dropzone example.net | drop a.example.com A",
	                         NULL),
	        ERR_OK);
}

static void check_all(struct fixture *fixture)
{
	struct name com = fixture_name("example.com");
	struct name net = fixture_name("example.net");
	struct name a = fixture_name("a.example.com");
	struct name b = fixture_name("b.example.net");
	expect_history(fixture, &(struct history_filter){ 0 }, "6 5 4 3 2 1 ");
	expect_history(fixture, &(struct history_filter){ .before_id = 4 }, "3 2 1 ");
	expect_history(fixture, &(struct history_filter){ .zone = &com }, "6 4 3 1 ");
	expect_history(fixture, &(struct history_filter){ .zone = &net }, "5 3 2 ");
	expect_history(fixture, &(struct history_filter){ .zone = &b }, "");
	expect_history(fixture, &(struct history_filter){ .name = &a }, "6 4 3 ");
	expect_history(fixture, &(struct history_filter){ .name = &a, .before_id = 6 }, "4 3 ");
	expect_history(fixture, &(struct history_filter){ .name = &b, .zone = &net }, "5 3 ");
	expect_history(fixture, &(struct history_filter){ .name = &b, .zone = &com }, "");
	expect_history(fixture, &(struct history_filter){ .subject = "tester" }, "6 5 4 3 2 1 ");
	expect_history(fixture, &(struct history_filter){ .subject = "other" }, "");
	expect_zones(fixture, 1, "example.com:1 ");
	expect_zones(fixture, 3, "example.com:0 example.net:0 ");
	expect_zones(fixture, 5, "example.net:4 ");
	expect_zones(fixture, 7, "");
}

static void test_the_history(void **state)
{
	struct fixture *fixture = *state;
	fill(fixture);
	check_all(fixture);
	struct heard heard;
	heard_init(&heard, 2);
	assert_int_equal(reader_list_history(
	                         fixture->reader, &(struct history_filter){ 0 }, hear_id, &heard),
	        ERR_OK);
	assert_string_equal(buf_string(&heard.buf), "6 5 ");
}

static void test_effects(void **state)
{
	struct fixture *fixture = *state;
	fill(fixture);
	expect_effects(fixture, 3, 0, "1 a.example.com A ->192.0.2.1 2 a.example.com TXT ->x ");
	expect_effects(fixture, 3, 2, "3 b.example.net A ->192.0.2.2 ");
	expect_effects(fixture, 4, 0, "1 a.example.com A 192.0.2.1>192.0.2.3 ");
	expect_effects(fixture, 6, 0, "1 a.example.com A 192.0.2.3>- ");
	expect_effects(fixture, 6, 1, "");
	expect_effects(fixture, 5, 2, "3 b.example.net A 192.0.2.2>- ");
}

static void test_one_change(void **state)
{
	struct fixture *fixture = *state;
	struct stored_change change;
	fill(fixture);
	assert_int_equal(reader_find_change(fixture->reader, fixture->arena, 4, &change), ERR_OK);
	assert_int_equal(change.id, 4);
	assert_int_equal(change.at_ms, fixture->now_ms);
	assert_string_equal(change.subject, "tester");
	assert_string_equal(change.request_id, "request-1");
	assert_string_equal(change.comment, "");
	assert_int_equal(
	        reader_find_change(fixture->reader, fixture->arena, 7, &change), ERR_NOT_FOUND);
}

/* As the first version of the schema left it. */
static void test_an_older_store(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;
	fill(fixture);
	writer_close(fixture->writer);
	reader_close(fixture->reader);
	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
	                         "DROP TABLE change_zones; DROP INDEX change_effects_by_owner;"
	                         "DROP INDEX changes_by_subject;"
	                         "DROP TABLE issued_tokens; DROP INDEX revocations_by_time;"
	                         "DROP INDEX audit_by_time; DROP INDEX audit_by_subject;"
	                         "DROP TABLE servers; DROP TABLE change_ttls; DROP TABLE imports;"
	                         "ALTER TABLE zones DROP COLUMN ttl;"
	                         "DROP TABLE answers; DROP INDEX rrsets_by_expiry;"
	                         "ALTER TABLE rrsets DROP COLUMN expires;"
	                         "ALTER TABLE rrsets DROP COLUMN next_expiry_ms;"
	                         "ALTER TABLE change_effects DROP COLUMN before_expires;"
	                         "ALTER TABLE change_effects DROP COLUMN after_expires;"
	                         "PRAGMA user_version = 1",
	                         NULL, NULL, NULL),
	        SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(writer_open(&fixture->settings, &fixture->writer), ERR_OK);
	fixture->reader = reader_open(&fixture->settings);
	check_all(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_history, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_effects, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_one_change, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_an_older_store, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
