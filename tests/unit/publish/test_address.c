/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "publish/address.h"

static void test_addresses(void **state)
{
	(void)state;
	struct sockaddr_storage address;
	socklen_t length;
	assert_true(socket_address_parse("127.0.0.1:1053", &address, &length));
	assert_int_equal(length, sizeof(struct sockaddr_in));
	assert_int_equal(((struct sockaddr_in *)&address)->sin_port, htons(1053));
	assert_true(socket_address_parse("192.0.2.1", &address, &length));
	assert_int_equal(((struct sockaddr_in *)&address)->sin_port, htons(53));
	assert_true(socket_address_parse("[::1]:5353", &address, &length));
	assert_int_equal(address.ss_family, AF_INET6);
	assert_int_equal(((struct sockaddr_in6 *)&address)->sin6_port, htons(5353));
	assert_true(socket_address_parse("[2001:db8::1]", &address, &length));
}

static void test_nonsense(void **state)
{
	(void)state;
	static const char *const texts[] = { "", ":", ":53", "localhost:53",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:53x", "127.0.0.1:+53",
		"127.0.0.1 :53", "010.0.0.1:53", "::1", "[::1", "[127.0.0.1]:53", "[]:53",
		"[::1]53", "[::1]:", "127.0.0.1:-1", "[fe80::1%eth0]:53",
		"1111111111111111111111111111111111111111111111111111111111111111111111:53" };
	struct sockaddr_storage address;
	socklen_t length;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (socket_address_parse(texts[i], &address, &length))
			print_error("accepted: %s\n", texts[i]);
		assert_false(socket_address_parse(texts[i], &address, &length));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
