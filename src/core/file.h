/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files as wholes: read with a ceiling, replaced durably.
 */
#ifndef COREGATE_CORE_FILE_H
#define COREGATE_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/err.h"

/* Reads a whole regular file (or anything readable, such as /dev/stdin) of at most ceiling_bytes
 * into the arena, NUL-terminated; *ret_length does not count the NUL.
 * ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_UNAVAILABLE (errno says why). */
MUST_CHECK enum err file_read(struct arena *arena, const char *path, size_t ceiling_bytes,
        char **ret_bytes, size_t *ret_length);

/* A file being replaced: written beside its destination's file system, then swapped in. */
struct file_swap {
	int fd; /* write here */
	char temp_path[4096];
	char path[4096];
};

/* Creates a new file in temp_dir (same file system as path) with mode. ERR_UNAVAILABLE with errno.
 */
MUST_CHECK enum err file_swap_open(
        struct file_swap *swap, const char *temp_dir, const char *path, mode_t mode);

/* fsync, rename over path, fsync of path's directory. On failure the temporary file is gone and
 * path is what it was; only when the last fsync fails path is new, but perhaps not after a power
 * loss. ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err file_swap_commit(struct file_swap *swap);

/* Gives up: the temporary file is removed. */
void file_swap_abort(struct file_swap *swap);

/* Writes everything, across short writes and EINTR. */
MUST_CHECK bool file_write_all(int fd, const void *bytes, size_t length);

/* unlink and fsync of the directory; a missing file is no error. */
MUST_CHECK enum err file_remove(const char *path);

/* mkdir -p with mode for each new folder. ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err file_make_dirs(const char *path, mode_t mode);

#endif
