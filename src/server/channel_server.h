/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer's end of the channel: takes every message that is waiting, at once, and answers each.
 * A client that is dead or slow loses its connection; it never holds the writer up.
 */
#ifndef COREGATE_SERVER_CHANNEL_SERVER_H
#define COREGATE_SERVER_CHANNEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "server/channel.h"

struct channel_server;

struct channel_message {
	const uint8_t *bytes; /* valid until it is answered; what it says is not to be trusted */
	size_t length;
	uid_t uid; /* of the process that connected (SO_PEERCRED) */
	pid_t pid;
	size_t peer; /* for channel_server_answer */
};

/* Serves a listening SOCK_SEQPACKET socket (which stays the caller's). NULL with errno. */
struct channel_server *channel_server_open(int listen_fd);

/* NULL is accepted. Messages not yet answered are dropped: their clients see the end. */
void channel_server_close(struct channel_server *server);

/* channel_server_collect returns early, perhaps with nothing, while fd is readable: for
 * process_stop_fd. False with errno. */
MUST_CHECK bool channel_server_watch(struct channel_server *server, int fd);

/* Waits at most timeout_ms (-1: for ever) for something to come, then takes what is there without
 * waiting again: at most one message a client, at most max. All messages of the last call must have
 * been answered before the next one. A message whose client has gone is dropped unread. */
size_t channel_server_collect(struct channel_server *server, int timeout_ms,
        struct channel_message *ret_messages, size_t max);

/* Answers a message and ends its bytes. An answer above CHANNEL_CEILING_BYTES, or one that its
 * client does not take at once, ends that client's connection; answer NULL does so on purpose. */
void channel_server_answer(struct channel_server *server, const struct channel_message *message,
        const struct channel_bytes *answer);

#endif
