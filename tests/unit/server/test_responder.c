/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "server/fcgi.h"
#include "server/process.h"
#include "server/responder.h"
#include "server/socket.h"
#include "fcgi_client.h"

#define PROCESSES_MAX 4

static char folder[64], path[96];
static int listen_fd;
static struct responder_pool *pool;
static struct process_board *board;
static pid_t pids[PROCESSES_MAX];
static int gate[2]; /* a byte in here lets one request to /wait go on */
static struct reply reply;

static void answer(const struct task *task, const char *more)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%d%s", (int)getpid(), more);
	fcgi_write(task->exchange, text, (size_t)length);
}

/* Each task waits on a descriptor of its own. */
static int gate_of(struct task *task)
{
	if (!task->request) {
		int *fd = malloc(sizeof(*fd));
		*fd = dup(gate[0]);
		task->request = fd;
	}
	return *(int *)task->request;
}

static bool wait_for(struct task *task, int fd, int timeout_ms)
{
	task->wait_fd = fd;
	task->until_ms = (int64_t)(clock_steady_ns() / 1000000) + timeout_ms;
	return false;
}

static bool go_on(struct task *task, enum task_event event)
{
	char byte;
	/* Several wait for one gate, of which one gets the byte. */
	if (event == TASK_READABLE && read(gate[0], &byte, 1) != 1)
		return wait_for(task, gate_of(task), 3000);
	answer(task, event == TASK_TIMEOUT ? " late" : event == TASK_STOP ? " stopped" : "");
	return true;
}

/* Answers with its pid. /wait first waits as one waits for the writer, /sleep as one sleeps. */
static bool serve(void *context, struct task *task, enum task_event event)
{
	(void)context;
	if (event != TASK_BEGIN)
		return go_on(task, event);
	const char *uri = fcgi_find_param(task->exchange, "REQUEST_URI");
	if (strcmp(uri, "/crash") == 0)
		_exit(7);
	if (strcmp(uri, "/wait") == 0)
		return wait_for(task, gate_of(task), 3000);
	if (strcmp(uri, "/sleep") == 0)
		return wait_for(task, -1, 40);
	if (strcmp(uri, "/until-stop") == 0) {
		task->wants_stop_too = true;
		return wait_for(task, gate_of(task), 3000);
	}
	answer(task, "");
	return true;
}

static void start(size_t slot)
{
	pid_t parent = getpid();
	process_board_clear(board, slot);
	pids[slot] = fork();
	if (pids[slot] == 0) {
		const struct responder_settings settings = {
			.pool = pool, .index = (unsigned)slot % 2, .count = 2, .stall_ms = 300
		};
		const struct responder_service service = { .serve = serve };
		if (!process_init(board, slot, "cg-test", parent))
			_exit(9);
		_exit(responder_run(&settings, &service));
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
	assert_int_equal(pipe2(gate, O_NONBLOCK), 0);
	pool = responder_pool_open(listen_fd);
	board = process_board_open(PROCESSES_MAX);
	return pool && board ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
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
	/* One responder, many connections that all mean to stay, and do. */
	int fds[100];
	for (int i = 0; i < 100; i++)
		fds[i] = open_client();
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			send_get(fds[i], "/", true);
		for (int i = 0; i < 100; i++) {
			assert_true(read_reply(fds[i], &reply, 2000));
			assert_false(reply.has_marker || reply.is_closed);
		}
	}
	for (int i = 0; i < 100; i++)
		close(fds[i]);
}

static void test_a_request_that_waits_holds_nobody_up(void **state)
{
	(void)state;
	start(0);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	int waiting = open_client();
	send_get(waiting, "/wait", true);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask(held, "/"), pids[0]);
	int other = open_client();
	assert_int_equal(ask(other, "/"), pids[0]);
	assert_false(read_reply(waiting, &reply, 0));
	open_gate();
	assert_true(read_reply(waiting, &reply, 2000));
	assert_int_equal(strtol(reply.bytes, NULL, 10), pids[0]);
	assert_false(reply.has_marker);
	close(held);
	close(waiting);
	close(other);
}

