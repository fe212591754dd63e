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
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "server/channel.h"
#include "server/channel_server.h"
#include "server/pass.h"
#include "server/socket.h"

static char folder[64];
static char path[96];
static int listen_fd;
static struct arena *arena;
static struct channel channel;
static uint8_t *large;

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/writer.sock", folder);
	struct socket_settings settings = { path, 0600, SOCKET_KEEP_ID, SOCKET_KEEP_ID, 64 };
	assert_int_equal(socket_listen_seqpacket(&settings, &listen_fd), ERR_OK);
	arena = arena_open((size_t)3 * CHANNEL_CEILING_BYTES);
	channel_init(&channel, path);
	large = calloc(1, CHANNEL_CEILING_BYTES + 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	channel_fini(&channel);
	arena_close(arena);
	close(listen_fd);
	socket_remove(path);
	assert_int_equal(rmdir(folder), 0);
	free(large);
	return 0;
}

/* A writer that answers with the message itself; "silence" gets no answer, "die" ends it. */
static pid_t start_echo(void)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* or a failing test would leave it behind */
	struct channel_server *server = channel_server_open(listen_fd);
	for (;;) {
		struct channel_message messages[8];
		size_t count = channel_server_collect(server, -1, messages, 8);
		for (size_t i = 0; i < count; i++) {
			struct channel_bytes answer = { messages[i].bytes, messages[i].length };
			if (answer.length == 3 && memcmp(answer.bytes, "die", 3) == 0)
				_exit(0);
			if (answer.length == 7 && memcmp(answer.bytes, "silence", 7) == 0)
				sleep(30);
			channel_server_answer(server, &messages[i], &answer);
		}
	}
}

