/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/process.h"

#define ROLES_MAX          16
#define SLOTS              (2 * SUPERVISOR_PROCESSES_MAX)
#define BACKOFF_FIRST_MS   100u
#define BACKOFF_LAST_MS    10000u
#define LIVED_LONG_MS      10000u
#define DRAIN_DEFAULT_MS   10000
#define READY_DEFAULT_MS   60000
#define NANOSECONDS_PER_MS UINT64_C(1000000)

enum phase { STARTING, SERVING, RELOADING, STOPPING };

enum child_state {
	CHILD_NONE,
	CHILD_WAITING, /* will be started at due_ns */
	CHILD_RUNNING, /* has to be ready by due_ns */
	CHILD_LEAVING, /* was told to stop, and has to be gone by due_ns */
};

struct child {
	enum child_state state;
	size_t role;
	unsigned index;
	unsigned generation;
	pid_t pid;
	unsigned backoff_ms; /* the last pause; 0: none yet */
	uint64_t started_ns;
	uint64_t due_ns;
};

struct supervisor {
	struct supervisor_settings settings;
	size_t role_count;
	struct role roles[ROLES_MAX];
	unsigned generations[ROLES_MAX]; /* the one that should run */
	struct child children[SLOTS];
	struct process_board *board;
	enum phase phase;
	bool wants_reload;
	bool was_ready;
	int status;
	int signal_fd;
	pid_t pid;
	uint64_t stop_due_ns;
	uint64_t watchdog_ns; /* between two pings; 0: nobody asks */
	uint64_t watchdog_due_ns;
};

static uint64_t after_ms(uint64_t now_ns, int64_t pause_ms)
{
	return now_ns + (uint64_t)pause_ms * NANOSECONDS_PER_MS;
}

static bool is_alive(const struct child *child)
{
	return child->state == CHILD_RUNNING || child->state == CHILD_LEAVING;
}

static bool is_ready(const struct supervisor *supervisor, const struct child *child)
{
	return child->state == CHILD_RUNNING &&
	       process_board_is_ready(supervisor->board, (size_t)(child - supervisor->children));
}

/* ---- children ---- */

_Noreturn static void be_child(const struct supervisor *supervisor, const struct child *child)
{
	const struct role *role = &supervisor->roles[child->role];
	char title[32];
	snprintf(title, sizeof(title), "cg-%s", role->name);
	close(supervisor->signal_fd);
	size_t slot = (size_t)(child - supervisor->children);
	if (!process_init(supervisor->board, slot, title, supervisor->pid))
		_exit(1);
	exit(role->run(role->context, child->index));
}

static void plan_restart(const struct supervisor *supervisor, struct child *child, uint64_t now_ns)
{
	bool lived_long = now_ns - child->started_ns >= LIVED_LONG_MS * NANOSECONDS_PER_MS;
	if (child->backoff_ms == 0 || lived_long)
		child->backoff_ms = BACKOFF_FIRST_MS;
	else if (child->backoff_ms < BACKOFF_LAST_MS / 2)
		child->backoff_ms *= 2;
	else
		child->backoff_ms = BACKOFF_LAST_MS;
	child->state = CHILD_WAITING;
	child->due_ns = after_ms(now_ns, child->backoff_ms);
	if (supervisor->settings.on_restart)
		supervisor->settings.on_restart(
		        supervisor->settings.context, &supervisor->roles[child->role]);
}

static void start(struct supervisor *supervisor, struct child *child, uint64_t now_ns)
{
	process_board_clear(supervisor->board, (size_t)(child - supervisor->children));
	fflush(NULL); /* or the child would write it once more */
	child->started_ns = now_ns;
	pid_t pid = fork();
	if (pid == 0)
		be_child(supervisor, child);
	if (pid < 0) {
		log_error("no new %s: %s", supervisor->roles[child->role].name, strerror(errno));
		plan_restart(supervisor, child, now_ns);
		return;
	}
	child->pid = pid;
	child->state = CHILD_RUNNING;
	child->due_ns = after_ms(now_ns, supervisor->settings.ready_ms);
}

static void start_due(struct supervisor *supervisor, uint64_t now_ns)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct child *child = &supervisor->children[i];
		if (child->state == CHILD_WAITING && child->due_ns <= now_ns)
			start(supervisor, child, now_ns);
	}
}

