/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Descriptors that travel between processes (SCM_RIGHTS, unix(7)), at most one a message.
 */
#ifndef COREGATE_SERVER_PASS_H
#define COREGATE_SERVER_PASS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Sends length bytes (at least one) and a copy of fd, or none when fd is -1, without waiting and as
 * one message of a SOCK_SEQPACKET or SOCK_DGRAM socket. False with errno. */
MUST_CHECK bool pass_send(int socket_fd, const void *bytes, size_t length, int fd);

/* Receives one message of at most room bytes without waiting. *ret_length is 0 at the end of the
 * connection; *ret_fd is -1 when no descriptor came along, else the caller's, closed on exec.
 * False with errno: EAGAIN when there is nothing, EMSGSIZE when the message does not fit or carries
 * something else. */
MUST_CHECK bool pass_receive(
        int socket_fd, void *bytes, size_t room, size_t *ret_length, int *ret_fd);

#endif
