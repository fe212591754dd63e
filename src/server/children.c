/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

#define BACKOFF_FIRST_MS   100u
#define BACKOFF_LAST_MS    10000u
#define LIVED_LONG_MS      10000u
#define NANOSECONDS_PER_MS UINT64_C(1000000)

uint64_t after_ms(uint64_t now_ns, int64_t pause_ms)
{
	return now_ns + (uint64_t)pause_ms * NANOSECONDS_PER_MS;
}

static bool is_alive(const struct child *child)
{
	return child->state == CHILD_RUNNING || child->state == CHILD_LEAVING;
}

bool child_is_ready(const struct children *children, const struct child *child)
{
	return child->state == CHILD_RUNNING &&
	       process_board_is_ready(children->board, (size_t)(child - children->slots));
}

_Noreturn static void be_child(const struct children *children, const struct child *child)
{
	const struct role *role = &children->roles[child->role];
	char title[32];
	snprintf(title, sizeof(title), "cg-%s", role->name);
	close(children->signal_fd);
	size_t slot = (size_t)(child - children->slots);
	if (!process_init(children->board, slot, title, children->parent))
		_exit(1);
	exit(role->run(role->context, child->index));
}

void child_plan_restart(const struct children *children, struct child *child, uint64_t now_ns)
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
	if (children->settings.on_restart)
		children->settings.on_restart(
		        children->settings.context, &children->roles[child->role]);
}

static void start(struct children *children, struct child *child, uint64_t now_ns)
{
	process_board_clear(children->board, (size_t)(child - children->slots));
	fflush(NULL); /* or the child would write it once more */
	child->started_ns = now_ns;
	pid_t pid = fork();
	if (pid == 0)
		be_child(children, child);
	if (pid < 0) {
		log_error("no new %s: %s", children->roles[child->role].name, strerror(errno));
		child_plan_restart(children, child, now_ns);
		return;
	}
	child->pid = pid;
	child->state = CHILD_RUNNING;
	child->due_ns = after_ms(now_ns, children->settings.ready_ms);
}

void children_start_due(struct children *children, uint64_t now_ns)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		struct child *child = &children->slots[i];
		if (child->state == CHILD_WAITING && child->due_ns <= now_ns)
			start(children, child, now_ns);
	}
}

void children_kill_overdue(struct children *children, uint64_t now_ns)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		struct child *child = &children->slots[i];
		if (!is_alive(child) || child->due_ns > now_ns || child_is_ready(children, child))
			continue;
		log_error("%s %u is not %s in time", children->roles[child->role].name,
		        child->index, child->state == CHILD_RUNNING ? "ready" : "gone");
		child->due_ns = UINT64_MAX;
		(void)kill(child->pid, SIGKILL);
	}
}

struct child *children_find(
        struct children *children, size_t role, unsigned index, unsigned generation)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		struct child *child = &children->slots[i];
		if (child->state != CHILD_NONE && child->role == role && child->index == index &&
		        child->generation == generation)
			return child;
	}
	return NULL;
}

bool children_add(struct children *children, size_t role, unsigned index, uint64_t now_ns)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		struct child *child = &children->slots[i];
		if (child->state != CHILD_NONE)
			continue;
		*child = (struct child){
			.role = role, .index = index, .generation = children->generations[role]
		};
		start(children, child, now_ns);
		return true;
	}
	return false;
}

/* Asks the children of a role to stop, all or those of older generations. True when none is left.
 */
bool children_dismiss(struct children *children, size_t role, bool only_old, uint64_t now_ns)
{
	bool none_left = true;
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		struct child *child = &children->slots[i];
		if (child->state == CHILD_NONE || child->role != role ||
		        (only_old && child->generation == children->generations[role]))
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
		child->due_ns = after_ms(now_ns, children->settings.drain_ms);
	}
	return none_left;
}

void children_kill_all(const struct children *children)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		const struct child *child = &children->slots[i];
		if (is_alive(child))
			(void)kill(child->pid, SIGKILL);
	}
}

struct child *children_find_pid(struct children *children, pid_t pid)
{
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		if (is_alive(&children->slots[i]) && children->slots[i].pid == pid)
			return &children->slots[i];
	}
	return NULL;
}

uint64_t children_next_due(const struct children *children)
{
	uint64_t due_ns = UINT64_MAX;
	for (size_t i = 0; i < CHILDREN_SLOTS; i++) {
		const struct child *child = &children->slots[i];
		if (child->state != CHILD_NONE && !child_is_ready(children, child) &&
		        child->due_ns < due_ns)
			due_ns = child->due_ns;
	}
	return due_ns;
}
