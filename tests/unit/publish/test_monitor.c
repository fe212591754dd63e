/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The health monitor against a CoreDNS made by hand, with a clock made by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/type.h"
#include "publish/monitor.h"
#include "publish/names.h"

static int udp;
static char address[32];
static void *memory;
static struct board *board;
static struct monitor *monitor;
static bool is_current;
static unsigned drift_count;
static int64_t now_ms;
static struct name zone;
static struct name host;

static bool on_is_current(void *context, const struct name *name, uint32_t serial)
{
	(void)context;
	assert_true(name_is_equal(name, &zone));
	assert_int_equal(serial, 42);
	return is_current;
}

static void on_drifts(void *context, const struct name *name)
{
	(void)context;
	assert_true(name_is_equal(name, &zone));
	drift_count++;
}

static void pseudo_random(void *ret_bytes, size_t length)
{
	memset(ret_bytes, 0x5a, length);
}

static int open_all(void **state)
{
	(void)state;
	static const char *const addresses[] = { address };
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t length = sizeof(self);
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(udp, (struct sockaddr *)&self, length) != 0 ||
	        getsockname(udp, (struct sockaddr *)&self, &length) != 0)
		return -1;
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(self.sin_port));
	memory = mmap(NULL, board_bytes(), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	board = board_init(memory);
	board_begin(board, addresses, 1, NULL, 0);
	zone = name_of("example.com");
	host = name_of("a.example.com");
	is_current = true;
	drift_count = 0;
	now_ms = 1000;
	const struct monitor_settings settings = { .board = board,
		.addresses = addresses,
		.count = 1,
		.round_ms = 100,
		.random = pseudo_random,
		.is_current = on_is_current,
		.drifts = on_drifts };
	return monitor_open(&settings, &monitor) == ERR_OK ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	monitor_close(monitor);
	munmap(memory, board_bytes());
	close(udp);
	return 0;
}

static void begin(uint16_t round)
{
	static const uint8_t bytes[] = { 192, 0, 2, 7 };
	static struct rdata value = { .length = 4, .bytes = bytes };
	const struct rrset rrset = {
		.owner = host, .type = TYPE_A, .ttl_s = 300, .count = 1, .values = &value
	};
	const struct monitor_part part = { .zone = &zone, .serial = 42, .rrset = &rrset };
	const struct monitor_subject subject = { .kind = HEALTH_SERVER,
		.name = &host,
		.round = round,
		.part_count = 1,
		.parts = &part };
	assert_true(monitor_has_room(monitor));
	monitor_check(monitor, &subject, now_ms);
	monitor_step(monitor, now_ms * 1000);
}

/* Answers with one address, or with none when last is 0. False when nothing was asked. */
static bool reply(uint8_t rcode, uint8_t last)
{
	uint8_t bytes[512];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t got = recvfrom(
	        udp, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &length);
	if (got <= 0)
		return false;
	size_t at = 12;
	while (bytes[at] != 0)
		at += bytes[at] + 1u;
	at += 5;
	bytes[2] = 0x84;
	bytes[3] = rcode;
	memset(bytes + 6, 0, 6);
	const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last };
	if (last != 0) {
		memcpy(bytes + at, record, sizeof(record));
		bytes[7] = 1;
		at += sizeof(record);
	}
	assert_int_equal(sendto(udp, bytes, at, 0, (struct sockaddr *)&from, length), (ssize_t)at);
	return true;
}

/* Until the check is over; each question is answered in the same way. */
static void finish(bool answers, uint8_t rcode, uint8_t last)
{
	for (unsigned i = 0; i < 100 && monitor_due_ms(monitor) != INT64_MAX; i++) {
		if (answers)
			(void)reply(rcode, last);
		now_ms += 10;
		monitor_step(monitor, now_ms * 1000);
	}
	assert_int_equal(monitor_due_ms(monitor), INT64_MAX);
}

static enum health_state state_of(enum health_kind kind)
{
	struct health health;
	board_get_health(board, kind, &host, &health);
	return health.state;
}

static void test_states(void **state)
{
	(void)state;
	static const struct {
		bool answers;
		uint8_t rcode;
		uint8_t last;
		enum health_state wanted;
	} cases[] = {
		{ true, 0, 7, HEALTH_OK },
		{ true, 0, 8, HEALTH_DRIFT },
		{ true, 3, 0, HEALTH_UNRESOLVED },
		{ true, 0, 0, HEALTH_UNRESOLVED },
		{ false, 0, 0, HEALTH_UNKNOWN },
		{ true, 2, 0, HEALTH_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(1);
		finish(cases[i].answers, cases[i].rcode, cases[i].last);
		assert_int_equal(state_of(HEALTH_SERVER), cases[i].wanted);
	}
	assert_int_equal(state_of(HEALTH_ZONE), HEALTH_UNKNOWN);
}

static void test_drift_is_told_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(1);
		finish(true, 0, 8);
	}
	assert_int_equal(drift_count, 1);
	begin(1);
	finish(true, 0, 7);
	begin(1);
	finish(true, 0, 8);
	assert_int_equal(drift_count, 2);
}

static void test_a_zone_that_moved_on_is_not_judged(void **state)
{
	(void)state;
	begin(1);
	finish(true, 0, 7);
	is_current = false;
	begin(2);
	finish(true, 0, 8);
	assert_int_equal(state_of(HEALTH_SERVER), HEALTH_OK);
	assert_int_equal(drift_count, 0);
}

static void test_a_lost_packet_is_asked_again(void **state)
{
	(void)state;
	begin(1);
	now_ms += 100;
	monitor_step(monitor, now_ms * 1000);
	uint8_t lost[512];
	assert_true(recv(udp, lost, sizeof(lost), MSG_DONTWAIT) > 0);
	finish(true, 0, 7);
	assert_int_equal(state_of(HEALTH_SERVER), HEALTH_OK);
}

static void test_metrics_and_sweep(void **state)
{
	(void)state;
	static char text[16384];
	struct buf buf;
	begin(1);
	finish(true, 0, 7);
	buf_init_fixed(&buf, text, sizeof(text));
	board_render_metrics(board, now_ms, true, &buf);
	assert_non_null(buf_string(&buf));
	assert_non_null(strstr(text, "coregate_servers{state=\"ok\"} 1\n"));
	board_sweep_health(board, 2);
	assert_int_equal(state_of(HEALTH_SERVER), HEALTH_OK);
	board_sweep_health(board, 3);
	assert_int_equal(state_of(HEALTH_SERVER), HEALTH_UNKNOWN);
	buf_init_fixed(&buf, text, sizeof(text));
	board_render_metrics(board, now_ms, true, &buf);
	assert_non_null(buf_string(&buf));
	assert_non_null(strstr(text, "coregate_servers{state=\"ok\"} 0\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
	const struct CMUnitTest tests[] = {
		TEST(test_states),
		TEST(test_drift_is_told_once),
		TEST(test_a_zone_that_moved_on_is_not_judged),
		TEST(test_a_lost_packet_is_asked_again),
		TEST(test_metrics_and_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
