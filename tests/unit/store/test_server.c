/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Registering, moving and unregistering servers in the store.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "dns/type.h"
#include "store/fixture.h"

#define HOST    "h.example.com"
#define REVERSE "1.2.0.192.in-addr.arpa"

static struct fixture fixture;
static struct outcome outcome;

static int open_store(void **state)
{
	(void)state;
	fixture_open(&fixture);
	assert_int_equal(fixture_apply(&fixture, "zone example.com", NULL), ERR_OK);
	assert_int_equal(fixture_apply(&fixture, "zone 2.0.192.in-addr.arpa", NULL), ERR_OK);
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static void cover(struct server_part *part)
{
	struct zone zone;
	if (reader_find_zone(fixture.reader, &part->rrset.owner, &zone) == ERR_OK)
		part->zone = zone.name;
	part->bound_count = 1;
	part->bounds[0] = (struct bound){ .actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
		.ttl_max_s = TTL_MAX,
		.values_max = UINT32_MAX };
}

static struct server_part *add_part(
        struct server_order *order, const struct name *owner, uint16_t type, const char *value)
{
	char text[TYPE_TEXT_BYTES];
	struct server_part *part = &order->parts[order->part_count++];
	part->rrset.owner = *owner;
	part->rrset.type = type;
	part->rrset.ttl_s = 300;
	part->rrset.values = arena_calloc(fixture.arena, 1, sizeof(struct rdata));
	if (value != NULL) {
		part->rrset.values[0] =
		        fixture_value(fixture.arena, type_render(type, text), value);
		part->rrset.count = 1;
	}
	cover(part);
	return part;
}

/* What the registration that is there has, and the order does not want. */
static void add_present(struct server_order *order, const struct name *hostname)
{
	struct server server;
	if (reader_find_server(fixture.reader, fixture.arena, hostname, &server) != ERR_OK)
		return;
	for (size_t i = 0; i < server.record_count; i++) {
		const struct server_record *record = &server.records[i];
		bool is_there = false;
		for (size_t j = 0; j < order->part_count; j++)
			is_there |= order->parts[j].rrset.type == record->type &&
			            name_is_equal(&order->parts[j].rrset.owner, &record->owner);
		if (!is_there)
			add_part(order, &record->owner, record->type, NULL);
	}
}

/* An order for one IPv4 address; NULL: to drop the server. */
static struct change *begin(const char *address)
{
	arena_reset(fixture.arena);
	struct change *change = fixture_change(&fixture, "put " HOST " A");
	struct op *op = change->ops;
	op->kind = address != NULL ? OP_SERVER_PUT : OP_SERVER_DROP;
	op->server = arena_calloc(fixture.arena, 1, sizeof(*op->server));
	op->server->parts =
	        arena_calloc(fixture.arena, SERVER_PARTS_MAX, sizeof(*op->server->parts));
	struct server_part *part = add_part(op->server, &op->rrset.owner, TYPE_A, address);
	add_part(op->server, &op->rrset.owner, TYPE_AAAA, NULL);
	if (address != NULL) {
		struct name reverse;
		name_reverse(&part->rrset.values[0], &reverse);
		add_part(op->server, &reverse, TYPE_PTR, HOST);
	}
	add_present(op->server, &op->rrset.owner);
	return change;
}

/* Over the wire, as the writer gets it. */
static enum err run(const struct change *change)
{
	struct buf buf;
	struct change parsed;
	buf_init(&buf, fixture.arena, 1 << 20);
	change_pack(&buf, change);
	assert_int_equal(change_parse(fixture.arena, buf.bytes, buf.length, &parsed), ERR_OK);
	assert_int_equal(writer_begin_batch(fixture.writer), ERR_OK);
	enum err err =
	        writer_apply(fixture.writer, fixture.arena, &parsed, fixture.now_ms, &outcome);
	assert_false(writer_is_broken(fixture.writer));
	assert_int_equal(writer_commit_batch(fixture.writer), ERR_OK);
	struct buf answer;
	struct outcome told;
	buf_init(&answer, fixture.arena, 1 << 20);
	outcome_pack(&answer, &outcome);
	assert_int_equal(outcome_parse(fixture.arena, answer.bytes, answer.length, &told), ERR_OK);
	assert_int_equal(told.entry_count, outcome.entry_count);
	outcome = told;
	return err;
}

static enum err apply(const char *address, enum server_conflict on_conflict)
{
	struct change *change = begin(address);
	change->ops[0].server->on_conflict = on_conflict;
	return run(change);
}

static size_t count_entries(enum server_entry_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < outcome.entry_count; i++)
		count += outcome.entries[i].kind == kind;
	return count;
}

#define ASSERT_RRSET(name, type, text)                                                             \
	assert_string_equal(fixture_rrset(&fixture, name, type), text)

