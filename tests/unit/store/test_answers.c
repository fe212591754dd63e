/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

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

#define DAY_MS ((int64_t)86400000)

struct request {
	const char *subject;
	const char *key;
	uint8_t body; /* stands for the fingerprint */
	int64_t now_ms;
};

static struct change *keyed(
        struct fixture *fixture, const char *text, const struct request *request)
{
	struct change *change = fixture_change(fixture, text);
	change->actor.subject = request->subject;
	change->idempotency.key = request->key;
	memset(change->idempotency.fingerprint, request->body, DIGEST_BYTES);
	return change;
}

static struct outcome apply(
        struct fixture *fixture, const char *text, const struct request *request)
{
	struct outcome outcome;
	arena_reset(fixture->arena);
	const struct change *change = keyed(fixture, text, request);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	enum err err =
	        writer_apply(fixture->writer, fixture->arena, change, request->now_ms, &outcome);
	assert_int_equal(err, outcome.err);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	return outcome;
}

static const char add_a[] = "add a.example.com A 192.0.2.1";

static void test_a_repeat_has_one_effect(void **state)
{
	struct fixture *fixture = *state;
	struct request request = { "bob", "k", 1, 1000 };
	const struct outcome first = apply(fixture, add_a, &request);
	const uint64_t change_id = first.change_id;
	assert_int_equal(first.err, ERR_OK);
	assert_true(first.first_ms == 0);
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	for (int i = 0; i < 2; i++) {
		request.now_ms = 2000;
		const struct outcome again = apply(fixture, add_a, &request);
		assert_int_equal(again.err, ERR_OK);
		assert_true(again.first_ms == 1000);
		assert_true(again.change_id == change_id);
		assert_int_equal(again.effect_count, 1);
		assert_int_equal(again.effects[0].action, EFFECT_CREATE);
		assert_int_equal(again.zone_count, 1);
		assert_int_equal(again.zones[0].serial, serial);
		fixture_reopen_writer(fixture);
	}
	assert_int_equal(fixture_zone(fixture, "example.com").serial, serial);
}

/* In one batch the second finds the row of the first. */
static void test_two_at_once(void **state)
{
	struct fixture *fixture = *state;
	const struct request request = { "bob", "k", 1, 1000 };
	struct outcome first;
	struct outcome second;
	arena_reset(fixture->arena);
	const struct change *change = keyed(fixture, add_a, &request);
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, 1000, &first), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, 1000, &second), ERR_OK);
	assert_true(second.first_ms == 1000);
	assert_true(second.change_id == first.change_id);
	writer_rollback_batch(fixture->writer);
	/* Nothing of it is left, so that the next one is the first. */
	assert_true(apply(fixture, add_a, &request).first_ms == 0);
}

static void test_whose_key_it_is(void **state)
{
	struct fixture *fixture = *state;
	const struct request bob = { "bob", "k", 1, 1000 };
	const struct request eve = { "eve", "k", 1, 1000 };
	const struct request other = { "bob", "K", 1, 1000 };
	const struct request none = { "bob", "", 1, 1000 };
	assert_int_equal(apply(fixture, add_a, &bob).err, ERR_OK);
	assert_int_equal(apply(fixture, add_a, &eve).err, ERR_EXISTS);
	assert_int_equal(apply(fixture, add_a, &other).err, ERR_EXISTS);
	assert_int_equal(apply(fixture, add_a, &none).err, ERR_EXISTS);
	assert_true(apply(fixture, add_a, &none).first_ms == 0);
}

static void test_another_request_of_the_same_key(void **state)
{
	struct fixture *fixture = *state;
	const struct request first = { "bob", "k", 1, 1000 };
	const struct request other = { "bob", "k", 2, 1000 };
	assert_int_equal(apply(fixture, add_a, &first).err, ERR_OK);
	assert_int_equal(apply(fixture, "add b.example.com A 192.0.2.1", &other).err,
	        ERR_IDEMPOTENCY_MISMATCH);
	assert_string_equal(fixture_rrset(fixture, "b.example.com", "A"), "");
	assert_true(apply(fixture, add_a, &first).first_ms == 1000);
}

/* What was refused stays refused, though it would go well by now. */
static void test_refusals_are_kept(void **state)
{
	struct fixture *fixture = *state;
	const struct request request = { "bob", "k", 1, 1000 };
	assert_int_equal(fixture_apply(fixture, add_a, NULL), ERR_OK);
	struct outcome first = apply(fixture, add_a, &request);
	assert_int_equal(first.err, ERR_EXISTS);
	char detail[256];
	snprintf(detail, sizeof(detail), "%s", first.detail);
	assert_int_equal(fixture_apply(fixture, "drop a.example.com A", NULL), ERR_OK);
	const struct outcome again = apply(fixture, add_a, &request);
	assert_int_equal(again.err, ERR_EXISTS);
	assert_string_equal(again.detail, detail);
	assert_true(again.first_ms == 1000);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
}

