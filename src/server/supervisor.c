/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/children.h"
#include "server/process.h"

#define DRAIN_DEFAULT_MS   10000
#define READY_DEFAULT_MS   60000
#define NANOSECONDS_PER_MS UINT64_C(1000000)

enum phase { STARTING, SERVING, RELOADING, STOPPING };

struct supervisor {
	struct children children;
	enum phase phase;
	bool wants_reload;
	bool was_ready;
	int status;
	uint64_t stop_due_ns;
	uint64_t watchdog_ns; /* between two pings; 0: nobody asks */
	uint64_t watchdog_due_ns;
};

/* ---- phases ---- */

static void begin_stop(struct supervisor *supervisor, int status, uint64_t now_ns)
{
	if (supervisor->phase == STOPPING)
		return;
	supervisor->phase = STOPPING;
	supervisor->status = status;
	supervisor->stop_due_ns = after_ms(now_ns, supervisor->children.settings.drain_ms);
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Finishing what was begun");
	if (supervisor->children.settings.on_stop)
		supervisor->children.settings.on_stop(supervisor->children.settings.context);
	process_board_set_last(supervisor->children.board);
}

static void begin_reload(struct supervisor *supervisor, uint64_t now_ns)
{
	supervisor->wants_reload = false;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=Reloading",
	        (unsigned long long)(now_ns / 1000));
	struct role roles[CHILDREN_ROLES_MAX];
	memcpy(roles, supervisor->children.roles, sizeof(roles));
	if (!supervisor->children.settings.reload ||
	        !supervisor->children.settings.reload(supervisor->children.settings.context, roles,
	                supervisor->children.role_count)) {
		log_warning("reload: everything stays as it was");
		(void)sd_notify(0, "READY=1\nSTATUS=Serving");
		return;
	}
	supervisor->phase = RELOADING;
	for (size_t i = 0; i < supervisor->children.role_count; i++) {
		if (!roles[i].restarts_on_reload)
			continue;
		supervisor->children.roles[i].count = roles[i].count;
		supervisor->children.roles[i].context = roles[i].context;
		supervisor->children.generations[i]++;
	}
}

static void be_serving(struct supervisor *supervisor)
{
	log_info(supervisor->was_ready ? "reloaded" : "ready");
	supervisor->phase = SERVING;
	supervisor->was_ready = true;
	(void)sd_notify(0, "READY=1\nSTATUS=Serving");
	if (supervisor->children.settings.on_ready)
		supervisor->children.settings.on_ready(supervisor->children.settings.context);
}

/* Brings one role to its generation. True when that is complete, old generations told to leave. */
static bool settle_role(struct supervisor *supervisor, size_t role, uint64_t now_ns)
{
	bool is_exclusive = supervisor->children.roles[role].is_exclusive;
	if (is_exclusive && !children_dismiss(&supervisor->children, role, true, now_ns))
		return false;
	bool all_ready = true;
	for (unsigned i = 0; i < supervisor->children.roles[role].count; i++) {
		struct child *child = children_find(
		        &supervisor->children, role, i, supervisor->children.generations[role]);
		if (!child)
			(void)children_add(&supervisor->children, role, i, now_ns);
		all_ready = all_ready && child && child_is_ready(&supervisor->children, child);
	}
	if (!all_ready)
		return false;
	(void)children_dismiss(&supervisor->children, role, true, now_ns);
	return true;
}

/* Roles start in the reverse order, each when those before are ready. */
static void settle(struct supervisor *supervisor, uint64_t now_ns)
{
	for (size_t role = supervisor->children.role_count; role-- > 0;) {
		if (!settle_role(supervisor, role, now_ns))
			return;
	}
	be_serving(supervisor);
}

/* True when nobody is left. */
static bool stop_some(struct supervisor *supervisor, uint64_t now_ns)
{
	if (now_ns >= supervisor->stop_due_ns) {
		log_warning("what does not stop in time is killed");
		children_kill_all(&supervisor->children);
		supervisor->stop_due_ns = UINT64_MAX;
	}
	for (size_t role = 0; role < supervisor->children.role_count; role++) {
		if (!children_dismiss(&supervisor->children, role, false, now_ns))
			return false;
	}
	return true;
}

/* ---- events ---- */

static void log_death(const struct supervisor *supervisor, const struct child *child, int status)
{
	const char *name = supervisor->children.roles[child->role].name;
	bool was_expected = child->state == CHILD_LEAVING;
	if (was_expected && status == 0)
		log_debug("%s %u has stopped", name, child->index);
	else if (WIFSIGNALED(status))
		log_warning("%s %u (pid %d) was killed by signal %d", name, child->index,
		        (int)child->pid, WTERMSIG(status));
	else
		log_warning("%s %u (pid %d) ended with status %d", name, child->index,
		        (int)child->pid, WEXITSTATUS(status));
}

