/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The connections a responder holds: which it has, whether they are watched, and what each
 * responder of the pool has, so that they share evenly. Part of the responder; nobody else includes
 * this.
 */
#ifndef COREGATE_SERVER_CONNECTIONS_H
#define COREGATE_SERVER_CONNECTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Descriptors up to here; a responder's limit on open files is lower. */
#define CONNECTIONS_MAX 2048

struct responder_pool {
	int listen_fd;
	int handover_in;
	int handover_out;
	_Atomic uint32_t *shares; /* connections of each responder */
};

enum connection_state {
	CONNECTION_NONE,
	CONNECTION_IDLE,      /* watched: a request may come */
	CONNECTION_BUSY,      /* a request is being served; still watched, which costs nothing */
	CONNECTION_UNWATCHED, /* busy, and its peer has gone or sent more */
	CONNECTION_QUEUED,    /* unwatched, with a request that waits for a task */
};

struct connections {
	int epoll_fd;
	_Atomic uint32_t *shares; /* of each responder; NULL: nobody shares */
	unsigned index;
	unsigned count;
	unsigned held;
	uint8_t states[CONNECTIONS_MAX];
	uint32_t queue_first; /* of those that are queued, oldest first */
	uint32_t queue_length;
	int queue[CONNECTIONS_MAX];
};

/* A new connection, watched from now on. False: there is no room, and it is not taken over. */
MUST_CHECK bool connections_add(
        struct connections *connections, int fd, enum connection_state state);

/* The connection is the caller's, who closes it or sends it away; it is watched no longer. */
void connections_drop(struct connections *connections, int fd);

void connections_set_busy(struct connections *connections, int fd);

/* A busy connection can have its next request. */
void connections_set_idle(struct connections *connections, int fd);

/* Something came up on a busy connection: it will be looked at when it is idle again. */
void connections_unwatch(struct connections *connections, int fd);

/* An idle connection has a request, and there is no task for it. */
void connections_queue(struct connections *connections, int fd);

/* The connection whose request waits longest, busy from now on; -1: none. */
int connections_take_queued(struct connections *connections);

/* The first idle or queued connection from descriptor `from` on; -1: none. */
int connections_find_idle(const struct connections *connections, int from);

/* Whether this responder should take new connections: it has hardly more than its share. */
bool connections_may_take(const struct connections *connections);

#endif
