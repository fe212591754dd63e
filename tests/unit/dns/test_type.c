/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dns/type.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint16_t type;
		const char *rendered;
	} cases[] = {
		{ "A", 1, "A" },
		{ "a", 1, "A" },
		{ "TYPE1", 1, "A" },
		{ "type1", 1, "A" },
		{ "Aaaa", 28, "AAAA" },
		{ "https", 65, "HTTPS" },
		{ "TYPE65", 65, "HTTPS" },
		{ "TYPE65280", 65280, "TYPE65280" },
		{ "TYPE65534", 65534, "TYPE65534" },
		{ "TYPE127", 127, "TYPE127" },
		{ "NSAP-PTR", 23, "NSAP-PTR" },
		{ "null", 10, "NULL" },
		{ "SOA", 6, "SOA" },
		{ "RRSIG", 46, "RRSIG" },
		{ "dlv", 32769, "DLV" },
		{ "NSEC3PARAM", 51, "NSEC3PARAM" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t type = 0;
		char text[TYPE_TEXT_BYTES];
		assert_int_equal(type_parse(cases[i].text, strlen(cases[i].text), &type), ERR_OK);
		assert_int_equal(type, cases[i].type);
		assert_string_equal(type_render(type, text), cases[i].rendered);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = { "", "AA", "A ", " A", "A\n", "TYPE", "TYPE0", "TYPE01",
		"TYPE001", "TYPE65535", "TYPE65536", "TYPE99999", "TYPE100000", "TYPE4294967297",
		"TYPE-1", "TYPE+1", "TYPE 1", "TYPE1x", "TYPE0x1", "TYPEA", "ANY", "*", "AXFR",
		"IXFR", "OPT", "TSIG", "TKEY", "MAILA", "MAILB", "NXNAME", "TYPE41", "TYPE128",
		"TYPE200", "TYPE249", "TYPE255", "type255", "IN", "NOSUCH", "TXT1", "TX", "NSEC4",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\377", "T\xc3\x9fT" };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t type = 77;
		if (type_parse(cases[i], strlen(cases[i]), &type) != ERR_UNSUPPORTED_TYPE)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(type, 77);
	}
	uint16_t type = 77;
	assert_int_equal(type_parse("A\0", 2, &type), ERR_UNSUPPORTED_TYPE);
	assert_int_equal(type_parse("TYPE1\0", 6, &type), ERR_UNSUPPORTED_TYPE);
}

static void test_every_number_comes_back(void **state)
{
	(void)state;
	for (unsigned number = 0; number <= UINT16_MAX; number++) {
		char text[TYPE_TEXT_BYTES];
		uint16_t type = 0;
		const char *detail = NULL;
		type_render((uint16_t)number, text);
		bool is_parsed = type_parse(text, strlen(text), &type) == ERR_OK;
		if (is_parsed)
			assert_int_equal(type, number);
		if (type_is_writable((uint16_t)number, &detail))
			assert_true(is_parsed);
		else
			assert_non_null(detail);
	}
}

static void test_use(void **state)
{
	static const uint16_t unwritable[] = { 0, 6, 24, 30, 41, 46, 47, 50, 51, 128, 249, 250, 251,
		252, 253, 254, 255, 65535 };
	static const uint16_t protected[] = { 2, 6, 39, 43, 48, 59, 60, 257 };
	static const uint16_t open[] = { 1, 5, 12, 15, 16, 28, 33, 65, 256, 65280 };
	const char *detail = NULL;
	(void)state;
	for (size_t i = 0; i < sizeof(unwritable) / sizeof(unwritable[0]); i++)
		assert_false(type_is_writable(unwritable[i], &detail));
	for (size_t i = 0; i < sizeof(protected) / sizeof(protected[0]); i++)
		assert_true(type_is_protected(protected[i]));
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		assert_true(type_is_writable(open[i], &detail));
		assert_false(type_is_protected(open[i]));
	}
}

static void test_zone_spelling(void **state)
{
	char text[TYPE_TEXT_BYTES];
	(void)state;
	assert_string_equal(type_render_zone(TYPE_A, text), "A");
	assert_string_equal(type_render_zone(29, text), "TYPE29");
	assert_string_equal(type_render_zone(262, text), "TYPE262");
	assert_string_equal(type_render_zone(65280, text), "TYPE65280");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_number_comes_back),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_zone_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
