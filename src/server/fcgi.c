/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "server/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A body nobody read is read and forgotten up to here, so that the connection can stay open. */
#define DISCARD_MAX_BYTES (1u << 20)

/* How long to let the peer close a connection first. */
#define PACE_MS 2

/* FastCGI 1.0, sections 3.3 and 8. */
#define RECORD_HEADER_BYTES 8u
#define RECORD_BODY_MAX     65528u /* the largest multiple of 8 */
#define TYPE_END_REQUEST    3
#define TYPE_STDOUT         6
#define TYPE_UNKNOWN        11
#define ROLE_RESPONDER      1
/* The end of stdout, END_REQUEST, and a last record that ends the connection. */
#define TAIL_BYTES (5 * RECORD_HEADER_BYTES)

/* libfcgi reads requests; answers are framed here, because an answer has to leave in one write
 * together with the news whether the connection stays open. */
struct fcgi_exchange {
	struct arena *memory; /* its own: of the record only the pages that were needed */
	FCGX_Request request;
	bool is_begun;
	bool has_failed;    /* a write did; the connection is of no use */
	size_t body_length; /* in the record being filled */
	uint8_t record[RECORD_HEADER_BYTES + RECORD_BODY_MAX + TAIL_BYTES];
};

/* FCGX_Init takes over signals that nobody handles; what they do is not for a library to decide. */
bool fcgi_init(void)
{
	static const int signals[] = { SIGPIPE, SIGUSR1, SIGTERM };
	struct sigaction before[3];
	for (size_t i = 0; i < 3; i++) {
		if (sigaction(signals[i], NULL, &before[i]) != 0)
			return false;
	}
	bool is_started = FCGX_Init() == 0;
	for (size_t i = 0; i < 3; i++)
		is_started &= sigaction(signals[i], &before[i], NULL) == 0;
	return is_started;
}

struct fcgi_exchange *fcgi_open(void)
{
	struct arena *memory = arena_open(2 * sizeof(struct fcgi_exchange));
	struct fcgi_exchange *exchange =
	        memory ? arena_alloc(memory, sizeof(struct fcgi_exchange)) : NULL;
	/* Without a listening socket libfcgi cannot wait in accept(2): it gives up instead. */
	if (!exchange || FCGX_InitRequest(&exchange->request, -1, 0) != 0) {
		arena_close(memory);
		return NULL;
	}
	exchange->memory = memory;
	return exchange;
}

/* Frees what libfcgi holds for the request, without letting it write. Returns the connection. */
static int end_request(struct fcgi_exchange *exchange)
{
	int fd = exchange->request.ipcFd;
	FCGX_Free(&exchange->request, 0);
	exchange->request.ipcFd = -1;
	exchange->is_begun = false;
	return fd;
}

void fcgi_close(struct fcgi_exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->is_begun)
		close(end_request(exchange));
	arena_close(exchange->memory);
}

bool fcgi_begin(struct fcgi_exchange *exchange, int fd)
{
	FCGX_Request *request = &exchange->request;
	request->ipcFd = fd;
	request->keepConnection = 1; /* or FCGX_Accept_r would close fd before it reads */
	request->detached = 1;       /* or a close would wait up to 2 s for the peer's end */
	if (FCGX_Accept_r(request) != 0)
		return false;
	exchange->is_begun = true;
	exchange->has_failed = false;
	exchange->body_length = 0;
	/* libfcgi takes parameters that break off for parameters that end. */
	if (request->role != ROLE_RESPONDER || FCGX_GetError(request->in) != 0) {
		close(end_request(exchange));
		return false;
	}
	return true;
}

const char *fcgi_find_param(const struct fcgi_exchange *exchange, const char *name)
{
	return exchange->is_begun ? FCGX_GetParam(name, exchange->request.envp) : NULL;
}

static bool is_at_end(FCGX_Stream *in)
{
	return FCGX_GetChar(in) == EOF && FCGX_GetError(in) == 0;
}

enum err fcgi_read_body(struct fcgi_exchange *exchange, struct arena *arena, size_t content_length,
        size_t ceiling_bytes, char **ret_bytes)
{
	FCGX_Stream *in = exchange->request.in;
	if (content_length > ceiling_bytes || content_length >= INT_MAX)
		return ERR_TOO_LARGE;
	char *bytes = arena_alloc(arena, content_length + 1);
	if (!bytes)
		return ERR_TOO_LARGE;

	int got = FCGX_GetStr(bytes, (int)content_length, in);
	if (got < 0 || (size_t)got != content_length || !is_at_end(in))
		return ERR_BAD_REQUEST;
	*ret_bytes = bytes;
	return ERR_OK;
}

