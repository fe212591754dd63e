/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/landlock.h"
#include "server/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

/* Each test runs in a child that narrows itself first; a failed check is its exit status. */
static int failed_line;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition) && failed_line == 0)                                              \
			failed_line = __LINE__;                                                    \
	} while (0)
#define CHECK_FAILS(call, code)                                                                    \
	do {                                                                                       \
		errno = 0;                                                                         \
		CHECK((call) < 0 && errno == (code));                                              \
	} while (0)

static int version; /* of landlock; inside of the sandbox nobody can ask any more */
static char folder[64], inside[96], outside[64];

static void run_sandboxed(enum sandbox_role role, bool with_paths, void (*check)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		struct sandbox_settings settings = { .role = role };
		if (with_paths && role == SANDBOX_RESPONDER) {
			settings.read_paths[settings.read_count++] = folder;
		} else if (with_paths) {
			settings.write_paths[settings.write_count++] = folder;
			settings.write_paths[settings.write_count++] = "/nowhere/at/all";
		}
		if (sandbox_apply(&settings) != ERR_OK)
			_exit(100);
		check();
		if (failed_line > 0)
			fprintf(stderr, "line %d: errno %d\n", failed_line, errno);
		_exit(failed_line > 0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	snprintf(outside, sizeof(outside), "/tmp/coregate-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	close(mkstemp(outside));
	snprintf(inside, sizeof(inside), "%s/file", folder);
	int fd = open(inside, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "hello", 5), 5);
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(inside);
	unlink(outside);
	return rmdir(folder);
}

static void check_everybody(void)
{
	char program[] = "/bin/true";
	char *const argv[] = { program, NULL };
	char *const none[] = { NULL };
	CHECK_FAILS(execve("/bin/true", argv, none), EPERM);
	CHECK_FAILS(setuid(0), EPERM);
	CHECK_FAILS(chroot("/"), EPERM);
	CHECK_FAILS(symlink("/etc/passwd", "/tmp/coregate-test-link"), EPERM);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0);
#if !HAS_ASAN
	CHECK_FAILS(fork(), EPERM);
	CHECK_FAILS(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
	CHECK_FAILS(kill(getppid(), 0), EPERM);
#endif
}

static void check_reading(void)
{
	char bytes[8] = "";
	int fd = open(inside, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, bytes, sizeof(bytes)) == 5);
	CHECK(mmap(NULL, 5, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	struct stat status;
	CHECK(stat(inside, &status) == 0 && fstat(fd, &status) == 0);
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	close(fd);
}

static void check_unix_only(void)
{
	CHECK(socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0);
	CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	CHECK_FAILS(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
	CHECK_FAILS(socket(AF_NETLINK, SOCK_RAW, 0), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	        MAP_FAILED);
}

static void check_responder(void)
{
	check_everybody();
	check_reading();
	check_unix_only();
	/* EACCES, so that SQLite opens to read. */
	CHECK_FAILS(open(inside, O_RDWR), EACCES);
	CHECK_FAILS(open(inside, O_WRONLY), EACCES);
	CHECK_FAILS(open(inside, O_RDONLY | O_TRUNC), EACCES);
	CHECK_FAILS(open("/tmp/coregate-test-new", O_RDONLY | O_CREAT, 0600), EACCES);
	CHECK_FAILS(open("/tmp", O_TMPFILE | O_RDWR, 0600), EACCES);
	CHECK_FAILS(creat("/tmp/coregate-test-new", 0600), EPERM);
	CHECK_FAILS(unlink(inside), EPERM);
	CHECK_FAILS(rename(inside, outside), EPERM);
	CHECK_FAILS(mkdir("/tmp/coregate-test-new", 0700), EPERM);
	CHECK_FAILS(rmdir(folder), EPERM);
	CHECK_FAILS(truncate(inside, 0), EPERM);
	CHECK_FAILS(chmod(inside, 0777), EPERM);
	CHECK_FAILS(chown(inside, 0, 0), EPERM);
	CHECK_FAILS(link(inside, "/tmp/coregate-test-new"), EPERM);
	/* A large change travels in one of these. */
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
}

static void check_responder_paths(void)
{
	check_responder();
	if (version >= 2)
		CHECK_FAILS(open(outside, O_RDONLY), EACCES);
}

static void check_files(void)
{
	char other[128];
	snprintf(other, sizeof(other), "%s/other", folder);
	int fd = open(inside, O_RDWR | O_TRUNC | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, "world", 5) == 5 && fsync(fd) == 0 && ftruncate(fd, 1) == 0);
	CHECK(fchmod(fd, 0600) == 0);
	close(fd);
	CHECK(rename(inside, other) == 0 && rename(other, inside) == 0);
	CHECK(mkdir(other, 0700) == 0 && rmdir(other) == 0);
}

static void check_writer(void)
{
	check_everybody();
	check_reading();
	check_unix_only();
	check_files();
}

static void check_writer_paths(void)
{
	check_writer();
	if (version < 2)
		return;
	CHECK_FAILS(open(outside, O_WRONLY), EACCES);
	CHECK_FAILS(unlink(outside), EACCES);
	CHECK(open("/dev/null", O_WRONLY) >= 0);
	CHECK(open("/etc/passwd", O_RDONLY) >= 0);
}

static void check_publisher(void)
{
	check_everybody();
	check_reading();
	check_files();
	CHECK(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	CHECK(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
	CHECK_FAILS(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	CHECK_FAILS(listen(socket(AF_INET, SOCK_STREAM, 0), 1), EPERM);
}

static void test_responder(void **state)
{
	(void)state;
	run_sandboxed(SANDBOX_RESPONDER, false, check_responder);
}

static void test_responder_with_paths(void **state)
{
	(void)state;
	run_sandboxed(SANDBOX_RESPONDER, true, check_responder_paths);
}

static void test_writer(void **state)
{
	(void)state;
	run_sandboxed(SANDBOX_WRITER, false, check_writer);
}

static void test_writer_with_paths(void **state)
{
	(void)state;
	run_sandboxed(SANDBOX_WRITER, true, check_writer_paths);
}

static void test_publisher(void **state)
{
	(void)state;
	run_sandboxed(SANDBOX_PUBLISHER, true, check_publisher);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_responder),
		TEST(test_responder_with_paths),
		TEST(test_writer),
		TEST(test_writer_with_paths),
		TEST(test_publisher),
	};
	version = landlock_version();
	if (version < 2)
		print_message("no landlock here: confining to paths is not tested\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
