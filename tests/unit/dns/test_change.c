/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dns/change.h"
#include "dns/type.h"

#define ARENA_BYTES (16u * 1024 * 1024)
#define PACK_BYTES  (4u * 1024 * 1024)

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena == NULL;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static struct name parse(const char *text)
{
	struct name name = { 0 };
	const char *detail = "";
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static struct rdata addresses[] = {
	{ .length = 4, .bytes = (const uint8_t *)"\300\0\2\1" },
	{ .length = 4, .bytes = (const uint8_t *)"\300\0\2\2" },
};

static struct op put_op(void)
{
	struct op op = { .kind = OP_RRSET_PUT, .zone = parse("example.com"), .has_ttl = true };
	op.rrset = (struct rrset){ .owner = parse("www.example.com"), .type = TYPE_A };
	op.rrset.ttl_s = 300;
	op.rrset.count = 2;
	op.rrset.values = addresses;
	op.precondition.kind = PRECONDITION_MATCH;
	op.precondition.count = 2;
	op.precondition.revisions[0] = 5;
	op.precondition.revisions[1] = UINT64_MAX;
	op.bound_count = 1;
	op.bounds[0] = (struct bound){ EFFECT_CREATE | EFFECT_DELETE, 60, 86400, 10 };
	return op;
}

static struct change one_op(struct op *op)
{
	return (struct change){
		.actor = { "alice", "jti", "k4.pid.x", "192.0.2.1" },
		.request_id = "id",
		.request = "PUT /records/www.example.com/A",
		.comment = "why",
		.refused_detail = "",
		.op_count = 1,
		.ops = op,
	};
}

static struct buf pack(const struct change *change)
{
	struct buf buf;
	buf_init(&buf, arena, PACK_BYTES);
	change_pack(&buf, change);
	assert_false(buf_is_full(&buf));
	return buf;
}

/* Packed, parsed, packed again: the same bytes. */
static struct change check_round_trip(const struct change *change)
{
	struct change again = { 0 };
	struct buf first = pack(change);
	assert_int_equal(change_parse(arena, first.bytes, first.length, &again), ERR_OK);
	struct buf second = pack(&again);
	assert_int_equal(first.length, second.length);
	assert_memory_equal(first.bytes, second.bytes, first.length);
	return again;
}

static void check_refused(struct op *op)
{
	struct change change = one_op(op);
	struct change again = { .op_count = 77 };
	struct buf buf = pack(&change);
	assert_int_equal(change_parse(arena, buf.bytes, buf.length, &again), ERR_BAD_REQUEST);
	assert_int_equal(again.op_count, 77);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct op op = put_op();
	struct change change = one_op(&op);
	struct change again = check_round_trip(&change);
	assert_string_equal(again.actor.subject, "alice");
	assert_string_equal(again.comment, "why");
	assert_int_equal(again.op_count, 1);
	assert_int_equal(again.ops[0].rrset.count, 2);
	assert_int_equal(again.ops[0].rrset.ttl_s, 300);
	assert_true(again.ops[0].has_ttl);
	assert_int_equal(again.ops[0].precondition.revisions[1], UINT64_MAX);
	assert_int_equal(again.ops[0].bounds[0].values_max, 10);
	op.kind = OP_RRSET_PATCH;
	op.remove_count = 1;
	op.remove = &addresses[1];
	op.rrset.count = 1;
	check_round_trip(&change);
}

static void test_keys_and_times_travel(void **state)
{
	(void)state;
	struct rdata value = addresses[0];
	struct op op = put_op();
	op.rrset.count = 1;
	op.rrset.values = &value;
	value.expires_ms = 1800000000000;
	struct change change = one_op(&op);
	change.idempotency.key = "k \"1\"";
	memset(change.idempotency.fingerprint, 7, DIGEST_BYTES);
	struct change again = check_round_trip(&change);
	assert_string_equal(again.idempotency.key, "k \"1\"");
	assert_memory_equal(
	        again.idempotency.fingerprint, change.idempotency.fingerprint, DIGEST_BYTES);
	assert_true(again.ops[0].rrset.values[0].expires_ms == 1800000000000);
	value.expires_ms = -1;
	check_refused(&op);
	value.expires_ms = 0;
	op.kind = OP_EXPIRE;
	op.rrset.count = 0;
	again = check_round_trip(&change);
	assert_int_equal(again.ops[0].kind, OP_EXPIRE);
	op.rrset.owner.length = 0;
	check_refused(&op);
}

static void test_zones_and_revocations(void **state)
{
	(void)state;
	struct name ns = parse("ns.example.com");
	struct soa soa = { &ns, &ns, 1, 2, 3, 4, 5 };
	struct rdata soa_rdata;
	assert_int_equal(soa_render(arena, &soa, &soa_rdata), ERR_OK);
	struct rdata ns_rdata = { .length = ns.length, .bytes = ns.wire };
	struct op op = { .kind = OP_ZONE_ADD, .zone = parse("example.com") };
	op.rrset = (struct rrset){ .owner = op.zone, .type = TYPE_SOA, .count = 1 };
	op.rrset.values = &soa_rdata;
	op.apex_ns = (struct rrset){ .owner = op.zone, .type = TYPE_NS, .count = 1 };
	op.apex_ns.values = &ns_rdata;
	struct change change = one_op(&op);
	check_round_trip(&change);
	op.rrset.owner = ns;
	check_refused(&op);
	op.kind = OP_ZONE_EDIT;
	op.rrset.owner = op.zone;
	op.apex_ns = (struct rrset){ 0 };
	op.edit = (struct zone_edit){ ZONE_RNAME | ZONE_TTL, 77 };
	change = one_op(&op);
	struct change edited = check_round_trip(&change);
	assert_int_equal(edited.ops[0].edit.members, ZONE_RNAME | ZONE_TTL);
	assert_int_equal(edited.ops[0].edit.ttl_s, 77);
	op.edit.members = 0;
	check_refused(&op);
	op.edit = (struct zone_edit){ ZONE_TTL, TTL_MAX + 1u };
	check_refused(&op);
	op = (struct op){ .kind = OP_ZONE_DROP, .zone = parse("example.com") };
	change = one_op(&op);
	check_round_trip(&change);
	op = (struct op){ .kind = OP_REVOKE };
	op.revocation = (struct revocation){ REVOCATION_SUBJECT, "alice", 5, -1 };
	change = one_op(&op);
	struct change again = check_round_trip(&change);
	assert_int_equal(again.ops[0].revocation.expires_ms, -1);
	op.revocation.value = "";
	check_refused(&op);
	op = (struct op){ .kind = OP_TOKEN_ISSUE };
	op.issued = (struct issued_token){ "t", "alice", "k4.pid.x", "p q ", "{}", 5, 6 };
	change = one_op(&op);
	again = check_round_trip(&change);
	assert_string_equal(again.ops[0].issued.parents, "p q ");
	assert_int_equal(again.ops[0].issued.parent_issued_ms, 5);
	assert_int_equal(again.ops[0].issued.expires_ms, 6);
	op.issued.token_id = "";
	check_refused(&op);
}

static void test_not_well_formed(void **state)
{
	(void)state;
	struct rdata unsorted[] = { addresses[1], addresses[0] };
	struct rdata twice[] = { addresses[0], addresses[0] };
	struct rdata odd[] = { { .length = 3, .bytes = (const uint8_t *)"\1\2\3" } };
	struct op op = put_op();
	op.rrset.values = unsorted;
	check_refused(&op);
	op.rrset.values = twice;
	check_refused(&op);
	op.rrset.values = odd;
	op.rrset.count = 1;
	check_refused(&op);
	op = put_op();
	op.remove = odd;
	op.remove_count = 1;
	check_refused(&op);
	op = put_op();
	op.rrset.ttl_s = TTL_MAX + 1u;
	check_refused(&op);
	op = put_op();
	op.kind = OP__MAX;
	check_refused(&op);
	op = put_op();
	op.zone.length = 0;
	check_refused(&op);
	op = put_op();
	op.rrset.owner.length = 0;
	check_refused(&op);
	op = put_op();
	op.rrset.owner.wire[1] = 'W';
	check_refused(&op);
	op = put_op();
	op.zone = parse("example.net");
	check_refused(&op);
	op = put_op();
	op.rrset.type = 255;
	op.rrset.count = 0;
	check_refused(&op);
	op.rrset.type = 50;
	check_refused(&op);
	op = put_op();
	op.bounds[0].actions = 8;
	check_refused(&op);
}

/* What only the audit keeps may lack what an op needs. */
static void test_refused_change(void **state)
{
	(void)state;
	struct op op = put_op();
	op.rrset.type = 50;
	op.rrset.count = 0;
	struct change change = one_op(&op);
	change.refused = ERR_UNSUPPORTED_TYPE;
	change.refused_detail = "no";
	struct change again = check_round_trip(&change);
	assert_int_equal(again.refused, ERR_UNSUPPORTED_TYPE);
	assert_string_equal(again.refused_detail, "no");
	change.op_count = 0;
	check_round_trip(&change);
}

static void test_reverts_and_flags(void **state)
{
	(void)state;
	struct op op = { .kind = OP_REVERT, .reversion = { .change_id = 17, .record_count = 3 } };
	struct change change = one_op(&op);
	change.is_dry_run = true;
	struct change again = check_round_trip(&change);
	assert_int_equal(again.ops[0].reversion.change_id, 17);
	assert_int_equal(again.ops[0].reversion.record_count, 3);
	assert_int_equal(change_count_records(&again), 3);
	assert_true(again.is_dry_run);
	assert_false(again.is_brief);
	change.is_dry_run = false;
	change.is_brief = true;
	again = check_round_trip(&change);
	assert_false(again.is_dry_run);
	assert_true(again.is_brief);
	op.reversion.change_id = 0;
	check_refused(&op);
}

static void test_cut_and_flipped(void **state)
{
	(void)state;
	struct op op = put_op();
	struct change change = one_op(&op);
	struct buf buf = pack(&change);
	for (size_t length = 0; length < buf.length; length++) {
		struct change again;
		char *copy = malloc(length + 1);
		assert_non_null(copy);
		memcpy(copy, buf.bytes, length);
		assert_int_equal(change_parse(arena, copy, length, &again), ERR_BAD_REQUEST);
		free(copy);
	}
	/* Any octet of any value: it parses or not, and what parses packs to the same bytes. */
	for (size_t at = 0; at < buf.length; at++)
		for (unsigned octet = 0; octet < 256; octet += 5) {
			struct arena *small = arena_open(1 << 20);
			char kept = buf.bytes[at];
			struct change again;
			buf.bytes[at] = (char)octet;
			if (change_parse(small, buf.bytes, buf.length, &again) == ERR_OK) {
				struct buf packed;
				buf_init(&packed, small, 1 << 19);
				change_pack(&packed, &again);
				assert_int_equal(packed.length, buf.length);
				assert_memory_equal(packed.bytes, buf.bytes, buf.length);
			}
			buf.bytes[at] = kept;
			arena_close(small);
		}
	buf_put_char(&buf, 0);
	struct change again;
	assert_int_equal(change_parse(arena, buf.bytes, buf.length, &again), ERR_BAD_REQUEST);
}

static void test_count(void **state)
{
	(void)state;
	struct op ops[3] = { put_op(), { .kind = OP_RRSET_DROP }, put_op() };
	ops[2].remove_count = 1;
	struct change change = one_op(ops);
	assert_int_equal(change_count_records(&change), 2);
	change.op_count = 3;
	assert_int_equal(change_count_records(&change), 2 + 1 + 3);
	change.op_count = 0;
	assert_int_equal(change_count_records(&change), 1);
}

static void test_outcome(void **state)
{
	(void)state;
	struct op op = put_op();
	struct effect effect = { .action = EFFECT_CREATE, .zone = op.zone, .after = op.rrset };
	effect.revision = 9;
	effect.deleted_count = 3;
	struct zone_serial zone = { op.zone, 2026112301 };
	struct outcome outcome = { .err = ERR_OK, .detail = "", .op_index = 1, .change_id = 5 };
	outcome.first_ms = 1800000000000;
	outcome.effect_count = 1;
	outcome.effects = &effect;
	outcome.zone_count = 1;
	outcome.zones = &zone;
	struct outcome again;
	struct buf buf;
	buf_init(&buf, arena, PACK_BYTES);
	outcome_pack(&buf, &outcome);
	assert_int_equal(outcome_parse(arena, buf.bytes, buf.length, &again), ERR_OK);
	assert_int_equal(again.change_id, 5);
	assert_true(again.first_ms == 1800000000000);
	assert_int_equal(again.effects[0].revision, 9);
	assert_int_equal(again.effects[0].deleted_count, 3);
	assert_int_equal(again.effects[0].before.count, 0);
	assert_true(rrset_is_same_data(&again.effects[0].after, &op.rrset));
	assert_true(name_is_equal(&again.zones[0].zone, &op.zone));
	assert_int_equal(again.zones[0].serial, 2026112301);
	for (size_t length = 0; length < buf.length; length++)
		assert_int_equal(outcome_parse(arena, buf.bytes, length, &again), ERR_BAD_REQUEST);
	outcome = (struct outcome){ .err = ERR_CONFLICT, .detail = "a CNAME is there" };
	buf_init(&buf, arena, PACK_BYTES);
	outcome_pack(&buf, &outcome);
	assert_int_equal(outcome_parse(arena, buf.bytes, buf.length, &again), ERR_OK);
	assert_int_equal(again.err, ERR_CONFLICT);
	assert_string_equal(again.detail, "a CNAME is there");
	assert_int_equal(again.fault_count, 0);
	struct op_fault faults[] = { { 0, ERR_EXISTS, "it is there" }, { 999, ERR_CONFLICT, "" } };
	outcome.fault_count = 2;
	outcome.faults = faults;
	buf_init(&buf, arena, PACK_BYTES);
	outcome_pack(&buf, &outcome);
	assert_int_equal(outcome_parse(arena, buf.bytes, buf.length, &again), ERR_OK);
	assert_int_equal(again.fault_count, 2);
	assert_int_equal(again.faults[0].err, ERR_EXISTS);
	assert_string_equal(again.faults[0].detail, "it is there");
	assert_int_equal(again.faults[1].op_index, 999);
	for (size_t length = 0; length < buf.length; length++)
		assert_int_equal(outcome_parse(arena, buf.bytes, length, &again), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_keys_and_times_travel),
		cmocka_unit_test(test_zones_and_revocations),
		cmocka_unit_test(test_not_well_formed),
		cmocka_unit_test(test_refused_change),
		cmocka_unit_test(test_reverts_and_flags),
		cmocka_unit_test(test_cut_and_flipped),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_outcome),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
