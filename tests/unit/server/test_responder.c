/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "server/fcgi.h"
#include "server/process.h"
#include "server/responder.h"
#include "server/socket.h"
#include "fcgi_client.h"

#define RESPONDERS_MAX 4

static char folder[64], path[96];
static int listen_fd;
static struct responder_pool *pool;
static struct process_board *board;
static pid_t pids[RESPONDERS_MAX];
static int gate[2]; /* a byte in here lets one request to /wait go on */
static struct reply reply;

/* Answers with its pid; /wait first waits as one waits for the writer. */
static void serve(void *context, struct fcgi_exchange *exchange)
{
	(void)context;
	const char *uri = fcgi_find_param(exchange, "REQUEST_URI");
	if (strcmp(uri, "/wait") == 0 && responder_wait(gate[0], 3000) == 1) {
		char byte;
		(void)!read(gate[0], &byte, 1);
	}
	if (strcmp(uri, "/release") == 0)
		responder_release_idle();
	if (strcmp(uri, "/crash") == 0)
		_exit(7);
	char text[64];
	int length = snprintf(text, sizeof(text), "%d", (int)getpid());
	fcgi_write(exchange, text, (size_t)length);
}

static void start(size_t slot)
{
	pid_t parent = getpid();
	process_board_clear(board, slot);
	pids[slot] = fork();
	if (pids[slot] == 0) {
		const struct responder_settings settings = { .pool = pool, .stall_ms = 300 };
		if (!process_init(board, slot, "cg-test", parent))
			_exit(9);
		_exit(responder_run(&settings, serve, NULL));
	}
	for (int i = 0; i < 1000 && !process_board_is_ready(board, slot); i++)
		usleep(2000);
	assert_true(process_board_is_ready(board, slot));
}

static int stop(size_t slot)
{
	int status;
	kill(pids[slot], SIGTERM);
	assert_int_equal(waitpid(pids[slot], &status, 0), pids[slot]);
	pids[slot] = 0;
	return status;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.sock", folder);
	struct socket_settings settings = { path, 0600, SOCKET_KEEP_ID, SOCKET_KEEP_ID, 64 };
	assert_int_equal(socket_listen_stream(&settings, &listen_fd), ERR_OK);
	assert_int_equal(pipe(gate), 0);
	pool = responder_pool_open(listen_fd);
	board = process_board_open(RESPONDERS_MAX);
	return pool && board ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < RESPONDERS_MAX; i++) {
		if (pids[i] > 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
			pids[i] = 0;
		}
	}
	responder_pool_close(pool);
	process_board_close(board);
	close(gate[0]);
	close(gate[1]);
	close(listen_fd);
	socket_remove(path);
	return rmdir(folder);
}

static int open_client(void)
{
	int fd = connect_unix(path, SOCK_STREAM);
	assert_true(fd >= 0);
	return fd;
}

static pid_t ask(int fd, const char *uri)
{
	send_get(fd, uri, true);
	return read_reply(fd, &reply, 2000) ? (pid_t)strtol(reply.bytes, NULL, 10) : 0;
}

static void open_gate(void)
{
	assert_int_equal(write(gate[1], "x", 1), 1);
}

static void test_connection_is_kept(void **state)
{
	(void)state;
	start(0);
	int fd = open_client();
	for (int i = 0; i < 50; i++) {
		assert_int_equal(ask(fd, "/"), pids[0]);
		assert_false(reply.has_marker);
	}
	close(fd);
}

static void test_nobody_starves(void **state)
{
	(void)state;
	start(0);
	/* One responder, twelve connections that all mean to stay. */
	int fds[12];
	for (int i = 0; i < 12; i++)
		fds[i] = open_client();
	for (int i = 0; i < 12; i++)
		send_get(fds[i], "/", true);
	int kept = 0;
	for (int i = 0; i < 12; i++) {
		assert_true(read_reply(fds[i], &reply, 2000));
		kept += !reply.is_closed;
	}
	/* The last one found nobody waiting. */
	assert_int_equal(kept, 1);
	for (int i = 0; i < 12; i++)
		close(fds[i]);
}

