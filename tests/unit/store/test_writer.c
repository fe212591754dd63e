/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Batches, the lock, serials over the life of a zone, a full disk, migrations, revocations.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/log.h"
#include "dns/serial.h"
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

static void test_only_one_writes(void **state)
{
	struct fixture *fixture = *state;
	struct writer *second = NULL;
	assert_int_equal(writer_open(&fixture->settings, &second), ERR_OVERLOADED);
	assert_null(second);
	writer_close(fixture->writer);
	fixture->writer = NULL;
	assert_int_equal(writer_open(&fixture->settings, &second), ERR_OK);
	fixture->writer = second;
}

static void test_a_store_that_cannot_be(void **state)
{
	(void)state;
	const struct store_settings settings = { .path = "/nonexistent/folder/store.db" };
	struct writer *writer;
	assert_int_equal(writer_open(&settings, &writer), ERR_UNAVAILABLE);
	struct reader *reader = reader_open(&settings);
	assert_non_null(reader);
	assert_int_equal(reader_ping(reader), ERR_UNAVAILABLE);
	assert_int_equal(reader_begin(reader), ERR_UNAVAILABLE);
	reader_end(reader);
	reader_close(reader);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void test_a_file_that_is_no_store(void **state)
{
	(void)state;
	char path[] = "/tmp/coregate-store-junk-XXXXXX";
	char lock[64];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	static const char junk[4096] = "this is no database, and it is long enough to be one";
	write_file(path, junk, sizeof(junk));
	const struct store_settings settings = { .path = path };
	struct writer *writer;
	assert_int_equal(writer_open(&settings, &writer), ERR_INTERNAL);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	unlink(path);
}

static void test_a_later_schema_is_refused(void **state)
{
	struct fixture *fixture = *state;
	writer_close(fixture->writer);
	fixture->writer = NULL;
	sqlite3 *handle;
	assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
	assert_int_equal(
	        sqlite3_exec(handle, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	assert_int_equal(writer_open(&fixture->settings, &fixture->writer), ERR_INTERNAL);
	assert_null(fixture->writer);
	struct reader *reader = reader_open(&fixture->settings);
	assert_int_equal(reader_ping(reader), ERR_UNAVAILABLE);
	reader_close(reader);
}

static void test_a_batch_is_one_commit(void **state)
{
	struct fixture *fixture = *state;
	struct outcome first;
	struct outcome second;
	struct outcome third;
	arena_reset(fixture->arena);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena,
	                fixture_change(fixture, "put a.example.com A 192.0.2.1"), 0, &first),
	        ERR_OK);
	assert_int_equal(writer_apply(fixture->writer, fixture->arena,
	                         fixture_change(fixture, "drop b.example.com A"), 0, &second),
	        ERR_NOT_FOUND);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena,
	                fixture_change(fixture, "put c.example.com A 192.0.2.1"), 0, &third),
	        ERR_OK);
	assert_int_equal(third.change_id, first.change_id + 1);
	assert_int_equal(third.zones[0].serial, first.zones[0].serial + 1);
	/* nobody sees it yet */
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	assert_string_equal(fixture_rrset(fixture, "c.example.com", "A"), "300 192.0.2.1");
	uint64_t revision;
	assert_int_equal(reader_head_revision(fixture->reader, &revision), ERR_OK);
	assert_int_equal(revision, third.change_id);
}

static void test_a_rolled_back_batch_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena,
	                fixture_change(fixture, "put a.example.com A 192.0.2.1"), 0, &outcome),
	        ERR_OK);
	writer_rollback_batch(fixture->writer);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.2", &outcome), ERR_OK);
	assert_int_equal(outcome.zones[0].serial, serial + 1);
}

static void test_what_was_committed_is_there_after_reopening(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.1", &outcome), ERR_OK);
	uint64_t change_id = outcome.change_id;
	fixture_reopen_writer(fixture);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.2", &outcome), ERR_OK);
	assert_int_equal(outcome.change_id, change_id + 1);
}

