/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "store/checkpoint.h"
#include "store/fixture.h"

#define FRAME_BYTES 4120

static int open_store(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	fixture_open(fixture);
	struct outcome outcome;
	assert_int_equal(fixture_apply(fixture, "zone example.com", &outcome), ERR_OK);
	*state = fixture;
	return 0;
}

static int close_store(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static int64_t log_frames(const struct fixture *fixture)
{
	char path[128];
	struct stat status;
	snprintf(path, sizeof(path), "%s-wal", fixture->path);
	assert_int_equal(stat(path, &status), 0);
	return status.st_size / FRAME_BYTES;
}

static void test_copies_beside_an_open_batch(void **state)
{
	struct fixture *fixture = *state;
	struct checkpointer *checkpointer = checkpointer_open(&fixture->settings);
	struct outcome outcome;
	uint32_t frames = 0;
	fixture_put_batch(fixture, 1);
	int64_t committed = log_frames(fixture);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena,
	                fixture_change(fixture, "put www.example.com A 192.0.2.1"), 0, &outcome),
	        ERR_OK);
	assert_int_equal(checkpointer_copy(checkpointer, &frames), ERR_OK);
	assert_int_equal(frames, committed);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "www.example.com", "A"), "300 192.0.2.1");
	checkpointer_close(checkpointer);
	/* The log is still there, and so is what was written after. */
	fixture_reopen_writer(fixture);
	assert_string_equal(fixture_rrset(fixture, "www.example.com", "A"), "300 192.0.2.1");
}

/* Somebody copies whenever the writer asks for it: the log starts anew when it is long. */
static void test_a_log_that_is_copied_starts_anew(void **state)
{
	struct fixture *fixture = *state;
	struct checkpointer *checkpointer = checkpointer_open(&fixture->settings);
	uint32_t copied = 0;
	unsigned asked = 0;
	for (unsigned i = 0; i < 300; i++) {
		fixture_put_batch(fixture, i);
		if (!writer_checkpoint(fixture->writer, copied))
			continue;
		asked++;
		assert_int_equal(checkpointer_copy(checkpointer, &copied), ERR_OK);
	}
	assert_in_range(asked, 5, 60);
	assert_in_range(log_frames(fixture), 1, 5000);
	checkpointer_close(checkpointer);
}

/* What was copied of a log that ended since says nothing of this one. */
static void test_an_old_answer_does_not_count(void **state)
{
	struct fixture *fixture = *state;
	unsigned rounds = 0;
	while (!writer_checkpoint(fixture->writer, UINT32_MAX)) {
		fixture_put_batch(fixture, rounds);
		assert_in_range(++rounds, 1, 100);
	}
	assert_in_range(log_frames(fixture), 1000, 1200);
}

/* A reader that stays holds the end of the log up, not the writer. */
static void test_a_reader_in_the_way(void **state)
{
	struct fixture *fixture = *state;
	struct checkpointer *checkpointer = checkpointer_open(&fixture->settings);
	uint32_t copied = 0;
	assert_int_equal(reader_begin(fixture->reader), ERR_OK);
	for (unsigned i = 0; i < 150; i++) {
		fixture_put_batch(fixture, i);
		if (writer_checkpoint(fixture->writer, copied))
			assert_int_equal(checkpointer_copy(checkpointer, &copied), ERR_OK);
	}
	int64_t held = log_frames(fixture);
	reader_end(fixture->reader);
	for (unsigned i = 0; i < 300; i++) {
		fixture_put_batch(fixture, i);
		if (writer_checkpoint(fixture->writer, copied))
			assert_int_equal(checkpointer_copy(checkpointer, &copied), ERR_OK);
	}
	assert_in_range(log_frames(fixture), held, held + 2000);
	checkpointer_close(checkpointer);
}

static void test_no_store(void **state)
{
	(void)state;
	const struct store_settings settings = { .path = "/tmp/coregate-no-such-folder/store.db" };
	struct checkpointer *checkpointer = checkpointer_open(&settings);
	uint32_t frames = 7;
	assert_int_equal(checkpointer_copy(checkpointer, &frames), ERR_UNAVAILABLE);
	assert_int_equal(frames, 7);
	checkpointer_close(checkpointer);
	checkpointer_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_copies_beside_an_open_batch),
		TEST(test_a_log_that_is_copied_starts_anew),
		TEST(test_an_old_answer_does_not_count),
		TEST(test_a_reader_in_the_way),
		cmocka_unit_test(test_no_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
