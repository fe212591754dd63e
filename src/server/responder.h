/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of a FastCGI responder, and how responders share connections without starving any.
 *
 * nginx keeps connections open and there can be many more of them than responders. Each responder
 * holds a set of connections and serves one request at a time, in the order in which they came up.
 * A connection with a request that would wait for this responder while another one is idle moves
 * over: its descriptor goes through a socket that all responders read from. Nobody closes a
 * connection that nginx might be writing to, so no request is ever lost to a closed connection.
 */
#ifndef COREGATE_SERVER_RESPONDER_H
#define COREGATE_SERVER_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct fcgi_exchange;
struct responder;

/* What all responders share; made once, before forking, and inherited. */
struct responder_pool;

/* A pool around a listening socket (which stays the caller's). NULL with errno. */
struct responder_pool *responder_pool_open(int listen_fd);

/* NULL is accepted. */
void responder_pool_close(struct responder_pool *pool);

struct responder_settings {
	struct responder_pool *pool;
	unsigned connections_max; /* held by one responder at a time; 0: 512 */
	int stall_ms;             /* a peer may pause this long inside a request; 0: 5,000 */
	int drain_ms;             /* at the last stop: stay at most this long after; 0: 1,000 */
};

/* Serves until process_is_stopping. serve reads one request from the exchange and writes its
 * answer; it neither finishes the exchange nor keeps it. Returns the process's exit status. At a
 * reload the open connections move to the next generation, at the last stop what has arrived is
 * answered. Calls process_set_ready when the loop begins. */
int responder_run(const struct responder_settings *settings,
        void (*serve)(void *context, struct fcgi_exchange *exchange), void *context);

/* From within serve: waits until fd is readable, as poll(2) does, while requests that come up on
 * the connections held by this responder move to responders that are free. This is what a wait for
 * the writer should use (struct channel has room for it). 1: readable (or hung up), 0: timeout_ms
 * have passed, -1: errno says why. Outside of responder_run it is a plain poll. */
int responder_wait(int fd, int timeout_ms);

/* From within serve: before other long work, moves the connections that have a request waiting to
 * responders that are free. */
void responder_release_idle(void);

#endif
