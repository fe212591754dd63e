/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a chain of audit rows shows: edits, gaps, order, a missing tail, a chain made anew.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "audit/chain.h"
#include "core/secret.h"

#define ROWS 6

struct chain {
	struct audit_row rows[ROWS];
	struct audit_head head;
	struct arena *arena;
};

static void seal(struct chain *chain, size_t from)
{
	struct audit_head head = { 0 };
	if (from > 0) {
		head.seq = chain->rows[from - 1].seq;
		memcpy(head.hash, chain->rows[from - 1].hash, DIGEST_BYTES);
	}
	for (size_t i = from; i < ROWS; i++) {
		assert_int_equal(
		        audit_hash(chain->arena, head.hash, &chain->rows[i], chain->rows[i].hash),
		        ERR_OK);
		head.seq = chain->rows[i].seq;
		memcpy(head.hash, chain->rows[i].hash, DIGEST_BYTES);
	}
	chain->head = head;
}

static int make_chain(void **state)
{
	static struct chain chain;
	assert_true(secret_init());
	memset(&chain, 0, sizeof(chain));
	chain.arena = arena_open(1 << 20);
	for (size_t i = 0; i < ROWS; i++)
		chain.rows[i] = (struct audit_row){
			.seq = i + 1,
			.at_ms = 1000 + (int64_t)i,
			.actor = { "subject", "jti", "kid", "192.0.2.1" },
			.request_id = "id",
			.request = "PUT /x",
			.outcome = "ok",
			.status = 200,
			.change_id = i,
			.body = "{}",
		};
	seal(&chain, 0);
	*state = &chain;
	return 0;
}

static int drop_chain(void **state)
{
	arena_close(((struct chain *)*state)->arena);
	return 0;
}

/* The rows from first to last; *ret_bad is the bad row, 0 when all is good. */
static bool check_span(struct chain *chain, const struct audit_head *noted, size_t first,
        size_t last, uint64_t *ret_bad)
{
	struct audit_check check;
	audit_check_init(&check, noted);
	bool is_good = true;
	for (size_t i = first; i <= last && is_good; i++)
		is_good = audit_check_row(&check, chain->arena, &chain->rows[i]);
	is_good = audit_check_end(&check, &chain->head);
	assert_true(is_good == (check.reason == NULL));
	*ret_bad = check.bad_seq;
	return is_good;
}

static void expect_bad(struct chain *chain, uint64_t seq)
{
	uint64_t bad;
	assert_false(check_span(chain, NULL, 0, ROWS - 1, &bad));
	assert_int_equal(bad, seq);
}

static void test_a_whole_chain(void **state)
{
	struct chain *chain = *state;
	uint64_t bad;
	assert_true(check_span(chain, NULL, 0, ROWS - 1, &bad));
	struct audit_check check;
	const struct audit_head nothing = { 0 };
	audit_check_init(&check, NULL);
	assert_true(audit_check_end(&check, &nothing));
}

/* Each member counts. */
static void test_every_edit_shows(void **state)
{
	struct chain *chain = *state;
	const struct audit_row good = chain->rows[2];
#define EDIT(member, value)                                                                        \
	do {                                                                                       \
		chain->rows[2].member = value;                                                     \
		expect_bad(chain, 3);                                                              \
		chain->rows[2] = good;                                                             \
	} while (0)
	EDIT(at_ms, 7);
	EDIT(actor.subject, "other");
	EDIT(actor.token_id, "other");
	EDIT(actor.key_id, "other");
	EDIT(actor.address, "other");
	EDIT(request_id, "other");
	EDIT(request, "other");
	EDIT(outcome, "other");
	EDIT(status, 404);
	EDIT(change_id, 99);
	EDIT(body, "{ }");
	EDIT(hash[0], chain->rows[2].hash[0] ^ 1);
}

/* Text that moves from one member to its neighbour makes other bytes. */
static void test_members_have_borders(void **state)
{
	struct chain *chain = *state;
	chain->rows[2].actor.subject = "subjectj";
	chain->rows[2].actor.token_id = "ti";
	expect_bad(chain, 3);
}

