/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/responder.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/connections.h"
#include "server/fcgi.h"
#include "server/pass.h"
#include "server/process.h"

/* A connection beyond these waits in the backlog, or goes to somebody else. */
#define HELD_MAX         1024u
#define EVENTS_MAX       32
#define STALL_DEFAULT_MS 5000
#define DRAIN_DEFAULT_MS 1000
#define DRAIN_QUIET_MS   250
#define HANDOVER_MAX_MS  1000

/* Who leaves connections to the others looks so often whether they are taken. */
#define SHARE_LOOK_MS 10

/* What an event is about: a descriptor below this, else a task. */
#define EVENT_TASK UINT64_C(0x100000000)

struct slot {
	struct task task;
	int fd; /* the connection */
	bool is_waiting;
};

struct responder {
	const struct responder_settings *settings;
	const struct responder_service *service;
	const struct responder_pool *pool;
	int epoll_fd;
	bool takes;           /* new and handed-over connections are watched for */
	int64_t next_look_ms; /* where they are not */
	bool is_stopping;
	bool keeps; /* connections stay open after an answer */
	int stall_ms;
	unsigned made_count; /* slots that have an exchange */
	unsigned free_count;
	unsigned waiting_count;
	uint8_t free[RESPONDER_TASKS_MAX]; /* the one used last is used next: its memory is warm */
	struct slot slots[RESPONDER_TASKS_MAX];
	struct connections connections;
};

static int64_t now_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

/* ---- what is watched ---- */

