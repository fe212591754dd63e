/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "auth/key_wrap.h"
#include "auth/token_kit.h"

struct folder {
	char path[64];
	char key[128];
	char public[128];
	char password[128];
};

static void put_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int open_folder(void **state)
{
	static struct folder folder;
	snprintf(folder.path, sizeof(folder.path), "/tmp/coregate-test-XXXXXX");
	if (!secret_init() || mkdtemp(folder.path) == NULL)
		return -1;
	snprintf(folder.key, sizeof(folder.key), "%s/key", folder.path);
	snprintf(folder.public, sizeof(folder.public), "%s/key.pub", folder.path);
	snprintf(folder.password, sizeof(folder.password), "%s/password", folder.path);
	*state = &folder;
	return 0;
}

static int close_folder(void **state)
{
	struct folder *folder = *state;
	(void)unlink(folder->key);
	(void)unlink(folder->public);
	(void)unlink(folder->password);
	return rmdir(folder->path);
}

static mode_t get_mode(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_a_pair_is_written_and_read(void **state)
{
	struct folder *folder = *state;
	struct kit kit;
	struct key public;
	struct key *secret = NULL;
	const char *detail = NULL;
	kit_init(&kit, 3);
	assert_int_equal(key_file_write(kit.secret, folder->key, NULL, &detail), ERR_OK);
	assert_int_equal(get_mode(folder->key), 0600);
	assert_int_equal(get_mode(folder->public), 0644);
	assert_int_equal(key_file_read_public(folder->public, &public, &detail), ERR_OK);
	assert_memory_equal(public.bytes, kit.public.bytes, KEY_PUBLIC_BYTES);
	assert_int_equal(key_file_read_secret(folder->key, NULL, &secret, &detail), ERR_OK);
	assert_memory_equal(secret->bytes, kit.secret->bytes, KEY_SECRET_BYTES);
	key_close(secret);
	kit_fini(&kit);
}

static void test_nothing_is_overwritten(void **state)
{
	struct folder *folder = *state;
	struct kit kit;
	const char *detail = NULL;
	kit_init(&kit, 3);
	put_file(folder->key, "mine\n", 0600);
	assert_int_equal(key_file_write(kit.secret, folder->key, NULL, &detail), ERR_EXISTS);
	assert_int_equal(access(folder->public, F_OK), -1);
	assert_int_equal(unlink(folder->key), 0);

	/* The public file is in the way: the secret one is taken back. */
	put_file(folder->public, "mine\n", 0600);
	assert_int_equal(key_file_write(kit.secret, folder->key, NULL, &detail), ERR_EXISTS);
	assert_int_equal(access(folder->key, F_OK), -1);
	kit_fini(&kit);
}

static void test_open_files_are_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0644, 0610, 0601 };
	struct folder *folder = *state;
	struct kit kit;
	struct key *secret = NULL;
	const char *detail = NULL;
	kit_init(&kit, 3);
	assert_int_equal(key_file_write(kit.secret, folder->key, NULL, &detail), ERR_OK);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(folder->key, modes[i]), 0);
		assert_int_equal(key_file_read_secret(folder->key, NULL, &secret, &detail),
		        ERR_NOT_PERMITTED);
	}
	assert_int_equal(chmod(folder->key, 0400), 0);
	assert_int_equal(key_file_read_secret(folder->key, NULL, &secret, &detail), ERR_OK);
	key_close(secret);
	kit_fini(&kit);
}

static void test_a_password_opens_a_wrapped_key(void **state)
{
	static const struct key_wrap_cost cheap = { .memory_bytes = 8192, .passes = 1 };
	static const struct key_password password = { "open sesame", 11 };
	struct folder *folder = *state;
	struct kit kit;
	struct key *secret = NULL;
	const char *detail = NULL;
	char text[KEY_WRAP_TEXT_BYTES];
	kit_init(&kit, 3);
	assert_int_equal(key_wrap(kit.secret, &password, &cheap, text), ERR_OK);
	put_file(folder->key, text, 0600);
	put_file(folder->password, "open sesame\n", 0600);
	assert_int_equal(
	        key_file_read_secret(folder->key, folder->password, &secret, &detail), ERR_OK);
	assert_memory_equal(secret->bytes, kit.secret->bytes, KEY_SECRET_BYTES);
	key_close(secret);

	assert_int_equal(
	        key_file_read_secret(folder->key, NULL, &secret, &detail), ERR_BAD_REQUEST);
	put_file(folder->password, "open sesame2\n", 0600);
	assert_int_equal(key_file_read_secret(folder->key, folder->password, &secret, &detail),
	        ERR_BAD_REQUEST);
	put_file(folder->password, "\n", 0600);
	assert_int_equal(key_file_read_secret(folder->key, folder->password, &secret, &detail),
	        ERR_BAD_REQUEST);
	put_file(folder->password, "open sesame\n", 0644);
	assert_int_equal(key_file_read_secret(folder->key, folder->password, &secret, &detail),
	        ERR_NOT_PERMITTED);
	kit_fini(&kit);
}

static void test_other_content_is_refused(void **state)
{
	static const char *const texts[] = { "", "\n", "k4.secret.", "\x01\x02", "not a key\n" };
	struct folder *folder = *state;
	struct key *secret = NULL;
	struct key public;
	const char *detail = NULL;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file(folder->key, texts[i], 0600);
		assert_int_equal(
		        key_file_read_secret(folder->key, NULL, &secret, &detail), ERR_BAD_REQUEST);
		assert_int_equal(
		        key_file_read_public(folder->key, &public, &detail), ERR_BAD_REQUEST);
	}
	assert_int_equal(key_file_read_public("/nonexistent/key", &public, &detail), ERR_NOT_FOUND);
}

static void test_a_huge_file_is_refused(void **state)
{
	struct folder *folder = *state;
	struct key public;
	const char *detail = NULL;
	put_file(folder->key, "", 0600);
	assert_int_equal(truncate(folder->key, 1 << 20), 0);
	assert_int_equal(key_file_read_public(folder->key, &public, &detail), ERR_BAD_REQUEST);
	assert_int_equal(key_file_read_public("/dev/zero", &public, &detail), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        test_a_pair_is_written_and_read, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		        test_nothing_is_overwritten, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		        test_open_files_are_refused, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		        test_a_password_opens_a_wrapped_key, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		        test_other_content_is_refused, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		        test_a_huge_file_is_refused, open_folder, close_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
