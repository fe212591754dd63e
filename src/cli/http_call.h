/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One HTTP call after another, each waited for. A door to libcurl of its own: the publisher's
 * asks many endpoints at once, never waits and drops what it hears; this one waits, sends and keeps
 * bodies, shows progress, and carries a token.
 *
 * http and https only, no redirects (a token goes to no other address), no proxy from the
 * environment, no .netrc, no signals; certificates and their names are verified; what is received
 * has a ceiling that does not trust the headers.
 */
#ifndef COREGATE_CLI_HTTP_CALL_H
#define COREGATE_CLI_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"

#define HTTP_CALL_CONNECT_S    10
#define HTTP_CALL_ANSWER_MAX   ((size_t)64 << 20)  /* kept in memory */
#define HTTP_CALL_FILE_MAX     ((uint64_t)4 << 30) /* written to a file */
#define HTTP_CALL_ERROR_BYTES  256
#define HTTP_CALL_HEADER_BYTES 128

struct http_caller;

/* Body bytes sent so far, and all of them. */
typedef void http_progress_fn(void *context, uint64_t sent, uint64_t total);

struct http_call {
	const char *method;
	const char *url;
	const char *const *headers; /* "Name: value", ended by NULL */
	const void *body;           /* NULL: none */
	size_t body_length;
	unsigned timeout_s;         /* of the call as a whole */
	FILE *file;                 /* where the body of a 200 goes; NULL: into the answer */
	http_progress_fn *progress; /* NULL: nobody looks */
	void *context;
};

struct http_answer {
	long status;      /* 0: there was no answer */
	const char *body; /* NUL-terminated, in the arena; "" when it went to the file */
	size_t length;
	char content_type[HTTP_CALL_HEADER_BYTES]; /* "" when there is none, and so on */
	char retry_after[HTTP_CALL_HEADER_BYTES];
	char change_id[HTTP_CALL_HEADER_BYTES];
	char etag[HTTP_CALL_HEADER_BYTES];
};

/* The base of all calls from an address as people write it: with or without a path, which is then
 * the API's own. NULL, and a clause in *ret_why, when it is no http or https address or has a
 * user, a query or a fragment. *ret_is_open: it is http to another machine, so that everybody
 * between may read the token. */
const char *http_call_base(
        struct arena *arena, const char *address, bool *ret_is_open, const char **ret_why);

/* cacert: a file of certificates instead of the system's; NULL: the system's. NULL when there is no
 * memory. */
struct http_caller *http_caller_open(const char *cacert);
void http_caller_close(struct http_caller *caller); /* NULL is accepted */

/* True when there was an answer, whatever its status. Else ret_why is a clause for people. */
bool http_caller_call(struct http_caller *caller, struct arena *arena, const struct http_call *call,
        struct http_answer *ret_answer, char ret_why[static HTTP_CALL_ERROR_BYTES]);

#endif
