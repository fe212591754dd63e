/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "server/channel_frame.h"

#define NANOSECONDS_PER_MS UINT64_C(1000000)

/* A frame on its way in or out. One process does one thing at a time. */
static uint8_t scratch[FRAME_BYTES];

void channel_init(struct channel *channel, const char *path)
{
	*channel = (struct channel){ .path = path, .fd = -1 };
}

void channel_fini(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

static bool open_connection(struct channel *channel)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(channel->path);
	if (length >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, channel->path, length + 1);
	/* Not blocking: with a full backlog connect fails at once. */
	channel->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (channel->fd < 0)
		return false;
	if (connect(channel->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	channel_fini(channel);
	return false;
}

/* A connection to a writer that has ended since fails before anything is delivered; only then is it
 * safe to send once more, to its successor. */
static bool send_once(struct channel *channel, const struct channel_bytes *message)
{
	bool is_old = channel->fd >= 0;
	if (!is_old && !open_connection(channel))
		return false;
	if (frame_send(channel->fd, message, scratch))
		return true;
	bool is_stale = is_old && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN);
	channel_fini(channel);
	if (!is_stale || !open_connection(channel))
		return false;
	if (frame_send(channel->fd, message, scratch))
		return true;
	channel_fini(channel);
	return false;
}

enum err channel_send(struct channel *channel, const struct channel_bytes *message)
{
	if (message->length > CHANNEL_CEILING_BYTES)
		return ERR_TOO_LARGE;
	return send_once(channel, message) ? ERR_OK : ERR_UNAVAILABLE;
}

enum err channel_receive(
        struct channel *channel, struct arena *arena, struct channel_bytes *ret_answer)
{
	struct frame frame;
	if (!frame_receive(channel->fd, scratch, &frame)) {
		channel_fini(channel);
		return ERR_UNAVAILABLE;
	}
	struct channel_bytes answer = frame.message;
	answer.bytes = arena_dup(arena, frame.message.bytes, frame.message.length);
	frame_fini(&frame);
	if (!answer.bytes)
		return ERR_TOO_LARGE;
	*ret_answer = answer;
	return ERR_OK;
}

static bool wait_for_answer(const struct channel *channel, int timeout_ms)
{
	struct pollfd source = { .fd = channel->fd, .events = POLLIN };
	uint64_t end_ns = clock_steady_ns() + (uint64_t)timeout_ms * NANOSECONDS_PER_MS;
	for (;;) {
		uint64_t now_ns = clock_steady_ns();
		uint64_t left_ms = end_ns > now_ns ? (end_ns - now_ns) / NANOSECONDS_PER_MS : 0;
		int ready = poll(&source, 1, (int)left_ms);
		if (ready >= 0 || errno != EINTR)
			return ready > 0;
	}
}

enum err channel_call(struct channel *channel, struct arena *arena,
        const struct channel_bytes *message, int timeout_ms, struct channel_bytes *ret_answer)
{
	enum err err = channel_send(channel, message);
	return err == ERR_OK ? channel_wait(channel, arena, timeout_ms, ret_answer) : err;
}

enum err channel_wait(struct channel *channel, struct arena *arena, int timeout_ms,
        struct channel_bytes *ret_answer)
{
	if (wait_for_answer(channel, timeout_ms))
		return channel_receive(channel, arena, ret_answer);
	channel_fini(channel);
	return ERR_UNAVAILABLE;
}
