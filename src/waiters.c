/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "waiters.h"

bool waiters_enter(struct waiters *waiters, size_t responder_count, int64_t now_ms,
        int64_t until_ms, struct waiter *ret_waiter)
{
	for (size_t i = 0; i < responder_count / 2 && i < WAITERS_MAX; i++) {
		int64_t taken_ms = atomic_load(&waiters->until_ms[i]);
		if (taken_ms > now_ms ||
		        !atomic_compare_exchange_strong(&waiters->until_ms[i], &taken_ms, until_ms))
			continue;
		*ret_waiter = (struct waiter){ .place = i, .until_ms = until_ms };
		return true;
	}
	return false;
}

void waiters_leave(struct waiters *waiters, const struct waiter *waiter)
{
	/* Who overran its time may find the place taken by another, whose time is a later one. */
	int64_t until_ms = waiter->until_ms;
	(void)atomic_compare_exchange_strong(&waiters->until_ms[waiter->place], &until_ms, 0);
}
