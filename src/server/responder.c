/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/responder.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/fcgi.h"
#include "server/pass.h"
#include "server/process.h"

/* One is held by choice, more only come from responders that could not keep theirs. */
#define HELD_MAX           16
#define STALL_DEFAULT_MS   5000
#define DRAIN_DEFAULT_MS   1000
#define DRAIN_QUIET_MS     250
#define HANDOVER_MAX_MS    1000
#define NANOSECONDS_PER_MS UINT64_C(1000000)

struct responder_pool {
	int listen_fd;
	int handover_in;
	int handover_out;
};

struct responder {
	const struct responder_pool *pool;
	struct fcgi_exchange *exchange;
	void (*serve)(void *context, struct fcgi_exchange *exchange);
	void *context;
	int epoll_fd;
	bool takes_over; /* the handover socket is watched */
	bool is_stopping;
	bool keeps; /* connections stay open after an answer */
	int stall_ms;
	int held_count;
	int held[HELD_MAX]; /* idle connections, watched */
};

/* The responder this process is, for responder_wait deep inside of serve; NULL outside. */
static struct responder *current;

/* ---- the pool ---- */

struct responder_pool *responder_pool_open(int listen_fd)
{
	struct responder_pool *pool = malloc(sizeof(*pool));
	int pair[2];
	if (!pool ||
	        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
		free(pool);
		return NULL;
	}
	*pool = (struct responder_pool){ listen_fd, pair[0], pair[1] };
	return pool;
}

void responder_pool_close(struct responder_pool *pool)
{
	if (!pool)
		return;
	close(pool->handover_in);
	close(pool->handover_out);
	free(pool);
}

/* ---- what is watched and held ---- */

