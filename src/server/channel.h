/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The responder's end of the channel to the writer: one message there, one answer back, at most
 * once. Messages up to CHANNEL_INLINE_BYTES travel in the socket, larger ones as a sealed memfd.
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
	int fd; /* -1: not connected */
	/* How to wait for an answer: poll(2)'s contract, see responder_wait. */
	int (*wait)(int fd, int timeout_ms);
};

/* Connects at the first call. path: the writer's socket, must outlive the channel.
 * wait: responder_wait, or NULL for a plain poll. */
void channel_init(struct channel *channel, const char *path, int (*wait)(int fd, int timeout_ms));

/* Closes the connection. */
void channel_fini(struct channel *channel);

/* Sends a message and waits for its answer, which is copied into the arena.
 * ERR_UNAVAILABLE: the writer could not be reached, went away, or did not answer in time. Unless
 * sending failed, the message may still have been acted on; it is never sent again.
 * ERR_TOO_LARGE: above CHANNEL_CEILING_BYTES, or the arena is full (the message was acted on). */
MUST_CHECK enum err channel_call(struct channel *channel, struct arena *arena,
        const struct channel_bytes *message, int timeout_ms, struct channel_bytes *ret_answer);

#endif