static void test_held_connection_does_not_block_new_ones(void **state)
{
	(void)state;
	start(0);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	for (int i = 0; i < 20; i++) {
		int fd = open_client();
		assert_int_equal(ask(fd, "/"), pids[0]);
		/* It holds one already. */
		assert_true(reply.has_marker && reply.is_closed);
		close(fd);
		assert_int_equal(ask(held, "/"), pids[0]);
		assert_false(reply.has_marker);
	}
	close(held);
}

static void test_request_moves_away_from_a_responder_that_waits(void **state)
{
	(void)state;
	start(0);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	int waiting = open_client();
	send_get(waiting, "/wait", true);
	usleep(100000);
	start(1);
	assert_int_equal(ask(held, "/"), pids[1]);
	open_gate();
	assert_true(read_reply(waiting, &reply, 2000));
	assert_int_equal(strtol(reply.bytes, NULL, 10), pids[0]);
	close(held);
	close(waiting);
}

static void test_release_idle(void **state)
{
	(void)state;
	start(0);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	int other = open_client();
	assert_int_equal(ask(other, "/release"), pids[0]);
	/* The first one was given away, to itself at last: nobody else is there. */
	assert_int_equal(ask(held, "/"), pids[0]);
	close(held);
	close(other);
}

static void test_reload_loses_no_connection(void **state)
{
	(void)state;
	start(0);
	int fd = open_client();
	for (size_t generation = 0; generation < 3; generation++) {
		assert_int_equal(ask(fd, "/"), pids[generation]);
		assert_false(reply.has_marker);
		start(generation + 1);
		assert_int_equal(stop(generation), 0);
	}
	/* A request that was on its way while the responder left. */
	assert_int_equal(ask(fd, "/"), pids[3]);
	send_get(fd, "/", true);
	start(0);
	assert_int_equal(stop(3), 0);
	assert_true(read_reply(fd, &reply, 2000));
	close(fd);
}

static void test_last_stop_answers_what_has_arrived(void **state)
{
	(void)state;
	start(0);
	int waiting = open_client();
	send_get(waiting, "/wait", true);
	usleep(50000);
	int queued[5];
	for (int i = 0; i < 5; i++) {
		queued[i] = open_client();
		send_get(queued[i], "/", true);
	}
	process_board_set_last(board);
	kill(pids[0], SIGTERM);
	usleep(50000);
	open_gate();
	assert_true(read_reply(waiting, &reply, 2000));
	for (int i = 0; i < 5; i++) {
		assert_true(read_reply(queued[i], &reply, 2000));
		assert_true(reply.is_closed);
		close(queued[i]);
	}
	close(waiting);
	assert_int_equal(stop(0), 0);
}

static void test_last_stop_is_not_late(void **state)
{
	(void)state;
	start(0);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	process_board_set_last(board);
	kill(pids[0], SIGTERM);
	usleep(50000);
	/* An idle connection may still bring a request; its answer ends it. */
	assert_int_equal(ask(held, "/"), pids[0]);
	assert_true(reply.has_marker);
	assert_int_equal(stop(0), 0);
	close(held);
}

static void test_a_crash_takes_one_connection_only(void **state)
{
	(void)state;
	start(0);
	start(1);
	int fd = open_client();
	pid_t pid = ask(fd, "/");
	int crashing = open_client();
	assert_int_equal(ask(crashing, "/crash"), 0);
	usleep(50000);
	int other = open_client();
	assert_true(ask(other, "/") > 0);
	assert_true(pid > 0);
	close(fd);
	close(other);
	close(crashing);
}

static void test_silent_and_stalling_peers(void **state)
{
	(void)state;
	start(0);
	int stalling = open_client();
	assert_int_equal(send(stalling, "\1\1\0", 3, 0), 3);
	int good = open_client();
	assert_int_equal(ask(good, "/"), pids[0]);
	char byte;
	assert_true(recv(stalling, &byte, 1, 0) <= 0);
	close(stalling);
	close(good);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_connection_is_kept),
		TEST(test_nobody_starves),
		TEST(test_held_connection_does_not_block_new_ones),
		TEST(test_request_moves_away_from_a_responder_that_waits),
		TEST(test_release_idle),
		TEST(test_reload_loses_no_connection),
		TEST(test_last_stop_answers_what_has_arrived),
		TEST(test_last_stop_is_not_late),
		TEST(test_a_crash_takes_one_connection_only),
		TEST(test_silent_and_stalling_peers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
