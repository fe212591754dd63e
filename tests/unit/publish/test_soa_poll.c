/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "publish/names.h"
#include "publish/soa_poll.h"

#define REFUSED 5

/* ---- a CoreDNS made by hand, in this process ---- */

struct query {
	uint8_t bytes[512];
	size_t length; /* 0: none came */
	struct sockaddr_in from;
};

static int server = -1;
static char address[32];

static int server_open(void)
{
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t length = sizeof(self);
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_DGRAM, 0);
	if (server < 0 || bind(server, (struct sockaddr *)&self, length) != 0 ||
	        getsockname(server, (struct sockaddr *)&self, &length) != 0)
		return -1;
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(self.sin_port));
	return 0;
}

static struct query take_query(void)
{
	struct query query = { 0 };
	socklen_t length = sizeof(query.from);
	ssize_t got = recvfrom(server, query.bytes, sizeof(query.bytes), MSG_DONTWAIT,
	        (struct sockaddr *)&query.from, &length);
	query.length = got > 0 ? (size_t)got : 0;
	return query;
}

static unsigned count_queries(void)
{
	unsigned count = 0;
	while (take_query().length > 0)
		count++;
	return count;
}

static uint16_t query_id(const struct query *query)
{
	return (uint16_t)(query->bytes[0] << 8 | query->bytes[1]);
}

static size_t question_length(const struct query *query)
{
	size_t at = 12;
	while (query->bytes[at] != 0)
		at += query->bytes[at] + 1u;
	return at + 5 - 12;
}

/* Answers with a SOA (serial) or, when rcode is not 0, with nothing. */
static size_t make_answer(
        const struct query *query, uint8_t rcode, uint32_t serial, uint8_t *answer)
{
	size_t length = 12 + question_length(query);
	memcpy(answer, query->bytes, length);
	answer[2] = 0x84;
	answer[3] = rcode;
	memset(answer + 4, 0, 8);
	answer[5] = 1;
	if (rcode != 0)
		return length;
	answer[7] = 1;
	const uint8_t record[] = { 0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0,
		(uint8_t)(serial >> 24), (uint8_t)(serial >> 16), (uint8_t)(serial >> 8),
		(uint8_t)serial, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 60 };
	memcpy(answer + length, record, sizeof(record));
	return length + sizeof(record);
}

static void send_answer(int fd, const struct query *query, const uint8_t *answer, size_t length)
{
	assert_int_equal(sendto(fd, answer, length, 0, (const struct sockaddr *)&query->from,
	                         sizeof(query->from)),
	        (ssize_t)length);
}

static void reply(const struct query *query, uint8_t rcode, uint32_t serial)
{
	uint8_t answer[1024];
	assert_int_not_equal(query->length, 0);
	send_answer(server, query, answer, make_answer(query, rcode, serial, answer));
}

/* ---- the poller under test ---- */

static struct soa_poll *poll_under_test;
static struct {
	unsigned served;
	unsigned wanted;
	unsigned missing;
	unsigned up;
	unsigned down;
	unsigned asked;
	unsigned repeated;
	uint32_t serial;
	uint32_t rtt_us;
	char error[64];
} seen;

static void on_served(
        void *context, size_t index, const struct name *zone, uint32_t serial, bool is_wanted)
{
	(void)context;
	(void)zone;
	assert_int_equal(index, 0);
	seen.served++;
	seen.wanted += is_wanted;
	seen.serial = serial;
}

static void on_changed(void *context, size_t index, const char *error)
{
	(void)context;
	(void)index;
	seen.up += error == NULL;
	seen.down += error != NULL;
	(void)snprintf(seen.error, sizeof(seen.error), "%s", error != NULL ? error : "");
}

static void on_answered(void *context, size_t index, uint32_t rtt_us)
{
	(void)context;
	(void)index;
	seen.rtt_us = rtt_us;
}

static void on_asked(void *context, size_t index, bool is_repeated)
{
	(void)context;
	(void)index;
	seen.asked++;
	seen.repeated += is_repeated;
}

static void on_missing(void *context, size_t index, const struct name *zone)
{
	(void)context;
	(void)index;
	(void)zone;
	seen.missing++;
}

