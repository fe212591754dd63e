/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The supervisor's table of processes: starting, finding, dismissing and burying them. When any of
 * it should happen is decided in server/supervisor.c. Internal to the supervisor.
 */
#ifndef COREGATE_SERVER_CHILDREN_H
#define COREGATE_SERVER_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/process.h"
#include "server/supervisor.h"

#define CHILDREN_ROLES_MAX 16
#define CHILDREN_SLOTS     (2 * SUPERVISOR_PROCESSES_MAX)

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

struct children {
	struct supervisor_settings settings;
	size_t role_count;
	struct role roles[CHILDREN_ROLES_MAX];
	unsigned generations[CHILDREN_ROLES_MAX]; /* the one that should run */
	struct process_board *board;
	int signal_fd; /* the supervisor's, closed in a child */
	pid_t parent;
	struct child slots[CHILDREN_SLOTS];
};

/* now_ns + pause_ms. */
uint64_t after_ms(uint64_t now_ns, int64_t pause_ms);

bool child_is_ready(const struct children *children, const struct child *child);

/* The child of this role, index and generation, in whatever state; NULL when there is none. */
struct child *children_find(
        struct children *children, size_t role, unsigned index, unsigned generation);

/* Starts a new child of the role's present generation. False when the table is full. */
bool children_add(struct children *children, size_t role, unsigned index, uint64_t now_ns);

/* Starts what waits and is due. */
void children_start_due(struct children *children, uint64_t now_ns);

/* Kills who is not ready, or not gone, in time. */
void children_kill_overdue(struct children *children, uint64_t now_ns);

/* Asks the children of a role to stop, all or those of older generations. True when none is left.
 */
bool children_dismiss(struct children *children, size_t role, bool only_old, uint64_t now_ns);

void children_kill_all(const struct children *children);

/* The child that is running as pid, or NULL. */
struct child *children_find_pid(struct children *children, pid_t pid);

/* A child that died will be started again: after 100 ms, then twice as long each time up to 10 s,
 * and after 100 ms again once it lived for 10 s. */
void child_plan_restart(const struct children *children, struct child *child, uint64_t now_ns);

/* When something is due next; UINT64_MAX: nothing. */
uint64_t children_next_due(const struct children *children);

#endif
