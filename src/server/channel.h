/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The responder's end of a channel to the writer: one message there, one answer back, at most
 * once. A responder has a channel for each request that may wait. Messages up to
 * CHANNEL_INLINE_BYTES travel in the socket, larger ones as a sealed memfd.
 */
#ifndef COREGATE_SERVER_CHANNEL_H
#define COREGATE_SERVER_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define CHANNEL_INLINE_BYTES  65536u
#define CHANNEL_CEILING_BYTES (64u << 20) /* of a message and of an answer */

struct channel_bytes {
	const uint8_t *bytes;
	size_t length;
};

struct channel {
	const char *path;
	int fd; /* -1: not connected; readable once there is an answer */
};

/* Connects at the first message. path: the writer's socket, must outlive the channel. */
void channel_init(struct channel *channel, const char *path);

/* Closes the connection; the channel can be used again. An answer that was still to come is given
 * up. */
void channel_fini(struct channel *channel);

/* Sends a message; its answer is to be received before the next one is sent.
 * ERR_UNAVAILABLE: the writer could not be reached, and nothing was delivered.
 * ERR_TOO_LARGE: above CHANNEL_CEILING_BYTES. */
MUST_CHECK enum err channel_send(struct channel *channel, const struct channel_bytes *message);

/* Takes the answer once channel->fd is readable; it lives in the arena. Closes the connection on
 * failure: a late answer must never be taken for the answer to a later message.
 * ERR_UNAVAILABLE: the writer went away; the message may have been acted on all the same, it is
 * never sent again. ERR_TOO_LARGE: the arena is full (the message was acted on). */
MUST_CHECK enum err channel_receive(
        struct channel *channel, struct arena *arena, struct channel_bytes *ret_answer);

/* The same, after a wait of at most timeout_ms for it. */
MUST_CHECK enum err channel_wait(struct channel *channel, struct arena *arena, int timeout_ms,
        struct channel_bytes *ret_answer);

/* Both, with a wait of at most timeout_ms in between: for programs that have nothing else to do. */
MUST_CHECK enum err channel_call(struct channel *channel, struct arena *arena,
        const struct channel_bytes *message, int timeout_ms, struct channel_bytes *ret_answer);

#endif
