/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A raw FastCGI client, as a web server would be one: for tests of what the library side does.
 */
#ifndef COREGATE_TESTS_FCGI_CLIENT_H
#define COREGATE_TESTS_FCGI_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, UNKNOWN = 11 };

#define REQUEST_MAX (4u << 20)

struct wire {
	size_t length;
	uint8_t bytes[REQUEST_MAX];
};

/* What came back for one request. */
struct reply {
	size_t length;
	char bytes[1 << 20];
	unsigned stdout_records;
	bool has_end;
	bool has_marker; /* something after END_REQUEST: the connection is not for keeping */
	bool is_closed;
};

static inline void put_record(struct wire *wire, int type, const void *content, size_t length)
{
	uint8_t head[8] = { 1, (uint8_t)type, 0, 1, (uint8_t)(length >> 8), (uint8_t)length, 0, 0 };
	assert_true(wire->length + sizeof(head) + length <= sizeof(wire->bytes));
	memcpy(wire->bytes + wire->length, head, sizeof(head));
	if (length > 0)
		memcpy(wire->bytes + wire->length + sizeof(head), content, length);
	wire->length += sizeof(head) + length;
}

static inline void put_begin(struct wire *wire, int role, bool keep)
{
	uint8_t body[8] = { 0, (uint8_t)role, keep };
	put_record(wire, BEGIN, body, sizeof(body));
}

static inline size_t add_param(uint8_t *at, const char *name, const char *value)
{
	size_t name_length = strlen(name), value_length = strlen(value);
	at[0] = (uint8_t)name_length;
	at[1] = (uint8_t)value_length;
	memcpy(at + 2, name, name_length);
	memcpy(at + 2 + name_length, value, value_length);
	return 2 + name_length + value_length;
}

/* BEGIN, two parameters and their end. */
static inline void put_head(struct wire *wire, const char *uri, bool keep)
{
	uint8_t params[512];
	size_t length = add_param(params, "REQUEST_URI", uri);
	length += add_param(params + length, "EMPTY", "");
	put_begin(wire, 1, keep);
	put_record(wire, PARAMS, params, length);
	put_record(wire, PARAMS, NULL, 0);
}

static inline void put_body(struct wire *wire, const char *body, size_t length)
{
	for (size_t at = 0; at < length; at += 32768)
		put_record(wire, STDIN, body + at, length - at < 32768 ? length - at : 32768);
	put_record(wire, STDIN, NULL, 0);
}

static inline void send_wire(int fd, const struct wire *wire)
{
	for (size_t at = 0; at < wire->length;) {
		ssize_t sent = send(fd, wire->bytes + at, wire->length - at, MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* the other side has had enough */
		at += (size_t)sent;
	}
}

static inline void send_get(int fd, const char *uri, bool keep)
{
	static struct wire wire;
	wire.length = 0;
	put_head(&wire, uri, keep);
	put_body(&wire, NULL, 0);
	send_wire(fd, &wire);
}

static inline bool read_exactly(int fd, void *bytes, size_t length, int timeout_ms)
{
	for (size_t at = 0; at < length;) {
		struct pollfd source = { .fd = fd, .events = POLLIN };
		if (poll(&source, 1, timeout_ms) <= 0)
			return false;
		ssize_t got = recv(fd, (uint8_t *)bytes + at, length - at, 0);
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

/* Reads up to END_REQUEST, and what has come after it. False when nothing came for timeout_ms. */
static inline bool read_reply(int fd, struct reply *reply, int timeout_ms)
{
	memset(reply, 0, sizeof(*reply));
	uint8_t head[8];
	while (!reply->has_end) {
		if (!read_exactly(fd, head, sizeof(head), timeout_ms))
			return false;
		size_t length = (size_t)head[4] << 8 | head[5];
		static uint8_t content[65536 + 256];
		if (!read_exactly(fd, content, length + head[6], timeout_ms))
			return false;
		assert_int_equal(head[0], 1);
		assert_int_equal(head[3], 1);
		reply->has_end = head[1] == END;
		if (head[1] == END) {
			assert_int_equal(length, 8);
			continue;
		}
		assert_int_equal(head[1], STDOUT);
		reply->stdout_records += length > 0;
		assert_true(reply->length + length <= sizeof(reply->bytes));
		memcpy(reply->bytes + reply->length, content, length);
		reply->length += length;
	}
	uint8_t marker[16];
	ssize_t more = recv(fd, marker, sizeof(marker), MSG_DONTWAIT);
	reply->has_marker = more == sizeof(marker) && marker[1] == UNKNOWN && marker[3] == 0;
	char byte;
	struct pollfd end = { .fd = fd, .events = POLLIN };
	reply->is_closed = more == 0 || (reply->has_marker && poll(&end, 1, timeout_ms) > 0 &&
	                                        recv(fd, &byte, 1, 0) <= 0);
	return true;
}

static inline int connect_unix(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

#endif
