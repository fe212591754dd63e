/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "dns/values.h"

#define ARENA_BYTES (32u * 1024 * 1024)
#define TEXT_BYTES  (1024u * 1024)

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

static uint16_t type_of(const char *text)
{
	uint16_t type = 0;
	assert_int_equal(type_parse(text, strlen(text), &type), ERR_OK);
	return type;
}

static const char *render(uint16_t type, const struct rdata *rdata, bool is_zone)
{
	struct buf buf;
	buf_init(&buf, arena, TEXT_BYTES);
	if (is_zone)
		rdata_render_zone(&buf, type, rdata);
	else
		rdata_render(&buf, type, rdata);
	const char *text = buf_string(&buf);
	assert_non_null(text);
	return text;
}

/* Both spellings lead back to the same bytes, on one line of printable ASCII where it is the
 * zone's. */
static void check_round_trip(uint16_t type, const struct rdata *rdata)
{
	const char *detail = "";
	for (int is_zone = 0; is_zone <= 1; is_zone++) {
		struct rdata again;
		const char *text = render(type, rdata, is_zone);
		/* TXT takes "\# …" as text, so only a zone file may spell it so. */
		bool is_generic = strncmp(text, "\\#", 2) == 0;
		if (is_zone && is_generic && (type == TYPE_TXT || type == TYPE_SPF))
			continue;
		if (rdata_parse(arena, type, text, &again, &detail) != ERR_OK)
			fail_msg("type %u: %s: %s", type, text, detail);
		if (rdata_compare(rdata, &again) != 0)
			fail_msg("type %u: %s came back as other bytes", type, text);
		for (const char *at = text; is_zone && *at != '\0'; at++)
			assert_in_range(*at, 0x20, 0x7e);
	}
	assert_true(rdata_is_valid(type, rdata->bytes, rdata->length));
}

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES_COUNT; i++) {
		const struct value *value = &values[i];
		uint16_t type = type_of(value->type);
		const char *detail = "";
		struct rdata rdata;
		if (rdata_parse(arena, type, value->text, &rdata, &detail) != ERR_OK)
			fail_msg("%s %s: %s", value->type, value->text, detail);
		if (value->canonical != NULL)
			assert_string_equal(render(type, &rdata, false), value->canonical);
		check_round_trip(type, &rdata);
		arena_reset(arena);
	}
}

/* What is made of all octets is accepted; but CAA and URI not when CoreDNS could not serve it. */
static void test_made_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < MADE_COUNT * MADE_STRINGS; i++) {
		const struct made_value *made = &made_values[i / MADE_STRINGS];
		size_t which = i % MADE_STRINGS;
		uint8_t bytes[512];
		size_t length = make_value(made, which, bytes);
		struct rdata rdata = { .length = (uint16_t)length, .bytes = bytes };
		bool has_backslash = which == 0 || which == 1 || which >= 5;
		bool is_lost = has_backslash && (made->number == 256 || made->number == 257);
		assert_int_equal(rdata_is_valid(made->number, bytes, length), !is_lost);
		if (!is_lost)
			check_round_trip(made->number, &rdata);
		arena_reset(arena);
	}
}

/* Parses the first characters of a text, in a copy of their exact size so that reading behind them
 * shows. */
static enum err parse_front(
        struct arena *into, uint16_t type, const char *text, size_t length, struct rdata *ret_rdata)
{
	const char *detail = NULL;
	char *copy = malloc(length + 1);
	assert_non_null(copy);
	memcpy(copy, text, length);
	copy[length] = '\0';
	enum err err = rdata_parse(into, type, copy, ret_rdata, &detail);
	free(copy);
	assert_true(err != ERR_INVALID_RECORD || detail != NULL);
	return err;
}

static void check_refused(const char *type_text, const char *text, size_t length)
{
	struct rdata rdata = { .length = 77 };
	if (parse_front(arena, type_of(type_text), text, length, &rdata) != ERR_INVALID_RECORD)
		fail_msg("accepted: %s %.*s", type_text, (int)length, text);
	assert_int_equal(rdata.length, 77);
}

