/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/query.h"
#include "dns/type.h"
#include "publish/asker.h"
#include "publish/names.h"

/* ---- two CoreDNS made by hand, in this process ---- */

#define SERVERS 2

static int udp[SERVERS];
static int tcp[SERVERS];
static char addresses[SERVERS][32];

/* UDP and TCP on one port; others may have taken one of the two. */
static bool bind_both(size_t index, struct sockaddr_in *ret_self)
{
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t length = sizeof(self);
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	udp[index] = socket(AF_INET, SOCK_DGRAM, 0);
	tcp[index] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(udp[index], (struct sockaddr *)&self, length) == 0 &&
	        getsockname(udp[index], (struct sockaddr *)&self, &length) == 0 &&
	        bind(tcp[index], (struct sockaddr *)&self, length) == 0 &&
	        listen(tcp[index], 4) == 0) {
		*ret_self = self;
		return true;
	}
	close(udp[index]);
	close(tcp[index]);
	return false;
}

static int server_open(size_t index)
{
	struct sockaddr_in self;
	for (unsigned tries = 0; tries < 100; tries++) {
		if (!bind_both(index, &self))
			continue;
		(void)snprintf(addresses[index], sizeof(addresses[0]), "127.0.0.1:%u",
		        ntohs(self.sin_port));
		return 0;
	}
	return -1;
}

struct query {
	uint8_t bytes[512];
	size_t length; /* 0: none came */
	struct sockaddr_in from;
};

static struct query take_query(size_t index)
{
	struct query query = { 0 };
	socklen_t length = sizeof(query.from);
	ssize_t got = recvfrom(udp[index], query.bytes, sizeof(query.bytes), MSG_DONTWAIT,
	        (struct sockaddr *)&query.from, &length);
	query.length = got > 0 ? (size_t)got : 0;
	return query;
}

/* The header and question of an answer, without records yet. */
static size_t begin_answer(const struct query *query, uint8_t rcode, uint8_t *answer)
{
	size_t at = 12;
	while (query->bytes[at] != 0)
		at += query->bytes[at] + 1u;
	at += 5;
	memcpy(answer, query->bytes, at);
	answer[2] = 0x84;
	answer[3] = rcode;
	memset(answer + 4, 0, 8);
	answer[5] = 1;
	return at;
}

static size_t add_address(uint8_t *answer, size_t length, uint8_t last)
{
	const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last };
	memcpy(answer + length, record, sizeof(record));
	answer[7]++;
	return length + sizeof(record);
}

static void send_answer(
        size_t index, const struct query *query, const uint8_t *answer, size_t length)
{
	assert_int_not_equal(query->length, 0);
	assert_int_equal(sendto(udp[index], answer, length, 0,
	                         (const struct sockaddr *)&query->from, sizeof(query->from)),
	        (ssize_t)length);
}

/* Answers the question that came, with one address, or with none when last is 0. */
static void reply(size_t index, uint8_t rcode, uint8_t last)
{
	uint8_t answer[1024];
	struct query query = take_query(index);
	size_t length = begin_answer(&query, rcode, answer);
	if (last != 0)
		length = add_address(answer, length, last);
	send_answer(index, &query, answer, length);
}

/* ---- the asker under test ---- */

static struct asker *asker;
static struct {
	unsigned count;
	void *token;
	bool is_verified;
	unsigned attempts;
	struct verify_server servers[SERVERS];
	uint8_t values[SERVERS];
} told;