static void pseudo_random(void *ret_bytes, size_t length)
{
	static uint32_t seed = 1;
	uint8_t *bytes = ret_bytes;
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static int open_poll(void **state)
{
	(void)state;
	static const struct soa_poll_events events = {
		.served = on_served,
		.changed = on_changed,
		.answered = on_answered,
		.asked = on_asked,
		.missing = on_missing,
	};
	const char *addresses[] = { address };
	memset(&seen, 0, sizeof(seen));
	if (server_open() != 0)
		return -1;
	return soa_poll_open(addresses, 1, pseudo_random, &events, &poll_under_test) == ERR_OK ? 0
	                                                                                       : -1;
}

static int close_poll(void **state)
{
	(void)state;
	soa_poll_close(poll_under_test);
	return close(server);
}

static void step(int64_t now_ms)
{
	soa_poll_step(poll_under_test, now_ms * 1000);
}

static struct name zone;

static void watch(const char *text, uint32_t serial, int64_t now_ms)
{
	zone = name_of(text);
	assert_true(soa_poll_watch(poll_under_test, &zone, serial, now_ms));
}

/* ---- tests ---- */

static void test_asks_until_it_is_served(void **state)
{
	(void)state;
	watch("example.com", 7, 1000);
	step(1000);
	struct query query = take_query();
	reply(&query, 0, 6);
	step(1001);
	assert_int_equal(seen.served, 1);
	assert_int_equal(seen.wanted, 0);
	assert_int_equal(seen.rtt_us, 1000);
	assert_int_equal(seen.up, 1);
	assert_int_equal(take_query().length, 0);
	assert_in_range(soa_poll_due_ms(poll_under_test), 1001 + 3, 1001 + 7);
	step(1008);
	query = take_query();
	reply(&query, 0, 7);
	step(1009);
	assert_int_equal(seen.wanted, 1);
	assert_int_equal(seen.serial, 7);
	assert_true(soa_poll_due_ms(poll_under_test) == INT64_MAX);
	step(99999);
	assert_int_equal(count_queries(), 0);
}

static void test_later_serial_will_do_also_past_the_wrap(void **state)
{
	(void)state;
	watch("example.com", 4294967290u, 0);
	step(0);
	struct query query = take_query();
	reply(&query, 0, 3);
	step(1);
	assert_int_equal(seen.wanted, 1);
}

static void test_pauses_grow_to_a_second(void **state)
{
	(void)state;
	int64_t now_ms = 0;
	unsigned early = 0;
	watch("example.com", 7, 0);
	for (unsigned i = 0; i < 60; i++) {
		step(now_ms);
		struct query query = take_query();
		reply(&query, 0, 6);
		step(now_ms);
		int64_t due_ms = soa_poll_due_ms(poll_under_test);
		early += due_ms <= 200;
		assert_in_range(due_ms - now_ms, 1, SOA_POLL_MOST_MS * 5 / 4);
		if (i > 40)
			assert_in_range(
			        due_ms - now_ms, SOA_POLL_MOST_MS / 2, SOA_POLL_MOST_MS * 5 / 4);
		now_ms = due_ms;
	}
	/* Some ten questions while a CoreDNS with reload 200ms gets ready. */
	assert_in_range(early, 6, 16);
	assert_int_equal(seen.wanted, 0);
}

static void test_forged_answers_count_for_nothing(void **state)
{
	(void)state;
	uint8_t answer[1024];
	watch("example.com", 7, 0);
	step(0);
	struct query query = take_query();
	size_t length = make_answer(&query, 0, 7, answer);

	int stranger = socket(AF_INET, SOCK_DGRAM, 0);
	send_answer(stranger, &query, answer, length); /* another address */
	close(stranger);
	answer[1] ^= 1; /* another id */
	send_answer(server, &query, answer, length);
	answer[1] ^= 1;
	answer[13] ^= 1; /* another question */
	send_answer(server, &query, answer, length);
	answer[13] ^= 1;
	answer[2] &= 0x7f; /* a query, no answer */
	send_answer(server, &query, answer, length);
	answer[2] |= 0x80;
	for (size_t cut = 0; cut < 12 + question_length(&query); cut++)
		send_answer(server, &query, answer, cut);
	step(1);
	assert_int_equal(seen.served, 0);
	assert_int_equal(seen.up, 0);
	send_answer(server, &query, answer, length);
	step(2);
	assert_int_equal(seen.wanted, 1);
	/* The same answer again has no question any more. */
	send_answer(server, &query, answer, length);
	step(3);
	assert_int_equal(seen.served, 1);
}

static void test_slow_answers_count(void **state)
{
	(void)state;
	watch("example.com", 7, 0);
	step(0);
	struct query first = take_query();
	int64_t due_ms = soa_poll_due_ms(poll_under_test);
	assert_in_range(due_ms, 10, 30);
	step(due_ms);
	struct query second = take_query();
	assert_int_not_equal(second.length, 0);
	assert_int_equal(query_id(&first), query_id(&second));
	assert_int_equal(seen.repeated, 1);
	reply(&first, 0, 7);
	step(due_ms + 1);
	assert_int_equal(seen.wanted, 1);
}

static void test_silent_server_is_down_and_comes_back(void **state)
{
	(void)state;
	struct query query = { 0 };
	watch("example.com", 7, 0);
	int64_t now_ms = 0;
	while (now_ms < SOA_POLL_DOWN_MS + 2000) {
		step(now_ms);
		for (struct query next; (next = take_query()).length > 0;)
			query = next;
		now_ms = soa_poll_due_ms(poll_under_test);
	}
	assert_int_equal(seen.down, 1);
	assert_string_equal(seen.error, "it does not answer");
	assert_in_range(seen.asked, 4, 20);
	reply(&query, 0, 7);
	step(now_ms);
	assert_int_equal(seen.up, 1);
	assert_int_equal(seen.wanted, 1);
}

static void test_refused_is_not_served_yet(void **state)
{
	(void)state;
	watch("example.com", 7, 0);
	step(0);
	struct query query = take_query();
	reply(&query, REFUSED, 0);
	step(1);
	assert_int_equal(seen.up, 1);
	assert_int_equal(seen.served, 0);
	assert_int_equal(seen.missing, 0);
	assert_true(soa_poll_due_ms(poll_under_test) < 20);
}

static void test_probe_is_one_question(void **state)
{
	(void)state;
	zone = name_of("example.com");
	soa_poll_probe(poll_under_test, &zone, 0);
	soa_poll_probe(poll_under_test, &zone, 0);
	step(0);
	struct query query = take_query();
	assert_int_equal(count_queries(), 0);
	reply(&query, REFUSED, 0);
	step(1);
	assert_int_equal(seen.missing, 1);
	assert_true(soa_poll_due_ms(poll_under_test) == INT64_MAX);
	soa_poll_probe(poll_under_test, NULL, 10);
	step(10);
	query = take_query();
	assert_int_equal(query.bytes[12], 0);
	/* Nobody answers: it is given up after some time. */
	for (int64_t now_ms = 10; now_ms < 10000; now_ms += 100)
		step(now_ms);
	assert_true(soa_poll_due_ms(poll_under_test) == INT64_MAX);
}

static void test_forgotten_watch(void **state)
{
	(void)state;
	watch("example.com", 7, 0);
	step(0);
	struct query query = take_query();
	soa_poll_forget(poll_under_test, &zone);
	assert_true(soa_poll_due_ms(poll_under_test) == INT64_MAX);
	reply(&query, 0, 7);
	step(1);
	assert_int_equal(seen.served, 0);
}

static void test_many_zones_are_spread(void **state)
{
	(void)state;
	char text[32];
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "z%u.test", i);
		watch(text, 7, 0);
	}
	step(0);
	assert_in_range(seen.asked, 10, 100);
	assert_in_range(soa_poll_due_ms(poll_under_test), 0, 5);
	unsigned answered = 0;
	for (int64_t now_ms = 0; now_ms < 1000; now_ms++) {
		step(now_ms);
		for (struct query query; (query = take_query()).length > 0; answered++)
			reply(&query, 0, 7);
	}
	assert_in_range(answered, SOA_POLL_RATE * 9 / 10, SOA_POLL_RATE * 11 / 10);
	assert_in_range(seen.wanted, SOA_POLL_RATE * 8 / 10, SOA_POLL_RATE * 11 / 10);
}

