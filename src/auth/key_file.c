/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "auth/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/key_wrap.h"
#include "core/file.h"

/* Keys are one line; a password may be as long as a PIPE_BUF. */
#define SECRET_FILE_MAX 4096u

static enum err refuse(enum err err, const char *reason, const char **ret_detail)
{
	*ret_detail = reason;
	return err;
}

static enum err read_error(const char **ret_detail)
{
	return refuse(errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, "the file cannot be read",
	        ret_detail);
}

/* ---- reading ---- */

/* A text in locked memory; ended with sodium_free(bytes). */
struct secret_text {
	char *bytes;
	size_t length;
};

/* -1 with errno. Standard input is a copy, so that the caller may close it. */
static int open_path(const char *path)
{
	if (strcmp(path, "-") == 0)
		return dup(STDIN_FILENO);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static enum err check_owner(int fd, const char **ret_detail)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return read_error(ret_detail);
	/* A pipe or terminal is what the caller made it. */
	if (!S_ISREG(status.st_mode))
		return ERR_OK;
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return refuse(ERR_NOT_PERMITTED, "the file belongs to somebody else", ret_detail);
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return refuse(ERR_NOT_PERMITTED,
		        "the file is open to others; its mode should be 0600", ret_detail);
	return ERR_OK;
}

/* Without the final line end. */
static enum err read_text(int fd, struct secret_text *text, const char **ret_detail)
{
	text->length = 0;
	for (;;) {
		ssize_t got = read(fd, text->bytes + text->length, SECRET_FILE_MAX - text->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return read_error(ret_detail);
		if (got == 0)
			break;
		text->length += (size_t)got;
		if (text->length == SECRET_FILE_MAX)
			return refuse(ERR_BAD_REQUEST, "the file is too long", ret_detail);
	}
	if (text->length > 0 && text->bytes[text->length - 1] == '\n')
		text->length--;
	if (text->length > 0 && text->bytes[text->length - 1] == '\r')
		text->length--;
	return ERR_OK;
}

static enum err open_text(
        const char *path, bool is_secret, struct secret_text *ret_text, const char **ret_detail)
{
	struct secret_text text = { .bytes = sodium_malloc(SECRET_FILE_MAX) };
	if (text.bytes == NULL)
		return refuse(ERR_UNAVAILABLE, "locked memory cannot be had", ret_detail);
	int fd = open_path(path);
	enum err err = fd < 0 ? read_error(ret_detail) : ERR_OK;
	if (err == ERR_OK && is_secret)
		err = check_owner(fd, ret_detail);
	if (err == ERR_OK)
		err = read_text(fd, &text, ret_detail);
	int kept = errno;
	if (fd >= 0)
		close(fd);
	if (err != ERR_OK)
		sodium_free(text.bytes);
	else
		*ret_text = text;
	errno = kept;
	return err;
}

static void close_text(struct secret_text *text)
{
	sodium_free(text->bytes);
	text->bytes = NULL;
}

enum err key_file_read_public(const char *path, struct key *ret_public, const char **ret_detail)
{
	struct secret_text text;
	enum err err = open_text(path, false, &text, ret_detail);
	if (err != ERR_OK)
		return err;
	err = key_parse_public(text.bytes, text.length, ret_public, ret_detail);
	close_text(&text);
	return err;
}

static enum err open_password(
        const char *path, struct secret_text *ret_password, const char **ret_detail)
{
	struct secret_text password;
	enum err err = open_text(path, true, &password, ret_detail);
	if (err != ERR_OK)
		return err;
	if (password.length == 0) {
		close_text(&password);
		return refuse(ERR_BAD_REQUEST, "the password is empty", ret_detail);
	}
	*ret_password = password;
	return ERR_OK;
}

static enum err unwrap_text(const struct secret_text *text, const char *password_path,
        struct key **ret_secret, const char **ret_detail)
{
	struct secret_text password;
	if (password_path == NULL)
		return refuse(ERR_BAD_REQUEST, "this key needs its password", ret_detail);
	enum err err = open_password(password_path, &password, ret_detail);
	if (err != ERR_OK)
		return err;
	const struct key_password view = { password.bytes, password.length };
	err = key_unwrap(text->bytes, text->length, &view, ret_secret, ret_detail);
	close_text(&password);
	return err;
}

enum err key_file_read_secret(const char *path, const char *password_path, struct key **ret_secret,
        const char **ret_detail)
{
	struct secret_text text;
	enum err err = open_text(path, true, &text, ret_detail);
	if (err != ERR_OK)
		return err;
	if (key_is_wrapped(text.bytes, text.length))
		err = unwrap_text(&text, password_path, ret_secret, ret_detail);
	else if (password_path != NULL)
		err = refuse(ERR_BAD_REQUEST, "this key has no password", ret_detail);
	else
		err = key_parse_secret(text.bytes, text.length, ret_secret, ret_detail);
	close_text(&text);
	return err;
}

/* ---- writing ---- */

static enum err write_error(const char **ret_detail)
{
	if (errno == EEXIST)
		return refuse(ERR_EXISTS, "the file is there already", ret_detail);
	return refuse(ERR_UNAVAILABLE, "the file cannot be written", ret_detail);
}

static bool sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	snprintf(folder, sizeof(folder), "%.*s", (int)length, path);
	int fd = open(length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_synced = fsync(fd) == 0;
	close(fd);
	return is_synced;
}

/* A new file with one line; nothing is left behind on failure. */
static enum err write_new(const char *path, mode_t mode, const char *text, const char **ret_detail)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return write_error(ret_detail);
	/* The umask may only have taken away from what is meant. */
	bool is_written = fchmod(fd, mode) == 0 && file_write_all(fd, text, strlen(text)) &&
	                  file_write_all(fd, "\n", 1) && fsync(fd) == 0;
	int kept = errno;
	is_written = close(fd) == 0 && is_written;
	if (is_written && sync_folder(path))
		return ERR_OK;
	(void)unlink(path);
	errno = kept == EEXIST ? EIO : kept;
	return write_error(ret_detail);
}