static void on_done(void *context, void *token, const struct verify_question *question,
        const struct verify_report *report)
{
	(void)context;
	(void)question;
	assert_int_equal(report->server_count, SERVERS);
	told.count++;
	told.token = token;
	told.is_verified = report->is_verified;
	told.attempts = report->attempts;
	for (size_t i = 0; i < SERVERS; i++) {
		told.servers[i] = report->servers[i];
		if (report->servers[i].value_count > 0)
			told.values[i] = report->servers[i].values[0].bytes[3];
	}
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

static int open_asker(void **state)
{
	(void)state;
	static const char *texts[SERVERS];
	struct asker_settings settings = { .addresses = texts,
		.count = SERVERS,
		.round_ms = 500,
		.random = pseudo_random,
		.done = on_done };
	memset(&told, 0, sizeof(told));
	for (size_t i = 0; i < SERVERS; i++) {
		texts[i] = addresses[i];
		if (server_open(i) != 0)
			return -1;
	}
	return asker_open(&settings, &asker) == ERR_OK ? 0 : -1;
}

static int close_asker(void **state)
{
	(void)state;
	asker_close(asker);
	for (size_t i = 0; i < SERVERS; i++) {
		close(udp[i]);
		close(tcp[i]);
	}
	return 0;
}

static void step(int64_t now_ms)
{
	asker_step(asker, now_ms * 1000);
}

static const uint8_t expected[] = { 192, 0, 2, 7 };

static void ask(bool has_expect, uint32_t timeout_ms)
{
	struct verify_question question = {
		.owner = name_of("www.example.com"),
		.type = TYPE_A,
		.has_expect = has_expect,
		.expect = { sizeof(expected), expected },
		.timeout_ms = timeout_ms,
	};
	assert_int_equal(asker_ask(asker, &question, &told, 0), ERR_OK);
	step(0);
}

/* ---- tests ---- */

static void test_all_answer_as_expected(void **state)
{
	(void)state;
	ask(true, 0);
	reply(0, 0, 7);
	step(3);
	assert_int_equal(told.count, 0);
	reply(1, 0, 7);
	step(5);
	assert_int_equal(told.count, 1);
	assert_ptr_equal(told.token, &told);
	assert_true(told.is_verified);
	assert_int_equal(told.attempts, 1);
	assert_int_equal(told.servers[0].rtt_us, 3000);
	assert_string_equal(told.servers[1].address, addresses[1]);
	assert_int_equal(told.servers[1].value_count, 1);
	assert_int_equal(told.values[1], 7);
	assert_true(asker_due_ms(asker) == INT64_MAX);
}

static void test_asks_again_until_time_is_up(void **state)
{
	(void)state;
	int64_t now_ms = 0;
	unsigned rounds = 0;
	ask(true, 3000);
	while (told.count == 0) {
		rounds++;
		reply(0, 0, 7);
		reply(1, 0, 8);
		step(now_ms);
		now_ms = asker_due_ms(asker) == INT64_MAX ? now_ms : asker_due_ms(asker);
		step(now_ms);
	}
	assert_int_equal(now_ms, 3000);
	assert_in_range(rounds, 6, 12);
	assert_int_equal(told.attempts, rounds);
	assert_false(told.is_verified);
	assert_true(told.servers[0].is_verified);
	assert_false(told.servers[1].is_verified);
	assert_true(told.servers[1].has_answered);
	assert_int_equal(told.values[1], 8);
}

static void test_comes_true_later(void **state)
{
	(void)state;
	ask(false, 30000);
	reply(0, RCODE_NXDOMAIN, 0);
	reply(1, 0, 0);
	step(1);
	assert_int_equal(told.count, 0);
	int64_t due_ms = asker_due_ms(asker);
	assert_in_range(due_ms, 1 + ASKER_FIRST_MS / 2, 1 + ASKER_FIRST_MS);
	step(due_ms);
	reply(0, 0, 1);
	reply(1, 0, 2);
	step(due_ms + 1);
	assert_int_equal(told.count, 1);
	assert_true(told.is_verified);
	assert_int_equal(told.attempts, 2);
}

static void test_rcode_is_told(void **state)
{
	(void)state;
	ask(false, 0);
	reply(0, RCODE_NXDOMAIN, 0);
	reply(1, RCODE_REFUSED, 9);
	step(1);
	assert_int_equal(told.count, 1);
	assert_false(told.is_verified);
	assert_int_equal(told.servers[0].rcode, RCODE_NXDOMAIN);
	assert_int_equal(told.servers[1].rcode, RCODE_REFUSED);
	assert_int_equal(told.servers[1].value_count, 0);
}

static void test_silence(void **state)
{
	(void)state;
	ask(false, 0);
	reply(0, 0, 1);
	step(499);
	assert_int_equal(told.count, 0);
	step(500);
	assert_int_equal(told.count, 1);
	assert_false(told.is_verified);
	assert_true(told.servers[0].is_verified);
	assert_false(told.servers[1].has_answered);
}

static void test_forged_answers_count_for_nothing(void **state)
{
	(void)state;
	uint8_t answer[1024];
	ask(true, 0);
	reply(1, 0, 7);
	struct query query = take_query(0);
	size_t length = add_address(answer, begin_answer(&query, 0, answer), 7);
	answer[0] ^= 1;
	send_answer(0, &query, answer, length);
	answer[0] ^= 1;
	answer[14] ^= 1;
	send_answer(0, &query, answer, length);
	for (size_t cut = 0; cut < 20; cut++)
		send_answer(0, &query, answer, cut);
	step(10);
	step(500);
	assert_int_equal(told.count, 1);
	assert_false(told.servers[0].is_verified);
}

static void test_truncated_answer_comes_over_tcp(void **state)
{
	(void)state;
	uint8_t answer[8192];
	uint8_t asked[512];
	ask(true, 0);
	reply(0, 0, 7);
	struct query query = take_query(1);
	size_t length = begin_answer(&query, 0, answer);
	answer[2] |= 0x02;
	send_answer(1, &query, answer, length);
	step(1); /* reads the answer, connects */
	int peer = accept(tcp[1], NULL, NULL);
	assert_true(peer >= 0);
	step(2); /* sends the question */
	ssize_t got = recv(peer, asked, sizeof(asked), 0);
	assert_int_equal(got, query.length + 2);
	assert_memory_equal(asked + 2, query.bytes, query.length);
	answer[2] &= 0xfd;
	for (unsigned i = 0; i < 200; i++)
		length = add_address(answer, length, (uint8_t)i);
	const uint8_t size[] = { (uint8_t)(length >> 8), (uint8_t)length };
	/* In pieces, as it may come. */
	assert_int_equal(send(peer, size, 1, 0), 1);
	step(3);
	assert_int_equal(send(peer, size + 1, 1, 0), 1);
	assert_int_equal(send(peer, answer, 1000, 0), 1000);
	step(4);
	assert_int_equal(told.count, 0);
	assert_int_equal(send(peer, answer + 1000, length - 1000, 0), (ssize_t)(length - 1000));
	step(5);
	close(peer);
	assert_int_equal(told.count, 1);
	assert_true(told.is_verified);
	assert_int_equal(told.servers[1].value_count, 200);
}

static void test_nobody_listens_for_tcp(void **state)
{
	(void)state;
	uint8_t answer[512];
	ask(true, 0);
	reply(0, 0, 7);
	close(tcp[1]);
	struct query query = take_query(1);
	size_t length = begin_answer(&query, 0, answer);
	answer[2] |= 0x02;
	send_answer(1, &query, answer, length);
	step(1); /* reads the answer, connects */
	step(2); /* learns that it cannot */
	tcp[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(told.count, 1);
	assert_false(told.is_verified);
	assert_false(told.servers[1].has_answered);
}

static void test_nobody_listens_at_all(void **state)
{
	(void)state;
	close(udp[1]);
	ask(true, 0);
	udp[1] = socket(AF_INET, SOCK_DGRAM, 0);
	reply(0, 0, 7);
	step(1);
	assert_int_equal(told.count, 1);
	assert_true(told.servers[0].is_verified);
	assert_false(told.servers[1].has_answered);
}

/* Of one server that answers wrongly once, and then with SERVFAIL, only the last word counts. */
static void test_last_word_counts(void **state)
{
	(void)state;
	ask(true, 60);
	reply(0, 0, 7);
	reply(1, 0, 8);
	step(1);
	step(asker_due_ms(asker));
	reply(0, 0, 7);
	reply(1, 2, 0);
	step(60);
	while (told.count == 0) {
		step(asker_due_ms(asker));
		reply(0, 0, 7);
		reply(1, 2, 0);
		step(61);
	}
	assert_false(told.is_verified);
	assert_int_equal(told.servers[1].rcode, 2);
	assert_int_equal(told.servers[1].value_count, 0);
}

static void test_forget(void **state)
{
	(void)state;
	int other;
	ask(true, 0);
	asker_forget(asker, &other);
	assert_false(asker_due_ms(asker) == INT64_MAX);
	asker_forget(asker, &told);
	assert_true(asker_due_ms(asker) == INT64_MAX);
	reply(0, 0, 7);
	step(500);
	assert_int_equal(told.count, 0);
}

static void test_too_many(void **state)
{
	(void)state;
	struct verify_question question = { .owner = name_of("example.com"), .type = TYPE_A };
	for (unsigned i = 0; i < ASKER_QUESTIONS_MAX; i++)
		assert_int_equal(asker_ask(asker, &question, &told, 0), ERR_OK);
	assert_int_equal(asker_ask(asker, &question, &told, 0), ERR_OVERLOADED);
}

#define ASKER_TEST(name) cmocka_unit_test_setup_teardown(name, open_asker, close_asker)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ASKER_TEST(test_all_answer_as_expected),
		ASKER_TEST(test_asks_again_until_time_is_up),
		ASKER_TEST(test_comes_true_later),
		ASKER_TEST(test_rcode_is_told),
		ASKER_TEST(test_silence),
		ASKER_TEST(test_forged_answers_count_for_nothing),
		ASKER_TEST(test_truncated_answer_comes_over_tcp),
		ASKER_TEST(test_nobody_listens_for_tcp),
		ASKER_TEST(test_nobody_listens_at_all),
		ASKER_TEST(test_last_word_counts),
		ASKER_TEST(test_forget),
		ASKER_TEST(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
