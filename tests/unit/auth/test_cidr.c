/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "auth/cidr.h"

static void test_blocks_have_their_addresses(void **state)
{
	static const struct {
		const char *block;
		const char *address;
		bool has;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "192.168.1.0/25", "192.168.1.127", true },
		{ "192.168.1.0/25", "192.168.1.128", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.2", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "203.0.113.9", false },
		{ "::/0", "::ffff:203.0.113.9", false },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "::ffff:10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "11.1.2.3", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::2", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cidr cidr;
		struct address address;
		const char *detail = NULL;
		assert_true(cidr_parse(cases[i].block, &cidr, &detail));
		assert_true(address_parse(cases[i].address, &address));
		assert_int_equal(cidr_has(&cidr, &address), cases[i].has);
	}
}

static void test_anything_else_is_refused(void **state)
{
	static const char *const texts[] = { "", "/", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", " 10.0.0.0/8",
		"10.0.0.0/8/8", "10.0.0.1/8", "10.0.0/8", "10.0.0.256", "010.0.0.0/8",
		"0x0a.0.0.0/8", "2001:db8::/129", "2001:db8::1/32", "2001:db8::/1000",
		"fe80::1%eth0", "[::1]", "*", "localhost", "10.0.0.0/99999999999999999999",
		"::ffff:10.0.0.0/8",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff/128" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cidr cidr;
		const char *detail = NULL;
		assert_false(cidr_parse(texts[i], &cidr, &detail));
		assert_non_null(detail);
	}
}

static void test_a_block_is_rendered(void **state)
{
	static const struct {
		const char *text;
		const char *rendered;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1/32" },
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cidr cidr;
		const char *detail;
		char text[CIDR_TEXT_BYTES];
		assert_true(cidr_parse(cases[i].text, &cidr, &detail));
		assert_string_equal(cidr_render(&cidr, text), cases[i].rendered);
	}
}

static void test_an_address_has_no_zone_or_port(void **state)
{
	static const char *const texts[] = { "", "10.0.0.1:53", "fe80::1%1", "[::1]", "10.0.0.1/32",
		"10.1", "unix:" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address address;
		assert_false(address_parse(texts[i], &address));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_have_their_addresses),
		cmocka_unit_test(test_anything_else_is_refused),
		cmocka_unit_test(test_a_block_is_rendered),
		cmocka_unit_test(test_an_address_has_no_zone_or_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