static enum err render_secret(const struct key *secret, const char *password_path,
        char ret_text[static KEY_WRAP_TEXT_BYTES], const char **ret_detail)
{
	if (password_path == NULL) {
		key_render(secret, ret_text);
		return ERR_OK;
	}
	struct secret_text password;
	enum err err = open_password(password_path, &password, ret_detail);
	if (err != ERR_OK)
		return err;
	const struct key_password view = { password.bytes, password.length };
	err = key_wrap(secret, &view, &key_wrap_cost_default, ret_text);
	close_text(&password);
	if (err != ERR_OK)
		return refuse(err, "memory for the password cannot be had", ret_detail);
	return ERR_OK;
}

static enum err write_pair(const struct key *secret, const char *secret_text, const char *path,
        const char **ret_detail)
{
	char public_path[PATH_MAX];
	char public_text[KEY_TEXT_BYTES];
	struct key public;
	if (snprintf(public_path, sizeof(public_path), "%s.pub", path) >= (int)sizeof(public_path))
		return refuse(ERR_BAD_REQUEST, "the path is too long", ret_detail);
	key_get_public(secret, &public);
	key_render(&public, public_text);
	enum err err = write_new(path, S_IRUSR | S_IWUSR, secret_text, ret_detail);
	if (err != ERR_OK)
		return err;
	err = write_new(
	        public_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, public_text, ret_detail);
	if (err != ERR_OK) {
		int kept = errno;
		(void)unlink(path);
		errno = kept;
	}
	return err;
}

enum err key_file_write(const struct key *secret, const char *path, const char *password_path,
        const char **ret_detail)
{
	char *text = sodium_malloc(KEY_WRAP_TEXT_BYTES);
	if (text == NULL)
		return refuse(ERR_UNAVAILABLE, "locked memory cannot be had", ret_detail);
	enum err err = render_secret(secret, password_path, text, ret_detail);
	if (err == ERR_OK)
		err = write_pair(secret, text, path, ret_detail);
	sodium_free(text);
	return err;
}