static void kill_overdue(struct supervisor *supervisor, uint64_t now_ns)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct child *child = &supervisor->children[i];
		if (!is_alive(child) || child->due_ns > now_ns || is_ready(supervisor, child))
			continue;
		log_error("%s %u is not %s in time", supervisor->roles[child->role].name,
		        child->index, child->state == CHILD_RUNNING ? "ready" : "gone");
		child->due_ns = UINT64_MAX;
		(void)kill(child->pid, SIGKILL);
	}
}

static struct child *find_child(
        struct supervisor *supervisor, size_t role, unsigned index, unsigned generation)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct child *child = &supervisor->children[i];
		if (child->state != CHILD_NONE && child->role == role && child->index == index &&
		        child->generation == generation)
			return child;
	}
	return NULL;
}

static struct child *add_child(struct supervisor *supervisor, size_t role, unsigned index)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct child *child = &supervisor->children[i];
		if (child->state != CHILD_NONE)
			continue;
		*child = (struct child){ .state = CHILD_WAITING,
			.role = role,
			.index = index,
			.generation = supervisor->generations[role] };
		return child;
	}
	return NULL;
}

/* Asks the children of a role to stop, all or those of older generations. True when none is left.
 */
static bool dismiss(struct supervisor *supervisor, size_t role, bool only_old, uint64_t now_ns)
{
	bool none_left = true;
	for (size_t i = 0; i < SLOTS; i++) {
		struct child *child = &supervisor->children[i];
		if (child->state == CHILD_NONE || child->role != role ||
		        (only_old && child->generation == supervisor->generations[role]))
			continue;
		if (child->state == CHILD_WAITING) {
			child->state = CHILD_NONE;
			continue;
		}
		none_left = false;
		if (child->state == CHILD_LEAVING)
			continue;
		(void)kill(child->pid, SIGTERM);
		child->state = CHILD_LEAVING;
		child->due_ns = after_ms(now_ns, supervisor->settings.drain_ms);
	}
	return none_left;
}

static void kill_all(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct child *child = &supervisor->children[i];
		if (is_alive(child))
			(void)kill(child->pid, SIGKILL);
	}
}

/* ---- phases ---- */

static void begin_stop(struct supervisor *supervisor, int status, uint64_t now_ns)
{
	if (supervisor->phase == STOPPING)
		return;
	supervisor->phase = STOPPING;
	supervisor->status = status;
	supervisor->stop_due_ns = after_ms(now_ns, supervisor->settings.drain_ms);
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Finishing what was begun");
	if (supervisor->settings.on_stop)
		supervisor->settings.on_stop(supervisor->settings.context);
	process_board_set_last(supervisor->board);
}

static void begin_reload(struct supervisor *supervisor, uint64_t now_ns)
{
	supervisor->wants_reload = false;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=Reloading",
	        (unsigned long long)(now_ns / 1000));
	struct role roles[ROLES_MAX];
	memcpy(roles, supervisor->roles, sizeof(roles));
	if (!supervisor->settings.reload ||
	        !supervisor->settings.reload(
	                supervisor->settings.context, roles, supervisor->role_count)) {
		log_warning("reload: everything stays as it was");
		(void)sd_notify(0, "READY=1\nSTATUS=Serving");
		return;
	}
	supervisor->phase = RELOADING;
	for (size_t i = 0; i < supervisor->role_count; i++) {
		if (!roles[i].restarts_on_reload)
			continue;
		supervisor->roles[i].count = roles[i].count;
		supervisor->roles[i].context = roles[i].context;
		supervisor->generations[i]++;
	}
}

static void be_serving(struct supervisor *supervisor)
{
	log_info(supervisor->was_ready ? "reloaded" : "ready");
	supervisor->phase = SERVING;
	supervisor->was_ready = true;
	(void)sd_notify(0, "READY=1\nSTATUS=Serving");
	if (supervisor->settings.on_ready)
		supervisor->settings.on_ready(supervisor->settings.context);
}

