/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>

#include "server/fcgi.h"
#include "fcgi_client.h"

static struct fcgi_exchange *exchange;
static struct arena *arena;
static struct wire *wire;
static struct reply *reply;
static int client, server;

static int set_up(void **state)
{
	(void)state;
	int pair[2];
	assert_true(fcgi_init());
	exchange = fcgi_open();
	arena = arena_open(8 << 20);
	wire = calloc(1, sizeof(*wire));
	reply = calloc(1, sizeof(*reply));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	client = pair[0];
	server = pair[1];
	struct timeval stall = { .tv_usec = 200000 };
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fcgi_close(exchange);
	arena_close(arena);
	free(wire);
	free(reply);
	close(client);
	return 0;
}

static void expect_closed(void)
{
	char byte;
	struct pollfd end = { .fd = client, .events = POLLIN };
	assert_int_equal(poll(&end, 1, 1000), 1);
	assert_true(recv(client, &byte, 1, 0) <= 0);
}

static void answer(const char *text, bool keep, bool expected)
{
	int fd = -1;
	fcgi_write(exchange, text, strlen(text));
	assert_int_equal(fcgi_finish(exchange, keep, &fd), expected);
	if (expected)
		assert_int_equal(fd, server);
	else
		assert_int_equal(fd, -1);
}

static void test_two_requests_on_one_connection(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		send_get(client, i == 0 ? "/first" : "/second", true);
		assert_true(fcgi_begin(exchange, server));
		assert_string_equal(
		        fcgi_find_param(exchange, "REQUEST_URI"), i == 0 ? "/first" : "/second");
		assert_string_equal(fcgi_find_param(exchange, "EMPTY"), "");
		assert_null(fcgi_find_param(exchange, "REQUEST"));
		answer("Status: 200\r\n\r\nhello", true, true);
		assert_true(read_reply(client, reply, 1000));
		assert_string_equal(reply->bytes, "Status: 200\r\n\r\nhello");
		assert_false(reply->has_marker);
		assert_false(reply->is_closed);
	}
	close(server);
}

static void test_not_kept_is_told_inside_the_answer(void **state)
{
	(void)state;
	send_get(client, "/", true);
	assert_true(fcgi_begin(exchange, server));
	answer("Status: 200\r\n\r\n", false, false);
	/* One read sees it all: nobody can take the connection for idle in between. */
	uint8_t bytes[256];
	ssize_t got = recv(client, bytes, sizeof(bytes), MSG_PEEK);
	assert_true(got > 16);
	assert_int_equal(bytes[got - 16 + 1], UNKNOWN);
	assert_true(read_reply(client, reply, 1000));
	assert_true(reply->has_marker);
	assert_true(reply->is_closed);
}

static void test_peer_that_does_not_keep(void **state)
{
	(void)state;
	send_get(client, "/", false);
	assert_true(fcgi_begin(exchange, server));
	answer("Status: 200\r\n\r\n", true, false);
	assert_true(read_reply(client, reply, 1000));
	assert_false(reply->has_marker);
	assert_true(reply->is_closed);
}

static enum err read_sent_body(size_t sent, size_t content_length, size_t ceiling, char **ret_bytes)
{
	char *body = malloc(sent + 1);
	memset(body, 'x', sent);
	put_head(wire, "/", true);
	put_body(wire, body, sent);
	free(body);
	pid_t pid = fork(); /* more than a socket holds has to be sent while the other side reads */
	if (pid == 0) {
		close(server);
		send_wire(client, wire);
		_exit(0);
	}
	assert_true(fcgi_begin(exchange, server));
	return fcgi_read_body(exchange, arena, content_length, ceiling, ret_bytes);
}

static void end_exchange(void)
{
	int fd;
	if (fcgi_finish(exchange, true, &fd))
		close(fd);
	assert_true(wait(NULL) > 0);
}

static void test_body_is_exact(void **state)
{
	(void)state;
	char *bytes = NULL;
	assert_int_equal(read_sent_body(300000, 300000, 1 << 20, &bytes), ERR_OK);
	assert_int_equal(strlen(bytes), 300000);
	end_exchange();
}

static void test_body_that_is_missing(void **state)
{
	(void)state;
	char *bytes = NULL;
	assert_int_equal(read_sent_body(0, 0, 10, &bytes), ERR_OK);
	assert_string_equal(bytes, "");
	end_exchange();
}

static void test_body_shorter_than_promised(void **state)
{
	(void)state;
	char *bytes = NULL;
	assert_int_equal(read_sent_body(9, 10, 100, &bytes), ERR_BAD_REQUEST);
	assert_null(bytes);
	end_exchange();
}

static void test_body_longer_than_promised(void **state)
{
	(void)state;
	char *bytes = NULL;
	assert_int_equal(read_sent_body(11, 10, 100, &bytes), ERR_BAD_REQUEST);
	end_exchange();
}

static void test_body_above_ceiling_still_gets_its_answer(void **state)
{
	(void)state;
	char *bytes = NULL;
	assert_int_equal(read_sent_body(3 << 20, 3 << 20, 1 << 20, &bytes), ERR_TOO_LARGE);
	int fd = -1;
	fcgi_write(exchange, "Status: 413\r\n\r\n", 15);
	assert_false(fcgi_finish(exchange, true, &fd));
	assert_true(read_reply(client, reply, 1000));
	assert_string_equal(reply->bytes, "Status: 413\r\n\r\n");
	assert_true(wait(NULL) > 0);
}

