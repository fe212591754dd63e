/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A writer is killed at random moments. What it had acknowledged is there, no change is half there,
 * the database is sound, the audit chain is whole, the serial has not gone back.
 *
 * Usage: test_crash [ROUNDS [SEED]]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "audit/chain.h"
#include "audit/row.h"
#include "dns/serial.h"
#include "store/checkpoint.h"
#include "store/fixture.h"

#define HOSTS 40

static unsigned rounds = 20;
static unsigned seed = 1;

/* ---- the writer that will be killed ---- */

/* Each change puts the same number at two names: half of it would show. */
static bool apply_number(struct fixture *fixture, uint32_t number)
{
	char text[256];
	struct outcome outcome;
	struct audit_row row;
	snprintf(text, sizeof(text), "put a%u.example.com TXT %u ; put b%u.example.com TXT %u",
	        number % HOSTS, number, number % HOSTS, number);
	struct change *change = fixture_change(fixture, text);
	for (size_t i = 0; i < change->op_count; i++)
		change->ops[i].zone = fixture_name("example.com");
	if (writer_apply(fixture->writer, fixture->arena, change, fixture->now_ms, &outcome) !=
	        ERR_OK)
		return false;
	const struct audit_head head = writer_audit_head(fixture->writer);
	const struct audit_attempt attempt = { change, &outcome, fixture->now_ms };
	return audit_make_row(fixture->arena, &head, &attempt, &row) == ERR_OK &&
	       writer_put_audit(fixture->writer, &row) == ERR_OK;
}

/* Batches of one to twelve; after each commit the last number goes down the pipe. Never returns. */
static void write_until_killed(struct fixture *fixture, uint32_t number, int pipe_fd)
{
	if (writer_open(&fixture->settings, &fixture->writer) != ERR_OK)
		_exit(2);
	fixture->reader = reader_open(&fixture->settings);
	for (;;) {
		arena_reset(fixture->arena);
		if (writer_begin_batch(fixture->writer) != ERR_OK)
			_exit(3);
		unsigned size = 1 + (unsigned)random() % 12;
		for (unsigned i = 0; i < size; i++) {
			if (!apply_number(fixture, number++))
				_exit(4);
		}
		if (writer_commit_batch(fixture->writer) != ERR_OK)
			_exit(5);
		uint32_t acknowledged = number - 1;
		if (write(pipe_fd, &acknowledged, sizeof(acknowledged)) !=
		        (ssize_t)sizeof(acknowledged))
			_exit(6);
		(void)writer_checkpoint(fixture->writer, 0);
	}
}

/* Copies the log all the time. Never returns. */
static void copy_until_killed(const struct fixture *fixture)
{
	struct checkpointer *checkpointer = checkpointer_open(&fixture->settings);
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint32_t frames;
	for (;;) {
		if (checkpointer == NULL ||
		        checkpointer_copy(checkpointer, &frames) == ERR_INTERNAL)
			_exit(7);
		nanosleep(&pause, NULL);
	}
}

