/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/asker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/arena.h"
#include "dns/query.h"
#include "publish/address.h"
#include "publish/schedule.h"

#define ARENA_BYTES       (16u << 20)
#define TCP_BYTES_MAX     (2u + 65535u)
#define MESSAGES_PER_TURN 256u

struct ask;

/* One question to one server, in one round. */
struct leg {
	struct ask *ask;
	size_t server;
	int fd; /* -1: nothing is awaited */
	bool is_tcp;
	bool is_written; /* TCP: the question went out */
	uint16_t id;
	int64_t asked_us;
	uint8_t *bytes; /* TCP: what has come so far, in the arena */
	size_t length;
};

struct ask {
	struct asker *asker;
	void *token;
	struct ask *next;
	struct verify_question question;
	uint8_t *expect;     /* what question.expect.bytes points to */
	struct arena *arena; /* of a round */
	struct verify_report report;
	struct verify_server servers[VERIFY_SERVERS_MAX];
	struct leg legs[VERIFY_SERVERS_MAX];
	bool is_waiting; /* a round is under way until due_ms; else the next begins then */
	int64_t due_ms;
	int64_t until_ms;
};

struct asker {
	struct asker_settings settings;
	size_t server_count;
	struct sockaddr_storage addresses[VERIFY_SERVERS_MAX];
	socklen_t address_lengths[VERIFY_SERVERS_MAX];
	int epoll_fd;
	struct ask *asks;
	size_t ask_count;
};

/* ---- life ---- */

enum err asker_open(const struct asker_settings *settings, struct asker **ret_asker)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	if (asker == NULL)
		return ERR_UNAVAILABLE;
	asker->settings = *settings;
	asker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	enum err err = asker->epoll_fd < 0 ? ERR_UNAVAILABLE : ERR_OK;
	if (settings->count > VERIFY_SERVERS_MAX)
		err = ERR_BAD_REQUEST;
	for (size_t i = 0; i < settings->count && err == ERR_OK; i++) {
		size_t at = asker->server_count++;
		if (!socket_address_parse(settings->addresses[i], &asker->addresses[at],
		            &asker->address_lengths[at]))
			err = ERR_BAD_REQUEST;
	}
	if (err != ERR_OK)
		asker_close(asker);
	else
		*ret_asker = asker;
	return err;
}

static void leg_end(struct leg *leg)
{
	if (leg->fd >= 0)
		close(leg->fd); /* which takes it out of epoll as well */
	leg->fd = -1;
}

static void ask_end(struct ask *ask)
{
	struct ask **link = &ask->asker->asks;
	while (*link != ask)
		link = &(*link)->next;
	*link = ask->next;
	ask->asker->ask_count--;
	for (size_t i = 0; i < ask->asker->server_count; i++)
		leg_end(&ask->legs[i]);
	arena_close(ask->arena);
	free(ask->expect);
	free(ask);
}

void asker_close(struct asker *asker)
{
	if (asker == NULL)
		return;
	while (asker->asks != NULL)
		ask_end(asker->asks);
	if (asker->epoll_fd >= 0)
		close(asker->epoll_fd);
	free(asker);
}

static bool copy_question(struct ask *ask, const struct verify_question *question)
{
	ask->question = *question;
	if (!question->has_expect)
		return true;
	ask->expect = malloc(question->expect.length + 1u);
	if (ask->expect == NULL)
		return false;
	memcpy(ask->expect, question->expect.bytes, question->expect.length);
	ask->question.expect.bytes = ask->expect;
	return true;
}

enum err asker_ask(
        struct asker *asker, const struct verify_question *question, void *token, int64_t steady_ms)
{
	if (asker->ask_count == ASKER_QUESTIONS_MAX)
		return ERR_OVERLOADED;
	struct ask *ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		return ERR_UNAVAILABLE;
	ask->asker = asker;
	ask->token = token;
	ask->due_ms = steady_ms;
	ask->until_ms = steady_ms + question->timeout_ms;
	for (size_t i = 0; i < asker->server_count; i++)
		ask->legs[i] = (struct leg){ .ask = ask, .server = i, .fd = -1 };
	ask->next = asker->asks;
	asker->asks = ask;
	asker->ask_count++;
	ask->arena = arena_open(ARENA_BYTES);
	if (ask->arena != NULL && copy_question(ask, question))
		return ERR_OK;
	ask_end(ask);
	return ERR_UNAVAILABLE;
}

