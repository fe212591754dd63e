/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a process of the pool knows about its own life: that it should stop, and telling the
 * supervisor that it is set up. No signal handlers: SIGTERM is blocked and read from a descriptor,
 * so that no system call is ever interrupted.
 */
#ifndef COREGATE_SERVER_PROCESS_H
#define COREGATE_SERVER_PROCESS_H

#include <stdbool.h>

/* True once this process was asked to stop: finish what was begun, then return from run. Cheap
 * enough for every turn of a loop; sticky. Always false where process_init never ran. */
bool process_is_stopping(void);

/* True when the whole service stops, false when only this generation is replaced (a reload). Means
 * something only while process_is_stopping. */
bool process_is_last(void);

/* A descriptor that is readable once this process should stop: for poll and epoll; never read from
 * it. -1 where process_init never ran. */
int process_stop_fd(void);

/* Tells the supervisor that this process is set up and serves. */
void process_set_ready(void);

/* ---- for the supervisor ---- */

struct process_life; /* shared by the supervisor and one child */

/* In a new child, first of all: signals, name (at most 15 bytes are shown), end with the parent. */
void process_init(struct process_life *life, const char *name);

#endif