/* Asking for the same again must not make it ask faster. */
static void test_watch_that_is_there_already(void **state)
{
	(void)state;
	watch("example.com", 7, 0);
	step(0);
	struct query query = take_query();
	reply(&query, 0, 6);
	step(1);
	int64_t due_ms = soa_poll_due_ms(poll_under_test);
	assert_true(due_ms > 1);
	watch("example.com", 7, 1);
	assert_int_equal(soa_poll_due_ms(poll_under_test), due_ms);
	watch("example.com", 8, 1);
	assert_int_equal(soa_poll_due_ms(poll_under_test), 1);
	step(1);
	assert_int_equal(count_queries(), 1);
}

static void test_bad_addresses(void **state)
{
	(void)state;
	static const struct soa_poll_events events = { 0 };
	const char *addresses[] = { "localhost:53" };
	struct soa_poll *opened = NULL;
	assert_int_equal(
	        soa_poll_open(addresses, 1, pseudo_random, &events, &opened), ERR_BAD_REQUEST);
	assert_null(opened);
}

#define POLL_TEST(name) cmocka_unit_test_setup_teardown(name, open_poll, close_poll)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLL_TEST(test_asks_until_it_is_served),
		POLL_TEST(test_later_serial_will_do_also_past_the_wrap),
		POLL_TEST(test_pauses_grow_to_a_second),
		POLL_TEST(test_forged_answers_count_for_nothing),
		POLL_TEST(test_slow_answers_count),
		POLL_TEST(test_silent_server_is_down_and_comes_back),
		POLL_TEST(test_refused_is_not_served_yet),
		POLL_TEST(test_probe_is_one_question),
		POLL_TEST(test_forgotten_watch),
		POLL_TEST(test_watch_that_is_there_already),
		POLL_TEST(test_many_zones_are_spread),
		cmocka_unit_test(test_bad_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