static void bury(struct supervisor *supervisor, pid_t pid, int status, uint64_t now_ns)
{
	struct child *child = children_find_pid(&supervisor->children, pid);
	if (!child)
		return;
	log_death(supervisor, child, status);
	if (child->state == CHILD_LEAVING || supervisor->phase == STOPPING) {
		child->state = CHILD_NONE;
		return;
	}
	if (!supervisor->was_ready && !child_is_ready(&supervisor->children, child)) {
		child->state = CHILD_NONE;
		begin_stop(supervisor, 1, now_ns);
		return;
	}
	child_plan_restart(&supervisor->children, child, now_ns);
}

static void bury_all(struct supervisor *supervisor, uint64_t now_ns)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		bury(supervisor, pid, status, now_ns);
}

static void take_signals(struct supervisor *supervisor, uint64_t now_ns)
{
	struct signalfd_siginfo info;
	while (read(supervisor->children.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			bury_all(supervisor, now_ns);
		} else if (info.ssi_signo == SIGHUP) {
			supervisor->wants_reload = true;
		} else if (supervisor->phase != STOPPING) {
			log_info("stopping");
			begin_stop(supervisor, 0, now_ns);
		} else {
			supervisor->stop_due_ns = now_ns;
		}
	}
}

static void ping_watchdog(struct supervisor *supervisor, uint64_t now_ns)
{
	if (supervisor->watchdog_ns == 0 || now_ns < supervisor->watchdog_due_ns)
		return;
	(void)sd_notify(0, "WATCHDOG=1");
	supervisor->watchdog_due_ns = now_ns + supervisor->watchdog_ns;
}

static int find_pause_ms(const struct supervisor *supervisor, uint64_t now_ns)
{
	uint64_t due_ns = children_next_due(&supervisor->children);
	if (supervisor->phase == STOPPING && supervisor->stop_due_ns < due_ns)
		due_ns = supervisor->stop_due_ns;
	if (supervisor->watchdog_ns > 0 && supervisor->watchdog_due_ns < due_ns)
		due_ns = supervisor->watchdog_due_ns;
	if (due_ns == UINT64_MAX)
		return -1;
	return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns) / NANOSECONDS_PER_MS) + 1;
}

static void watch_over(struct supervisor *supervisor)
{
	for (;;) {
		uint64_t now_ns = clock_steady_ns();
		take_signals(supervisor, now_ns);
		if (supervisor->phase == STOPPING) {
			if (stop_some(supervisor, now_ns))
				return;
		} else {
			if (supervisor->phase == SERVING && supervisor->wants_reload)
				begin_reload(supervisor, now_ns);
			children_start_due(&supervisor->children, now_ns);
			children_kill_overdue(&supervisor->children, now_ns);
			if (supervisor->phase != SERVING)
				settle(supervisor, now_ns);
		}
		ping_watchdog(supervisor, now_ns);

		struct pollfd sources[] = {
			{ .fd = supervisor->children.signal_fd, .events = POLLIN },
			{ .fd = process_board_fd(supervisor->children.board), .events = POLLIN },
		};
		if (poll(sources, 2, find_pause_ms(supervisor, now_ns)) > 0 && sources[1].revents)
			process_board_drain(supervisor->children.board);
	}
}

static bool set_up(struct supervisor *supervisor, const sigset_t *signals)
{
	supervisor->children.parent = getpid();
	supervisor->children.board = process_board_open(CHILDREN_SLOTS);
	if (!supervisor->children.board)
		return false;
	supervisor->children.signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	uint64_t watchdog_us = 0;
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		supervisor->watchdog_ns = watchdog_us * 1000 / 2;
	return supervisor->children.signal_fd >= 0;
}

static struct supervisor *open_supervisor(
        const struct supervisor_settings *settings, const struct role *roles, size_t role_count)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	if (!supervisor || role_count > CHILDREN_ROLES_MAX) {
		free(supervisor);
		return NULL;
	}
	supervisor->children.signal_fd = -1;
	supervisor->children.settings = *settings;
	if (settings->drain_ms <= 0)
		supervisor->children.settings.drain_ms = DRAIN_DEFAULT_MS;
	if (settings->ready_ms <= 0)
		supervisor->children.settings.ready_ms = READY_DEFAULT_MS;
	supervisor->children.role_count = role_count;
	memcpy(supervisor->children.roles, roles, role_count * sizeof(*roles));
	return supervisor;
}

int supervisor_run(
        const struct supervisor_settings *settings, const struct role *roles, size_t role_count)
{
	struct supervisor *supervisor = open_supervisor(settings, roles, role_count);
	if (!supervisor)
		return 1;
	sigset_t signals, before;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);

	int status = 1;
	if (set_up(supervisor, &signals)) {
		watch_over(supervisor);
		status = supervisor->status;
	} else {
		log_error("the supervisor cannot start: %s", strerror(errno));
	}
	if (supervisor->children.signal_fd >= 0)
		close(supervisor->children.signal_fd);
	process_board_close(supervisor->children.board);
	free(supervisor);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
