/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

#define L63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"
/* Three labels of 63 and one of 61: 255 octets with the root label. */
#define N255 L63 "." L63 "." L63 ".abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-1234567"

static struct name parse(const char *text)
{
	struct name name = { 0 };
	const char *detail = NULL;
	if (name_parse(text, strlen(text), &name, &detail) != ERR_OK)
		fail_msg("%s: %s", text, detail);
	return name;
}

static void test_accepted(void **state)
{
	static const struct {
		const char *text;
		const char *rendered;
	} cases[] = {
		{ ".", "." },
		{ "com", "com" },
		{ "com.", "com" },
		{ "Example.COM", "example.com" },
		{ "example.com.", "example.com" },
		{ "_dmarc.example.com", "_dmarc.example.com" },
		{ "*.example.com", "*.example.com" },
		{ "*", "*" },
		{ "a*b.example", "a*b.example" },
		{ "x.a*.example", "x.a*.example" },
		{ "**.example", "**.example" },
		{ "0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "a\\.b.example", "a\\.b.example" },
		{ "a\\046b.example", "a\\.b.example" },
		{ "\\065bc.example", "abc.example" },
		{ "\\A.example", "a.example" },
		{ "a\\\\b", "a\\\\b" },
		{ "a\"b", "a\\\"b" },
		{ "a;b(c)d@e'f", "a\\;b\\(c\\)d\\@e\\'f" },
		{ "a$b", "a$b" },
		{ "-a-.example", "-a-.example" },
		{ "a_b", "a_b" },
		{ "!#%&+,:<=>?[]^`{|}~", "!#%&+,:<=>?[]^`{|}~" },
		{ "1.2.3.4", "1.2.3.4" },
		{ L63, L63 },
		{ N255, N255 },
		{ N255 ".", N255 },
		{ "\\097\\098\\099", "abc" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[NAME_TEXT_BYTES];
		struct name name = parse(cases[i].text);
		struct name again;
		assert_string_equal(name_render(&name, text), cases[i].rendered);
		again = parse(text);
		assert_true(name_is_equal(&name, &again));
		again = parse(name_render_absolute(&name, text));
		assert_true(name_is_equal(&name, &again));
		assert_int_equal(text[strlen(text) - 1], '.');
		assert_true(name_parse_wire(name.wire, name.length, &again));
		assert_true(name_is_equal(&name, &again));
	}
}

static void check_refused(const char *text, size_t length)
{
	struct name name = { .length = 77 };
	const char *detail = NULL;
	if (name_parse(text, length, &name, &detail) != ERR_INVALID_NAME)
		fail_msg("accepted: %.*s", (int)length, text);
	assert_non_null(detail);
	assert_int_equal(name.length, 77);
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"..",
		".com",
		"a..b",
		"a..",
		"a.b..",
		"...",
		" ",
		"a b",
		"a\tb",
		"a\nb",
		"a\rb",
		"a\vb",
		"a\x01z",
		"a\x7fz",
		"b\303\274cher.example",
		"\377",
		"\302\240",
		"\\032.example",
		"a\\ b",
		"a\\000b",
		"a\\010b",
		"a\\013b",
		"a\\127b",
		"a\\128b",
		"a\\255b",
		"a\\256b",
		"a\\999b",
		"\\",
		"a\\",
		"a.\\",
		"\\0",
		"\\04",
		"\\04x",
		"\\4",
		"a\\0 4",
		"$INCLUDE",
		"$.example",
		"$ORIGIN.example",
		"\\$a.example",
		"\\036a.example",
		"a.*.example",
		"a.*",
		"*.*",
		"*.*.example",
		"a.\\*.example",
		"a.\\042.b",
		L63 "x",
		L63 "x.example",
		"a." L63 "x",
		N255 "x",
		"x." N255,
		N255 ".x",
		L63 "." L63 "." L63 "." L63,
		L63 "." L63 "." L63 "." L63 "." L63,
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_refused(cases[i], strlen(cases[i]));
	check_refused("a\0b", 3);
	check_refused("\0", 1);
	check_refused("a.b\0", 4);
}

/* Every octet, bare and escaped: printable ASCII but the space is what a label can hold. */
static void test_every_octet(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		char bare[] = { 'a', (char)octet, 'b' };
		char escaped[16];
		struct name name;
		const char *detail;
		snprintf(escaped, sizeof(escaped), "a\\%03ub", octet);
		bool is_allowed = octet > 0x20 && octet < 0x7f;
		enum err err = name_parse(escaped, strlen(escaped), &name, &detail);
		assert_int_equal(err == ERR_OK, is_allowed);
		if (octet == '\\' || octet == '.')
			continue;
		err = name_parse(bare, sizeof(bare), &name, &detail);
		assert_int_equal(err == ERR_OK, is_allowed);
	}
}

static void test_long_text(void **state)
{
	(void)state;
	static char text[200000];
	memset(text, 'a', sizeof(text));
	check_refused(text, sizeof(text));
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '.';
	check_refused(text, sizeof(text));
	/* The longest spelling of a name: all octets escaped. */
	size_t out = 0;
	for (size_t i = 0; i < 253; i++) {
		if (i % 64 == 63) {
			text[out++] = '.';
			continue;
		}
		memcpy(text + out, "\\059", 4);
		out += 4;
	}
	struct name name;
	const char *detail = "";
	assert_int_equal(name_parse(text, out, &name, &detail), ERR_OK);
	assert_int_equal(name.length, 255);
	char rendered[NAME_TEXT_BYTES];
	assert_true(strlen(name_render_absolute(&name, rendered)) < NAME_TEXT_BYTES);
}

static void test_wire_refused(void **state)
{
	static const struct {
		const char *wire;
		size_t length;
	} cases[] = {
		{ "", 0 },
		{ "\001a", 2 },
		{ "\001", 1 },
		{ "\001a\001", 3 },
		{ "\001a\000\000", 4 },
		{ "\000\000", 2 },
		{ "\002a\000", 3 },
		{ "\001A\000", 3 },
		{ "\001 \000", 3 },
		{ "\001\000\000", 3 },
		{ "\001\177\000", 3 },
		{ "\001\200\000", 3 },
		{ "\300\000", 2 },
		{ "\001a\300\000", 4 },
		{ "\100a\000", 3 },
		{ "\001$\000", 3 },
		{ "\001a\001*\000", 5 },
		{ "\003a\001b", 4 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name name = { .length = 9 };
		uint8_t *wire = malloc(cases[i].length + 1);
		assert_non_null(wire);
		memcpy(wire, cases[i].wire, cases[i].length);
		assert_false(name_parse_wire(wire, cases[i].length, &name));
		assert_int_equal(name.length, 9);
		free(wire);
	}
	uint8_t long_wire[300];
	struct name name;
	memset(long_wire, 0, sizeof(long_wire));
	for (size_t i = 0; i < 256; i += 2) {
		long_wire[i] = 1;
		long_wire[i + 1] = 'a';
	}
	assert_false(name_parse_wire(long_wire, 257, &name));
	assert_true(name_parse_wire(long_wire + 2, 255, &name));
}

static void test_under(void **state)
{
	static const struct {
		const char *name;
		const char *ancestor;
		bool is_under;
	} cases[] = {
		{ "example.com", "example.com", true },
		{ "www.example.com", "example.com", true },
		{ "a.b.example.com", "example.com", true },
		{ "*.example.com", "example.com", true },
		{ "example.com", ".", true },
		{ ".", ".", true },
		{ "com", "example.com", false },
		{ "badexample.com", "example.com", false },
		{ "example.com.evil", "example.com", false },
		{ "x\\.example.com", "example.com", false },
		{ "xexample.com", "example.com", false },
		{ ".", "com", false },
		/* The octet 7 before "example" is the letter of another label here. */
		{ "a\\.b.example.com", "b.example.com", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name name = parse(cases[i].name);
		struct name ancestor = parse(cases[i].ancestor);
		if (name_is_under(&name, &ancestor) != cases[i].is_under)
			fail_msg("%s under %s", cases[i].name, cases[i].ancestor);
	}
	struct name none = { 0 };
	struct name name = parse("a");
	assert_false(name_is_under(&name, &none));
}

static void test_parts(void **state)
{
	(void)state;
	struct name name = parse("www.example.com");
	size_t length = 9;
	assert_int_equal(name_count_labels(&name), 3);
	assert_memory_equal(name_first_label(&name, &length), "www", 3);
	assert_int_equal(length, 3);
	char text[NAME_TEXT_BYTES];
	assert_true(name_parent(&name, &name));
	assert_string_equal(name_render(&name, text), "example.com");
	assert_true(name_parent(&name, &name));
	assert_true(name_parent(&name, &name));
	assert_string_equal(name_render(&name, text), ".");
	assert_false(name_parent(&name, &name));
	assert_int_equal(name_count_labels(&name), 0);
	assert_null(name_first_label(&name, &length));
	assert_int_equal(length, 0);
	struct name wildcard = parse("*.example.com");
	struct name star = parse("*");
	struct name starred = parse("*a.example.com");
	assert_true(name_is_wildcard(&wildcard));
	assert_true(name_is_wildcard(&star));
	assert_false(name_is_wildcard(&starred));
	assert_false(name_is_wildcard(&name));
}

static void test_concat(void **state)
{
	(void)state;
	struct name prefix = parse("a.b");
	struct name suffix = parse("example.com");
	struct name joined;
	char text[NAME_TEXT_BYTES];
	assert_true(name_concat(&prefix, &suffix, &joined));
	assert_string_equal(name_render(&joined, text), "a.b.example.com");
	prefix.length--; /* without its root label */
	assert_true(name_concat(&prefix, &suffix, &joined));
	assert_string_equal(name_render(&joined, text), "a.b.example.com");
	struct name root = parse(".");
	assert_true(name_concat(&root, &suffix, &joined));
	assert_true(name_is_equal(&joined, &suffix));
	struct name longest = parse(N255);
	assert_false(name_concat(&suffix, &longest, &joined));
	assert_true(name_concat(&longest, &root, &joined));
	assert_true(name_is_equal(&joined, &longest));
}

/* RFC 4034 section 6.1, and names whose keys would sort wrongly without an end of label. */
static void test_key_order(void **state)
{
	static const char *const sorted[] = { ".", "com", "a.com", "!.a.com", "a.a.com", "z.a.com",
		"a!.com", "example", "!.example", "*.example", "a.example", "yljkjljk.a.example",
		"z.a.example", "zabc.a.example", "a!.example", "a-.example", "aa.example",
		"b.example", "example1", "z.example1" };
	(void)state;
	uint8_t last[NAME_KEY_BYTES];
	size_t last_length = 0;
	for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		uint8_t key[NAME_KEY_BYTES];
		struct name name = parse(sorted[i]);
		size_t length = name_render_key(&name, key);
		size_t common = length < last_length ? length : last_length;
		int order = memcmp(last, key, common);
		if (i > 0 && !(order < 0 || (order == 0 && last_length < length)))
			fail_msg("%s does not follow", sorted[i]);
		memcpy(last, key, length);
		last_length = length;
	}
}

static void test_key_round_trip(void **state)
{
	static const char *const names[] = { ".", "com", "example.com", "*.a.b.c", "a\\.b.c", N255,
		L63 };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t key[NAME_KEY_BYTES];
		struct name name = parse(names[i]);
		struct name again;
		size_t length = name_render_key(&name, key);
		assert_int_equal(length, name.length - 1);
		assert_true(name_parse_key(key, length, &again));
		assert_true(name_is_equal(&name, &again));
		if (length > 0)
			assert_false(name_parse_key(key, length - 1, &again));
	}
	struct name parent = parse("example.com");
	struct name child = parse("www.example.com");
	uint8_t parent_key[NAME_KEY_BYTES];
	uint8_t child_key[NAME_KEY_BYTES];
	size_t parent_length = name_render_key(&parent, parent_key);
	assert_true(name_render_key(&child, child_key) > parent_length);
	assert_memory_equal(parent_key, child_key, parent_length);
	struct name name;
	uint8_t zeros[300] = { 0 };
	assert_false(name_parse_key(zeros, 1, &name));
	assert_false(name_parse_key((const uint8_t *)"a\0\0", 3, &name));
	assert_false(name_parse_key((const uint8_t *)"A\0", 2, &name));
	memset(zeros, 'a', sizeof(zeros));
	assert_false(name_parse_key(zeros, sizeof(zeros), &name));
	assert_false(name_parse_key(zeros, 254, &name));
}

static void test_file(void **state)
{
	char text[NAME_TEXT_BYTES] = "untouched";
	(void)state;
	struct name slash = parse("0/25.2.0.192.in-addr.arpa");
	struct name root = parse(".");
	struct name dot = parse("\\.a.b");
	struct name longest = parse(N255);
	struct name plain = parse("Example.COM");
	assert_false(name_render_file(&slash, text));
	assert_false(name_render_file(&root, text));
	assert_false(name_render_file(&longest, text));
	assert_string_equal(text, "untouched");
	assert_true(name_render_file(&dot, text));
	assert_int_not_equal(text[0], '.');
	assert_true(name_render_file(&plain, text));
	assert_string_equal(text, "example.com");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_wire_refused),
		cmocka_unit_test(test_under),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_concat),
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_key_round_trip),
		cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