static void test_registers_and_drops(void **state)
{
	(void)state;
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_REGISTERED);
	assert_int_equal(count_entries(SERVER_RECORD), 2);
	assert_int_equal(outcome.zone_count, 2);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.1");
	ASSERT_RRSET(REVERSE, "PTR", "300 " HOST);
	uint64_t revision = outcome.change_id;
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_FAIL), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_UNCHANGED);
	assert_int_equal(outcome.change_id, 0);
	assert_int_equal(outcome.effects[0].revision, revision);
	assert_int_equal(apply(NULL, SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(outcome.effects[0].deleted_count, 2);
	ASSERT_RRSET(HOST, "A", "");
	ASSERT_RRSET(REVERSE, "PTR", "");
	assert_int_equal(apply(NULL, SERVER_CONFLICT_REPORT), ERR_NOT_FOUND);
}

static void test_conflicts(void **state)
{
	(void)state;
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(apply("192.0.2.2", SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_NONE);
	assert_int_equal(outcome.change_id, 0);
	assert_int_equal(count_entries(SERVER_CONFLICT), 1);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.1");
	assert_int_equal(apply("192.0.2.2", SERVER_CONFLICT_FAIL), ERR_CONFLICT);
	assert_int_equal(outcome.entry_count, 0);
	assert_int_equal(apply("192.0.2.2", SERVER_CONFLICT_REPLACE), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_UPDATED);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.2");
	ASSERT_RRSET(REVERSE, "PTR", "");
}

static void test_records_of_others(void **state)
{
	(void)state;
	fixture_run(&fixture, "put " HOST " A 192.0.2.1", NULL);
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_NONE);
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPLACE), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_REGISTERED);
	fixture_run(
	        &fixture, "patch " HOST " A 192.0.2.9 | patch " REVERSE " PTR other.test", NULL);
	assert_int_equal(apply(NULL, SERVER_CONFLICT_REPORT), ERR_OK);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.9");
	ASSERT_RRSET(REVERSE, "PTR", "300 other.test");
}

static void test_a_pointer_elsewhere(void **state)
{
	(void)state;
	fixture_run(&fixture, "put " REVERSE " PTR other.test", NULL);
	struct change *change = begin("192.0.2.1");
	change->ops[0].server->ptr = SERVER_PTR_ALWAYS;
	assert_int_equal(run(change), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_NONE);
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_FAIL), ERR_CONFLICT);
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPORT), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_REGISTERED);
	assert_int_equal(count_entries(SERVER_SKIPPED_CONFLICT), 1);
	assert_int_equal(apply(NULL, SERVER_CONFLICT_REPORT), ERR_OK);
	ASSERT_RRSET(REVERSE, "PTR", "300 other.test");
}

static void test_what_is_not_covered(void **state)
{
	(void)state;
	struct change *change = begin("192.0.2.1");
	change->ops[0].server->parts[2].bound_count = 0;
	assert_int_equal(run(change), ERR_OK);
	assert_int_equal(count_entries(SERVER_SKIPPED_NOT_PERMITTED), 1);
	assert_int_equal(apply(NULL, SERVER_CONFLICT_REPORT), ERR_OK);
	change = begin("192.0.2.1");
	change->ops[0].server->parts[0].bounds[0].ttl_max_s = 60;
	assert_int_equal(run(change), ERR_NOT_PERMITTED);
	change = begin("192.0.2.1");
	change->ops[0].server->parts[2].bound_count = 0;
	change->ops[0].server->ptr = SERVER_PTR_ALWAYS;
	assert_int_equal(run(change), ERR_NOT_PERMITTED);
	ASSERT_RRSET(HOST, "A", "");
}

static void test_an_order_that_is_out_of_date(void **state)
{
	(void)state;
	struct change *change = begin("192.0.2.1");
	/* The fixture's arena is reset by the other registration, so the order is made of bytes. */
	static uint8_t bytes[1 << 16];
	struct buf buf;
	buf_init(&buf, fixture.arena, sizeof(bytes));
	change->ops[0].server->on_conflict = SERVER_CONFLICT_REPLACE;
	change_pack(&buf, change);
	size_t length = buf.length;
	memcpy(bytes, buf.bytes, length);
	assert_int_equal(apply("192.0.2.2", SERVER_CONFLICT_REPORT), ERR_OK);
	struct change late;
	assert_int_equal(change_parse(fixture.arena, bytes, length, &late), ERR_OK);
	assert_int_equal(run(&late), ERR_UNAVAILABLE);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.2");
}

static void test_moves_and_preconditions(void **state)
{
	(void)state;
	struct change *change = begin("192.0.2.1");
	change->ops[0].server->is_move = true;
	assert_int_equal(run(change), ERR_NOT_FOUND);
	assert_int_equal(apply("192.0.2.1", SERVER_CONFLICT_REPORT), ERR_OK);
	change = begin("192.0.2.3");
	change->ops[0].server->is_move = true;
	change->ops[0].precondition = (struct precondition){ .kind = PRECONDITION_NONE_EXIST };
	assert_int_equal(run(change), ERR_PRECONDITION_FAILED);
	change = begin("192.0.2.3");
	change->ops[0].server->is_move = true;
	assert_int_equal(run(change), ERR_OK);
	assert_int_equal(outcome.server_result, SERVER_UPDATED);
	ASSERT_RRSET(HOST, "A", "300 192.0.2.3");
	ASSERT_RRSET(REVERSE, "PTR", "");
	ASSERT_RRSET("3.2.0.192.in-addr.arpa", "PTR", "300 " HOST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(test_registers_and_drops),
		TEST(test_conflicts),
		TEST(test_records_of_others),
		TEST(test_a_pointer_elsewhere),
		TEST(test_what_is_not_covered),
		TEST(test_an_order_that_is_out_of_date),
		TEST(test_moves_and_preconditions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