static bool watch(const struct responder *responder, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	return epoll_ctl(responder->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void unwatch(const struct responder *responder, int fd)
{
	(void)epoll_ctl(responder->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* Exclusive: one event wakes one responder. */
static void take_over(struct responder *responder, bool takes_over)
{
	if (takes_over == responder->takes_over)
		return;
	int fd = responder->pool->handover_out;
	responder->takes_over = takes_over && watch(responder, fd, EPOLLIN | EPOLLEXCLUSIVE);
	if (!takes_over)
		unwatch(responder, fd);
}

static void hold(struct responder *responder, int fd)
{
	if (responder->held_count == HELD_MAX || !watch(responder, fd, EPOLLIN | EPOLLRDHUP)) {
		log_warning("an idle connection was closed: no room to watch it");
		close(fd);
		return;
	}
	responder->held[responder->held_count++] = fd;
	if (responder->held_count == HELD_MAX)
		take_over(responder, false);
}

/* The connection is the caller's again, and no longer watched. */
static void take_held(struct responder *responder, int fd)
{
	unwatch(responder, fd);
	for (int i = 0; i < responder->held_count; i++) {
		if (responder->held[i] == fd)
			responder->held[i--] = responder->held[--responder->held_count];
	}
	if (!responder->is_stopping)
		take_over(responder, true);
}

/* True when the peer has closed and left no request behind. */
static bool is_gone(int fd)
{
	char byte;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* False when the socket between responders is full; the connection stays here then. */
static bool hand_over(struct responder *responder, int fd)
{
	if (!is_gone(fd) && !pass_send(responder->pool->handover_in, "", 1, fd))
		return false;
	/* Closing alone would not end the watch: the connection lives on elsewhere. */
	take_held(responder, fd);
	close(fd);
	return true;
}

/* ---- one request ---- */

static bool is_readable(int fd)
{
	struct pollfd source = { .fd = fd, .events = POLLIN };
	return poll(&source, 1, 0) > 0;
}

static bool somebody_waits(const struct responder *responder)
{
	return is_readable(responder->pool->listen_fd);
}

static void serve_connection(struct responder *responder, int fd)
{
	if (!fcgi_begin(responder->exchange, fd))
		return;
	current = responder;
	responder->serve(responder->context, responder->exchange);
	current = NULL;
	bool keep = responder->keeps && responder->held_count == 0 && !somebody_waits(responder);
	if (fcgi_finish(responder->exchange, keep, &fd))
		hold(responder, fd);
}

static void serve_held(struct responder *responder, int fd, uint32_t events)
{
	take_held(responder, fd);
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && is_gone(fd))
		close(fd);
	else
		serve_connection(responder, fd);
}

static void serve_new(struct responder *responder)
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
	serve_connection(responder, fd);
}

/* A connection with a request is served here and now: were it only held, the next new connection
 * could come first, and the request would move on and on without ever being served. Without a
 * connection it is the word to look at the listening socket, which woke somebody else. Such words
 * pile up while everybody is busy, and a connection may stand behind them. */
static void take_handed_over(struct responder *responder)
{
	char byte;
	size_t length;
	int fd = -1;
	while (fd < 0 && pass_receive(responder->pool->handover_out, &byte, 1, &length, &fd) &&
	        length > 0)
		;
	if (fd < 0)
		serve_new(responder);
	else if (is_readable(fd))
		serve_connection(responder, fd);
	else
		hold(responder, fd);
}

/* ---- waiting inside of a request ---- */

/* Moves held connections: all of them, or those with something to read. False when one had to stay
 * although it should have moved. */
static bool release(struct responder *responder, const struct pollfd *held, int count)
{
	bool moved_all = true;
	for (int i = 0; i < count; i++) {
		if (held[i].revents)
			moved_all &= hand_over(responder, held[i].fd);
	}
	return moved_all;
}

void responder_release_idle(void)
{
	while (current && current->held_count > 0 && hand_over(current, current->held[0]))
		;
}

/* This responder may have been the one that was woken for whoever waits; nobody else was. */
static void wake_another(const struct responder *responder)
{
	if (somebody_waits(responder) && !pass_send(responder->pool->handover_in, "", 1, -1))
		log_debug("nobody was woken: the handover socket is full");
}

static int poll_held(struct pollfd *fds, int count, uint64_t end_ns)
{
	for (;;) {
		uint64_t now_ns = clock_steady_ns();
		uint64_t left_ms = end_ns > now_ns ? (end_ns - now_ns) / NANOSECONDS_PER_MS : 0;
		int ready = poll(fds, (nfds_t)count, end_ns == UINT64_MAX ? -1 : (int)left_ms);
		if (ready >= 0 || errno != EINTR)
			return ready;
	}
}

int responder_wait(int fd, int timeout_ms)
{
	uint64_t end_ns = UINT64_MAX;
	if (timeout_ms >= 0)
		end_ns = clock_steady_ns() + (uint64_t)timeout_ms * NANOSECONDS_PER_MS;
	if (current)
		wake_another(current);
	bool can_release = true;
	for (;;) {
		struct pollfd fds[1 + HELD_MAX] = { { .fd = fd, .events = POLLIN } };
		int held_count = current && can_release ? current->held_count : 0;
		for (int i = 0; i < held_count; i++)
			fds[1 + i] = (struct pollfd){ .fd = current->held[i], .events = POLLIN };
		int ready = poll_held(fds, 1 + held_count, end_ns);
		if (ready <= 0)
			return ready;
		if (fds[0].revents)
			return 1;
		can_release = release(current, fds + 1, held_count);
	}
}

/* ---- the loop ---- */

/* False when nothing came for timeout_ms. */
static bool handle_next(struct responder *responder, int timeout_ms)
{
	struct epoll_event event;
	if (epoll_wait(responder->epoll_fd, &event, 1, timeout_ms) != 1)
		return false;
	int fd = event.data.fd;
	if (fd == responder->pool->listen_fd)
		serve_new(responder);
	else if (fd == responder->pool->handover_out)
		take_handed_over(responder);
	else if (fd == process_stop_fd())
		responder->is_stopping = true;
	else
		serve_held(responder, fd, event.events);
	return true;
}

/* Nobody comes after: whatever has arrived by now, or arrives shortly, gets its answer. */
static void answer_the_last(struct responder *responder, int drain_ms)
{
	responder->keeps = false;
	uint64_t end_ns = clock_steady_ns() + (uint64_t)drain_ms * NANOSECONDS_PER_MS;
	while (clock_steady_ns() < end_ns && handle_next(responder, DRAIN_QUIET_MS))
		;
}

/* For the next generation. */
static void hand_all_over(struct responder *responder)
{
	uint64_t end_ns = clock_steady_ns() + HANDOVER_MAX_MS * NANOSECONDS_PER_MS;
	struct pollfd room = { .fd = responder->pool->handover_in, .events = POLLOUT };
	while (responder->held_count > 0 && clock_steady_ns() < end_ns) {
		if (!hand_over(responder, responder->held[0]))
			(void)poll(&room, 1, 20);
	}
}

static void loop(struct responder *responder, int drain_ms)
{
	while (!responder->is_stopping)
		(void)handle_next(responder, -1);
	unwatch(responder, process_stop_fd());
	if (process_is_last()) {
		answer_the_last(responder, drain_ms);
	} else {
		take_over(responder, false);
		hand_all_over(responder);
	}
}

static bool set_up(struct responder *responder)
{
	responder->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (responder->epoll_fd < 0 || !fcgi_init())
		return false;
	responder->exchange = fcgi_open();
	if (!responder->exchange)
		return false;
	take_over(responder, true);
	return responder->takes_over &&
	       watch(responder, responder->pool->listen_fd, EPOLLIN | EPOLLEXCLUSIVE) &&
	       (process_stop_fd() < 0 || watch(responder, process_stop_fd(), EPOLLIN));
}

static void tear_down(struct responder *responder)
{
	for (int i = 0; i < responder->held_count; i++)
		close(responder->held[i]);
	fcgi_close(responder->exchange);
	if (responder->epoll_fd >= 0)
		close(responder->epoll_fd);
}

int responder_run(const struct responder_settings *settings,
        void (*serve)(void *context, struct fcgi_exchange *exchange), void *context)
{
	struct responder responder = { .pool = settings->pool,
		.serve = serve,
		.context = context,
		.keeps = true,
		.stall_ms = settings->stall_ms > 0 ? settings->stall_ms : STALL_DEFAULT_MS };
	bool is_set_up = set_up(&responder);
	if (is_set_up) {
		process_set_ready();
		loop(&responder, settings->drain_ms > 0 ? settings->drain_ms : DRAIN_DEFAULT_MS);
	} else {
		log_error("a responder cannot start: %s", strerror(errno));
	}
	tear_down(&responder);
	return is_set_up ? 0 : 1;
}
