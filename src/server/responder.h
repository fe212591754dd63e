/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of a FastCGI responder, and how responders share connections without starving any.
 *
 * nginx keeps connections open and there can be many more of them than responders. A responder
 * serves one request at a time. After an answer it keeps the connection when it holds no other and
 * nobody waits on the listening socket; otherwise it closes it, in a way that costs no request (see
 * fcgi_finish). So whoever waits is served by the first responder that is free. An idle connection
 * is never closed from here: when its responder waits for something else, or ends, the connection
 * moves to another one through a socket that all responders read from.
 */
#ifndef COREGATE_SERVER_RESPONDER_H
#define COREGATE_SERVER_RESPONDER_H

#include <stdbool.h>

#include "core/err.h"

struct fcgi_exchange;

/* What all responders share; made once, before forking, and inherited. */
struct responder_pool;

/* A pool around a listening socket (which stays the caller's). NULL with errno. */
struct responder_pool *responder_pool_open(int listen_fd);

/* NULL is accepted. */
void responder_pool_close(struct responder_pool *pool);

struct responder_settings {
	const struct responder_pool *pool;
	int stall_ms; /* a peer may pause this long inside a request; 0: 5,000 */
	int drain_ms; /* at the last stop: stay at most this long after; 0: 1,000 */
};

/* Serves until process_is_stopping. serve reads one request from the exchange and writes its
 * answer; it neither finishes the exchange nor keeps it. Returns the process's exit status. Calls
 * process_set_ready when the loop begins.
 * At a reload held connections move to the next generation; at the last stop what has arrived, or
 * arrives within 250 ms, is answered. */
int responder_run(const struct responder_settings *settings,
        void (*serve)(void *context, struct fcgi_exchange *exchange), void *context);

/* From within serve: waits until fd is readable, as poll(2) does, while a request that comes up on
 * a connection held by this responder moves to another responder. For waiting for the writer
 * (struct channel has room for it). 1: readable (or hung up), 0: timeout_ms have passed, -1: errno
 * says why. Outside of serve it is a plain poll. */
int responder_wait(int fd, int timeout_ms);

/* From within serve: before long work of another kind, moves held connections to other responders.
 */
void responder_release_idle(void);

#endif