static void test_unread_body_does_not_spoil_the_next_request(void **state)
{
	(void)state;
	char body[5000];
	memset(body, 'x', sizeof(body));
	put_head(wire, "/", true);
	put_body(wire, body, sizeof(body));
	send_wire(client, wire);
	assert_true(fcgi_begin(exchange, server));
	answer("Status: 401\r\n\r\n", true, true);
	assert_true(read_reply(client, reply, 1000));
	send_get(client, "/next", true);
	assert_true(fcgi_begin(exchange, server));
	assert_string_equal(fcgi_find_param(exchange, "REQUEST_URI"), "/next");
	answer("Status: 200\r\n\r\n", true, true);
	close(server);
}

static void test_large_answer(void **state)
{
	(void)state;
	const size_t length = 300001;
	send_get(client, "/", true);
	pid_t pid = fork();
	if (pid == 0) {
		int fd;
		char *text = malloc(length);
		for (size_t i = 0; i < length; i++)
			text[i] = (char)('a' + i % 23);
		bool is_good = fcgi_begin(exchange, server);
		for (size_t at = 0; is_good && at < length; at += 100000)
			fcgi_write(
			        exchange, text + at, length - at < 100000 ? length - at : 100000);
		_exit(is_good && fcgi_finish(exchange, true, &fd) ? 0 : 1);
	}
	close(server);
	assert_true(read_reply(client, reply, 2000));
	assert_int_equal(reply->length, length);
	assert_int_equal(reply->stdout_records, 5);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(reply->bytes[i], 'a' + i % 23);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_peer_that_went_away(void **state)
{
	(void)state;
	send_get(client, "/", true);
	assert_true(fcgi_begin(exchange, server));
	close(client);
	client = -1;
	answer("Status: 200\r\n\r\n", true, false);
}

/* ---- what no web server sends ---- */

static void expect_refused(void)
{
	send_wire(client, wire);
	shutdown(client, SHUT_WR);
	assert_false(fcgi_begin(exchange, server));
	assert_null(fcgi_find_param(exchange, "REQUEST_URI"));
	expect_closed();
}

static void test_nothing_at_all(void **state)
{
	(void)state;
	expect_refused();
}

static void test_peer_that_stalls(void **state)
{
	(void)state;
	put_begin(wire, 1, true);
	wire->length -= 3;
	send_wire(client, wire);
	assert_false(fcgi_begin(exchange, server));
	expect_closed();
}

static void test_other_roles(void **state)
{
	(void)state;
	put_begin(wire, 2, true);
	put_record(wire, PARAMS, NULL, 0);
	put_record(wire, STDIN, NULL, 0);
	expect_refused();
}

static void test_wrong_version(void **state)
{
	(void)state;
	put_head(wire, "/", true);
	wire->bytes[0] = 9;
	expect_refused();
}

static void test_begin_of_wrong_length(void **state)
{
	(void)state;
	put_record(wire, BEGIN, "\0\1\1", 3);
	put_record(wire, PARAMS, NULL, 0);
	expect_refused();
}

static void test_records_before_begin_are_no_part_of_the_request(void **state)
{
	(void)state;
	put_record(wire, PARAMS, "\1\1ab", 4);
	put_head(wire, "/", true);
	put_body(wire, NULL, 0);
	send_wire(client, wire);
	assert_true(fcgi_begin(exchange, server));
	assert_null(fcgi_find_param(exchange, "a"));
	assert_string_equal(fcgi_find_param(exchange, "REQUEST_URI"), "/");
	answer("Status: 200\r\n\r\n", false, false);
}

static void test_param_longer_than_its_record(void **state)
{
	(void)state;
	put_begin(wire, 1, true);
	put_record(wire, PARAMS, "\x10\x7fshort", 7);
	put_record(wire, PARAMS, NULL, 0);
	expect_refused();
}

static void test_stdin_instead_of_params(void **state)
{
	(void)state;
	put_begin(wire, 1, true);
	put_record(wire, STDIN, "abc", 3);
	expect_refused();
}

/* Cut anywhere, a request is served whole or not at all. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	put_head(wire, "/cut", true);
	size_t whole = wire->length;
	for (size_t length = 0; length <= whole; length++) {
		int pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		wire->length = length;
		send_wire(pair[0], wire);
		shutdown(pair[0], SHUT_WR);
		bool is_begun = fcgi_begin(exchange, pair[1]);
		assert_int_equal(is_begun, length == whole);
		int fd;
		if (is_begun)
			assert_false(fcgi_finish(exchange, true, &fd)); /* its stdin never ended */
		close(pair[0]);
	}
	close(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_two_requests_on_one_connection),
		TEST(test_not_kept_is_told_inside_the_answer),
		TEST(test_peer_that_does_not_keep),
		TEST(test_body_is_exact),
		TEST(test_body_that_is_missing),
		TEST(test_body_shorter_than_promised),
		TEST(test_body_longer_than_promised),
		TEST(test_body_above_ceiling_still_gets_its_answer),
		TEST(test_unread_body_does_not_spoil_the_next_request),
		TEST(test_large_answer),
		TEST(test_peer_that_went_away),
		TEST(test_nothing_at_all),
		TEST(test_peer_that_stalls),
		TEST(test_other_roles),
		TEST(test_wrong_version),
		TEST(test_begin_of_wrong_length),
		TEST(test_records_before_begin_are_no_part_of_the_request),
		TEST(test_param_longer_than_its_record),
		TEST(test_stdin_instead_of_params),
		TEST(test_cut_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
