/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "publisher_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/secret.h"
#include "publish/asker.h"
#include "server/channel_frame.h"

#define PEERS_MAX       1024u
#define EVENTS_PER_TURN 256u
/* A report: 16 servers with 256 values each, of which most are short. */
#define REPORT_BYTES_MAX (16u << 20)

/* A responder's connection. */
struct peer {
	struct publisher_verify *verify;
	int fd; /* -1: free */
	bool is_asking;
};

struct publisher_verify {
	struct asker *asker;
	int listen_fd;
	int epoll_fd;
	struct arena *arena; /* of a report */
	uint8_t scratch[FRAME_BYTES];
	struct peer peers[PEERS_MAX];
};

static void peer_drop(struct peer *peer)
{
	if (peer->is_asking)
		asker_forget(peer->verify->asker, peer);
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	peer->is_asking = false;
}

/* ---- answers ---- */

static bool send_report(struct peer *peer, const struct verify_question *question,
        const struct verify_report *report)
{
	struct publisher_verify *verify = peer->verify;
	struct buf buf;
	buf_init(&buf, verify->arena, REPORT_BYTES_MAX);
	verify_report_pack(&buf, question->type, report);
	const struct channel_bytes bytes = { .bytes = (const uint8_t *)buf.bytes,
		.length = buf.length };
	bool is_sent = !buf_is_full(&buf) && frame_send(peer->fd, &bytes, verify->scratch);
	arena_reset(verify->arena);
	return is_sent;
}

static void tell(void *context, void *token, const struct verify_question *question,
        const struct verify_report *report)
{
	struct peer *peer = token;
	(void)context;
	peer->is_asking = false;
	if (!send_report(peer, question, report))
		peer_drop(peer);
}

/* ---- questions ---- */

static bool refuse(const struct peer *peer)
{
	const struct channel_bytes nothing = { 0 };
	return frame_send(peer->fd, &nothing, peer->verify->scratch);
}

/* False when the connection is of no more use. */
static bool peer_ask(struct peer *peer, const struct frame *frame, int64_t steady_ms)
{
	struct verify_question question;
	if (verify_question_parse(frame->message.bytes, frame->message.length, &question) != ERR_OK)
		return false;
	if (asker_ask(peer->verify->asker, &question, peer, steady_ms) != ERR_OK)
		return refuse(peer);
	peer->is_asking = true;
	return true;
}

/* Whoever speaks before the answer, or nonsense, loses the connection. */
static void peer_receive(struct peer *peer, int64_t steady_ms)
{
	struct frame frame;
	if (!frame_receive(peer->fd, peer->verify->scratch, &frame)) {
		if (errno != EAGAIN)
			peer_drop(peer);
		return;
	}
	if (peer->is_asking || !peer_ask(peer, &frame, steady_ms))
		peer_drop(peer);
	frame_fini(&frame);
}

static bool watch(struct publisher_verify *verify, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	return epoll_ctl(verify->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void peer_accept(struct publisher_verify *verify)
{
	int fd = accept4(verify->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &verify->peers[i];
		if (peer->fd >= 0)
			continue;
		if (!watch(verify, fd, peer))
			break;
		peer->fd = fd;
		return;
	}
	close(fd);
}

/* ---- life ---- */

struct publisher_verify *publisher_verify_open(const struct publisher_context *context)
{
	struct publisher_verify *verify = calloc(1, sizeof(*verify));
	if (verify == NULL)
		return NULL;
	const struct asker_settings settings = {
		.addresses = context->servers,
		.count = context->server_count,
		.round_ms = context->coredns_timeout_ms,
		.random = random_bytes,
		.done = tell,
	};
	for (size_t i = 0; i < PEERS_MAX; i++)
		verify->peers[i] = (struct peer){ .verify = verify, .fd = -1 };
	verify->listen_fd = context->listen_fd;
	verify->arena = arena_open(2 * REPORT_BYTES_MAX);
	verify->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (verify->arena != NULL && verify->epoll_fd >= 0 &&
	        asker_open(&settings, &verify->asker) == ERR_OK &&
	        watch(verify, asker_fd(verify->asker), verify->asker) &&
	        watch(verify, verify->listen_fd, NULL))
		return verify;
	log_error("questions to CoreDNS cannot be taken");
	publisher_verify_close(verify);
	return NULL;
}

void publisher_verify_close(struct publisher_verify *verify)
{
	if (verify == NULL)
		return;
	for (size_t i = 0; i < PEERS_MAX; i++)
		peer_drop(&verify->peers[i]);
	asker_close(verify->asker);
	arena_close(verify->arena);
	if (verify->epoll_fd >= 0)
		close(verify->epoll_fd);
	free(verify);
}

int publisher_verify_fd(const struct publisher_verify *verify)
{
	return verify->epoll_fd;
}

int64_t publisher_verify_due_ms(const struct publisher_verify *verify)
{
	return asker_due_ms(verify->asker);
}

/* One event at a time, for the same reason as in the asker. */
void publisher_verify_step(struct publisher_verify *verify, int64_t steady_us)
{
	struct epoll_event event;
	for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
		if (epoll_wait(verify->epoll_fd, &event, 1, 0) != 1)
			break;
		if (event.data.ptr == NULL)
			peer_accept(verify);
		else if (event.data.ptr == verify->asker)
			asker_step(verify->asker, steady_us);
		else
			peer_receive(event.data.ptr, steady_us / 1000);
	}
	asker_step(verify->asker, steady_us);
}
