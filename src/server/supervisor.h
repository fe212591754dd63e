/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forks the processes of the service, watches, restarts, replaces and drains them. It holds no data
 * and opens no database. One process, one thread, no signal handlers.
 */
#ifndef COREGATE_SERVER_SUPERVISOR_H
#define COREGATE_SERVER_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Processes of all roles together; while a reload overlaps two generations there can be twice as
 * many. */
#define SUPERVISOR_PROCESSES_MAX 256

struct role {
	const char *name; /* "responder"; the process is titled "cg-responder" */
	unsigned count;   /* processes of this role */
	int (*run)(void *context, unsigned index); /* in the child; returns its exit status */
	void *context;
	bool restarts_on_reload; /* replaced at a reload */
	bool is_exclusive;       /* never two generations at once: the old one ends first */
};

struct supervisor_settings {
	int drain_ms; /* from the request to stop to SIGKILL; 0: 10,000 */
	int ready_ms; /* a process may take this long until process_set_ready; 0: 60,000 */

	/* At SIGHUP: loads what should change, and may change count and context of the roles (as
	 * many as there were, in the same order). False: everything stays as it is. May be NULL. */
	bool (*reload)(void *context, struct role *roles, size_t role_count);

	/* A process died or failed and will be started again. May be NULL. */
	void (*on_restart)(void *context, const struct role *role);

	/* All processes are set up: the first time, and again after a reload. May be NULL. */
	void (*on_ready)(void *context);

	/* The service is about to stop, no process was told yet: close listening sockets here. May
	 * be NULL. */
	void (*on_stop)(void *context);

	void *context;
};

/* Runs the service until SIGTERM or SIGINT and returns the exit status of the program: 0 after an
 * orderly end.
 *
 * roles: in the order in which they stop (responders, writer, publisher); they start in the
 * reverse order, each when those before are ready. Stopping: SIGTERM to one role after the other,
 * the next when the one before is gone; SIGKILL for what is left after drain_ms. A second SIGINT or
 * SIGTERM ends the waiting.
 * A process that dies is started again after 100 ms, the pause doubling up to 10 s, and 100 ms
 * again once it has lived for 10 s. When one fails before the service was ready for the first time,
 * the service ends with 1: that is a mistake in the set-up, not an accident. SIGHUP: reload, then
 * for roles that restart: the new generation, and SIGTERM to the old one when the new one is ready;
 * an exclusive role the other way round. systemd hears READY, RELOADING, STOPPING, STATUS and
 * WATCHDOG when it asks (sd_notify(3)). */
int supervisor_run(
        const struct supervisor_settings *settings, const struct role *roles, size_t role_count);

#endif
