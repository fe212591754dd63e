/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"

static struct fixture fixture;

static int open_store(void **state)
{
	(void)state;
	fixture_open(&fixture);
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

/* The parent that hands a token down. */
struct parent {
	const char *subject;
	const char *token_id;
	const char *key_id;
	int64_t issued_ms;
};

static enum err issue(const struct parent *parent, const char *token_id, const char *parents)
{
	struct op op = { .kind = OP_TOKEN_ISSUE,
		.issued = { .token_id = token_id,
		        .subject = "child",
		        .key_id = "k4.pid.online",
		        .parents = parents,
		        .claims = "{}",
		        .parent_issued_ms = parent->issued_ms,
		        .expires_ms = 5000 },
		.bound_count = 1,
		.bounds = { { .actions = EFFECT_CREATE } } };
	struct change change = { .actor = { parent->subject, parent->token_id, parent->key_id, "" },
		.request_id = "r",
		.request = "POST /tokens",
		.comment = "",
		.op_count = 1,
		.ops = &op };
	struct outcome outcome;
	assert_int_equal(writer_begin_batch(fixture.writer), ERR_OK);
	enum err err = writer_apply(fixture.writer, fixture.arena, &change, 100, &outcome);
	assert_int_equal(err == ERR_OK, outcome.change_id != 0);
	assert_int_equal(writer_commit_batch(fixture.writer), ERR_OK);
	return err;
}

static bool is_revoked(const char *token_id)
{
	bool revoked;
	assert_int_equal(
	        reader_is_revoked(fixture.reader, REVOCATION_TOKEN, token_id, 0, &revoked), ERR_OK);
	return revoked;
}

static const struct parent alice = { "alice", "p1", "k4.pid.a", 1000 };
static const struct parent older = { "alice", "p0", "k4.pid.b", 500 };
static const struct parent bob = { "bob", "p2", "k4.pid.a", 1000 };

static void test_what_is_kept_of_a_child(void **state)
{
	bool more;
	const char *parents;
	int64_t expires_ms;
	(void)state;
	assert_int_equal(issue(&alice, "c1", "p0 p1 "), ERR_OK);
	assert_int_equal(issue(&alice, "c1", "p1 "), ERR_EXISTS);
	assert_int_equal(
	        reader_find_issued(fixture.reader, fixture.arena, "c1", &parents, &expires_ms),
	        ERR_OK);
	assert_string_equal(parents, "p0 p1 ");
	assert_int_equal(expires_ms, 5000);
	assert_int_equal(
	        reader_find_issued(fixture.reader, fixture.arena, "c2", &parents, &expires_ms),
	        ERR_NOT_FOUND);
	assert_int_equal(writer_prune(fixture.writer, 5000, &more), ERR_OK);
	assert_int_equal(
	        reader_find_issued(fixture.reader, fixture.arena, "c1", &parents, &expires_ms),
	        ERR_OK);
	assert_int_equal(writer_prune(fixture.writer, 5001, &more), ERR_OK);
	assert_int_equal(
	        reader_find_issued(fixture.reader, fixture.arena, "c1", &parents, &expires_ms),
	        ERR_NOT_FOUND);
}

static void test_children_go_with_their_parents_subject(void **state)
{
	struct outcome outcome;
	(void)state;
	assert_int_equal(issue(&alice, "of-alice", "p1 "), ERR_OK);
	assert_int_equal(issue(&older, "of-older", "p0 "), ERR_OK);
	assert_int_equal(issue(&bob, "of-bob", "p2 "), ERR_OK);
	/* What counts is when the parent was issued. */
	assert_int_equal(
	        fixture_apply(&fixture, "revoke subject alice before=1000", &outcome), ERR_OK);
	assert_true(is_revoked("of-older"));
	assert_false(is_revoked("of-alice"));
	assert_int_equal(
	        fixture_apply(&fixture, "revoke subject alice before=1001", &outcome), ERR_OK);
	assert_true(is_revoked("of-alice"));
	assert_false(is_revoked("of-bob"));
}

static void test_children_go_with_their_parents_key(void **state)
{
	struct outcome outcome;
	(void)state;
	assert_int_equal(issue(&alice, "of-alice", "p1 "), ERR_OK);
	assert_int_equal(issue(&older, "of-older", "p0 "), ERR_OK);
	assert_int_equal(issue(&bob, "of-bob", "p2 "), ERR_OK);
	assert_int_equal(
	        fixture_apply(&fixture, "revoke key k4.pid.a before=9999", &outcome), ERR_OK);
	assert_true(is_revoked("of-alice"));
	assert_true(is_revoked("of-bob"));
	assert_false(is_revoked("of-older"));
}

/* Its parent was good when the request was looked at, and is not when it is applied. */
static void test_a_revoked_parent_has_no_more_children(void **state)
{
	struct outcome outcome;
	(void)state;
	assert_int_equal(fixture_apply(&fixture, "revoke token p2", &outcome), ERR_OK);
	assert_int_equal(issue(&bob, "c", "p2 "), ERR_REVOKED_TOKEN);
	assert_int_equal(
	        fixture_apply(&fixture, "revoke subject alice before=1000", &outcome), ERR_OK);
	assert_int_equal(issue(&older, "c", "p0 "), ERR_REVOKED_TOKEN);
	assert_int_equal(issue(&alice, "c", "p1 "), ERR_OK);
	assert_int_equal(
	        fixture_apply(&fixture, "revoke key k4.pid.a before=1001", &outcome), ERR_OK);
	assert_int_equal(issue(&alice, "d", "p1 "), ERR_REVOKED_TOKEN);
}

static void test_issuing_needs_a_bound(void **state)
{
	struct op op = { .kind = OP_TOKEN_ISSUE, .issued = { "c", "s", "k", "", "{}", 0, 1 } };
	struct change change = { .actor = { "s", "t", "k", "" },
		.request_id = "",
		.request = "",
		.comment = "",
		.op_count = 1,
		.ops = &op };
	struct outcome outcome;
	(void)state;
	assert_int_equal(writer_begin_batch(fixture.writer), ERR_OK);
	assert_int_equal(writer_apply(fixture.writer, fixture.arena, &change, 0, &outcome),
	        ERR_NOT_PERMITTED);
	writer_rollback_batch(fixture.writer);
}

/* ---- pages ---- */

struct seen {
	unsigned count;
	unsigned stop_at;
	struct revocation_mark last;
	char value[64];
};

static bool see(void *context, const struct revocation *revocation, int64_t at_ms)
{
	struct seen *seen = context;
	seen->count++;
	strncpy(seen->value, revocation->value, sizeof(seen->value) - 1);
	seen->last = (struct revocation_mark){ at_ms, revocation->kind, seen->value };
	return seen->count < seen->stop_at;
}

static void test_revocations_go_on_where_a_page_ended(void **state)
{
	struct outcome outcome;
	struct seen seen = { .stop_at = 2 };
	(void)state;
	assert_int_equal(fixture_run(&fixture,
	                         "revoke token a ; revoke token b ; revoke subject a before=1 ; "
	                         "revoke key k before=1",
	                         &outcome),
	        ERR_OK);
	assert_int_equal(reader_list_revocations_after(fixture.reader, NULL, see, &seen), ERR_OK);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.value, "b");
	struct seen rest = { .stop_at = 99 };
	assert_int_equal(
	        reader_list_revocations_after(fixture.reader, &seen.last, see, &rest), ERR_OK);
	assert_int_equal(rest.count, 2);
	assert_string_equal(rest.value, "k");
	struct seen none = { .stop_at = 99 };
	assert_int_equal(
	        reader_list_revocations_after(fixture.reader, &rest.last, see, &none), ERR_OK);
	assert_int_equal(none.count, 0);
}

