/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A folder that lives as long as a test.
 */
#ifndef COREGATE_TESTS_PUBLISH_FOLDER_H
#define COREGATE_TESTS_PUBLISH_FOLDER_H

#define _XOPEN_SOURCE_EXTENDED 1
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static inline int folder_open(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int folder_remove_one(
        const char *path, const struct stat *status, int kind, struct FTW *position)
{
	(void)status;
	(void)kind;
	(void)position;
	return remove(path);
}

static inline int folder_close(void)
{
	return nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the folder; one of four buffers in turn. */
static inline const char *folder_path(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];
	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline void folder_write(const char *name, const char *text)
{
	int fd = open(folder_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0)
		abort();
}

/* The whole content of a small file, or "" when there is none. */
static inline const char *folder_read(const char *name)
{
	static char text[65536];
	int fd = open(folder_path(name), O_RDONLY);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static inline int folder_has(const char *name)
{
	return access(folder_path(name), F_OK) == 0;
}

#endif