void asker_forget(struct asker *asker, const void *token)
{
	struct ask *next;
	for (struct ask *ask = asker->asks; ask != NULL; ask = next) {
		next = ask->next;
		if (ask->token == token)
			ask_end(ask);
	}
}

/* ---- asking ---- */

/* A socket of its own for each question: its port is one more thing that cannot be guessed, and the
 * kernel drops what comes from elsewhere. */
static bool leg_connect(struct leg *leg, int kind, uint32_t events)
{
	const struct asker *asker = leg->ask->asker;
	const struct sockaddr *address = (const struct sockaddr *)&asker->addresses[leg->server];
	struct epoll_event event = { .events = events, .data.ptr = leg };
	leg_end(leg);
	leg->fd = socket(address->sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (leg->fd < 0)
		return false;
	if (connect(leg->fd, address, asker->address_lengths[leg->server]) != 0 &&
	        errno != EINPROGRESS)
		return false;
	return epoll_ctl(asker->epoll_fd, EPOLL_CTL_ADD, leg->fd, &event) == 0;
}

static void leg_ask(struct leg *leg, int64_t steady_us)
{
	const struct verify_question *question = &leg->ask->question;
	uint8_t query[QUERY_BYTES_MAX];
	leg->ask->asker->settings.random(&leg->id, sizeof(leg->id));
	leg->asked_us = steady_us;
	leg->is_tcp = false;
	size_t length = query_render(&question->owner, question->type, leg->id, query);
	if (!leg_connect(leg, SOCK_DGRAM, EPOLLIN) ||
	        send(leg->fd, query, length, MSG_NOSIGNAL) < 0)
		leg_end(leg);
}

/* The answer was truncated: the same question over TCP (RFC 7766). */
static void leg_turn_to_tcp(struct leg *leg)
{
	leg->is_tcp = true;
	leg->is_written = false;
	leg->length = 0;
	leg->bytes = arena_alloc(leg->ask->arena, TCP_BYTES_MAX);
	if (leg->bytes == NULL || !leg_connect(leg, SOCK_STREAM, EPOLLOUT))
		leg_end(leg);
}

static void leg_write_tcp(struct leg *leg)
{
	const struct verify_question *question = &leg->ask->question;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = leg };
	uint8_t query[2 + QUERY_BYTES_MAX];
	size_t length = query_render(&question->owner, question->type, leg->id, query + 2);
	query[0] = (uint8_t)(length >> 8);
	query[1] = (uint8_t)length;
	/* A fresh connection takes so few octets at once, or it does not work at all. */
	leg->is_written = send(leg->fd, query, length + 2, MSG_NOSIGNAL) == (ssize_t)(length + 2);
	if (!leg->is_written ||
	        epoll_ctl(leg->ask->asker->epoll_fd, EPOLL_CTL_MOD, leg->fd, &event) != 0)
		leg_end(leg);
}

/* ---- answers ---- */

static void leg_take_answer(struct leg *leg, const struct answer *answer, int64_t steady_us)
{
	struct ask *ask = leg->ask;
	struct verify_server *server = &ask->servers[leg->server];
	int64_t rtt_us = steady_us - leg->asked_us;
	leg_end(leg);
	server->rtt_us = rtt_us < 0 ? 0 : (uint32_t)rtt_us;
	verify_take_answer(ask->arena, &ask->question, answer, server);
}

/* False when it is not the answer that is awaited. */
static bool leg_take_message(
        struct leg *leg, const uint8_t *bytes, size_t length, int64_t steady_us)
{
	const struct verify_question *asked = &leg->ask->question;
	const struct question question = {
		.name = &asked->owner, .type = asked->type, .id = leg->id
	};
	struct answer answer;
	if (answer_parse(bytes, length, &question, &answer) != ERR_OK)
		return false;
	if (answer.is_truncated && !leg->is_tcp)
		leg_turn_to_tcp(leg);
	else
		leg_take_answer(leg, &answer, steady_us);
	return true;
}

static void leg_read_udp(struct leg *leg, int64_t steady_us)
{
	uint8_t bytes[4096];
	ssize_t got = recv(leg->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got >= 0)
		(void)leg_take_message(leg, bytes, (size_t)got, steady_us);
	else if (errno != EAGAIN && errno != EINTR)
		leg_end(leg);
}

