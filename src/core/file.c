/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ_BYTES 4096

/* Closes without losing the errno that the caller is to see. */
static void close_quietly(int fd)
{
	int kept = errno;
	close(fd);
	errno = kept;
}

struct reading {
	struct arena *arena;
	size_t ceiling_bytes;
	char *bytes;
	size_t length;
	size_t room;
};

/* Room for more than what is there and for a NUL; one byte above the ceiling tells "too large". */
static bool reading_grow(struct reading *reading, size_t room)
{
	if (room > reading->ceiling_bytes + 1)
		room = reading->ceiling_bytes + 1;
	char *bytes = arena_alloc(reading->arena, room + 1);
	if (bytes == NULL)
		return false;
	if (reading->length > 0)
		memcpy(bytes, reading->bytes, reading->length);
	reading->bytes = bytes;
	reading->room = room;
	return true;
}

static enum err reading_run(struct reading *reading, int fd)
{
	for (;;) {
		if (reading->length > reading->ceiling_bytes)
			return ERR_TOO_LARGE;
		if (reading->length == reading->room && !reading_grow(reading, 2 * reading->room))
			return ERR_TOO_LARGE;
		ssize_t got =
		        read(fd, reading->bytes + reading->length, reading->room - reading->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_UNAVAILABLE;
		if (got == 0)
			return ERR_OK;
		reading->length += (size_t)got;
	}
}

static enum err read_open_file(struct reading *reading, int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return ERR_UNAVAILABLE;
	size_t size_bytes = S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
	if (size_bytes > reading->ceiling_bytes)
		return ERR_TOO_LARGE;
	/* One byte more than the size lets the read that finds the end do so without growing. */
	size_t room = size_bytes < FIRST_READ_BYTES ? FIRST_READ_BYTES : size_bytes + 1;
	if (!reading_grow(reading, room))
		return ERR_TOO_LARGE;
	return reading_run(reading, fd);
}

enum err file_read(struct arena *arena, const char *path, size_t ceiling_bytes, char **ret_bytes,
        size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
	struct reading reading = { .arena = arena, .ceiling_bytes = ceiling_bytes };
	enum err err = read_open_file(&reading, fd);
	close_quietly(fd);
	if (err != ERR_OK)
		return err;
	reading.bytes[reading.length] = '\0';
	*ret_bytes = reading.bytes;
	*ret_length = reading.length;
	return ERR_OK;
}

bool file_write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	while (length > 0) {
		ssize_t written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

/* Copies up to and without the last slash: "." when there is none, "/" for a file of the root. */
static bool path_parent(const char *path, char *ret_parent, size_t room_bytes)
{
	const char *slash = strrchr(path, '/');
	const char *from = slash == NULL ? "." : path;
	size_t length = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
	if (length >= room_bytes)
		return false;
	memcpy(ret_parent, from, length);
	ret_parent[length] = '\0';
	return true;
}

static enum err parent_sync(const char *path)
{
	char parent[sizeof((struct file_swap){ 0 }.path)];
	if (!path_parent(path, parent, sizeof(parent))) {
		errno = ENAMETOOLONG;
		return ERR_UNAVAILABLE;
	}
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_UNAVAILABLE;
	int failed = fsync(fd);
	close_quietly(fd);
	return failed ? ERR_UNAVAILABLE : ERR_OK;
}

static bool format_path(char *ret_path, size_t room_bytes, const char *folder, const char *name)
{
	int length = snprintf(ret_path, room_bytes, "%s%s", folder, name);
	if (length >= 0 && (size_t)length < room_bytes)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

enum err file_swap_open(struct file_swap *swap, const char *temp_dir, const char *path, mode_t mode)
{
	swap->fd = -1;
	if (!format_path(swap->path, sizeof(swap->path), path, "") ||
	        !format_path(swap->temp_path, sizeof(swap->temp_path), temp_dir, "/swap-XXXXXX"))
		return ERR_UNAVAILABLE;
	swap->fd = mkostemp(swap->temp_path, O_CLOEXEC);
	if (swap->fd < 0)
		return ERR_UNAVAILABLE;
	if (fchmod(swap->fd, mode) == 0)
		return ERR_OK;
	file_swap_abort(swap);
	return ERR_UNAVAILABLE;
}

enum err file_swap_commit(struct file_swap *swap)
{
	if (fsync(swap->fd) != 0) {
		file_swap_abort(swap);
		return ERR_UNAVAILABLE;
	}
	int closed = close(swap->fd);
	swap->fd = -1;
	if (closed != 0 || rename(swap->temp_path, swap->path) != 0) {
		file_swap_abort(swap);
		return ERR_UNAVAILABLE;
	}
	return parent_sync(swap->path);
}

void file_swap_abort(struct file_swap *swap)
{
	int kept = errno;
	if (swap->fd >= 0)
		close(swap->fd);
	swap->fd = -1;
	unlink(swap->temp_path);
	errno = kept;
}

enum err file_remove(const char *path)
{
	if (unlink(path) == 0)
		return parent_sync(path);
	return errno == ENOENT ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err make_dir(const char *path, mode_t mode)
{
	struct stat status;
	if (mkdir(path, mode) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return ERR_UNAVAILABLE;
	if (stat(path, &status) != 0)
		return ERR_UNAVAILABLE;
	errno = ENOTDIR;
	return S_ISDIR(status.st_mode) ? ERR_OK : ERR_UNAVAILABLE;
}

enum err file_make_dirs(const char *path, mode_t mode)
{
	char partial[sizeof((struct file_swap){ 0 }.path)];
	if (!format_path(partial, sizeof(partial), path, ""))
		return ERR_UNAVAILABLE;
	/* A leading slash is no folder of its own to make. */
	for (char *at = partial + 1; partial[0] != '\0' && *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		enum err err = make_dir(partial, mode);
		if (err != ERR_OK)
			return err;
		*at = '/';
	}
	return make_dir(partial, mode);
}
