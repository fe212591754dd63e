/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a process of the pool knows about its own life: that it should stop, and telling the
 * supervisor that it is set up. No signal handlers: SIGTERM is blocked and read from a descriptor,
 * so that no system call is ever interrupted.
 */
#ifndef COREGATE_SERVER_PROCESS_H
#define COREGATE_SERVER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

/* True once this process was asked to stop: finish what was begun, then return from run. Cheap
 * enough for every turn of a loop; sticky. Always false where process_init never ran. */
bool process_is_stopping(void);

/* True when the whole service stops (or the supervisor has died), false when only this generation
 * is replaced (a reload). Means something only while process_is_stopping. */
bool process_is_last(void);

/* A descriptor that is readable once this process should stop: for poll and epoll; never read from
 * it. -1 where process_init never ran. */
int process_stop_fd(void);

/* Tells the supervisor that this process is set up and serves. */
void process_set_ready(void);

/* ---- for the supervisor ---- */

/* Memory that the supervisor and its children share: a slot for each child. */
struct process_board;

/* Before forking. NULL with errno. */
struct process_board *process_board_open(size_t slot_count);

/* NULL is accepted. */
void process_board_close(struct process_board *board);

/* Readable after a child set itself ready; process_board_drain empties it. */
int process_board_fd(const struct process_board *board);
void process_board_drain(struct process_board *board);

/* A slot of a child that is about to be forked. */
void process_board_clear(struct process_board *board, size_t slot);
bool process_board_is_ready(const struct process_board *board, size_t slot);

/* From now on process_is_last is true in every child. */
void process_board_set_last(struct process_board *board);

/* In a new child, first of all: signals, name (15 bytes of it are shown), end with the parent.
 * False with errno: the child has to exit. */
MUST_CHECK bool process_init(
        struct process_board *board, size_t slot, const char *name, pid_t parent);

#endif