static void leg_read_tcp(struct leg *leg, int64_t steady_us)
{
	ssize_t got =
	        recv(leg->fd, leg->bytes + leg->length, TCP_BYTES_MAX - leg->length, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		leg_end(leg);
		return;
	}
	leg->length += (size_t)got;
	size_t wanted =
	        leg->length < 2 ? TCP_BYTES_MAX : 2 + ((size_t)leg->bytes[0] << 8 | leg->bytes[1]);
	if (leg->length >= wanted && !leg_take_message(leg, leg->bytes + 2, wanted - 2, steady_us))
		leg_end(leg);
}

/* ---- rounds ---- */

static void round_begin(struct ask *ask, int64_t steady_us)
{
	const struct asker *asker = ask->asker;
	int64_t wait_ms = asker->settings.round_ms;
	arena_reset(ask->arena);
	ask->report.attempts++;
	ask->is_waiting = true;
	ask->due_ms =
	        steady_us / 1000 + (wait_ms < ASKER_ROUND_MOST_MS ? wait_ms : ASKER_ROUND_MOST_MS);
	for (size_t i = 0; i < asker->server_count; i++) {
		ask->servers[i] = (struct verify_server){ .address = asker->settings.addresses[i] };
		leg_ask(&ask->legs[i], steady_us);
	}
}

static bool round_is_over(const struct ask *ask, int64_t steady_ms)
{
	if (steady_ms >= ask->due_ms)
		return true;
	for (size_t i = 0; i < ask->asker->server_count; i++) {
		if (ask->legs[i].fd >= 0)
			return false;
	}
	return true;
}

static void ask_tell(struct ask *ask)
{
	const struct asker_settings *settings = &ask->asker->settings;
	ask->report.server_count = ask->asker->server_count;
	ask->report.servers = ask->servers;
	settings->done(settings->context, ask->token, &ask->question, &ask->report);
	ask_end(ask);
}

static void round_end(struct ask *ask, int64_t steady_ms)
{
	const struct asker *asker = ask->asker;
	bool is_verified = asker->server_count > 0;
	uint32_t random;
	for (size_t i = 0; i < asker->server_count; i++) {
		leg_end(&ask->legs[i]);
		is_verified &= ask->servers[i].is_verified;
	}
	ask->report.is_verified = is_verified;
	if (is_verified || steady_ms >= ask->until_ms) {
		ask_tell(ask);
		return;
	}
	asker->settings.random(&random, sizeof(random));
	ask->is_waiting = false;
	ask->due_ms =
	        steady_ms + backoff_ms(ask->report.attempts, ASKER_FIRST_MS, ASKER_MOST_MS, random);
	if (ask->due_ms > ask->until_ms)
		ask->due_ms = ask->until_ms;
}

/* ---- the owner's loop ---- */

int asker_fd(const struct asker *asker)
{
	return asker->epoll_fd;
}

int64_t asker_due_ms(const struct asker *asker)
{
	int64_t due_ms = INT64_MAX;
	for (const struct ask *ask = asker->asks; ask != NULL; ask = ask->next)
		due_ms = ask->due_ms < due_ms ? ask->due_ms : due_ms;
	return due_ms;
}

/* One event at a time: what it leads to may end the leg of the next. */
static void take_events(struct asker *asker, int64_t steady_us)
{
	struct epoll_event event;
	for (unsigned i = 0; i < MESSAGES_PER_TURN; i++) {
		if (epoll_wait(asker->epoll_fd, &event, 1, 0) != 1)
			return;
		struct leg *leg = event.data.ptr;
		if (!leg->is_tcp)
			leg_read_udp(leg, steady_us);
		else if (leg->is_written)
			leg_read_tcp(leg, steady_us);
		else
			leg_write_tcp(leg);
	}
}

void asker_step(struct asker *asker, int64_t steady_us)
{
	struct ask *next;
	take_events(asker, steady_us);
	for (struct ask *ask = asker->asks; ask != NULL; ask = next) {
		next = ask->next;
		if (!ask->is_waiting && steady_us / 1000 >= ask->due_ms)
			round_begin(ask, steady_us);
		if (ask->is_waiting && round_is_over(ask, steady_us / 1000))
			round_end(ask, steady_us / 1000);
	}
}
