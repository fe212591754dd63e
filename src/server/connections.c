/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/connections.h"

#include <sys/epoll.h>

/* So many more than its share a responder may have, and a quarter of it besides: where connections
 * come and go, nobody has to be exact. */
#define SHARE_SLACK 2u

static void put_share(const struct connections *connections)
{
	if (connections->shares)
		atomic_store_explicit(&connections->shares[connections->index], connections->held,
		        memory_order_relaxed);
}

static bool watch(const struct connections *connections, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.u64 = (uint64_t)fd };
	return epoll_ctl(connections->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void unwatch(const struct connections *connections, int fd)
{
	(void)epoll_ctl(connections->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

bool connections_add(struct connections *connections, int fd, enum connection_state state)
{
	if (fd >= CONNECTIONS_MAX || !watch(connections, fd))
		return false;
	connections->states[fd] = (uint8_t)state;
	connections->held++;
	put_share(connections);
	return true;
}

void connections_drop(struct connections *connections, int fd)
{
	/* The connection may live on in another process, so closing alone would not end the watch.
	 */
	if (connections->states[fd] == CONNECTION_IDLE ||
	        connections->states[fd] == CONNECTION_BUSY)
		unwatch(connections, fd);
	connections->states[fd] = CONNECTION_NONE;
	connections->held--;
	put_share(connections);
}

void connections_set_busy(struct connections *connections, int fd)
{
	connections->states[fd] = CONNECTION_BUSY;
}

void connections_set_idle(struct connections *connections, int fd)
{
	/* Memory for a watch that was there before is hardly refused; the peer's timeout ends a
	 * connection that has none. */
	if (connections->states[fd] == CONNECTION_UNWATCHED)
		(void)watch(connections, fd);
	connections->states[fd] = CONNECTION_IDLE;
}

void connections_unwatch(struct connections *connections, int fd)
{
	unwatch(connections, fd);
	connections->states[fd] = CONNECTION_UNWATCHED;
}

void connections_queue(struct connections *connections, int fd)
{
	unwatch(connections, fd);
	connections->states[fd] = CONNECTION_QUEUED;
	uint32_t last = connections->queue_first + connections->queue_length++;
	connections->queue[last % CONNECTIONS_MAX] = fd;
}

int connections_take_queued(struct connections *connections)
{
	while (connections->queue_length > 0) {
		int fd = connections->queue[connections->queue_first];
		connections->queue_first = (connections->queue_first + 1) % CONNECTIONS_MAX;
		connections->queue_length--;
		/* It may have moved to another responder meanwhile. */
		if (connections->states[fd] != CONNECTION_QUEUED)
			continue;
		connections->states[fd] = CONNECTION_UNWATCHED;
		return fd;
	}
	return -1;
}

int connections_find_idle(const struct connections *connections, int from)
{
	for (int fd = from; fd < CONNECTIONS_MAX; fd++) {
		if (connections->states[fd] == CONNECTION_IDLE ||
		        connections->states[fd] == CONNECTION_QUEUED)
			return fd;
	}
	return -1;
}

bool connections_may_take(const struct connections *connections)
{
	if (!connections->shares)
		return true;
	uint64_t sum = 0;
	for (unsigned i = 0; i < connections->count; i++)
		sum += atomic_load_explicit(&connections->shares[i], memory_order_relaxed);
	return (uint64_t)connections->held * connections->count <=
	       sum + sum / 4 + (uint64_t)SHARE_SLACK * connections->count;
}