static void kill_child(pid_t child)
{
	int status;
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Kills the writer, and who copies its log, after a while: in every other round not before the
 * first acknowledgement, however slow the machine is. The last number that was acknowledged, or
 * first - 1.
 */
static uint32_t run_and_kill(struct fixture *fixture, uint32_t first)
{
	int pipe_fds[2];
	unsigned child_seed = (unsigned)random();
	unsigned lifetime_us = 2000 + (unsigned)random() % 60000;
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_fds[0]);
		srandom(child_seed);
		write_until_killed(fixture, first, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	pid_t copier = fork();
	assert_true(copier >= 0);
	if (copier == 0)
		copy_until_killed(fixture);
	struct pollfd first_word = { .fd = pipe_fds[0], .events = POLLIN };
	if (child_seed % 2 == 0)
		assert_true(poll(&first_word, 1, 30000) > 0);
	const struct timespec pause = { .tv_nsec = (long)lifetime_us * 1000 };
	nanosleep(&pause, NULL);
	kill_child(child);
	kill_child(copier);
	uint32_t acknowledged = first - 1;
	uint32_t number;
	while (read(pipe_fds[0], &number, sizeof(number)) == (ssize_t)sizeof(number))
		acknowledged = number;
	close(pipe_fds[0]);
	return acknowledged;
}

/* ---- what is left ---- */

static void check_integrity(struct fixture *fixture)
{
	sqlite3 *handle;
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
	int on = 1;
	sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &statement, NULL),
	        SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	assert_int_equal(
	        sqlite3_prepare_v2(handle, "PRAGMA foreign_key_check", -1, &statement, NULL),
	        SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
}

struct chain_check {
	struct audit_check check;
	struct arena *arena;
};

static bool check_row(void *context, const struct audit_row *row)
{
	struct chain_check *chain = context;
	return audit_check_row(&chain->check, chain->arena, row);
}

/* The number of audit rows. */
static uint64_t check_chain(struct fixture *fixture)
{
	struct chain_check chain = { .arena = fixture->arena };
	struct audit_head head;
	audit_check_init(&chain.check, NULL);
	assert_int_equal(reader_begin(fixture->reader), ERR_OK);
	assert_int_equal(reader_audit_head(fixture->reader, &head), ERR_OK);
	assert_int_equal(reader_list_audit(fixture->reader, 0, check_row, &chain), ERR_OK);
	reader_end(fixture->reader);
	if (!audit_check_end(&chain.check, &head))
		fail_msg("row %llu: %s", (unsigned long long)chain.check.bad_seq,
		        chain.check.reason);
	return head.seq;
}

static uint32_t number_at(struct fixture *fixture, char letter, unsigned host)
{
	char name[64];
	snprintf(name, sizeof(name), "%c%u.example.com", letter, host);
	/* "300 NUMBER", or nothing */
	const char *space = strchr(fixture_rrset(fixture, name, "TXT"), ' ');
	return space != NULL ? (uint32_t)strtoul(space + 1, NULL, 10) : 0;
}

/* Numbers first … acknowledged were acknowledged. The greatest number that is there. */
static uint32_t check_numbers(struct fixture *fixture, uint32_t first, uint32_t acknowledged)
{
	uint32_t greatest = 0;
	for (unsigned host = 0; host < HOSTS; host++) {
		uint32_t number = number_at(fixture, 'a', host);
		assert_int_equal(number_at(fixture, 'b', host), number);
		if (number > greatest)
			greatest = number;
		/* the last acknowledged number that went to this host */
		uint32_t since = (acknowledged + HOSTS - host) % HOSTS;
		if (acknowledged >= first + since)
			assert_true(number >= acknowledged - since);
	}
	return greatest;
}

static void test_nothing_acknowledged_is_lost(void **state)
{
	struct fixture *fixture = *state;
	uint32_t next = 1;
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	uint64_t rows = 0;
	unsigned acknowledged_rounds = 0;
	for (unsigned round = 0; round < rounds; round++) {
		/* SQLite's handles must not go through a fork. */
		reader_close(fixture->reader);
		writer_close(fixture->writer);
		fixture->writer = NULL;
		fixture->reader = NULL;
		uint32_t acknowledged = run_and_kill(fixture, next);
		acknowledged_rounds += acknowledged >= next;
		fixture->reader = reader_open(&fixture->settings);
		assert_int_equal(writer_open(&fixture->settings, &fixture->writer), ERR_OK);
		arena_reset(fixture->arena);
		uint32_t greatest = check_numbers(fixture, next, acknowledged);
		assert_true(greatest + 1 >= next);
		uint32_t serial_now = fixture_zone(fixture, "example.com").serial;
		assert_int_equal(serial_now - serial, greatest + 1 - next);
		uint64_t rows_now = check_chain(fixture);
		assert_int_equal(rows_now - rows, greatest + 1 - next);
		check_integrity(fixture);
		serial = serial_now;
		rows = rows_now;
		next = greatest + 1;
	}
	print_message("%u changes in %u rounds, %u of them with acknowledged ones\n", next - 1,
	        rounds, acknowledged_rounds);
	assert_true(acknowledged_rounds > rounds / 4);
}

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

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	srandom(seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        test_nothing_acknowledged_is_lost, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
