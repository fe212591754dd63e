/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "publish/swap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_PREFIX      "db."
#define TEMP_PREFIX      "swap-" /* what file_swap_open makes */
#define FOREIGN_TRIES    1000u
#define ZONE_DIR_MODE    0755
#define PRIVATE_DIR_MODE 0750
/* CoreDNS may run as another user; what it serves is public anyway. */
#define ZONE_FILE_MODE 0644

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool copy_path(char ret_path[static SWAP_PATH_BYTES], const char *path)
{
	size_t length = strlen(path);
	if (length == 0 || path[0] != '/')
		return false;
	/* One spelling: without slashes at the end. */
	while (length > 1 && path[length - 1] == '/')
		length--;
	/* Room for a slash and a file name behind it. */
	if (length + NAME_MAX + 2 > SWAP_PATH_BYTES)
		return false;
	memcpy(ret_path, path, length);
	ret_path[length] = '\0';
	return true;
}

static enum err make_dirs(const struct swap *swap)
{
	enum err err = file_make_dirs(swap->zone_dir, ZONE_DIR_MODE);
	if (err == ERR_OK)
		err = file_make_dirs(swap->temp_dir, PRIVATE_DIR_MODE);
	if (err == ERR_OK)
		err = file_make_dirs(swap->foreign_dir, PRIVATE_DIR_MODE);
	return err;
}

/* Symbolic links are followed: what counts is where the directory really is. */
static bool is_inside(const char *path, const char *directory)
{
	char real_path[PATH_MAX];
	char real_directory[PATH_MAX];
	if (realpath(path, real_path) == NULL || realpath(directory, real_directory) == NULL)
		return true;
	size_t length = strlen(real_directory);
	return strncmp(real_path, real_directory, length) == 0 &&
	       (real_path[length] == '\0' || real_path[length] == '/' || length == 1);
}

static bool is_same_file_system(const char *a, const char *b)
{
	struct stat status_a;
	struct stat status_b;
	return stat(a, &status_a) == 0 && stat(b, &status_b) == 0 &&
	       status_a.st_dev == status_b.st_dev;
}

static enum err check_dirs(const struct swap *swap)
{
	const char *outside[] = { swap->temp_dir, swap->foreign_dir };
	for (size_t i = 0; i < 2; i++) {
		if (is_inside(outside[i], swap->zone_dir) ||
		        !is_same_file_system(outside[i], swap->zone_dir))
			return ERR_BAD_REQUEST;
	}
	return ERR_OK;
}

static enum err remove_leftovers(const char *temp_dir)
{
	DIR *directory = opendir(temp_dir);
	if (directory == NULL)
		return ERR_UNAVAILABLE;
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		/* What cannot be removed is only a waste of room. */
		if (has_prefix(entry->d_name, TEMP_PREFIX))
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	}
	closedir(directory);
	return ERR_OK;
}

enum err swap_init(
        struct swap *swap, const char *zone_dir, const char *temp_dir, const char *foreign_dir)
{
	if (!copy_path(swap->zone_dir, zone_dir) || !copy_path(swap->temp_dir, temp_dir) ||
	        !copy_path(swap->foreign_dir, foreign_dir))
		return ERR_BAD_REQUEST;
	enum err err = make_dirs(swap);
	if (err == ERR_OK)
		err = check_dirs(swap);
	if (err == ERR_OK)
		err = remove_leftovers(swap->temp_dir);
	return err;
}

bool swap_can_hold(const struct name *zone)
{
	char text[NAME_TEXT_BYTES];
	return zone->length > 1 && name_render_file(zone, text) &&
	       strlen(ZONE_PREFIX) + strlen(text) <= NAME_MAX;
}

bool swap_render_path(
        const struct swap *swap, const struct name *zone, char ret_path[static SWAP_PATH_BYTES])
{
	char text[NAME_TEXT_BYTES];
	if (!swap_can_hold(zone) || !name_render_file(zone, text))
		return false;
	int length =
	        snprintf(ret_path, SWAP_PATH_BYTES, "%s/" ZONE_PREFIX "%s", swap->zone_dir, text);
	return length > 0 && length < SWAP_PATH_BYTES;
}

enum err swap_open(const struct swap *swap, const struct name *zone, struct file_swap *ret_file)
{
	char path[SWAP_PATH_BYTES];
	if (!swap_render_path(swap, zone, path))
		return ERR_INVALID_NAME;
	enum err err = make_dirs(swap);
	if (err != ERR_OK)
		return err;
	return file_swap_open(ret_file, swap->temp_dir, path, ZONE_FILE_MODE);
}

enum err swap_remove(const struct swap *swap, const struct name *zone)
{
	char path[SWAP_PATH_BYTES];
	if (!swap_render_path(swap, zone, path))
		return ERR_OK;
	return file_remove(path);
}

/* The zone whose file has this name; false when no zone's file is spelled so. */
static bool parse_file_name(const char *file_name, struct name *ret_zone)
{
	const char *text = file_name + strlen(ZONE_PREFIX);
	const char *detail;
	char again[NAME_TEXT_BYTES];
	if (name_parse(text, strlen(text), ret_zone, &detail) != ERR_OK || !swap_can_hold(ret_zone))
		return false;
	return name_render_file(ret_zone, again) && strcmp(text, again) == 0;
}

enum err swap_list(const struct swap *swap,
        bool (*each)(void *context, const char *file_name, const struct name *zone), void *context)
{
	DIR *directory = opendir(swap->zone_dir);
	if (directory == NULL)
		return ERR_UNAVAILABLE;
	errno = 0;
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0) {
		struct name zone;
		if (!has_prefix(entry->d_name, ZONE_PREFIX))
			continue;
		bool is_ours = parse_file_name(entry->d_name, &zone);
		if (!each(context, entry->d_name, is_ours ? &zone : NULL))
			break;
	}
	int failed = errno;
	closedir(directory);
	errno = failed;
	return failed == 0 ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_UNAVAILABLE;
	int failed = fsync(fd);
	close(fd);
	return failed == 0 ? ERR_OK : ERR_UNAVAILABLE;
}

enum err swap_set_aside(const struct swap *swap, const char *file_name)
{
	char from[SWAP_PATH_BYTES + NAME_MAX + 2];
	char to[SWAP_PATH_BYTES + NAME_MAX + 16];
	enum err err = file_make_dirs(swap->foreign_dir, PRIVATE_DIR_MODE);
	if (err != ERR_OK)
		return err;
	(void)snprintf(from, sizeof(from), "%s/%s", swap->zone_dir, file_name);
	for (unsigned number = 1; number <= FOREIGN_TRIES; number++) {
		(void)snprintf(to, sizeof(to), "%s/%.*s.%u", swap->foreign_dir, NAME_MAX - 8,
		        file_name, number);
		if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
			err = sync_dir(swap->foreign_dir);
			return err == ERR_OK ? sync_dir(swap->zone_dir) : err;
		}
		if (errno != EEXIST)
			return ERR_UNAVAILABLE;
	}
	return ERR_UNAVAILABLE;
}
