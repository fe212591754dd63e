/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One FastCGI request on one connection: the only door to libfcgi. Connections are accepted by the
 * responder, which also decides whether they stay open; libfcgi only speaks the protocol on them.
 */
#ifndef COREGATE_SERVER_FCGI_H
#define COREGATE_SERVER_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* A request being served; one per process is enough. */
struct fcgi_exchange;

/* Once a process, before anything else here. False when libfcgi cannot start. */
MUST_CHECK bool fcgi_init(void);

/* An exchange without a request. NULL when there is no memory. */
struct fcgi_exchange *fcgi_open(void);

/* NULL is accepted. An unfinished request is given up and its connection closed. */
void fcgi_close(struct fcgi_exchange *exchange);

/* Reads the head of a request (role and parameters) from a connected, blocking socket. False when
 * the peer went away, spoke nonsense or asked for another role than responder; the socket is closed
 * then. On success it belongs to the exchange until fcgi_finish. */
MUST_CHECK bool fcgi_begin(struct fcgi_exchange *exchange, int fd);

/* A parameter's value, or NULL; when a name comes twice, the first. Valid until fcgi_finish. */
const char *fcgi_find_param(const struct fcgi_exchange *exchange, const char *name);

/* Reads the body, exactly content_length bytes followed by the end of the stream; NUL-terminated in
 * the arena, the NUL does not count.
 * ERR_TOO_LARGE: content_length is above ceiling_bytes (nothing is read) or the arena is full.
 * ERR_BAD_REQUEST: the body is shorter or longer than content_length. */
MUST_CHECK enum err fcgi_read_body(struct fcgi_exchange *exchange, struct arena *arena,
        size_t content_length, size_t ceiling_bytes, char **ret_bytes);

/* Ends the answer where it stands, in a way that nobody takes what was written for all of it; then
 * fcgi_finish. */
void fcgi_break_off(struct fcgi_exchange *exchange);

/* Appends to the answer: a CGI header block (RFC 3875 section 6), an empty line, a body. An answer
 * below 64 KiB leaves in one write when the request is finished. False when the peer has gone away,
 * which only a long answer asks for: fcgi_finish notices it, too. */
bool fcgi_write(struct fcgi_exchange *exchange, const void *bytes, size_t length);

/* Ends the answer. True when the connection stays open for a next request: keep was true, the peer
 * asked for it, and everything went well; *ret_fd is then the caller's again. Otherwise the
 * connection is closed, in a way that costs no request the peer might send on it. */
bool fcgi_finish(struct fcgi_exchange *exchange, bool keep, int *ret_fd);

#endif
