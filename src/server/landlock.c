/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* Before version 2 no file could be moved to another folder, which is how zones are published. */
#define VERSION_WITH_REFER    2
#define VERSION_WITH_TRUNCATE 3

#define READ_FILE  LANDLOCK_ACCESS_FS_READ_FILE
#define READ_ALL   (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FILE (READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define WRITE_ALL                                                                                  \
	(READ_ALL | WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |  \
	        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                        \
	        LANDLOCK_ACCESS_FS_REFER)
/* Everything that is refused unless a rule allows it. */
#define HANDLED                                                                                    \
	(WRITE_ALL | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                   \
	        LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                      \
	        LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static const char *const READ_BY_ALL[] = { "/usr", "/lib", "/lib64", "/etc", "/proc", "/dev",
	"/sys", "/run/systemd" };

int landlock_version(void)
{
	long version =
	        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return version < 0 ? 0 : (int)version;
}

static bool add_path(int rules_fd, const char *path, uint64_t for_dir, uint64_t for_file)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	struct stat status;
	bool is_added = false;
	if (fstat(fd, &status) == 0) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = S_ISDIR(status.st_mode) ? for_dir : for_file,
			.parent_fd = fd,
		};
		is_added = syscall(SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH,
		                   &rule, 0) == 0;
	}
	close(fd);
	return is_added;
}

static bool add_paths(int rules_fd, const struct sandbox_settings *settings, uint64_t handled)
{
	for (size_t i = 0; i < sizeof(READ_BY_ALL) / sizeof(READ_BY_ALL[0]); i++) {
		if (!add_path(rules_fd, READ_BY_ALL[i], READ_ALL, READ_FILE))
			return false;
	}
	for (size_t i = 0; i < settings->read_count; i++) {
		if (!add_path(rules_fd, settings->read_paths[i], READ_ALL, READ_FILE))
			return false;
	}
	for (size_t i = 0; i < settings->write_count; i++) {
		if (!add_path(rules_fd, settings->write_paths[i], WRITE_ALL & handled,
		            WRITE_FILE & handled))
			return false;
	}
	return add_path(rules_fd, "/dev/null", READ_ALL, WRITE_FILE & handled);
}

enum err landlock_apply(const struct sandbox_settings *settings)
{
	int version = landlock_version();
	if (version < VERSION_WITH_REFER)
		return ERR_OK;
	uint64_t handled = HANDLED;
	if (version < VERSION_WITH_TRUNCATE)
		handled &= ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE;
	struct landlock_ruleset_attr attributes = { .handled_access_fs = handled };
	int rules_fd =
	        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (rules_fd < 0)
		return ERR_UNAVAILABLE;
	bool is_done = add_paths(rules_fd, settings, handled) &&
	               syscall(SYS_landlock_restrict_self, rules_fd, 0) == 0;
	int saved = errno;
	close(rules_fd);
	errno = saved;
	return is_done ? ERR_OK : ERR_UNAVAILABLE;
}