/* 503: a zone was made meanwhile. That passes. */
static void test_what_may_pass_is_not_kept(void **state)
{
	struct fixture *fixture = *state;
	const struct request request = { "bob", "k", 1, 1000 };
	assert_int_equal(apply(fixture, "add a.example.com A in=com 192.0.2.1", &request).err,
	        ERR_UNAVAILABLE);
	assert_int_equal(apply(fixture, add_a, &request).err, ERR_OK);
}

static void test_a_day_later(void **state)
{
	struct fixture *fixture = *state;
	struct request request = { "bob", "k", 1, 1000 };
	bool has_more;
	assert_int_equal(apply(fixture, add_a, &request).err, ERR_OK);
	request.now_ms = 999 + DAY_MS;
	assert_true(apply(fixture, add_a, &request).first_ms == 1000);
	request.now_ms = 1000 + DAY_MS;
	assert_int_equal(apply(fixture, add_a, &request).err, ERR_EXISTS);
	/* Its place was taken by the new answer, which lasts a day from then. */
	assert_int_equal(writer_prune(fixture->writer, 999 + 2 * DAY_MS, &has_more), ERR_OK);
	assert_true(apply(fixture, add_a, &request).first_ms == 1000 + DAY_MS);
	assert_int_equal(writer_prune(fixture->writer, 1000 + 2 * DAY_MS, &has_more), ERR_OK);
	assert_false(has_more);
	request.now_ms = 1001 + DAY_MS;
	assert_true(apply(fixture, add_a, &request).first_ms == 0);
}

static void test_pruning_is_done_in_pieces(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	char key[16];
	bool has_more;
	const struct request request = { "bob", key, 1, 1000 };
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	for (unsigned i = 0; i <= PRUNE_ROWS_MAX; i++) {
		arena_reset(fixture->arena);
		snprintf(key, sizeof(key), "k%u", i);
		const struct change *change =
		        keyed(fixture, "put a.example.com A 192.0.2.1", &request);
		assert_int_equal(
		        writer_apply(fixture->writer, fixture->arena, change, 1000, &outcome),
		        ERR_OK);
	}
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_int_equal(writer_prune(fixture->writer, 1000 + DAY_MS, &has_more), ERR_OK);
	assert_true(has_more);
	assert_int_equal(writer_prune(fixture->writer, 1000 + DAY_MS, &has_more), ERR_OK);
	assert_false(has_more);
}

static void test_readers_find_it(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct idempotency idempotency = { .key = "k" };
	const struct asker asker = { "bob", &idempotency, 2000 };
	memset(idempotency.fingerprint, 1, DIGEST_BYTES);
	const struct request request = { "bob", "k", 1, 1000 };
	assert_int_equal(reader_find_answer(fixture->reader, fixture->arena, &asker, &outcome),
	        ERR_NOT_FOUND);
	assert_int_equal(apply(fixture, add_a, &request).err, ERR_OK);
	assert_int_equal(
	        reader_find_answer(fixture->reader, fixture->arena, &asker, &outcome), ERR_OK);
	assert_true(outcome.first_ms == 1000);
	assert_int_equal(outcome.effect_count, 1);
	idempotency.fingerprint[31] = 0;
	assert_int_equal(reader_find_answer(fixture->reader, fixture->arena, &asker, &outcome),
	        ERR_IDEMPOTENCY_MISMATCH);
}

/* As after an update that changed the form of outcomes: it is not done a second time. */
static void test_an_answer_that_cannot_be_read(void **state)
{
	struct fixture *fixture = *state;
	const struct request request = { "bob", "k", 1, 1000 };
	sqlite3 *handle;
	assert_int_equal(apply(fixture, add_a, &request).err, ERR_OK);
	assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
	assert_int_equal(
	        sqlite3_exec(handle, "UPDATE answers SET outcome = x'ff'", NULL, NULL, NULL),
	        SQLITE_OK);
	sqlite3_close(handle);
	const struct outcome outcome = apply(fixture, add_a, &request);
	assert_int_equal(outcome.err, ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "as change"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_a_repeat_has_one_effect),
		TEST(test_two_at_once),
		TEST(test_whose_key_it_is),
		TEST(test_another_request_of_the_same_key),
		TEST(test_refusals_are_kept),
		TEST(test_what_may_pass_is_not_kept),
		TEST(test_a_day_later),
		TEST(test_pruning_is_done_in_pieces),
		TEST(test_readers_find_it),
		TEST(test_an_answer_that_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
