/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/landlock.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What every process needs: reading, waiting, memory, time, sockets it was given. */
static const int COMMON[] = {
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(access),
	SCMP_SYS(brk),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(connect),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fcntl),
	SCMP_SYS(fdatasync),
	SCMP_SYS(flock),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(fsync),
	SCMP_SYS(futex),
	SCMP_SYS(getcpu),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getgroups),
	SCMP_SYS(getpeername),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getresgid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(madvise),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mlock),
	SCMP_SYS(mremap),
	SCMP_SYS(munlock),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(pselect6),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(select),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4),
	SCMP_SYS(socketpair),
	SCMP_SYS(stat),
	SCMP_SYS(statfs),
	SCMP_SYS(statx),
	SCMP_SYS(sysinfo),
	SCMP_SYS(time),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(uname),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

/* What changes files. */
static const int FILES[] = {
	SCMP_SYS(chmod),
	SCMP_SYS(creat),
	SCMP_SYS(fallocate),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(ftruncate),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(rmdir),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(truncate),
	SCMP_SYS(umask),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(utimensat),
};

/* A client of the network; name resolution binds a netlink socket, and may load a library. */
static const int NETWORK[] = { SCMP_SYS(bind), SCMP_SYS(mmap), SCMP_SYS(mprotect) };

/* The leak check stops the process from a helper that shares its memory. */
static const int SANITIZER[] = {
	SCMP_SYS(clone),
	SCMP_SYS(kill),
	SCMP_SYS(prctl),
	SCMP_SYS(ptrace),
	SCMP_SYS(wait4),
	SCMP_SYS(tgkill),
	SCMP_SYS(prlimit64),
};

static bool allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	}
	return true;
}

/* One more call, when `argument & mask` equals value. */
static bool allow_if(
        scmp_filter_ctx filter, int call, unsigned argument, uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
	               SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value)) == 0;
}

/* Opening to read is allowed; anything else is EACCES rather than EPERM: SQLite knows that one and
 * opens for reading then. The rules exclude each other, so that their order does not matter. */
static bool allow_reading(scmp_filter_ctx filter, int call, unsigned argument)
{
	static const struct {
		unsigned mask;
		unsigned value;
	} refused[] = {
		{ O_ACCMODE, O_WRONLY },
		{ O_ACCMODE, O_RDWR },
		{ O_ACCMODE, O_ACCMODE },
		{ O_ACCMODE | O_CREAT, O_CREAT },
		{ O_ACCMODE | O_CREAT | O_TRUNC, O_TRUNC },
	};
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), call, 1,
		            SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, refused[i].mask,
		                    refused[i].value)) != 0)
			return false;
	}
	return allow_if(filter, call, argument, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
}

static bool allow_some(scmp_filter_ctx filter)
{
	static const unsigned ioctls[] = { TCGETS, FIONREAD, FIONBIO };
	static const unsigned prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_VMA };
	for (size_t i = 0; i < COUNT(ioctls); i++) {
		if (!allow_if(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, ioctls[i]))
			return false;
	}
	for (size_t i = 0; !HAS_ASAN && i < COUNT(prctls); i++) {
		if (!allow_if(filter, SCMP_SYS(prctl), 0, UINT32_MAX, prctls[i]))
			return false;
	}
	if (HAS_ASAN)
		return allow(filter, SANITIZER, COUNT(SANITIZER));
	/* abort(3) signals itself; limits of its own may be read and lowered. */
	return allow_if(filter, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid()) &&
	       allow_if(filter, SCMP_SYS(prlimit64), 0, UINT32_MAX, 0);
}

static bool allow_sockets(scmp_filter_ctx filter, enum sandbox_role role)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	size_t count = role == SANDBOX_PUBLISHER ? COUNT(families) : 1;
	for (size_t i = 0; i < count; i++) {
		if (!allow_if(filter, SCMP_SYS(socket), 0, UINT32_MAX, (uint64_t)families[i]))
			return false;
	}
	return true;
}

/* Threads, no processes: libcurl resolves names in a thread. clone3 hides its flags in memory,
 * where a filter cannot look; ENOSYS makes the C library use clone. */
static bool allow_threads(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       (HAS_ASAN || allow_if(filter, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD));
}

static bool allow_role(scmp_filter_ctx filter, enum sandbox_role role)
{
	bool is_done = true;
	if (role == SANDBOX_PUBLISHER)
		is_done = allow(filter, NETWORK, COUNT(NETWORK)) && allow_threads(filter);
	else
		is_done = allow_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0) &&
		          allow_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
	if (!is_done)
		return false;
	if (role == SANDBOX_RESPONDER)
		return allow_reading(filter, SCMP_SYS(open), 1) &&
		       allow_reading(filter, SCMP_SYS(openat), 2);
	return allow(filter, FILES, COUNT(FILES));
}

static bool load_filter(const struct sandbox_settings *settings)
{
	uint32_t refusal = settings->kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = seccomp_init(refusal);
	if (!filter)
		return false;
	bool is_loaded = allow(filter, COMMON, COUNT(COMMON)) && allow_some(filter) &&
	                 allow_sockets(filter, settings->role) &&
	                 allow_role(filter, settings->role) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return is_loaded;
}

enum err sandbox_apply(const struct sandbox_settings *settings)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_UNAVAILABLE;
	if (settings->read_count + settings->write_count > 0) {
		enum err err = landlock_apply(settings);
		if (err != ERR_OK)
			return err;
	}
	return load_filter(settings) ? ERR_OK : ERR_UNAVAILABLE;
}
