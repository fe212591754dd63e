/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "store/wal_file.h"

struct place {
	char folder[64];
	char path[96];
	sqlite3 *writer; /* through the VFS under test */
	sqlite3 *reader; /* as anybody opens it */
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	snprintf(place->folder, sizeof(place->folder), "/tmp/coregate-wal-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/db", place->folder);
	assert_int_equal(sqlite3_open_v2(place->path, &place->writer,
	                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, wal_file_vfs()),
	        SQLITE_OK);
	assert_int_equal(sqlite3_exec(place->writer,
	                         "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                         "PRAGMA wal_autocheckpoint = 0;"
	                         "CREATE TABLE t(id INTEGER PRIMARY KEY, filler BLOB)",
	                         NULL, NULL, NULL),
	        SQLITE_OK);
	assert_int_equal(sqlite3_open_v2(place->path, &place->reader, SQLITE_OPEN_READONLY, NULL),
	        SQLITE_OK);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	sqlite3_close(place->reader);
	sqlite3_close(place->writer);
	static const char *const suffixes[] = { "", "-wal", "-shm", ".copy", ".copy-wal",
		".copy-shm" };
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s%s", place->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(place->folder), 0);
	free(place);
	return 0;
}

static int run(sqlite3 *handle, const char *sql)
{
	return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

static int64_t number(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static int64_t log_bytes(const struct place *place)
{
	char path[128];
	struct stat status;
	snprintf(path, sizeof(path), "%s-wal", place->path);
	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

#define FILL(count)                                                                                \
	"INSERT INTO t(filler) WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n"    \
	" WHERE i < " #count ") SELECT randomblob(1000) FROM n"

static void test_a_commit_is_seen_by_others_and_what_is_open_is_not(void **state)
{
	struct place *place = *state;
	assert_int_equal(run(place->writer, "BEGIN; " FILL(10)), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(place->writer, "COMMIT"), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 10);
}

/* A commit that nobody syncs is seen as well, in full. */
static void test_a_commit_without_a_sync(void **state)
{
	struct place *place = *state;
	assert_int_equal(run(place->writer, "PRAGMA synchronous = NORMAL"), SQLITE_OK);
	for (int i = 1; i <= 20; i++) {
		assert_int_equal(run(place->writer, FILL(30)), SQLITE_OK);
		assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), i * 30);
	}
	/* A page that left the cache is written again in its place, with all heads after it. */
	assert_int_equal(run(place->writer,
	                         "PRAGMA cache_size = 5; BEGIN; " FILL(
	                                 500) "; UPDATE t SET filler = 1; UPDATE t SET filler = 2;"
	                                      " COMMIT"),
	        SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT sum(filler) FROM t"), 2200);
	sqlite3_close(place->reader);
	sqlite3_close(place->writer);
	place->writer = NULL;
	assert_int_equal(sqlite3_open_v2(place->path, &place->reader, SQLITE_OPEN_READWRITE, NULL),
	        SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT sum(filler) FROM t"), 2200);
}

/* Many times what is gathered, and more than the cache holds: SQLite reads its own pages back. */
static void test_a_transaction_larger_than_all_memory(void **state)
{
	struct place *place = *state;
	assert_int_equal(
	        run(place->writer, "PRAGMA cache_size = 20; BEGIN; " FILL(5000)), SQLITE_OK);
	assert_int_equal(number(place->writer, "SELECT sum(length(filler)) FROM t"), 5000000);
	assert_int_equal(run(place->writer, "UPDATE t SET filler = randomblob(900)"), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(place->writer, "COMMIT"), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT sum(length(filler)) FROM t"), 4500000);
	assert_int_equal(run(place->writer, "BEGIN; DELETE FROM t; ROLLBACK"), SQLITE_OK);
	assert_int_equal(number(place->writer, "SELECT count(*) FROM t"), 5000);
	assert_int_equal(run(place->writer, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
	assert_int_equal(log_bytes(place), 0);
	assert_int_equal(run(place->writer, FILL(3)), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 5003);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM pragma_integrity_check"
	                                       " WHERE integrity_check = 'ok'"),
	        1);
}

static void copy_file(const struct place *place, const char *suffix)
{
	char from_path[128];
	char to_path[128];
	char bytes[4096];
	size_t count;
	snprintf(from_path, sizeof(from_path), "%s%s", place->path, suffix);
	snprintf(to_path, sizeof(to_path), "%s.copy%s", place->path, suffix);
	FILE *from = fopen(from_path, "rb");
	FILE *to = fopen(to_path, "wb");
	assert_non_null(from);
	assert_non_null(to);
	while ((count = fread(bytes, 1, sizeof(bytes), from)) > 0)
		assert_int_equal(fwrite(bytes, 1, count, to), count);
	fclose(from);
	assert_int_equal(fclose(to), 0);
}

/* Nothing that was committed is left in memory: a copy of the files has it. */
static void test_nothing_of_a_commit_stays_behind(void **state)
{
	struct place *place = *state;
	char path[128];
	sqlite3 *copy;
	assert_int_equal(run(place->writer, FILL(100)), SQLITE_OK);
	assert_int_equal(run(place->writer, "BEGIN; " FILL(100)), SQLITE_OK);
	copy_file(place, "");
	copy_file(place, "-wal");
	snprintf(path, sizeof(path), "%s.copy", place->path);
	assert_int_equal(sqlite3_open(path, &copy), SQLITE_OK);
	assert_int_equal(number(copy, "SELECT count(*) FROM t"), 100);
	sqlite3_close(copy);
	assert_int_equal(run(place->writer, "COMMIT"), SQLITE_OK);
}

/* The limit on the size of files stands for a full disk. */
static void test_a_full_disk_fails_the_commit_and_no_later_one(void **state)
{
	struct place *place = *state;
	struct rlimit before;
	assert_int_equal(run(place->writer, FILL(20)), SQLITE_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit small = before;
	small.rlim_cur = (rlim_t)log_bytes(place) + 10000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_not_equal(run(place->writer, "BEGIN; " FILL(200) "; COMMIT"), SQLITE_OK);
	if (!sqlite3_get_autocommit(place->writer))
		assert_int_equal(run(place->writer, "ROLLBACK"), SQLITE_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 20);
	assert_int_equal(number(place->writer, "SELECT count(*) FROM t"), 20);
	assert_int_equal(run(place->writer, FILL(200)), SQLITE_OK);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM t"), 220);
	assert_int_equal(number(place->reader, "SELECT count(*) FROM pragma_integrity_check"
	                                       " WHERE integrity_check = 'ok'"),
	        1);
}

#define WAL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WAL_TEST(test_a_commit_is_seen_by_others_and_what_is_open_is_not),
		WAL_TEST(test_a_commit_without_a_sync),
		WAL_TEST(test_a_transaction_larger_than_all_memory),
		WAL_TEST(test_nothing_of_a_commit_stays_behind),
		WAL_TEST(test_a_full_disk_fails_the_commit_and_no_later_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
