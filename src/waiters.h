/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many responders may wait for CoreDNS at once: a place each, at most half as many as there are
 * responders, so that the others go on answering. A place is taken until a time; who dies on it
 * gives it back when that has passed.
 */
#ifndef COREGATE_WAITERS_H
#define COREGATE_WAITERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITERS_MAX 128u

/* In shared memory; zeroed: nobody waits. */
struct waiters {
	_Atomic int64_t until_ms[WAITERS_MAX]; /* steady clock */
};

/* A place that was taken. */
struct waiter {
	size_t place;
	int64_t until_ms;
};

/* Takes one of the places of so many responders, from now_ms to until_ms. False when all are taken:
 * then the caller must not wait. */
bool waiters_enter(struct waiters *waiters, size_t responder_count, int64_t now_ms,
        int64_t until_ms, struct waiter *ret_waiter);

/* Gives it back. */
void waiters_leave(struct waiters *waiters, const struct waiter *waiter);

#endif