static void test_a_missing_row_shows(void **state)
{
	struct chain *chain = *state;
	memmove(&chain->rows[2], &chain->rows[3], 3 * sizeof(chain->rows[0]));
	uint64_t bad;
	assert_false(check_span(chain, NULL, 0, ROWS - 2, &bad));
	assert_int_equal(bad, 3);
	/* also when the numbers are made to fit */
	for (size_t i = 2; i < ROWS - 1; i++)
		chain->rows[i].seq = i + 1;
	chain->head.seq--;
	assert_false(check_span(chain, NULL, 0, ROWS - 2, &bad));
	assert_int_equal(bad, 3);
}

static void test_another_order_shows(void **state)
{
	struct chain *chain = *state;
	struct audit_row row = chain->rows[1];
	chain->rows[1] = chain->rows[3];
	chain->rows[3] = row;
	expect_bad(chain, 2);
	chain->rows[1].seq = 2;
	chain->rows[3].seq = 4;
	expect_bad(chain, 2);
}

static void test_missing_ends_show(void **state)
{
	struct chain *chain = *state;
	uint64_t bad;
	assert_false(check_span(chain, NULL, 0, ROWS - 2, &bad));
	assert_int_equal(bad, ROWS);
	assert_false(check_span(chain, NULL, 1, ROWS - 1, &bad));
	assert_int_equal(bad, 1);
	/* rows behind the head */
	chain->head.seq = ROWS - 1;
	memcpy(chain->head.hash, chain->rows[ROWS - 2].hash, DIGEST_BYTES);
	assert_false(check_span(chain, NULL, 0, ROWS - 1, &bad));
	assert_int_equal(bad, ROWS);
	assert_true(check_span(chain, NULL, 0, ROWS - 2, &bad));
}

/* Somebody edits a row and makes all later hashes and the head anew: a noted head shows it. */
static void test_a_chain_made_anew(void **state)
{
	struct chain *chain = *state;
	struct audit_head early = { .seq = 2 };
	memcpy(early.hash, chain->rows[1].hash, DIGEST_BYTES);
	const struct audit_head late = chain->head;
	uint64_t bad;
	assert_true(check_span(chain, &early, 0, ROWS - 1, &bad));
	assert_true(check_span(chain, &late, 0, ROWS - 1, &bad));
	chain->rows[2].outcome = "not-permitted";
	seal(chain, 2);
	assert_true(check_span(chain, NULL, 0, ROWS - 1, &bad));
	assert_true(check_span(chain, &early, 0, ROWS - 1, &bad));
	assert_false(check_span(chain, &late, 0, ROWS - 1, &bad));
	assert_int_equal(bad, ROWS);
	/* the tail was cut and the head with it */
	chain->head.seq = 3;
	memcpy(chain->head.hash, chain->rows[2].hash, DIGEST_BYTES);
	assert_true(check_span(chain, NULL, 0, 2, &bad));
	assert_false(check_span(chain, &late, 0, 2, &bad));
	assert_int_equal(bad, 4);
}

static void test_heads_as_text(void **state)
{
	struct chain *chain = *state;
	char text[AUDIT_HEAD_TEXT_BYTES];
	struct audit_head head;
	audit_render_head(&chain->head, text);
	assert_int_equal(strlen(text), 2 + 64);
	assert_int_equal(audit_parse_head(text, &head), ERR_OK);
	assert_int_equal(head.seq, ROWS);
	assert_memory_equal(head.hash, chain->head.hash, DIGEST_BYTES);
	assert_int_equal(audit_parse_head("", &head), ERR_BAD_REQUEST);
	assert_int_equal(audit_parse_head("6", &head), ERR_BAD_REQUEST);
	assert_int_equal(audit_parse_head("6:", &head), ERR_BAD_REQUEST);
	assert_int_equal(audit_parse_head("6:00", &head), ERR_BAD_REQUEST);
	text[0] = '-';
	assert_int_equal(audit_parse_head(text, &head), ERR_BAD_REQUEST);
	text[0] = '6';
	text[65] = 'x';
	assert_int_equal(audit_parse_head(text, &head), ERR_BAD_REQUEST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_chain, drop_chain)
	const struct CMUnitTest tests[] = {
		TEST(test_a_whole_chain),
		TEST(test_every_edit_shows),
		TEST(test_members_have_borders),
		TEST(test_a_missing_row_shows),
		TEST(test_another_order_shows),
		TEST(test_missing_ends_show),
		TEST(test_a_chain_made_anew),
		TEST(test_heads_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
