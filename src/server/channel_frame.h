/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a message looks on the channel's socket: eight bytes of head, then the message, or, when that
 * is large, a sealed memfd beside the head.
 */
#ifndef COREGATE_SERVER_CHANNEL_FRAME_H
#define COREGATE_SERVER_CHANNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "server/channel.h"

#define FRAME_HEAD_BYTES 8u
#define FRAME_BYTES      (FRAME_HEAD_BYTES + CHANNEL_INLINE_BYTES)

/* Sends a message without waiting. scratch: FRAME_BYTES bytes. False with errno: EPIPE or
 * ECONNRESET when the other side has gone, and nothing was delivered. */
MUST_CHECK bool frame_send(int socket_fd, const struct channel_bytes *message, uint8_t *scratch);

/* What was received: bytes lie in scratch, or in a mapping. */
struct frame {
	struct channel_bytes message;
	void *mapping; /* NULL: none */
};

/* Receives a message without waiting. False with errno: EAGAIN nothing there, ECONNRESET the other
 * side has gone, EBADMSG something that frame_send does not send (its length, a memfd that is not
 * sealed, larger than CHANNEL_CEILING_BYTES or of another length). */
MUST_CHECK bool frame_receive(int socket_fd, uint8_t *scratch, struct frame *ret_frame);

/* Unmaps. */
void frame_fini(struct frame *frame);

#endif
