/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "dns/server.h"
#include "dns/type.h"

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open((size_t)1 << 20);
	return arena == NULL;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static struct rdata value_of(uint16_t type, const char *text)
{
	struct rdata value;
	const char *detail;
	assert_int_equal(rdata_parse(arena, type, text, &value, &detail), ERR_OK);
	return value;
}

static void test_reverse_names(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		const char *address;
		const char *name;
	} cases[] = {
		{ TYPE_A, "192.0.2.1", "1.2.0.192.in-addr.arpa" },
		{ TYPE_A, "255.10.0.100", "100.0.10.255.in-addr.arpa" },
		{ TYPE_AAAA, "2001:db8::567:89ab",
		        "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6."
		        "arpa" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[NAME_TEXT_BYTES];
		struct name name;
		struct name again;
		const struct rdata address = value_of(cases[i].type, cases[i].address);
		name_reverse(&address, &name);
		assert_string_equal(name_render(&name, text), cases[i].name);
		assert_true(name_parse_wire(name.wire, name.length, &again));
	}
}

static void test_records_travel(void **state)
{
	(void)state;
	struct server_record records[2] = {
		{ .type = TYPE_A, .is_made = true, .value = value_of(TYPE_A, "192.0.2.1") },
		{ .type = TYPE_AAAA, .value = value_of(TYPE_AAAA, "2001:db8::1") },
	};
	const char *detail;
	assert_int_equal(name_parse("a.example", 9, &records[0].owner, &detail), ERR_OK);
	records[1].owner = records[0].owner;
	const struct server server = { .record_count = 2, .records = records };
	struct server back = { 0 };
	struct buf buf;
	buf_init(&buf, arena, 4096);
	server_pack_records(&buf, &server);
	assert_int_equal(server_parse_records(arena, buf.bytes, buf.length, &back), ERR_OK);
	assert_int_equal(back.record_count, 2);
	assert_true(back.records[0].is_made);
	assert_false(back.records[1].is_made);
	assert_non_null(server_find_record(&back, &records[0].owner, TYPE_AAAA, &records[1].value));
	assert_null(server_find_record(&back, &records[0].owner, TYPE_A, &records[1].value));
	for (size_t length = 1; length < buf.length; length++) {
		enum err err = server_parse_records(arena, buf.bytes, length, &back);
		assert_true(err == ERR_INTERNAL || back.record_count == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reverse_names),
		cmocka_unit_test(test_records_travel),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