static void test_refused(void **state)
{
	static const struct {
		const char *type;
		const char *text;
	} cases[] = {
#define BAD(type, text) { type, text },
#include "dns/bad_values.def"
#undef BAD
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_refused(cases[i].type, cases[i].text, strlen(cases[i].text));
}

/* What would end the line, open another or hide its rest is refused in every type. */
static void test_nothing_hides_in_any_type(void **state)
{
	static const char *const tails[] = { "\n", "\r", "\r\n", "\nb 300 IN A 5.6.7.8", "\n\n",
		"\t", "\v", "\f", " ; comment", ";", " (", " )", "\\", " \\", "\"", " \"x", "\x7f",
		"\x1b[0m", "\n$INCLUDE /etc/passwd", "\n$ORIGIN evil.",
		"\n$GENERATE 0-65535 x$ A 1.2.3.4", "\n$TTL 1", "\001", "\200", "\303\274",
		"\302\205" };
	(void)state;
	for (size_t i = 0; i < VALUES_COUNT; i++) {
		uint16_t type = type_of(values[i].type);
		if (type == TYPE_TXT || type == TYPE_SPF)
			continue;
		for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
			char *text = arena_printf(arena, "%s%s", values[i].text, tails[k]);
			check_refused(values[i].type, text, strlen(text));
			/* A backslash makes the space behind it part of a string. */
			if (strchr(tails[k], '\\') != NULL)
				continue;
			text = arena_printf(arena, "%s %s", tails[k], values[i].text);
			check_refused(values[i].type, text, strlen(text));
		}
		arena_reset(arena);
	}
}

/* A directive or a whole record in the place of a value. */
static void test_directives(void **state)
{
	static const char *const texts[] = { "$INCLUDE /etc/passwd", "$include /etc/passwd",
		"$ORIGIN evil.", "$TTL 5", "$GENERATE 1-5 a$ A 1.2.3.4", "IN A 1.2.3.4",
		"300 IN A 1.2.3.4", "a. 300 IN A 1.2.3.4", "A 1.2.3.4", "CH 1.2.3.4",
		"\\# 4 01020304 x", "\\#4 01020304", "\\# 3 01020304", "\\# 5 01020304",
		"\\# -1 01", "\\# 65536 00", "\\# 4 0102030", "\\# 4 0102030g", "\\# 1 0", "\\#",
		"\\# x" };
	static const char *const types[] = { "A", "AAAA", "MX", "SRV", "HTTPS", "DS", "EUI48",
		"LOC" };
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			check_refused(types[i], texts[k], strlen(texts[k]));
}

/* After any refusal the next value is read as if nothing had been. */
static void test_no_memory_of_refusals(void **state)
{
	static const char *const bad[] = { "1.2.3", "1.2.3.4 x", "", "999.1.1.1", "a b c",
		"\\# 4 010203", "1.2.3.4." };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *detail = "";
		struct rdata rdata;
		check_refused("A", bad[i], strlen(bad[i]));
		assert_int_equal(rdata_parse(arena, 1, "192.0.2.1", &rdata, &detail), ERR_OK);
		assert_int_equal(rdata.length, 4);
		assert_memory_equal(rdata.bytes, "\300\000\002\001", 4);
	}
}

static void test_long_txt(void **state)
{
	static char text[300000];
	struct rdata rdata;
	(void)state;
	memset(text, 'x', sizeof(text));
	/* 65280 octets in 256 strings are the most. */
	assert_int_equal(parse_front(arena, TYPE_TXT, text, 65279, &rdata), ERR_OK);
	assert_int_equal(rdata.length, 65535);
	check_round_trip(TYPE_TXT, &rdata);
	check_refused("TXT", text, 65280);
	check_refused("TXT", text, sizeof(text));
	for (size_t length = 254; length <= 256; length++) {
		assert_int_equal(parse_front(arena, TYPE_TXT, text, length, &rdata), ERR_OK);
		assert_int_equal(rdata.length, length + 1 + (length > 255));
	}
	text[0] = '"';
	text[257] = '"';
	check_refused("TXT", text, 258);
	text[256] = '"';
	assert_int_equal(parse_front(arena, TYPE_TXT, text, 257, &rdata), ERR_OK);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "\"\" "[i % 3];
	check_refused("TXT", text, sizeof(text));
	/* A character cut by the split is still text. */
	memset(text, 'x', 254);
	memcpy(text + 254, "\342\202\254 end", 8);
	assert_int_equal(parse_front(arena, TYPE_TXT, text, 261, &rdata), ERR_OK);
	assert_memory_equal(render(TYPE_TXT, &rdata, false), text, 261);
	check_round_trip(TYPE_TXT, &rdata);
}

