/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/type.h"
#include "dns/zone_text.h"

static struct arena *arena;
static struct faults faults;
static struct zone_text text;
static size_t bytes_max = (size_t)4 << 20;

static enum err parse(const char *input)
{
	const char *detail;
	struct name zone;
	arena_reset(arena);
	faults_init(&faults, arena);
	assert_int_equal(name_parse("example.com", 11, &zone, &detail), ERR_OK);
	const struct zone_text_settings settings = { .zone = &zone,
		.default_ttl_s = 300,
		.ttl_min_s = 10,
		.ttl_max_s = 86400,
		.bytes_max = bytes_max };
	const struct zone_text_source source = { .bytes = input, .length = strlen(input) };
	return zone_text_parse(arena, &settings, &source, &faults, &text);
}

/* "owner TYPE ttl count;" of each RRset in order, owners as their keys with dots. */
static const char *shown(void)
{
	static char out[4096];
	char type[TYPE_TEXT_BYTES];
	struct zone_text_rrset rrset;
	size_t length = 0;
	out[0] = '\0';
	for (size_t at = 0; zone_text_get(&text, at, &rrset); at += rrset.count) {
		for (size_t i = 0; i < rrset.key_length; i++)
			out[length++] = rrset.key[i] == 0 ? '.' : (char)rrset.key[i];
		length += (size_t)snprintf(out + length, sizeof(out) - length, " %s %u %zu;",
		        type_render(rrset.type, type), (unsigned)rrset.ttl_s, rrset.count);
	}
	return out;
}

/* "line:slug " of each fault. */
static const char *faulted(void)
{
	static char out[4096];
	size_t length = 0;
	out[0] = '\0';
	for (size_t i = 0; i < faults.count; i++)
		length += (size_t)snprintf(out + length, sizeof(out) - length, "%u:%s ",
		        faults.items[i].line, err_slug(faults.items[i].err));
	return out;
}

static void test_records_come_in_order(void **state)
{
	(void)state;
	assert_int_equal(parse("b A 192.0.2.2\n"
	                       "b A 192.0.2.1\n"
	                       "$TTL 1h\n"
	                       "a.b TXT x ; comment\n"
	                       "B 300 A 192.0.2.2\n" /* once more */
	                       "@ MX 10 mail\n"
	                       "  MX 20 mail.example.net.\n"
	                       "$ORIGIN sub.example.com.\n"
	                       "@ AAAA ( 2001:db8::1\n"
	                       " )\n"
	                       "www IN 60 TYPE1 \\# 4 c0000201"),
	        ERR_OK);
	assert_string_equal(shown(), " MX 3600 2;b. A 300 2;b.a. TXT 3600 1;sub. AAAA 3600 1;"
	                             "sub.www. A 60 1;");
	assert_int_equal(text.count, 7);
}

static void test_values_are_canonical(void **state)
{
	(void)state;
	struct zone_text_rrset rrset;
	struct rdata values[2];
	assert_int_equal(parse("@ 300 NS NS2\n@ 300 NS ns1\n"), ERR_OK);
	assert_true(zone_text_get(&text, 0, &rrset));
	assert_int_equal(rrset.count, 2);
	zone_text_get_values(&text, &rrset, values);
	assert_memory_equal(values[0].bytes, "\3ns1\7example\3com", 17);
	assert_memory_equal(values[1].bytes, "\3ns2\7example\3com", 17);
	assert_true(zone_text_get_one(&text, 1, &rrset));
	assert_false(zone_text_get_one(&text, 2, &rrset));
}

static void test_a_serial_is_not_the_files(void **state)
{
	(void)state;
	struct zone_text_rrset rrset;
	struct rdata soa;
	assert_int_equal(parse("@ SOA a. b. 77 1 2 3 4\n"), ERR_OK);
	assert_true(zone_text_get(&text, 0, &rrset));
	zone_text_get_values(&text, &rrset, &soa);
	assert_memory_equal(soa.bytes + soa.length - 20, "\0\0\0\0\0\0\0\1", 8);
}

static void test_every_bad_line_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *input;
		const char *faults;
	} cases[] = {
		{ "a A 1\nb A 192.0.2.1\nc A x\n", "1:invalid-record 3:invalid-record " },
		{ "$GENERATE 1-2 a$ A 192.0.2.1\n$TTL 60\n$INCLUDE f\nx A 1\n",
		        "1:invalid-record 3:invalid-record 4:invalid-record " },
		{ "$TTL x\n a TXT x\n$GENERATE 1-4 a",
		        "1:invalid-record 2:invalid-record 3:invalid-record " },
		{ "a.example.net. A 192.0.2.1\nb A 192.0.2.1", "1:out-of-zone " },
		{ "a CH A 192.0.2.1\n", "1:invalid-record " },
		{ "a 9 A 192.0.2.1\nb 86401 A 192.0.2.1\n", "1:invalid-ttl 2:invalid-ttl " },
		{ "a 60 A 192.0.2.1\na 61 A 192.0.2.2\n", "2:invalid-ttl " },
		{ "a RRSIG A 8 2 1 20300101000000 20200101000000 1 . aa==\n",
		        "1:unsupported-type " },
		{ "a CNAME b\na CNAME c\n", "2:invalid-record " },
		{ "a SOA a. b. 1 2 3 4 5\n", "1:conflict " },
		{ "@ DS 1 8 1 00112233445566778899aabbccddeeff00112233\n", "1:conflict " },
		{ "a\\000b A 192.0.2.1\n", "1:invalid-name " },
		{ "x.*.a A 192.0.2.1\n", "1:invalid-name " },
		{ "a TXT \"open\nb A 192.0.2.1\nc A x\n", "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_not_equal(parse(cases[i].input), ERR_OK);
		if (cases[i].faults[0] != '\0')
			assert_string_equal(faulted(), cases[i].faults);
	}
}

/* What was said before a directive that is refused still counts behind it. */
static void test_what_is_known_stays(void **state)
{
	(void)state;
	assert_int_not_equal(parse("$ORIGIN sub.example.com.\n"
	                           "$TTL 77\n"
	                           "a A 192.0.2.1\n"
	                           "$GENERATE 1-2 a$ A 192.0.2.1\n"
	                           "b A 192.0.2.1\n"),
	        ERR_OK);
	assert_string_equal(shown(), "sub.a. A 77 1;sub.b. A 77 1;");
	assert_string_equal(faulted(), "4:invalid-record ");
}

static void test_bounds(void **state)
{
	(void)state;
	static char input[200000];
	size_t length = 0;
	for (unsigned i = 0; i < 4097; i++)
		length += (size_t)snprintf(input + length, sizeof(input) - length,
		        "a 60 A 192.0.%u.%u\n", i / 256, i % 256);
	assert_int_equal(parse(input), ERR_INVALID_RECORD);
	assert_string_equal(faulted(), "4097:invalid-record ");
	bytes_max = 4096;
	assert_int_equal(parse(input), ERR_TOO_LARGE);
	bytes_max = (size_t)4 << 20;
	assert_int_equal(parse(""), ERR_OK);
	assert_int_equal(text.count, 0);
}

int main(void)
{
	arena = arena_open((size_t)64 << 20);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_come_in_order),
		cmocka_unit_test(test_values_are_canonical),
		cmocka_unit_test(test_a_serial_is_not_the_files),
		cmocka_unit_test(test_every_bad_line_is_named),
		cmocka_unit_test(test_what_is_known_stays),
		cmocka_unit_test(test_bounds),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_close(arena);
	return failed;
}
