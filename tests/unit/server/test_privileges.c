/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/privileges.h"

static int run(int (*check)(void))
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(check());
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_find(void **state)
{
	(void)state;
	struct identity identity = { .uid = 77 };
	assert_int_equal(privileges_find("nobody", NULL, &identity), ERR_OK);
	assert_int_not_equal(identity.uid, 0);
	assert_int_not_equal(identity.gid, 0);
	assert_true(identity.group_count >= 1);
	assert_int_equal(privileges_find("no-such-user", NULL, &identity), ERR_NOT_FOUND);
	assert_int_equal(privileges_find("nobody", "no-such-group", &identity), ERR_NOT_FOUND);
	assert_int_equal(privileges_find("nobody", "daemon", &identity), ERR_OK);
	gid_t gid;
	assert_int_equal(privileges_find_group("daemon", &gid), ERR_OK);
	assert_int_equal(identity.gid, gid);
}

static int check_drop(void)
{
	struct identity identity;
	if (privileges_find("nobody", NULL, &identity) != ERR_OK)
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (privileges_drop(&identity) != ERR_OK)
		return 2;
	int death_signal = 0;
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (getuid() != identity.uid || getgid() != identity.gid || death_signal != SIGTERM)
		return 3;
	if (setuid(0) == 0 || setgid(0) == 0 || open("/etc/shadow", O_RDONLY) >= 0)
		return 4;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static void test_drop(void **state)
{
	(void)state;
	if (!privileges_is_root()) {
		print_message("not root: dropping to another user cannot be tested\n");
		skip();
	}
	assert_int_equal(run(check_drop), 0);
}

static int check_drop_capabilities(void)
{
	uid_t uid = getuid();
	if (privileges_drop_capabilities() != ERR_OK)
		return 1;
	if (getuid() != uid || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	return chroot("/") == 0 ? 3 : 0;
}

static void test_drop_capabilities(void **state)
{
	(void)state;
	assert_int_equal(run(check_drop_capabilities), 0);
}

static int check_limit(void)
{
	if (privileges_limit(512) != ERR_OK)
		return 1;
	struct rlimit core, files;
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	if (core.rlim_cur != 0 || core.rlim_max != 0 || files.rlim_cur != 512)
		return 2;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 3;
}

static void test_limit(void **state)
{
	(void)state;
	assert_int_equal(run(check_limit), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_drop_capabilities),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
