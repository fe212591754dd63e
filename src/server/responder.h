/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of a FastCGI responder: many connections, many requests that wait, one process that
 * never does.
 *
 * nginx keeps connections open and there are many more of them than responders. A responder holds
 * all it has accepted and serves whichever has a request. A request that waits for another process
 * (the writer, CoreDNS) gives the loop back and is gone on with when its answer is there. So nobody
 * starves behind a connection that is only kept, nor behind a request that only waits.
 *
 * Responders share the connections evenly: who holds more than its share leaves new ones to the
 * others. A connection is never closed from here while it could be used: when its responder ends at
 * a reload, it moves to another one through a socket that all responders read from.
 */
#ifndef COREGATE_SERVER_RESPONDER_H
#define COREGATE_SERVER_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Requests of one responder that may wait at once; more wait for their turn, first come first
 * served. */
#define RESPONDER_TASKS_MAX 64u

/* Responders of one pool. */
#define RESPONDERS_MAX 256u

struct fcgi_exchange;

/* What all responders share; made once, before forking, and inherited. */
struct responder_pool;

/* A pool around a listening socket (which stays the caller's). NULL with errno. */
struct responder_pool *responder_pool_open(int listen_fd);

/* NULL is accepted. */
void responder_pool_close(struct responder_pool *pool);

/* Why a request is gone on with. */
enum task_event {
	TASK_BEGIN,    /* it is new */
	TASK_READABLE, /* wait_fd is readable, or hung up */
	TASK_TIMEOUT,  /* until_ms has come */
	TASK_STOP,     /* this responder is to end; comes once, and only to who asked for it */
};

/* One request. The responder has RESPONDER_TASKS_MAX of them at most, made when they are needed and
 * used again and again. */
struct task {
	struct fcgi_exchange *exchange;
	void *request; /* the service's own; NULL in a task that is new, kept between requests */

	/* Set by the service when the request has to wait. */
	int wait_fd;         /* goes on when this, its own, is readable; -1: only the time counts */
	int64_t until_ms;    /* steady clock: goes on then at the latest */
	bool wants_stop_too; /* goes on when the responder is asked to stop */
};

/* How requests are served. serve reads one request from task->exchange and writes its answer; it
 * neither finishes the exchange nor keeps it. True: it is answered. False: it waits for what the
 * task says, and serve is called again with what has happened. */
struct responder_service {
	void *context;
	bool (*serve)(void *context, struct task *task, enum task_event event);
};

struct responder_settings {
	const struct responder_pool *pool;
	unsigned index; /* of this responder among count; no other living one has it */
	unsigned count;
	int stall_ms; /* a peer may pause this long inside a request; 0: 5,000 */
	int drain_ms; /* at the last stop: stay at most this long after; 0: 1,000 */
};

/* Serves until process_is_stopping. Returns the process's exit status. Calls process_set_ready when
 * the loop begins. Requests that wait are always finished. At a reload connections move to the next
 * generation; at the last stop what has arrived, or arrives within 250 ms, is answered. */
int responder_run(
        const struct responder_settings *settings, const struct responder_service *service);

#endif