static void test_a_wait_ends_in_time(void **state)
{
	(void)state;
	start(0);
	int fd = open_client();
	send_get(fd, "/sleep", true);
	assert_true(read_reply(fd, &reply, 2000));
	assert_non_null(strstr(reply.bytes, " late"));
	close(fd);
}

static void test_more_waits_than_places(void **state)
{
	enum { WAITS = RESPONDER_TASKS_MAX + 20 };
	static int fds[WAITS];
	(void)state;
	start(0);
	for (int i = 0; i < WAITS; i++) {
		fds[i] = open_client();
		send_get(fds[i], "/wait", true);
	}
	for (int i = 0; i < WAITS; i++)
		open_gate();
	for (int i = 0; i < WAITS; i++) {
		assert_true(read_reply(fds[i], &reply, 2000));
		assert_false(reply.has_marker);
	}
	/* They can all be used again. */
	for (int i = 0; i < WAITS; i++) {
		assert_int_equal(ask(fds[i], "/"), pids[0]);
		close(fds[i]);
	}
}

static void test_a_peer_that_leaves_while_its_request_waits(void **state)
{
	(void)state;
	start(0);
	int leaving = open_client();
	send_get(leaving, "/wait", true);
	int fd = open_client();
	assert_int_equal(ask(fd, "/"), pids[0]);
	close(leaving);
	assert_int_equal(ask(fd, "/"), pids[0]);
	open_gate();
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(fd, "/"), pids[0]);
	close(fd);
}

static void test_connections_are_shared(void **state)
{
	int fds[40];
	int first = 0;
	(void)state;
	start(0);
	start(1);
	for (int i = 0; i < 40; i++) {
		fds[i] = open_client();
		first += ask(fds[i], "/") == pids[0];
	}
	/* Twenty each, and what the slack lets through: a quarter and two. */
	assert_in_range(first, 13, 27);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
}

static void test_a_wait_outlives_a_reload(void **state)
{
	(void)state;
	start(0);
	int waiting = open_client();
	send_get(waiting, "/wait", true);
	int until_stop = open_client();
	send_get(until_stop, "/until-stop", true);
	int held = open_client();
	assert_int_equal(ask(held, "/"), pids[0]);
	start(1);
	kill(pids[0], SIGTERM);
	assert_true(read_reply(until_stop, &reply, 2000));
	assert_non_null(strstr(reply.bytes, " stopped"));
	assert_int_equal(ask(held, "/"), pids[1]);
	open_gate();
	assert_true(read_reply(waiting, &reply, 2000));
	assert_int_equal(strtol(reply.bytes, NULL, 10), pids[0]);
	assert_false(reply.has_marker);
	assert_int_equal(stop(0), 0);
	/* The connection of the one that waited has moved, too. */
	assert_int_equal(ask(waiting, "/"), pids[1]);
	close(held);
	close(waiting);
	close(until_stop);
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
	process_board_set_last(board);
	kill(pids[0], SIGTERM);
	usleep(50000);
	for (int i = 0; i < 5; i++) {
		int late = open_client();
		assert_int_equal(ask(late, "/"), pids[0]);
		assert_true(reply.is_closed);
		close(late);
	}
	open_gate();
	assert_true(read_reply(waiting, &reply, 2000));
	assert_true(reply.is_closed);
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
		TEST(test_a_request_that_waits_holds_nobody_up),
		TEST(test_a_wait_ends_in_time),
		TEST(test_more_waits_than_places),
		TEST(test_a_peer_that_leaves_while_its_request_waits),
		TEST(test_connections_are_shared),
		TEST(test_a_wait_outlives_a_reload),
		TEST(test_reload_loses_no_connection),
		TEST(test_last_stop_answers_what_has_arrived),
		TEST(test_last_stop_is_not_late),
		TEST(test_a_crash_takes_one_connection_only),
		TEST(test_silent_and_stalling_peers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
