/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/connections.h"

#define PAIRS 8

static struct connections connections;
static _Atomic uint32_t shares[4];
static int here[PAIRS], there[PAIRS];

static int set_up(void **state)
{
	(void)state;
	memset(&connections, 0, sizeof(connections));
	memset((void *)shares, 0, sizeof(shares));
	connections.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	connections.shares = shares;
	connections.index = 1;
	connections.count = 4;
	for (int i = 0; i < PAIRS; i++) {
		int pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		here[i] = pair[0];
		there[i] = pair[1];
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		close(here[i]);
		close(there[i]);
	}
	return close(connections.epoll_fd);
}

/* The descriptor that epoll tells of; -1: nothing is watched that is readable. */
static int next_event(void)
{
	struct epoll_event event;
	return epoll_wait(connections.epoll_fd, &event, 1, 0) == 1 ? event.data.fd : -1;
}

static void add(int i)
{
	assert_true(connections_add(&connections, here[i], CONNECTION_IDLE));
	assert_int_equal(send(there[i], "x", 1, 0), 1);
}

static void test_what_is_watched(void **state)
{
	(void)state;
	add(0);
	assert_int_equal(next_event(), here[0]);
	connections_set_busy(&connections, here[0]);
	connections_unwatch(&connections, here[0]);
	assert_int_equal(next_event(), -1);
	connections_set_idle(&connections, here[0]);
	assert_int_equal(next_event(), here[0]);
	connections_drop(&connections, here[0]);
	assert_int_equal(next_event(), -1);
	assert_int_equal(connections_find_idle(&connections, 0), -1);
	assert_int_equal(connections.held, 0);
}

static void test_the_queue_keeps_its_order(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		add(i);
		connections_queue(&connections, here[i]);
	}
	assert_int_equal(next_event(), -1);
	/* One that moved to another responder is passed over. */
	connections_drop(&connections, here[1]);
	assert_int_equal(connections_take_queued(&connections), here[0]);
	assert_int_equal(connections_take_queued(&connections), here[2]);
	assert_int_equal(connections_take_queued(&connections), here[3]);
	assert_int_equal(connections_take_queued(&connections), -1);
	connections_set_idle(&connections, here[0]);
	assert_int_equal(next_event(), here[0]);
}

static void test_shares(void **state)
{
	(void)state;
	/* With nobody else there, a quarter of four is the share: two more are taken, no third. */
	for (int i = 0; i < PAIRS && connections_may_take(&connections); i++)
		add(i);
	assert_int_equal(connections.held, 3);
	assert_int_equal(shares[1], 3);
	shares[0] = shares[2] = shares[3] = 3;
	assert_true(connections_may_take(&connections));
	connections.shares = NULL;
	connections.held = 1000;
	assert_true(connections_may_take(&connections));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_watched),
		TEST(test_the_queue_keeps_its_order),
		TEST(test_shares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
