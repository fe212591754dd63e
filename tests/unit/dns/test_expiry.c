/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dns/expiry.h"

static struct rdata values[3] = {
	{ .length = 1, .bytes = (const uint8_t *)"a" },
	{ .length = 1, .bytes = (const uint8_t *)"b" },
	{ .length = 1, .bytes = (const uint8_t *)"c" },
};

static struct rrset three_values(int64_t first_ms, int64_t second_ms, int64_t third_ms)
{
	values[0].expires_ms = first_ms;
	values[1].expires_ms = second_ms;
	values[2].expires_ms = third_ms;
	return (struct rrset){ .count = 3, .values = values };
}

static void test_what_goes_first(void **state)
{
	(void)state;
	struct rrset rrset = three_values(0, 0, 0);
	assert_true(rrset_next_expiry(&rrset) == 0);
	assert_false(rrset_is_passing(&rrset));
	rrset = three_values(0, 9, 7);
	assert_true(rrset_next_expiry(&rrset) == 7);
	assert_false(rrset_is_passing(&rrset));
	rrset_put_expiry(&rrset, 5);
	assert_true(rrset_next_expiry(&rrset) == 5);
	assert_true(rrset_is_passing(&rrset));
	rrset.count = 0;
	assert_false(rrset_is_passing(&rrset));
}

static void test_the_same(void **state)
{
	(void)state;
	struct rdata other[3];
	struct rrset a = three_values(1, 0, 3);
	struct rrset b = { .count = 3, .values = other };
	for (size_t i = 0; i < 3; i++)
		other[i] = values[i];
	assert_true(rrset_is_same_expiry(&a, &b));
	other[1].expires_ms = 1;
	assert_false(rrset_is_same_expiry(&a, &b));
	b.count = 2;
	assert_false(rrset_is_same_expiry(&a, &b));
}

static void test_bytes_and_back(void **state)
{
	(void)state;
	char memory[64];
	struct buf buf;
	struct rrset rrset = three_values(0, INT64_MAX, 3);
	buf_init_fixed(&buf, memory, sizeof(memory));
	rrset_pack_expiry(&buf, &rrset);
	assert_int_equal(buf.length, 24);
	rrset_put_expiry(&rrset, 0);
	assert_true(rrset_parse_expiry(buf.bytes, buf.length, &rrset));
	assert_true(values[0].expires_ms == 0);
	assert_true(values[1].expires_ms == INT64_MAX);
	assert_true(values[2].expires_ms == 3);
	assert_false(rrset_parse_expiry(buf.bytes, 16, &rrset));
	rrset.count = 2;
	assert_false(rrset_parse_expiry(buf.bytes, buf.length, &rrset));
	buf.length = 0;
	rrset_put_expiry(&rrset, 0);
	rrset_pack_expiry(&buf, &rrset);
	assert_int_equal(buf.length, 0);
	assert_true(rrset_parse_expiry(NULL, 0, &rrset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_first),
		cmocka_unit_test(test_the_same),
		cmocka_unit_test(test_bytes_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