static bool watch(const struct responder *responder, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = (uint64_t)fd };
	return epoll_ctl(responder->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void unwatch(const struct responder *responder, int fd)
{
	(void)epoll_ctl(responder->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* Exclusive: one event wakes one responder. */
static void set_takes(struct responder *responder, bool takes)
{
	const struct responder_pool *pool = responder->pool;
	if (takes == responder->takes)
		return;
	responder->takes = takes;
	if (!takes) {
		responder->next_look_ms = now_ms() + SHARE_LOOK_MS;
		unwatch(responder, pool->listen_fd);
		unwatch(responder, pool->handover_out);
		return;
	}
	responder->takes = watch(responder, pool->listen_fd, EPOLLIN | EPOLLEXCLUSIVE) &&
	                   watch(responder, pool->handover_out, EPOLLIN | EPOLLEXCLUSIVE);
}

static bool should_take(const struct responder *responder)
{
	if (responder->is_stopping)
		return !responder->keeps;
	return responder->connections.held < HELD_MAX &&
	       connections_may_take(&responder->connections);
}

static bool is_readable(int fd)
{
	struct pollfd source = { .fd = fd, .events = POLLIN };
	return poll(&source, 1, 0) > 0;
}

/* True when the peer has closed and left no request behind. */
static bool is_gone(int fd)
{
	char byte;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* ---- requests ---- */

static struct slot *take_slot(struct responder *responder)
{
	if (responder->free_count > 0)
		return &responder->slots[responder->free[--responder->free_count]];
	if (responder->made_count == RESPONDER_TASKS_MAX)
		return NULL;
	struct slot *slot = &responder->slots[responder->made_count];
	slot->task.exchange = fcgi_open();
	if (!slot->task.exchange)
		return NULL;
	responder->made_count++;
	return slot;
}

static void give_back(struct responder *responder, const struct slot *slot)
{
	responder->free[responder->free_count++] = (uint8_t)(slot - responder->slots);
}

/* Once for each wait, so that a descriptor which nobody waits on wakes nobody. */
static void watch_for(struct responder *responder, const struct slot *slot)
{
	int fd = slot->task.wait_fd;
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
		.data.u64 = EVENT_TASK + (uint64_t)(slot - responder->slots) };
	if (fd >= 0 && epoll_ctl(responder->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0 &&
	        epoll_ctl(responder->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		log_warning("a request cannot be watched for its answer: %m");
}

static void finish(struct responder *responder, struct slot *slot)
{
	int fd = slot->fd;
	if (fcgi_finish(slot->task.exchange, responder->keeps, &fd))
		connections_set_idle(&responder->connections, fd);
	else
		connections_drop(&responder->connections, slot->fd);
	give_back(responder, slot);
}

static void go_on(struct responder *responder, struct slot *slot, enum task_event event)
{
	if (slot->is_waiting)
		responder->waiting_count--;
	slot->task.wait_fd = -1;
	slot->task.until_ms = INT64_MAX;
	slot->task.wants_stop_too = false;
	slot->is_waiting =
	        !responder->service->serve(responder->service->context, &slot->task, event);
	if (!slot->is_waiting) {
		finish(responder, slot);
		return;
	}
	responder->waiting_count++;
	watch_for(responder, slot);
}

/* The connection is busy already. */
static void serve(struct responder *responder, struct slot *slot, int fd)
{
	if (!fcgi_begin(slot->task.exchange, fd)) {
		connections_drop(&responder->connections, fd);
		give_back(responder, slot);
		return;
	}
	slot->fd = fd;
	go_on(responder, slot, TASK_BEGIN);
}

/* An idle connection has something to read. */
static void serve_idle(struct responder *responder, int fd)
{
	struct slot *slot = responder->connections.queue_length > 0 ? NULL : take_slot(responder);
	if (!slot) {
		connections_queue(&responder->connections, fd);
		return;
	}
	connections_set_busy(&responder->connections, fd);
	serve(responder, slot, fd);
}

static void serve_queued(struct responder *responder)
{
	while (responder->connections.queue_length > 0) {
		struct slot *slot = take_slot(responder);
		if (!slot)
			return;
		int fd = connections_take_queued(&responder->connections);
		if (fd < 0)
			give_back(responder, slot);
		else
			serve(responder, slot, fd);
	}
}

/* ---- connections ---- */

static void take_connection(struct responder *responder, int fd)
{
	if (!connections_add(&responder->connections, fd, CONNECTION_IDLE)) {
		log_warning("a connection was closed: there is no room for it");
		close(fd);
	} else if (is_readable(fd)) {
		serve_idle(responder, fd);
	}
}

static void take_new(struct responder *responder)
{
	int fd = accept4(responder->pool->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0) {
		/* Out of descriptors: whoever waits in the backlog has to wait a little longer. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			(void)poll(NULL, 0, 10);
		return;
	}
	struct timeval stall = { .tv_sec = responder->stall_ms / 1000,
		.tv_usec = responder->stall_ms % 1000 * 1000 };
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	take_connection(responder, fd);
}

static void take_handed_over(struct responder *responder)
{
	char byte;
	size_t length;
	int fd = -1;
	if (pass_receive(responder->pool->handover_out, &byte, 1, &length, &fd) && fd >= 0)
		take_connection(responder, fd);
}

/* The others may be dead, or busier than they seem: nobody waits for long because of fairness. */
static void take_what_others_leave(struct responder *responder)
{
	if (responder->takes || responder->is_stopping || now_ms() < responder->next_look_ms)
		return;
	responder->next_look_ms = now_ms() + SHARE_LOOK_MS;
	while (responder->connections.held < HELD_MAX && is_readable(responder->pool->listen_fd))
		take_new(responder);
	if (responder->connections.held < HELD_MAX)
		take_handed_over(responder);
}

static void look_at_connection(struct responder *responder, int fd, uint32_t events)
{
	struct connections *connections = &responder->connections;
	if (connections->states[fd] == CONNECTION_BUSY) {
		connections_unwatch(connections, fd);
	} else if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && is_gone(fd)) {
		connections_drop(connections, fd);
		close(fd);
	} else if (connections->states[fd] == CONNECTION_IDLE) {
		serve_idle(responder, fd);
	}
}

/* False when the socket between responders is full; the connection stays here then. */
static bool hand_over(struct responder *responder, int fd)
{
	if (!is_gone(fd) && !pass_send(responder->pool->handover_in, "", 1, fd))
		return false;
	connections_drop(&responder->connections, fd);
	close(fd);
	return true;
}

/* For the next generation. */
static void hand_all_over(struct responder *responder)
{
	int64_t end_ms = now_ms() + HANDOVER_MAX_MS;
	struct pollfd room = { .fd = responder->pool->handover_in, .events = POLLOUT };
	for (int fd = 0; (fd = connections_find_idle(&responder->connections, fd)) >= 0;) {
		if (hand_over(responder, fd))
			continue;
		if (now_ms() >= end_ms)
			return;
		(void)poll(&room, 1, 20);
	}
}

/* ---- the loop ---- */

static void wake_tasks(struct responder *responder, bool (*is_due)(const struct task *, int64_t),
        enum task_event event)
{
	int64_t time_ms = now_ms();
	for (unsigned i = 0; i < responder->made_count && responder->waiting_count > 0; i++) {
		struct slot *slot = &responder->slots[i];
		if (slot->is_waiting && is_due(&slot->task, time_ms))
			go_on(responder, slot, event);
	}
}

static bool is_over(const struct task *task, int64_t time_ms)
{
	return task->until_ms <= time_ms;
}

static bool wants_stop(const struct task *task, int64_t time_ms)
{
	(void)time_ms;
	return task->wants_stop_too;
}

static bool brings_connection(const struct responder *responder, const struct epoll_event *event)
{
	return event->data.u64 == (uint64_t)responder->pool->listen_fd ||
	       event->data.u64 == (uint64_t)responder->pool->handover_out;
}

static void take_from(struct responder *responder, int fd)
{
	if (fd == responder->pool->listen_fd)
		take_new(responder);
	else
		take_handed_over(responder);
}

static void handle(struct responder *responder, const struct epoll_event *event)
{
	int fd = event->data.fd;
	if (event->data.u64 >= EVENT_TASK) {
		struct slot *slot = &responder->slots[event->data.u64 - EVENT_TASK];
		if (slot->is_waiting)
			go_on(responder, slot, TASK_READABLE);
	} else if (fd == process_stop_fd()) {
		responder->is_stopping = true;
	} else {
		look_at_connection(responder, fd, event->events);
	}
}

static int next_wait_ms(const struct responder *responder, int most_ms)
{
	int64_t until_ms = INT64_MAX;
	for (unsigned i = 0; i < responder->made_count && responder->waiting_count > 0; i++) {
		const struct slot *slot = &responder->slots[i];
		if (slot->is_waiting && slot->task.until_ms < until_ms)
			until_ms = slot->task.until_ms;
	}
	if (!responder->takes && !responder->is_stopping)
		most_ms = SHARE_LOOK_MS;
	if (until_ms == INT64_MAX)
		return most_ms;
	int64_t left_ms = until_ms - now_ms();
	if (left_ms < 0)
		return 0;
	return most_ms >= 0 && left_ms > most_ms ? most_ms : (int)(left_ms % INT_MAX);
}

/* Waits at most most_ms (-1: for ever). False when nothing came. */
static bool turn(struct responder *responder, int most_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(
	        responder->epoll_fd, events, EVENTS_MAX, next_wait_ms(responder, most_ms));
	for (int i = 0; i < count; i++) {
		if (!brings_connection(responder, &events[i]))
			handle(responder, &events[i]);
	}
	/* Last: a new connection may get the descriptor of one that ended just now, and must not be
	 * taken for it. */
	for (int i = 0; i < count; i++) {
		if (brings_connection(responder, &events[i]))
			take_from(responder, events[i].data.fd);
	}
	if (responder->waiting_count > 0)
		wake_tasks(responder, is_over, TASK_TIMEOUT);
	serve_queued(responder);
	take_what_others_leave(responder);
	set_takes(responder, should_take(responder));
	log_flush();
	return count > 0;
}

/* Nobody comes after: whatever has arrived by now, or arrives shortly, gets its answer. */
static void answer_the_last(struct responder *responder, int drain_ms)
{
	int64_t end_ms = now_ms() + drain_ms;
	bool has_come = true;
	while (responder->waiting_count > 0 || (has_come && now_ms() < end_ms))
		has_come = turn(responder, DRAIN_QUIET_MS);
}

static void leave(struct responder *responder)
{
	hand_all_over(responder);
	while (responder->waiting_count > 0)
		(void)turn(responder, -1);
	hand_all_over(responder);
}

static void loop(struct responder *responder, int drain_ms)
{
	while (!responder->is_stopping)
		(void)turn(responder, -1);
	unwatch(responder, process_stop_fd());
	responder->connections.shares = NULL;
	responder->keeps = !process_is_last();
	set_takes(responder, should_take(responder));
	wake_tasks(responder, wants_stop, TASK_STOP);
	if (responder->keeps)
		leave(responder);
	else
		answer_the_last(responder, drain_ms);
}

static bool set_up(struct responder *responder)
{
	responder->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (responder->epoll_fd < 0 || !fcgi_init())
		return false;
	responder->connections.epoll_fd = responder->epoll_fd;
	responder->connections.shares = responder->pool->shares;
	responder->connections.index = responder->settings->index;
	responder->connections.count = responder->settings->count;
	atomic_store(&responder->pool->shares[responder->settings->index], 0);
	set_takes(responder, true);
	return responder->takes &&
	       (process_stop_fd() < 0 || watch(responder, process_stop_fd(), EPOLLIN));
}

static void tear_down(struct responder *responder)
{
	for (int fd = 0; (fd = connections_find_idle(&responder->connections, fd)) >= 0; fd++)
		close(fd);
	for (unsigned i = 0; i < responder->made_count; i++)
		fcgi_close(responder->slots[i].task.exchange);
	if (responder->epoll_fd >= 0)
		close(responder->epoll_fd);
	free(responder);
}

int responder_run(
        const struct responder_settings *settings, const struct responder_service *service)
{
	struct responder *responder = calloc(1, sizeof(*responder));
	if (!responder)
		return EXIT_FAILURE;
	responder->settings = settings;
	responder->service = service;
	responder->pool = settings->pool;
	responder->keeps = true;
	responder->stall_ms = settings->stall_ms > 0 ? settings->stall_ms : STALL_DEFAULT_MS;
	bool is_set_up = set_up(responder);
	if (is_set_up) {
		process_set_ready();
		loop(responder, settings->drain_ms > 0 ? settings->drain_ms : DRAIN_DEFAULT_MS);
	} else {
		log_error("a responder cannot start: %m");
	}
	tear_down(responder);
	return is_set_up ? EXIT_SUCCESS : EXIT_FAILURE;
}
