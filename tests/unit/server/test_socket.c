/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "server/socket.h"
#include "fcgi_client.h"

static char folder[64], path[96];
static struct socket_settings settings;

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.sock", folder);
	settings = (struct socket_settings){ path, 0660, SOCKET_KEEP_ID, SOCKET_KEEP_ID, 16 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static void test_mode_and_flags(void **state)
{
	(void)state;
	int fd;
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_OK);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	int client = connect_unix(path, SOCK_STREAM);
	assert_true(client >= 0);
	close(client);
	close(fd);
}

static void test_stale_file_is_replaced(void **state)
{
	(void)state;
	int fd;
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_OK);
	close(fd);
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_OK);
	int client = connect_unix(path, SOCK_STREAM);
	assert_true(client >= 0);
	close(client);
	close(fd);
}

static void test_somebody_answers(void **state)
{
	(void)state;
	int first, second = -7;
	assert_int_equal(socket_listen_stream(&settings, &first), ERR_OK);
	assert_int_equal(socket_listen_stream(&settings, &second), ERR_EXISTS);
	assert_int_equal(socket_listen_seqpacket(&settings, &second), ERR_EXISTS);
	assert_int_equal(second, -7);
	int client = connect_unix(path, SOCK_STREAM);
	assert_true(client >= 0);
	close(client);
	close(first);
}

static void test_other_files_are_left_alone(void **state)
{
	(void)state;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_UNAVAILABLE);
	assert_int_equal(errno, ENOTSOCK);
	socket_remove(path);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_bad_paths(void **state)
{
	(void)state;
	char long_path[200];
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	int fd;
	settings.path = long_path;
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_TOO_LARGE);
	settings.path = "/nowhere/at/all.sock";
	assert_int_equal(socket_listen_stream(&settings, &fd), ERR_UNAVAILABLE);
	assert_int_equal(errno, ENOENT);
}

static void test_remove(void **state)
{
	(void)state;
	int fd;
	assert_int_equal(socket_listen_seqpacket(&settings, &fd), ERR_OK);
	close(fd);
	socket_remove(path);
	assert_int_equal(access(path, F_OK), -1);
	socket_remove(path);
}

/* As systemd passes it: descriptor 3 and variables that name this process. */
static int take_activated(int type, bool listens, const char *count)
{
	pid_t pid = fork();
	if (pid == 0) {
		settings.backlog = 4;
		int fd = -1;
		if (listens && type == SOCK_STREAM)
			(void)!socket_listen_stream(&settings, &fd);
		else if (listens)
			(void)!socket_listen_seqpacket(&settings, &fd);
		else
			fd = socket(AF_UNIX, type, 0);
		char number[16];
		snprintf(number, sizeof(number), "%d", (int)getpid());
		setenv("LISTEN_PID", number, 1);
		setenv("LISTEN_FDS", count, 1);
		if (fd != 3)
			dup2(fd, 3);
		if (strcmp(count, "1") != 0)
			dup2(3, 4);
		int taken = -1;
		int second = 0;
		enum err err = socket_take_activated(&taken, &second);
		if (err == ERR_OK && (taken != 3 || !(fcntl(3, F_GETFL) & O_NONBLOCK) ||
		                             second != (count[0] == '2' ? 4 : -1)))
			_exit(99);
		if (getenv("LISTEN_FDS"))
			_exit(98);
		_exit((int)err);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_activation(void **state)
{
	(void)state;
	int fd;
	int second;
	assert_int_equal(socket_take_activated(&fd, &second), ERR_NOT_FOUND);
	assert_int_equal(take_activated(SOCK_STREAM, true, "1"), ERR_OK);
	assert_int_equal(take_activated(SOCK_STREAM, false, "1"), ERR_CONFLICT);
	assert_int_equal(take_activated(SOCK_SEQPACKET, true, "1"), ERR_CONFLICT);
	assert_int_equal(take_activated(SOCK_STREAM, true, "2"), ERR_OK);
	assert_int_equal(take_activated(SOCK_STREAM, false, "2"), ERR_CONFLICT);
	assert_int_equal(take_activated(SOCK_STREAM, true, "3"), ERR_CONFLICT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_mode_and_flags),
		TEST(test_stale_file_is_replaced),
		TEST(test_somebody_answers),
		TEST(test_other_files_are_left_alone),
		TEST(test_bad_paths),
		TEST(test_remove),
		TEST(test_activation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