static void stop_echo(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static enum err call(const void *bytes, size_t length, struct channel_bytes *ret_answer)
{
	struct channel_bytes message = { bytes, length };
	return channel_call(&channel, arena, &message, 2000, ret_answer);
}

static void expect_echo(const void *bytes, size_t length)
{
	struct channel_bytes answer = { NULL, 1 };
	assert_int_equal(call(bytes, length, &answer), ERR_OK);
	assert_int_equal(answer.length, length);
	if (length > 0)
		assert_memory_equal(answer.bytes, bytes, length);
	arena_reset(arena);
}

static void test_sizes(void **state)
{
	(void)state;
	pid_t pid = start_echo();
	for (size_t i = 0; i < CHANNEL_CEILING_BYTES; i++)
		large[i] = (uint8_t)(i * 31 >> 3);
	expect_echo("hello", 5);
	expect_echo("", 0);
	expect_echo(large, CHANNEL_INLINE_BYTES);
	expect_echo(large, CHANNEL_INLINE_BYTES + 1);
	expect_echo(large, CHANNEL_CEILING_BYTES);
	struct channel_bytes answer;
	assert_int_equal(call(large, CHANNEL_CEILING_BYTES + 1, &answer), ERR_TOO_LARGE);
	expect_echo("still there", 11);
	stop_echo(pid);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	struct channel_bytes answer;
	channel_init(&channel, "/nowhere/writer.sock");
	assert_int_equal(call("hello", 5, &answer), ERR_UNAVAILABLE);
}

static void test_silence(void **state)
{
	(void)state;
	pid_t pid = start_echo();
	struct channel_bytes message = { (const uint8_t *)"silence", 7 }, answer = { NULL, 99 };
	uint64_t before_ns = clock_steady_ns();
	assert_int_equal(channel_call(&channel, arena, &message, 150, &answer), ERR_UNAVAILABLE);
	uint64_t took_ms = (clock_steady_ns() - before_ns) / 1000000;
	assert_in_range(took_ms, 140, 1500);
	assert_int_equal(answer.length, 99);
	/* A late answer can no longer arrive. */
	assert_int_equal(channel.fd, -1);
	stop_echo(pid);
}

static void test_writer_dies_with_the_message(void **state)
{
	(void)state;
	pid_t pid = start_echo();
	struct channel_bytes answer;
	assert_int_equal(call("die", 3, &answer), ERR_UNAVAILABLE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* It was not sent again: the next writer would die of it. */
	pid = start_echo();
	expect_echo("alive", 5);
	stop_echo(pid);
}

static void test_new_writer_on_an_old_connection(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		pid_t pid = start_echo();
		expect_echo("hello", 5);
		expect_echo(large, CHANNEL_INLINE_BYTES + 7);
		stop_echo(pid);
	}
}

static void test_writer_that_starts_late(void **state)
{
	(void)state;
	pid_t late = fork();
	if (late == 0) {
		usleep(200000);
		pid_t pid = start_echo();
		usleep(800000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	expect_echo("patience", 8);
	assert_int_equal(waitpid(late, NULL, 0), late);
}

/* ---- the server's side ---- */

static int connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_raw(int fd, uint32_t length, const char *body, int memfd)
{
	uint8_t bytes[256] = { 'c', 'g', '0', '1', (uint8_t)(length >> 24), (uint8_t)(length >> 16),
		(uint8_t)(length >> 8), (uint8_t)length };
	memcpy(bytes + 8, body, strlen(body));
	assert_true(pass_send(fd, bytes, 8 + strlen(body), memfd));
}

static void test_one_collect_takes_all(void **state)
{
	(void)state;
	struct channel_server *server = channel_server_open(listen_fd);
	int clients[5];
	for (int i = 0; i < 5; i++) {
		clients[i] = connect_raw();
		send_raw(clients[i], 5, "hello", -1);
	}
	struct channel_message messages[8];
	assert_int_equal(channel_server_collect(server, 1000, messages, 8), 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(messages[i].uid, getuid());
		assert_int_equal(messages[i].pid, getpid());
		channel_server_answer(
		        server, &messages[i], &(struct channel_bytes){ (const uint8_t *)"ok", 2 });
	}
	for (int i = 0; i < 5; i++) {
		char bytes[64];
		assert_int_equal(recv(clients[i], bytes, sizeof(bytes), 0), 10);
		assert_memory_equal(bytes + 8, "ok", 2);
		close(clients[i]);
	}
	assert_int_equal(channel_server_collect(server, 0, messages, 8), 0);
	channel_server_close(server);
}

static void test_more_than_room(void **state)
{
	(void)state;
	struct channel_server *server = channel_server_open(listen_fd);
	int clients[5];
	for (int i = 0; i < 5; i++) {
		clients[i] = connect_raw();
		send_raw(clients[i], 5, "hello", -1);
	}
	size_t total = 0;
	struct channel_message messages[2];
	for (int rounds = 0; rounds < 8 && total < 5; rounds++) {
		size_t count = channel_server_collect(server, 100, messages, 2);
		assert_true(count <= 2);
		for (size_t i = 0; i < count; i++)
			channel_server_answer(server, &messages[i], NULL);
		total += count;
	}
	assert_int_equal(total, 5);
	for (int i = 0; i < 5; i++)
		close(clients[i]);
	channel_server_close(server);
}

static void test_client_that_left(void **state)
{
	(void)state;
	struct channel_server *server = channel_server_open(listen_fd);
	int fd = connect_raw();
	send_raw(fd, 5, "hello", -1);
	close(fd);
	struct channel_message messages[8];
	assert_int_equal(channel_server_collect(server, 50, messages, 8), 0);

	fd = connect_raw();
	send_raw(fd, 5, "hello", -1);
	assert_int_equal(channel_server_collect(server, 1000, messages, 8), 1);
	close(fd);
	channel_server_answer(
	        server, &messages[0], &(struct channel_bytes){ (const uint8_t *)"ok", 2 });
	assert_int_equal(channel_server_collect(server, 0, messages, 8), 0);
	channel_server_close(server);
}

static int make_memfd(size_t length, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, (off_t)length), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void test_hostile_clients(void **state)
{
	(void)state;
	const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const struct {
		uint32_t length;
		const char *body;
		size_t memfd_length; /* 0: none */
		int seals;
	} cases[] = {
		{ 4, "hello", 0, 0 },                 /* longer than said */
		{ 6, "hello", 0, 0 },                 /* shorter than said */
		{ 100000, "", 0, 0 },                 /* the memfd is missing */
		{ 100000, "", 100000, 0 },            /* not sealed */
		{ 100000, "", 100000, F_SEAL_WRITE }, /* could be cut */
		{ 100000, "", 99999, all },           /* shorter than said */
		{ 100000, "x", 100000, all },         /* both */
		{ 5, "hello", 5, all },               /* both */
		{ 0xffffffff, "", 100000, all },      /* above the ceiling */
	};
	struct channel_server *server = channel_server_open(listen_fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = connect_raw();
		int memfd = cases[i].memfd_length > 0
		                    ? make_memfd(cases[i].memfd_length, cases[i].seals)
		                    : -1;
		send_raw(fd, cases[i].length, cases[i].body, memfd);
		struct channel_message messages[8];
		assert_int_equal(channel_server_collect(server, 100, messages, 8), 0);
		char byte;
		assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) <= 0);
		close(fd);
		if (memfd >= 0)
			close(memfd);
	}
	int fd = connect_raw();
	assert_int_equal(send(fd, "garbage", 7, 0), 7);
	struct channel_message messages[8];
	assert_int_equal(channel_server_collect(server, 100, messages, 8), 0);
	close(fd);
	channel_server_close(server);
}

static void test_watched_descriptor_ends_the_wait(void **state)
{
	(void)state;
	struct channel_server *server = channel_server_open(listen_fd);
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	assert_true(channel_server_watch(server, pipes[0]));
	assert_int_equal(write(pipes[1], "x", 1), 1);
	struct channel_message messages[8];
	uint64_t before_ns = clock_steady_ns();
	assert_int_equal(channel_server_collect(server, 5000, messages, 8), 0);
	assert_true(clock_steady_ns() - before_ns < UINT64_C(2000000000));
	channel_server_close(server);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_nobody_listens),
		TEST(test_silence),
		TEST(test_writer_dies_with_the_message),
		TEST(test_new_writer_on_an_old_connection),
		TEST(test_writer_that_starts_late),
		TEST(test_one_collect_takes_all),
		TEST(test_more_than_room),
		TEST(test_client_that_left),
		TEST(test_hostile_clients),
		TEST(test_watched_descriptor_ends_the_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
