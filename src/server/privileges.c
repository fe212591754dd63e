/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum err privileges_find_group(const char *group, gid_t *ret_gid)
{
	const struct group *entry = getgrnam(group);
	if (!entry)
		return ERR_NOT_FOUND;
	*ret_gid = entry->gr_gid;
	return ERR_OK;
}

enum err privileges_find(const char *user, const char *group, struct identity *ret_identity)
{
	const struct passwd *entry = getpwnam(user);
	if (!entry)
		return ERR_NOT_FOUND;
	struct identity identity = { .uid = entry->pw_uid, .gid = entry->pw_gid };
	if (group) {
		enum err err = privileges_find_group(group, &identity.gid);
		if (err != ERR_OK)
			return err;
	}
	int count = PRIVILEGES_GROUPS_MAX;
	/* A user in more groups than there is room for keeps the first ones. */
	if (getgrouplist(user, identity.gid, identity.groups, &count) < 0)
		count = PRIVILEGES_GROUPS_MAX;
	identity.group_count = (size_t)count;
	*ret_identity = identity;
	return ERR_OK;
}

bool privileges_is_root(void)
{
	return geteuid() == 0;
}

/* Without the bounding set not even a set-uid program could bring a capability back. Only who has
 * CAP_SETPCAP may empty it; for everybody else no_new_privs does the same. */
static void empty_bounding_set(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
	        capability++)
		(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static bool empty_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0;
}

enum err privileges_drop_capabilities(void)
{
	empty_bounding_set();
	bool is_done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && empty_capabilities();
	return is_done ? ERR_OK : ERR_UNAVAILABLE;
}

static bool is_identity(const struct identity *identity)
{
	uid_t real_uid, uid, saved_uid;
	gid_t real_gid, gid, saved_gid;
	if (getresuid(&real_uid, &uid, &saved_uid) != 0 ||
	        getresgid(&real_gid, &gid, &saved_gid) != 0)
		return false;
	return real_uid == identity->uid && uid == identity->uid && saved_uid == identity->uid &&
	       real_gid == identity->gid && gid == identity->gid && saved_gid == identity->gid;
}

enum err privileges_drop(const struct identity *identity)
{
	/* The kernel forgets the parent-death signal when the user changes. */
	int death_signal = 0;
	if (prctl(PR_GET_PDEATHSIG, &death_signal) != 0)
		return ERR_UNAVAILABLE;
	empty_bounding_set();
	if (setgroups(identity->group_count, identity->groups) != 0 ||
	        setresgid(identity->gid, identity->gid, identity->gid) != 0 ||
	        setresuid(identity->uid, identity->uid, identity->uid) != 0)
		return ERR_UNAVAILABLE;
	if (prctl(PR_SET_PDEATHSIG, death_signal) != 0)
		return ERR_UNAVAILABLE;
	enum err err = privileges_drop_capabilities();
	if (err != ERR_OK)
		return err;

	errno = EPERM;
	if (!is_identity(identity) || (identity->uid != 0 && setuid(0) == 0))
		return ERR_UNAVAILABLE;
	return ERR_OK;
}

enum err privileges_limit(unsigned descriptors_max)
{
	struct rlimit none = { 0, 0 };
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR_UNAVAILABLE;
	if (descriptors_max == 0)
		return ERR_OK;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return ERR_UNAVAILABLE;
	/* Raising the hard limit takes a capability that root has outside of containers; where it
	 * is missing, as much as there is has to do. */
	const struct rlimit raised = { descriptors_max, descriptors_max };
	if (limit.rlim_max < descriptors_max && setrlimit(RLIMIT_NOFILE, &raised) == 0)
		return ERR_OK;
	limit.rlim_cur = limit.rlim_max < descriptors_max ? limit.rlim_max : descriptors_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? ERR_OK : ERR_UNAVAILABLE;
}
