/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON (RFC 8259), strictly: the only door to cJSON. A scan of our own refuses first what cJSON
 * would let through (invalid grammar and UTF-8, byte order mark, duplicate keys after unescaping,
 * U+0000, lone surrogates, depth, number of nodes); cJSON then builds the tree inside the arena.
 */
#ifndef COREGATE_CORE_JSON_H
#define COREGATE_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define JSON_DEPTH_MAX 16
#define JSON_NODES_MAX 65536

/* One value of a parsed text; lives as long as the arena. */
struct json;

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Parses exactly one JSON value, white space around it allowed.
 * ERR_BAD_REQUEST: not valid, *ret_detail says what and at which byte (in the arena).
 * ERR_TOO_LARGE: deeper, more nodes than allowed, or the arena is full. */
MUST_CHECK enum err json_parse(struct arena *arena, const char *text, size_t length,
        const struct json **ret_root, const char **ret_detail);

enum json_kind json_kind(const struct json *value);

/* "null", "boolean", "number", "string", "array", "object". */
const char *json_kind_name(const struct json *value);

/* Member of an object by its exact name; NULL when missing or value is not an object. */
const struct json *json_find(const struct json *object, const char *name);

/* Number of members or elements; 0 for anything else. */
size_t json_count(const struct json *value);

/* First element or member, then the next one; NULL at the end. */
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *value);

/* Name of an object's member; NULL for an element of an array. */
const char *json_name(const struct json *value);

/* NULL unless the value is a string. NUL-terminated; never contains U+0000. */
const char *json_string(const struct json *value);

/* False unless the value is a number without fraction between minimum and maximum. The bounds
 * must lie within ±2^53. */
bool json_integer(const struct json *value, int64_t minimum, int64_t maximum, int64_t *ret_number);

/* False unless the value is true or false. */
bool json_bool(const struct json *value, bool *ret_value);

/* ---- writing ----
 * A writer appends to a buffer and places commas itself. Names and strings are escaped; bytes that
 * are not UTF-8 become U+FFFD. Overflow shows in the buffer (buf_is_full). */
struct json_writer {
	struct buf *buf;
	unsigned depth;
	bool needs_comma;
};

void json_writer_init(struct json_writer *writer, struct buf *buf);
void json_open_object(struct json_writer *writer, const char *name); /* name NULL in an array */
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer, const char *name);
void json_close_array(struct json_writer *writer);
void json_put_string(struct json_writer *writer, const char *name, const char *string);
void json_put_bytes(struct json_writer *writer, const char *name, const char *bytes, size_t length);
void json_put_int(struct json_writer *writer, const char *name, int64_t number);
void json_put_bool(struct json_writer *writer, const char *name, bool value);
void json_put_null(struct json_writer *writer, const char *name);
/* Text that is JSON already. */
void json_put_raw(struct json_writer *writer, const char *name, const char *json);

#endif
