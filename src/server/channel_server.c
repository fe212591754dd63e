/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/channel_server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/channel_frame.h"

#define PEERS_MAX  8192u
#define EVENTS_MAX 64
#define NO_PEER    SIZE_MAX
#define ID_LISTEN  PEERS_MAX
#define ID_WATCH   (PEERS_MAX + 1)

/* A connected client. Its buffer is taken with its first message and kept. */
struct peer {
	int fd;          /* -1: free */
	bool is_pending; /* its message has not been answered */
	uid_t uid;
	pid_t pid;
	uint8_t *scratch;
	struct frame frame;
};

struct channel_server {
	int listen_fd;
	int epoll_fd;
	size_t pending_count;
	struct peer peers[PEERS_MAX];
};

static bool watch(const struct channel_server *server, int fd, size_t id)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.u64 = id };
	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct channel_server *channel_server_open(int listen_fd)
{
	struct channel_server *server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	server->listen_fd = listen_fd;
	for (size_t i = 0; i < PEERS_MAX; i++)
		server->peers[i].fd = -1;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd >= 0 && watch(server, listen_fd, ID_LISTEN))
		return server;
	int saved = errno;
	channel_server_close(server);
	errno = saved;
	return NULL;
}

static void drop_peer(struct channel_server *server, struct peer *peer)
{
	if (peer->is_pending)
		server->pending_count--;
	frame_fini(&peer->frame);
	close(peer->fd);
	peer->fd = -1;
	peer->is_pending = false;
}

void channel_server_close(struct channel_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (server->peers[i].fd >= 0)
			drop_peer(server, &server->peers[i]);
		free(server->peers[i].scratch);
	}
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	free(server);
}

bool channel_server_watch(struct channel_server *server, int fd)
{
	return watch(server, fd, ID_WATCH);
}

static size_t find_free_peer(const struct channel_server *server)
{
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (server->peers[i].fd < 0)
			return i;
	}
	return NO_PEER;
}

static bool add_peer(struct channel_server *server, int fd)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	size_t id = find_free_peer(server);
	if (id == NO_PEER || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
		return false;
	struct peer *peer = &server->peers[id];
	if (!peer->scratch)
		peer->scratch = malloc(FRAME_BYTES);
	if (!peer->scratch || !watch(server, fd, id))
		return false;
	peer->fd = fd;
	peer->uid = credentials.uid;
	peer->pid = credentials.pid;
	return true;
}

static void accept_all(struct channel_server *server)
{
	for (;;) {
		int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		if (!add_peer(server, fd))
			close(fd);
	}
}

/* True when the peer has left a message that is to be acted on. */
static bool receive(struct channel_server *server, struct peer *peer, uint32_t events)
{
	/* Who has gone was told that the outcome is unknown; better not to act than to act unseen.
	 */
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		drop_peer(server, peer);
		return false;
	}
	if (frame_receive(peer->fd, peer->scratch, &peer->frame)) {
		peer->is_pending = true;
		server->pending_count++;
		return true;
	}
	if (errno != EAGAIN)
		drop_peer(server, peer);
	return false;
}

static size_t take_events(struct channel_server *server, const struct epoll_event *events,
        int event_count, struct channel_message *ret_messages)
{
	size_t count = 0;
	for (int i = 0; i < event_count; i++) {
		size_t id = events[i].data.u64;
		if (id == ID_LISTEN)
			accept_all(server);
		if (id >= PEERS_MAX)
			continue;
		struct peer *peer = &server->peers[id];
		if (peer->fd < 0 || peer->is_pending || !receive(server, peer, events[i].events))
			continue;
		ret_messages[count++] =
		        (struct channel_message){ .bytes = peer->frame.message.bytes,
			        .length = peer->frame.message.length,
			        .uid = peer->uid,
			        .pid = peer->pid,
			        .peer = id };
	}
	return count;
}

size_t channel_server_collect(struct channel_server *server, int timeout_ms,
        struct channel_message *ret_messages, size_t max)
{
	assert(server->pending_count == 0);
	size_t count = 0;
	/* The first look may only find new connections, whose messages the second one finds. */
	for (int looks = 0; count < max; looks++) {
		struct epoll_event events[EVENTS_MAX];
		size_t room = max - count < EVENTS_MAX ? max - count : EVENTS_MAX;
		int ready = epoll_wait(
		        server->epoll_fd, events, (int)room, looks == 0 ? timeout_ms : 0);
		if (ready <= 0)
			break;
		size_t taken = take_events(server, events, ready, ret_messages + count);
		count += taken;
		if (taken == 0 && looks > 0)
			break;
	}
	return count;
}

void channel_server_answer(struct channel_server *server, const struct channel_message *message,
        const struct channel_bytes *answer)
{
	assert(message->peer < PEERS_MAX);
	struct peer *peer = &server->peers[message->peer];
	assert(peer->is_pending);
	/* The message's own buffer can go now, so the answer may use it. */
	bool is_sent = answer && frame_send(peer->fd, answer, peer->scratch);
	if (!is_sent) {
		drop_peer(server, peer);
		return;
	}
	frame_fini(&peer->frame);
	peer->is_pending = false;
	server->pending_count--;
}