static uint8_t *put_header(
        const struct fcgi_exchange *exchange, uint8_t *at, int type, size_t length)
{
	unsigned id = type == TYPE_UNKNOWN ? 0 : (unsigned)exchange->request.requestId;
	at[0] = 1; /* version */
	at[1] = (uint8_t)type;
	at[2] = (uint8_t)(id >> 8);
	at[3] = (uint8_t)id;
	at[4] = (uint8_t)(length >> 8);
	at[5] = (uint8_t)length;
	at[6] = 0;
	at[7] = 0;
	memset(at + RECORD_HEADER_BYTES, 0, type == TYPE_STDOUT ? 0 : length);
	return at + RECORD_HEADER_BYTES + (type == TYPE_STDOUT ? 0 : length);
}

static void send_all(struct fcgi_exchange *exchange, const uint8_t *from, const uint8_t *to)
{
	while (from < to && !exchange->has_failed) {
		ssize_t sent =
		        send(exchange->request.ipcFd, from, (size_t)(to - from), MSG_NOSIGNAL);
		if (sent > 0)
			from += sent;
		else if (errno != EINTR)
			exchange->has_failed = true;
	}
}

/* The record being filled, with its header if there is anything in it. */
static uint8_t *close_record(struct fcgi_exchange *exchange)
{
	uint8_t *at = exchange->record;
	if (exchange->body_length > 0)
		at = put_header(exchange, at, TYPE_STDOUT, exchange->body_length) +
		     exchange->body_length;
	exchange->body_length = 0;
	return at;
}

bool fcgi_write(struct fcgi_exchange *exchange, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;
	while (length > 0) {
		size_t piece = RECORD_BODY_MAX - exchange->body_length;
		if (piece > length)
			piece = length;
		memcpy(exchange->record + RECORD_HEADER_BYTES + exchange->body_length, next, piece);
		exchange->body_length += piece;
		next += piece;
		length -= piece;
		if (exchange->body_length == RECORD_BODY_MAX)
			send_all(exchange, exchange->record, close_record(exchange));
	}
	return !exchange->has_failed;
}

/* A connection that only ends is the end of an answer to nginx, if it does not know the length. A
 * record that is none, of version 0, is an error to it, and it breaks the client's connection off,
 * too. */
void fcgi_break_off(struct fcgi_exchange *exchange)
{
	uint8_t *end = close_record(exchange);
	memset(end, 0, RECORD_HEADER_BYTES);
	send_all(exchange, exchange->record, end + RECORD_HEADER_BYTES);
	exchange->has_failed = true;
}

/* What is left of a request would be taken for the start of the next one. */
static bool discard_body(FCGX_Stream *in)
{
	char trash[4096];
	for (size_t total = 0; total < DISCARD_MAX_BYTES; total += sizeof(trash)) {
		if (FCGX_GetStr(trash, sizeof(trash), in) < (int)sizeof(trash))
			return FCGX_GetError(in) == 0;
	}
	return false;
}

/* Lets the peer read the answer although it is still sending: a close at once would be a reset. */
static void close_gently(int fd)
{
	char trash[4096];
	(void)shutdown(fd, SHUT_WR);
	for (size_t total = 0; total < DISCARD_MAX_BYTES; total += sizeof(trash)) {
		if (recv(fd, trash, sizeof(trash), 0) <= 0)
			break;
	}
	close(fd);
}

/* Many responders would else empty the backlog faster than nginx gets to run, and the requests at
 * its end wait the longer: measured, this halves the 99th percentile of 256 clients. */
static void let_peer_close(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };
	(void)poll(&end, 1, PACE_MS);
}

/* With a connection that is to be closed there is a danger: the peer has read the end of the
 * answer, takes the connection for idle, and sends its next request into the close. A POST is lost
 * then. So the news travels inside the answer: whatever follows END_REQUEST makes nginx give the
 * connection up by itself. What follows is a management record that the protocol permits at any
 * time. */
bool fcgi_finish(struct fcgi_exchange *exchange, bool keep, int *ret_fd)
{
	bool is_clean = discard_body(exchange->request.in);
	bool peer_keeps = exchange->request.keepConnection;
	keep = keep && peer_keeps && is_clean;

	uint8_t *at = close_record(exchange);
	at = put_header(exchange, at, TYPE_STDOUT, 0);
	at = put_header(exchange, at, TYPE_END_REQUEST, RECORD_HEADER_BYTES);
	if (!keep && peer_keeps)
		at = put_header(exchange, at, TYPE_UNKNOWN, RECORD_HEADER_BYTES);
	send_all(exchange, exchange->record, at);

	bool has_failed = exchange->has_failed;
	int fd = end_request(exchange);
	if (keep && !has_failed) {
		*ret_fd = fd;
		return true;
	}
	if (!is_clean && !has_failed) {
		close_gently(fd);
		return false;
	}
	if (peer_keeps && !has_failed)
		let_peer_close(fd);
	close(fd);
	return false;
}