/* A reader that was open all the while reads on without a writer. */
static void test_readers_go_on_without_a_writer(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.1", NULL), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	writer_close(fixture->writer);
	fixture->writer = NULL;
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.1");
	struct reader *late = reader_open(&fixture->settings);
	assert_int_equal(reader_ping(late), ERR_OK);
	reader_close(late);
}

/* ---- serials ---- */

static void set_clock(struct fixture *fixture, uint32_t seconds)
{
	fixture->now_ms = (int64_t)seconds * 1000;
}

static void test_serials_only_rise(void **state)
{
	struct fixture *fixture = *state;
	/* Each row: the clock, in seconds, and how often the zone changes before it goes. */
	static const struct {
		uint32_t clock_s;
		unsigned changes;
	} lives[] = {
		{ 2000000000u, 3 },
		{ 2000000001u, 5 }, /* the clock is behind the serial by now */
		{ 1900000000u, 2 }, /* it was set back */
		{ 4000000000u, 1 },
		{ 4294967290u, 9 }, /* over the end of 32 bits */
		{ 10u, 4 },
		{ 0u, 2 },
		{ 2000000000u, 1 },
	};
	uint32_t last = 0;
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		set_clock(fixture, lives[i].clock_s);
		assert_int_equal(fixture_apply(fixture, "zone s.example", NULL), ERR_OK);
		for (unsigned j = 0; j <= lives[i].changes; j++) {
			uint32_t serial = fixture_zone(fixture, "s.example").serial;
			assert_int_not_equal(serial, 0);
			if (last != 0)
				assert_true(serial_is_after(serial, last));
			last = serial;
			char text[64];
			snprintf(text, sizeof(text), "put a.s.example A 192.0.2.%u", j + 1);
			assert_int_equal(fixture_apply(fixture, text, NULL), ERR_OK);
		}
		last = fixture_zone(fixture, "s.example").serial;
		assert_int_equal(fixture_apply(fixture, "dropzone s.example", NULL), ERR_OK);
	}
}

/* A zone that is dropped and made again within one change goes on as well. */
static void test_serial_of_a_zone_made_anew(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	uint32_t before = fixture_zone(fixture, "example.com").serial;
	assert_int_equal(
	        fixture_apply(fixture, "dropzone example.com ; zone example.com", &outcome),
	        ERR_OK);
	uint32_t after = fixture_zone(fixture, "example.com").serial;
	assert_true(serial_is_after(after, before));
	assert_int_equal(outcome.zone_count, 1);
	assert_int_equal(outcome.zones[0].serial, after);
}

/* ---- a full disk ---- */

static enum err fill_until_full(struct fixture *fixture, unsigned *ret_written)
{
	for (unsigned i = 0; i < 10000; i++) {
		char text[128];
		struct outcome outcome;
		arena_reset(fixture->arena);
		snprintf(text, sizeof(text), "put h%u.example.com A 192.0.2.1", i);
		enum err err = writer_begin_batch(fixture->writer);
		if (err == ERR_OK)
			err = writer_apply(fixture->writer, fixture->arena,
			        fixture_change(fixture, text), 0, &outcome);
		if (err != ERR_OK) {
			assert_true(writer_is_broken(fixture->writer));
			writer_rollback_batch(fixture->writer);
		} else {
			err = writer_commit_batch(fixture->writer);
		}
		if (err != ERR_OK) {
			*ret_written = i;
			return err;
		}
	}
	return ERR_OK;
}

static void test_a_full_disk_refuses_and_recovers(void **state)
{
	struct fixture *fixture = *state;
	unsigned written = 0;
	fixture->settings.pages_max = 60;
	log_init(2, LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR, "test");
	fixture_reopen_writer(fixture);
	assert_int_equal(fill_until_full(fixture, &written), ERR_UNAVAILABLE);
	assert_true(written > 10);
	/* what was said to be there is there, reads go on, and it stays refused */
	char name[64];
	snprintf(name, sizeof(name), "h%u.example.com", written - 1);
	assert_string_equal(fixture_rrset(fixture, name, "A"), "300 192.0.2.1");
	snprintf(name, sizeof(name), "h%u.example.com", written);
	assert_string_equal(fixture_rrset(fixture, name, "A"), "");
	assert_int_equal(fill_until_full(fixture, &written), ERR_UNAVAILABLE);
	/* room again */
	fixture->settings.pages_max = 0;
	fixture_reopen_writer(fixture);
	assert_int_equal(fixture_apply(fixture, "put z.example.com A 192.0.2.1", NULL), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "z.example.com", "A"), "300 192.0.2.1");
}