/* Brings one role to its generation. True when that is complete, old generations told to leave. */
static bool settle_role(struct supervisor *supervisor, size_t role, uint64_t now_ns)
{
	bool is_exclusive = supervisor->roles[role].is_exclusive;
	if (is_exclusive && !dismiss(supervisor, role, true, now_ns))
		return false;
	bool all_ready = true;
	for (unsigned i = 0; i < supervisor->roles[role].count; i++) {
		struct child *child =
		        find_child(supervisor, role, i, supervisor->generations[role]);
		if (!child) {
			child = add_child(supervisor, role, i);
			if (child)
				start(supervisor, child, now_ns);
		}
		all_ready = all_ready && child && is_ready(supervisor, child);
	}
	if (!all_ready)
		return false;
	(void)dismiss(supervisor, role, true, now_ns);
	return true;
}

/* Roles start in the reverse order, each when those before are ready. */
static void settle(struct supervisor *supervisor, uint64_t now_ns)
{
	for (size_t role = supervisor->role_count; role-- > 0;) {
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
		kill_all(supervisor);
		supervisor->stop_due_ns = UINT64_MAX;
	}
	for (size_t role = 0; role < supervisor->role_count; role++) {
		if (!dismiss(supervisor, role, false, now_ns))
			return false;
	}
	return true;
}

/* ---- events ---- */

static void log_death(const struct supervisor *supervisor, const struct child *child, int status)
{
	const char *name = supervisor->roles[child->role].name;
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
	struct child *child = NULL;
	for (size_t i = 0; i < SLOTS && !child; i++) {
		if (is_alive(&supervisor->children[i]) && supervisor->children[i].pid == pid)
			child = &supervisor->children[i];
	}
	if (!child)
		return;
	log_death(supervisor, child, status);
	if (child->state == CHILD_LEAVING || supervisor->phase == STOPPING) {
		child->state = CHILD_NONE;
		return;
	}
	if (!supervisor->was_ready && !is_ready(supervisor, child)) {
		child->state = CHILD_NONE;
		begin_stop(supervisor, 1, now_ns);
		return;
	}
	plan_restart(supervisor, child, now_ns);
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
	while (read(supervisor->signal_fd, &info, sizeof(info)) == sizeof(info)) {
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
	uint64_t due_ns = UINT64_MAX;
	for (size_t i = 0; i < SLOTS; i++) {
		const struct child *child = &supervisor->children[i];
		bool counts = child->state == CHILD_WAITING ||
		              (child->state == CHILD_RUNNING && !is_ready(supervisor, child));
		if (counts && child->due_ns < due_ns)
			due_ns = child->due_ns;
	}
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
			start_due(supervisor, now_ns);
			kill_overdue(supervisor, now_ns);
			if (supervisor->phase != SERVING)
				settle(supervisor, now_ns);
		}
		ping_watchdog(supervisor, now_ns);

		struct pollfd sources[] = {
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = process_board_fd(supervisor->board), .events = POLLIN },
		};
		if (poll(sources, 2, find_pause_ms(supervisor, now_ns)) > 0 && sources[1].revents)
			process_board_drain(supervisor->board);
	}
}

static bool set_up(struct supervisor *supervisor, const sigset_t *signals)
{
	supervisor->pid = getpid();
	supervisor->board = process_board_open(SLOTS);
	if (!supervisor->board)
		return false;
	supervisor->signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	uint64_t watchdog_us = 0;
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		supervisor->watchdog_ns = watchdog_us * 1000 / 2;
	return supervisor->signal_fd >= 0;
}

static struct supervisor *open_supervisor(
        const struct supervisor_settings *settings, const struct role *roles, size_t role_count)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	if (!supervisor || role_count > ROLES_MAX) {
		free(supervisor);
		return NULL;
	}
	supervisor->signal_fd = -1;
	supervisor->settings = *settings;
	if (settings->drain_ms <= 0)
		supervisor->settings.drain_ms = DRAIN_DEFAULT_MS;
	if (settings->ready_ms <= 0)
		supervisor->settings.ready_ms = READY_DEFAULT_MS;
	supervisor->role_count = role_count;
	memcpy(supervisor->roles, roles, role_count * sizeof(*roles));
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
	if (supervisor->signal_fd >= 0)
		close(supervisor->signal_fd);
	process_board_close(supervisor->board);
	free(supervisor);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
