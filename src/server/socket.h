/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Listening unix sockets: the FastCGI socket that nginx connects to, and the writer's socket.
 * Nothing here listens on a network.
 */
#ifndef COREGATE_SERVER_SOCKET_H
#define COREGATE_SERVER_SOCKET_H

#include <sys/types.h>

#include "core/err.h"

#define SOCKET_KEEP_ID ((unsigned)-1)

struct socket_settings {
	const char *path; /* at most 107 bytes (unix(7)) */
	mode_t mode;      /* who may connect, for example 0660 */
	uid_t owner;      /* SOCKET_KEEP_ID: whoever runs this */
	gid_t group;      /* SOCKET_KEEP_ID: the group of whoever runs this */
	int backlog;      /* connections that may wait; the kernel's somaxconn caps it */
};

/* Each makes a listening socket that does not block and is closed on exec. Owner and mode are set
 * before anybody can connect. A socket file that nobody answers on is replaced.
 * ERR_EXISTS: somebody answers there, so another coregated is running; it is left alone.
 * ERR_TOO_LARGE: the path is too long. ERR_UNAVAILABLE: errno says why. */
MUST_CHECK enum err socket_listen_stream(const struct socket_settings *settings, int *ret_fd);
MUST_CHECK enum err socket_listen_seqpacket(const struct socket_settings *settings, int *ret_fd);

/* The listening unix stream sockets that systemd passed (sd_listen_fds(3)), made non-blocking: one,
 * then *ret_second_fd is -1, or two in the order of the unit. ERR_NOT_FOUND: none was passed.
 * ERR_CONFLICT: more than two, or something else was passed.
 * Call it once, at the start of the process: the variables are taken out of the environment. */
MUST_CHECK enum err socket_take_activated(int *ret_fd, int *ret_second_fd);

/* Removes the socket file; one that is not there, or is no socket, is left alone. */
void socket_remove(const char *path);

#endif
