/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The DNS address of a server as text.
 */
#ifndef COREGATE_PUBLISH_ADDRESS_H
#define COREGATE_PUBLISH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* "127.0.0.1:53", "[::1]:53" or without port (53): numeric only. False for anything else. */
bool socket_address_parse(
        const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length);

#endif
