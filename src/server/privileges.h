/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Giving up rights: user, groups, capabilities, core dumps, number of descriptors.
 */
#ifndef COREGATE_SERVER_PRIVILEGES_H
#define COREGATE_SERVER_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

#define PRIVILEGES_GROUPS_MAX 8

/* Who a process becomes. */
struct identity {
	uid_t uid;
	gid_t gid;
	size_t group_count; /* supplementary groups */
	gid_t groups[PRIVILEGES_GROUPS_MAX];
};

/* Looks a user up, with its groups; group NULL: the user's own. Before forking, as it reads files.
 * ERR_NOT_FOUND: no such user or group. */
MUST_CHECK enum err privileges_find(
        const char *user, const char *group, struct identity *ret_identity);

/* Looks a group up. ERR_NOT_FOUND. */
MUST_CHECK enum err privileges_find_group(const char *group, gid_t *ret_gid);

/* True when this process runs as root and should not. */
bool privileges_is_root(void);

/* Becomes identity for good, without any capability, and makes sure that there is no way back. The
 * signal at the parent's death is kept. ERR_UNAVAILABLE with errno: end the process. */
MUST_CHECK enum err privileges_drop(const struct identity *identity);

/* Stays who it is, but without capabilities and without a way to new ones. */
MUST_CHECK enum err privileges_drop_capabilities(void);

/* No core dumps, no ptrace by others, at most descriptors_max open descriptors (0: as it is). */
MUST_CHECK enum err privileges_limit(unsigned descriptors_max);

#endif