static void test_long_values(void **state)
{
	static char text[400000];
	(void)state;
	static const char *const types[] = { "A", "NS", "MX", "HINFO", "HTTPS", "OPENPGPKEY", "URI",
		"CAA", "TYPE65280", "APL", "CSYNC", "TLSA", "NAPTR" };
	static const char fills[] = "a1 .\"\\:=,";
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (size_t k = 0; k < sizeof(fills) - 1; k++) {
			memset(text, fills[k], sizeof(text));
			check_refused(types[i], text, sizeof(text));
			check_refused(types[i], text, 170001);
		}
	/* The longest there is: 65535 octets. */
	struct rdata rdata;
	memset(text, '0', sizeof(text));
	memcpy(text, "\\# 65535 ", 9);
	assert_int_equal(parse_front(arena, 65280, text, 9 + 131070, &rdata), ERR_OK);
	assert_int_equal(rdata.length, 65535);
	check_round_trip(65280, &rdata);
}

static void test_wire_refused(void **state)
{
	static const struct {
		const char *type;
		const char *wire;
		size_t length;
	} cases[] = {
#define WIRE(type, wire) { type, wire, sizeof(wire) - 1 },
#include "dns/bad_wire.def"
#undef WIRE
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *copy = malloc(cases[i].length + 1);
		assert_non_null(copy);
		memcpy(copy, cases[i].wire, cases[i].length);
		if (rdata_is_valid(type_of(cases[i].type), copy, cases[i].length))
			fail_msg("accepted: %s, case %zu", cases[i].type, i);
		free(copy);
	}
}

/* No value that was cut short or grew by an octet can make the checks read behind it. */
static void test_cut_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES_COUNT; i++) {
		const char *detail = "";
		struct rdata rdata;
		uint16_t type = type_of(values[i].type);
		assert_int_equal(rdata_parse(arena, type, values[i].text, &rdata, &detail), ERR_OK);
		for (size_t length = 0; length <= rdata.length; length++) {
			uint8_t *copy = malloc(length + 1);
			assert_non_null(copy);
			memcpy(copy, rdata.bytes, length);
			struct rdata cut = { .length = (uint16_t)length, .bytes = copy };
			if (rdata_is_valid(type, copy, length))
				check_round_trip(type, &cut);
			free(copy);
		}
		arena_reset(arena);
	}
}

static void test_full_arena(void **state)
{
	(void)state;
	struct arena *small = arena_open(4096);
	static char text[9000];
	struct rdata rdata;
	memset(text, 'x', sizeof(text));
	assert_int_equal(parse_front(small, TYPE_TXT, text, sizeof(text), &rdata), ERR_TOO_LARGE);
	text[0] = '"';
	assert_int_equal(parse_front(small, TYPE_TXT, text, sizeof(text), &rdata), ERR_TOO_LARGE);
	memset(text, '0', sizeof(text));
	memcpy(text, "\\# 4400 ", 8);
	assert_int_equal(parse_front(small, 65280, text, 8 + 8800, &rdata), ERR_TOO_LARGE);
	arena_close(small);
}

static void test_compare(void **state)
{
	(void)state;
	struct rdata empty = { 0 };
	struct rdata a = { .length = 1, .bytes = (const uint8_t *)"a" };
	struct rdata ab = { .length = 2, .bytes = (const uint8_t *)"ab" };
	struct rdata high = { .length = 1, .bytes = (const uint8_t *)"\xff" };
	assert_int_equal(rdata_compare(&empty, &empty), 0);
	assert_true(rdata_compare(&empty, &a) < 0);
	assert_true(rdata_compare(&ab, &a) > 0);
	assert_true(rdata_compare(&ab, &high) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_made_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nothing_hides_in_any_type),
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_no_memory_of_refusals),
		cmocka_unit_test(test_long_txt),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_wire_refused),
		cmocka_unit_test(test_cut_wire),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_compare),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
