/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a command and what was given to it to a request.
 */
#ifndef COREGATE_CLI_REQUEST_H
#define COREGATE_CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/flags.h"
#include "cli/remote.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"

#define REQUEST_HEADERS_MAX 8
#define REQUEST_URL_MAX     ((size_t)256 << 10)
#define REQUEST_BODY_MAX    ((size_t)8 << 20)
#define REQUEST_WORD_BYTES  32

struct request {
	const char *method;
	const char *path; /* and query, behind the base of the API */
	const char *body; /* NULL: none */
	size_t body_length;
	size_t header_count;
	const char *headers[REQUEST_HEADERS_MAX + 1];
	/* Doing it twice comes to the same, also when nobody knows whether the first time worked.
	 */
	bool is_repeatable;
};

/* One of a command's words, of struct remote_command. */
struct request_word {
	char name[REQUEST_WORD_BYTES];
	bool is_own; /* '@': none of the request's business */
	bool is_optional;
	bool is_list;
};

/* Takes the next word off *words. False at the end. */
bool request_next_word(const char **words, struct request_word *ret_word);

/* The words, the options of FLAG_MEMBER and those of FLAG_HEADER, where the command says they go.
 * The number of words has been checked. COMMAND_OK, or what it ends with, with a message. */
int request_build(const struct remote_command *command, const struct given *given,
        struct request *ret_request);

/* A GET of a path with its query. */
void request_get(const char *path, struct request *ret_request);

/* A POST of JSON to a path, with the options of FLAG_HEADER in keys. As request_build. */
int request_post(const char *path, struct buf *body, const struct given *given, const char *keys,
        struct request *ret_request);

/* Gives the request a body of another kind. */
int request_put_body(struct arena *arena, struct request *request, const char *content_type,
        const char *body, size_t length);

/* Appends "?name=value" or "&name=value", escaped (RFC 3986). */
void request_put_parameter(struct buf *buf, const char *name, const char *value);

/* Puts those of the options of FLAG_MEMBER in keys that were given. */
void request_put_members(struct json_writer *writer, const struct given *given, const char *keys);

#endif