/* ---- revocations ---- */

static bool is_revoked(
        struct fixture *fixture, enum revocation_kind kind, const char *value, int64_t issued_ms)
{
	bool revoked;
	assert_int_equal(
	        reader_is_revoked(fixture->reader, kind, value, issued_ms, &revoked), ERR_OK);
	return revoked;
}

static bool count_revocation(void *context, const struct revocation *revocation, int64_t at_ms)
{
	(void)revocation;
	(void)at_ms;
	++*(unsigned *)context;
	return true;
}

static void test_revocations(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(fixture_run(fixture,
	                         "revoke token t1 expires=5000 | revoke subject bob before=1000 | "
	                         "revoke key k4.pid.x before=2000 ; revoke token t2",
	                         &outcome),
	        ERR_OK);
	assert_int_not_equal(outcome.change_id, 0);
	assert_int_equal(outcome.zone_count, 0);
	assert_true(is_revoked(fixture, REVOCATION_TOKEN, "t1", 0));
	assert_true(is_revoked(fixture, REVOCATION_TOKEN, "t2", 9999));
	assert_false(is_revoked(fixture, REVOCATION_TOKEN, "t3", 0));
	assert_false(is_revoked(fixture, REVOCATION_TOKEN, "bob", 0));
	assert_true(is_revoked(fixture, REVOCATION_SUBJECT, "bob", 999));
	assert_false(is_revoked(fixture, REVOCATION_SUBJECT, "bob", 1000));
	assert_true(is_revoked(fixture, REVOCATION_KEY, "k4.pid.x", 1999));
	/* a second one never takes back what the first one said */
	assert_int_equal(
	        fixture_run(fixture, "revoke subject bob before=500 | revoke token t1 expires=4000",
	                NULL),
	        ERR_OK);
	assert_true(is_revoked(fixture, REVOCATION_SUBJECT, "bob", 999));
	bool has_more;
	assert_int_equal(writer_prune(fixture->writer, 4999, &has_more), ERR_OK);
	assert_true(is_revoked(fixture, REVOCATION_TOKEN, "t1", 0));
	assert_int_equal(writer_prune(fixture->writer, 5001, &has_more), ERR_OK);
	assert_false(is_revoked(fixture, REVOCATION_TOKEN, "t1", 0));
	assert_true(is_revoked(fixture, REVOCATION_TOKEN, "t2", 0));
	unsigned count = 0;
	assert_int_equal(
	        reader_list_revocations(fixture->reader, count_revocation, &count), ERR_OK);
	assert_int_equal(count, 3);
}

/* ---- the write-ahead log ---- */

static void test_the_log_stays_bounded(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s-wal", fixture->path);
	struct stat status;
	for (unsigned i = 0; i < 400; i++) {
		fixture_put_batch(fixture, i);
		(void)writer_checkpoint(fixture->writer, 0);
		/* a reader comes by all the time */
		assert_int_equal(reader_ping(fixture->reader), ERR_OK);
	}
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size < 32 << 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_only_one_writes),
		cmocka_unit_test(test_a_store_that_cannot_be),
		cmocka_unit_test(test_a_file_that_is_no_store),
		TEST(test_a_later_schema_is_refused),
		TEST(test_a_batch_is_one_commit),
		TEST(test_a_rolled_back_batch_leaves_nothing),
		TEST(test_what_was_committed_is_there_after_reopening),
		TEST(test_readers_go_on_without_a_writer),
		TEST(test_serials_only_rise),
		TEST(test_serial_of_a_zone_made_anew),
		TEST(test_a_full_disk_refuses_and_recovers),
		TEST(test_revocations),
		TEST(test_the_log_stays_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
