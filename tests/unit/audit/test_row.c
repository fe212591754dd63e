/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a row says about a change that was made, that failed, or that was refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "audit/chain.h"
#include "audit/row.h"
#include "core/json.h"
#include "core/secret.h"
#include "dns/type.h"

static int open_arena(void **state)
{
	assert_true(secret_init());
	*state = arena_open((size_t)64 << 20);
	return *state == NULL;
}

static int close_arena(void **state)
{
	arena_close(*state);
	return 0;
}

static struct name parse(const char *text)
{
	struct name name;
	const char *detail;
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static const uint8_t first_address[] = { 192, 0, 2, 1 };
static const uint8_t second_address[] = { 192, 0, 2, 2 };
static struct rdata first_value = { .length = 4, .bytes = first_address };
static struct rdata second_value = { .length = 4, .bytes = second_address };

static struct op example_op(void)
{
	return (struct op){
		.kind = OP_RRSET_PUT,
		.zone = parse("example.com"),
		.rrset = { .owner = parse("www.example.com"),
		        .type = TYPE_A,
		        .ttl_s = 60,
		        .count = 1,
		        .values = &second_value },
		.has_ttl = true,
	};
}

static struct change example_change(struct op *op)
{
	return (struct change){
		.actor = { "bob", "jti-1", "k4.pid.x", "192.0.2.9" },
		.request_id = "r-1",
		.request = "PUT /records/www.example.com/A",
		.comment = "a \"move\"\n",
		.op_count = 1,
		.ops = op,
	};
}

static const struct json *parse_json(struct arena *arena, const char *text)
{
	const struct json *root;
	const char *detail = "";
	enum err err = json_parse(arena, text, strlen(text), &root, &detail);
	if (err != ERR_OK)
		fail_msg("%s: %s", text, detail);
	return root;
}

static struct audit_row make_row(
        struct arena *arena, const struct change *change, const struct outcome *outcome)
{
	struct audit_row row;
	const struct audit_head head = { .seq = 41 };
	const struct audit_attempt attempt = { change, outcome, 5000 };
	assert_int_equal(audit_make_row(arena, &head, &attempt, &row), ERR_OK);
	assert_int_equal(row.seq, 42);
	uint8_t hash[DIGEST_BYTES];
	assert_int_equal(audit_hash(arena, head.hash, &row, hash), ERR_OK);
	assert_memory_equal(hash, row.hash, DIGEST_BYTES);
	return row;
}

static void test_a_change_that_was_made(void **state)
{
	struct arena *arena = *state;
	struct op op = example_op();
	const struct change change = example_change(&op);
	struct effect effect = {
		.action = EFFECT_UPDATE,
		.zone = op.zone,
		.before = op.rrset,
		.after = op.rrset,
		.deleted_count = 1,
	};
	effect.before.ttl_s = 300;
	effect.before.values = &first_value;
	struct zone_serial serial = { .zone = op.zone, .serial = 7 };
	const struct outcome outcome = {
		.detail = "",
		.change_id = 9,
		.effect_count = 1,
		.effects = &effect,
		.zone_count = 1,
		.zones = &serial,
	};
	struct audit_row row = make_row(arena, &change, &outcome);
	assert_string_equal(row.outcome, "ok");
	assert_int_equal(row.status, 200);
	assert_int_equal(row.change_id, 9);
	assert_string_equal(row.actor.subject, "bob");
	assert_string_equal(row.body,
	        "{\"effects\":[{\"op\":\"rrset.put\",\"action\":\"update\","
	        "\"zone\":\"example.com\",\"name\":\"www.example.com\",\"record_type\":\"A\","
	        "\"before\":{\"ttl\":300,\"values\":[\"192.0.2.1\"]},"
	        "\"after\":{\"ttl\":60,\"values\":[\"192.0.2.2\"]},\"deleted\":1}],"
	        "\"zones\":[{\"zone\":\"example.com\",\"serial\":7}],"
	        "\"comment\":\"a \\\"move\\\"\\n\"}");
}

static void test_a_change_that_was_refused(void **state)
{
	struct arena *arena = *state;
	struct op op = example_op();
	const struct change change = example_change(&op);
	const struct outcome outcome = { .err = ERR_NOT_PERMITTED, .detail = "no grant" };
	struct audit_row row = make_row(arena, &change, &outcome);
	assert_string_equal(row.outcome, "not-permitted");
	assert_int_equal(row.status, 403);
	assert_int_equal(row.change_id, 0);
	const struct json *body = parse_json(arena, row.body);
	assert_string_equal(json_string(json_find(body, "detail")), "no grant");
	const struct json *tried = json_first(json_find(body, "ops"));
	assert_string_equal(json_string(json_find(tried, "name")), "www.example.com");
	assert_string_equal(json_string(json_first(json_find(tried, "values"))), "192.0.2.2");
	assert_null(json_find(body, "effects"));
}

/* What it may do is kept, so that the log answers for it. */
static void test_a_child_token(void **state)
{
	struct arena *arena = *state;
	struct op op = { .kind = OP_TOKEN_ISSUE,
		.issued = { "child-1", "robot", "k4.pid.x", "p ", "{\"g\":[]}", 1, 2 } };
	struct effect effect = { .action = EFFECT_CREATE };
	const struct change change = { .op_count = 1, .ops = &op };
	const struct outcome outcome = { .change_id = 3, .effect_count = 1, .effects = &effect };
	struct audit_row row = make_row(arena, &change, &outcome);
	assert_string_equal(row.body,
	        "{\"effects\":[{\"op\":\"token.issue\",\"action\":\"create\","
	        "\"token_id\":\"child-1\",\"subject\":\"robot\",\"key_id\":\"k4.pid.x\","
	        "\"expires_ms\":2,\"claims\":\"{\\\"g\\\":[]}\"}],\"zones\":[]}");
}

static void test_an_attempt_without_ops(void **state)
{
	struct arena *arena = *state;
	const struct change change = { .refused = ERR_BAD_REQUEST };
	const struct outcome outcome = { .err = ERR_BAD_REQUEST };
	struct audit_row row = make_row(arena, &change, &outcome);
	assert_string_equal(row.body, "{\"ops\":[]}");
	assert_string_equal(row.actor.subject, "");
	assert_string_equal(row.request, "");
}

static void test_a_body_has_a_ceiling(void **state)
{
	struct arena *arena = *state;
	enum { OPS = 1000, VALUES = 500 };
	static struct rdata values[VALUES];
	static struct op ops[OPS];
	for (size_t i = 0; i < VALUES; i++)
		values[i] = first_value;
	for (size_t i = 0; i < OPS; i++) {
		ops[i] = example_op();
		ops[i].rrset.count = VALUES;
		ops[i].rrset.values = values;
	}
	struct change change = example_change(ops);
	change.op_count = OPS;
	const struct outcome outcome = { .err = ERR_CONFLICT, .detail = "" };
	struct audit_row row = make_row(arena, &change, &outcome);
	assert_string_equal(row.body, "{\"too_large\":true}");
}

static void test_a_row_as_a_line(void **state)
{
	struct arena *arena = *state;
	struct op op = { .kind = OP_REVOKE,
		.revocation = { REVOCATION_SUBJECT, "bob\n", 1000, 2000 } };
	const struct change change = example_change(&op);
	const struct outcome outcome = { .err = ERR_UNAVAILABLE, .detail = "" };
	struct audit_row row = make_row(arena, &change, &outcome);
	struct buf buf;
	buf_init(&buf, arena, 1 << 20);
	audit_render_row(&buf, &row);
	const char *line = buf_string(&buf);
	assert_non_null(line);
	assert_null(strchr(line, '\n'));
	const struct json *root = parse_json(arena, line);
	assert_string_equal(json_string(json_find(root, "at")), "1970-01-01T00:00:05Z");
	assert_int_equal(strlen(json_string(json_find(root, "hash"))), 64);
	const struct json *tried = json_first(json_find(json_find(root, "body"), "ops"));
	assert_string_equal(json_string(json_find(tried, "kind")), "subject");
	assert_string_equal(json_string(json_find(tried, "value")), "bob\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
	const struct CMUnitTest tests[] = {
		TEST(test_a_change_that_was_made),
		TEST(test_a_change_that_was_refused),
		TEST(test_a_child_token),
		TEST(test_an_attempt_without_ops),
		TEST(test_a_body_has_a_ceiling),
		TEST(test_a_row_as_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