static void put_row(uint64_t seq, int64_t at_ms, const char *subject)
{
	const struct audit_row row = { .seq = seq,
		.at_ms = at_ms,
		.actor = { subject, "", "", "" },
		.request_id = "",
		.request = "",
		.outcome = "ok",
		.status = 200,
		.body = "{}" };
	assert_int_equal(writer_begin_batch(fixture.writer), ERR_OK);
	assert_int_equal(writer_put_audit(fixture.writer, &row), ERR_OK);
	assert_int_equal(writer_commit_batch(fixture.writer), ERR_OK);
}

static bool sum(void *context, const struct audit_row *row)
{
	*(uint64_t *)context = 10 * *(uint64_t *)context + row->seq;
	return true;
}

static void test_rows_of_a_subject_and_from_a_time_on(void **state)
{
	uint64_t numbers = 0;
	uint64_t first = 99;
	(void)state;
	/* The clock went back after the third row. */
	put_row(1, 100, "a");
	put_row(2, 200, "b");
	put_row(3, 300, "a");
	put_row(4, 150, "a");
	put_row(5, 400, "b");
	assert_int_equal(reader_list_audit_of(fixture.reader, "a", 1, sum, &numbers), ERR_OK);
	assert_int_equal(numbers, 34);
	assert_int_equal(reader_find_audit_since(fixture.reader, 150, &first), ERR_OK);
	assert_int_equal(first, 2);
	assert_int_equal(reader_find_audit_since(fixture.reader, 301, &first), ERR_OK);
	assert_int_equal(first, 5);
	assert_int_equal(reader_find_audit_since(fixture.reader, 401, &first), ERR_OK);
	assert_int_equal(first, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_kept_of_a_child),
		TEST(test_children_go_with_their_parents_subject),
		TEST(test_children_go_with_their_parents_key),
		TEST(test_a_revoked_parent_has_no_more_children),
		TEST(test_issuing_needs_a_bound),
		TEST(test_revocations_go_on_where_a_page_ended),
		TEST(test_rows_of_a_subject_and_from_a_time_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
