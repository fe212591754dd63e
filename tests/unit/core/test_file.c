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
#include <unistd.h>

#include "core/file.h"

static struct arena *arena;
static char folder[64];
static char path[128];

static const char *in_folder(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const char *bytes, size_t length)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, bytes, length));
	close(fd);
}

static void expect_content(const char *name, const char *expected)
{
	char *bytes = NULL;
	size_t length = 0;
	assert_int_equal(file_read(arena, in_folder(name), 65536, &bytes, &length), ERR_OK);
	assert_int_equal(length, strlen(expected));
	assert_string_equal(bytes, expected);
}

static void test_a_file_is_read_whole(void **state)
{
	(void)state;
	put_file("small", "one\ntwo", 7);
	expect_content("small", "one\ntwo");
	put_file("empty", "", 0);
	expect_content("empty", "");
}

static void test_the_ceiling_of_a_read(void **state)
{
	(void)state;
	static char large[20000];
	char *bytes = NULL;
	size_t length = 7;
	memset(large, 'x', sizeof(large));
	put_file("large", large, sizeof(large));
	assert_int_equal(
	        file_read(arena, in_folder("large"), sizeof(large), &bytes, &length), ERR_OK);
	assert_int_equal(length, sizeof(large));
	assert_memory_equal(bytes, large, length);
	bytes = NULL;
	assert_int_equal(file_read(arena, in_folder("large"), sizeof(large) - 1, &bytes, &length),
	        ERR_TOO_LARGE);
	assert_null(bytes);
	assert_int_equal(file_read(arena, "/dev/zero", 10000, &bytes, &length), ERR_TOO_LARGE);
	assert_int_equal(file_read(arena, "/proc/self/status", 65536, &bytes, &length), ERR_OK);
	assert_true(length > 0);
}

static void test_what_cannot_be_read(void **state)
{
	(void)state;
	char *bytes = NULL;
	size_t length = 0;
	assert_int_equal(file_read(arena, in_folder("none"), 100, &bytes, &length), ERR_NOT_FOUND);
	assert_int_equal(file_read(arena, folder, 100, &bytes, &length), ERR_UNAVAILABLE);
	assert_int_equal(errno, EISDIR);
	assert_null(bytes);
}

static void test_a_pipe_is_read_to_its_end(void **state)
{
	(void)state;
	int ends[2];
	char name[32];
	char *bytes = NULL;
	size_t length = 0;
	assert_int_equal(pipe(ends), 0);
	assert_true(file_write_all(ends[1], "from a pipe", 11));
	close(ends[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	assert_int_equal(file_read(arena, name, 11, &bytes, &length), ERR_OK);
	assert_string_equal(bytes, "from a pipe");
	close(ends[0]);
}

static void test_a_swap_replaces(void **state)
{
	(void)state;
	struct file_swap swap;
	struct stat status;
	put_file("target", "old", 3);
	assert_int_equal(file_swap_open(&swap, folder, in_folder("target"), 0640), ERR_OK);
	assert_true(file_write_all(swap.fd, "new!", 4));
	expect_content("target", "old");
	assert_int_equal(file_swap_commit(&swap), ERR_OK);
	expect_content("target", "new!");
	assert_int_equal(stat(in_folder("target"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(access(swap.temp_path, F_OK), -1);
}

static void test_a_swap_given_up_leaves_all_as_it_was(void **state)
{
	(void)state;
	struct file_swap swap;
	put_file("target", "old", 3);
	assert_int_equal(file_swap_open(&swap, folder, in_folder("target"), 0640), ERR_OK);
	assert_true(file_write_all(swap.fd, "new!", 4));
	file_swap_abort(&swap);
	assert_int_equal(access(swap.temp_path, F_OK), -1);
	expect_content("target", "old");
}

static void test_a_swap_that_fails_cleans_up(void **state)
{
	(void)state;
	struct file_swap swap;
	assert_int_equal(mkdir(in_folder("occupied"), 0700), 0);
	assert_int_equal(file_swap_open(&swap, folder, in_folder("occupied"), 0640), ERR_OK);
	assert_int_equal(file_swap_commit(&swap), ERR_UNAVAILABLE);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(access(swap.temp_path, F_OK), -1);
	assert_int_equal(file_swap_open(&swap, in_folder("missing"), in_folder("target"), 0640),
	        ERR_UNAVAILABLE);
	assert_int_equal(errno, ENOENT);
}

static void test_paths_that_are_too_long(void **state)
{
	(void)state;
	static char endless[8000];
	struct file_swap swap;
	memset(endless, 'x', sizeof(endless) - 1);
	assert_int_equal(file_swap_open(&swap, folder, endless, 0640), ERR_UNAVAILABLE);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(file_swap_open(&swap, endless, "x", 0640), ERR_UNAVAILABLE);
	assert_int_equal(file_make_dirs(endless, 0700), ERR_UNAVAILABLE);
}

static void test_removing(void **state)
{
	(void)state;
	put_file("gone", "x", 1);
	assert_int_equal(file_remove(in_folder("gone")), ERR_OK);
	assert_int_equal(access(in_folder("gone"), F_OK), -1);
	assert_int_equal(file_remove(in_folder("gone")), ERR_OK);
	assert_int_equal(file_remove(folder), ERR_UNAVAILABLE);
}

static void test_folders_are_made_as_needed(void **state)
{
	(void)state;
	struct stat status;
	assert_int_equal(file_make_dirs(in_folder("a/b//c/"), 0750), ERR_OK);
	assert_int_equal(stat(in_folder("a/b/c"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	assert_int_equal(file_make_dirs(in_folder("a/b/c"), 0750), ERR_OK);
	put_file("plain", "x", 1);
	assert_int_equal(file_make_dirs(in_folder("plain/d"), 0750), ERR_UNAVAILABLE);
	assert_int_equal(file_make_dirs(in_folder("plain"), 0750), ERR_UNAVAILABLE);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_dirs("", 0750), ERR_UNAVAILABLE);
}

static void test_writing_fails_on_a_bad_descriptor(void **state)
{
	(void)state;
	assert_false(file_write_all(-1, "x", 1));
	assert_true(file_write_all(-1, "", 0));
}

static int open_state(void **state)
{
	(void)state;
	umask(022);
	snprintf(folder, sizeof(folder), "test_file.XXXXXX");
	arena = arena_open(1024 * 1024);
	return arena == NULL || mkdtemp(folder) == NULL;
}

static int close_state(void **state)
{
	(void)state;
	static const char *const names[] = { "small", "empty", "large", "target", "plain" };
	static const char *const folders[] = { "occupied", "a/b/c", "a/b", "a", "" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		rmdir(in_folder(folders[i]));
	arena_close(arena);
	/* Whatever a test left behind keeps the folder, which is a failure. */
	return access(folder, F_OK) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_read_whole),
		cmocka_unit_test(test_the_ceiling_of_a_read),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_a_pipe_is_read_to_its_end),
		cmocka_unit_test(test_a_swap_replaces),
		cmocka_unit_test(test_a_swap_given_up_leaves_all_as_it_was),
		cmocka_unit_test(test_a_swap_that_fails_cleans_up),
		cmocka_unit_test(test_paths_that_are_too_long),
		cmocka_unit_test(test_removing),
		cmocka_unit_test(test_folders_are_made_as_needed),
		cmocka_unit_test(test_writing_fails_on_a_bad_descriptor),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
