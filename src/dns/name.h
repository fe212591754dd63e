/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Domain names as values: canonical wire form (RFC 4034 section 6.2: uncompressed, lower case).
 */
#ifndef COREGATE_DNS_NAME_H
#define COREGATE_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

#define NAME_WIRE_MAX 255
/* Longest text: every octet as \DDD, the dots, a NUL. */
#define NAME_TEXT_BYTES 1024

struct name {
	uint8_t length; /* octets in wire, the root label included; 0: no name */
	uint8_t wire[NAME_WIRE_MAX];
};

/* Parses an absolute name with or without its final dot. Letters become lower case. Escapes (\. and
 * \DDD) are decoded (RFC 1035 section 5.1). Refused: empty labels, labels over 63, names over 255
 * octets, control bytes and spaces (also escaped), bytes over 0x7e (IDNA A-labels only). "." is the
 * root. ERR_INVALID_NAME; *ret_detail is then a static sentence, untouched otherwise. */
MUST_CHECK enum err name_parse(
        const char *text, size_t length, struct name *ret_name, const char **ret_detail);

/* The name in wire form, already canonical (from the store or a message), with nothing behind it.
 * False when it is not well formed. */
MUST_CHECK bool name_parse_wire(const uint8_t *wire, size_t length, struct name *ret_name);

/* Lower case, escaped where needed, without the final dot; the root is ".". The canonical spelling
 * of the API. Returns ret_text. */
char *name_render(const struct name *name, char ret_text[static NAME_TEXT_BYTES]);

/* The same with the final dot: the spelling of zone files. */
char *name_render_absolute(const struct name *name, char ret_text[static NAME_TEXT_BYTES]);

/* The same with every octet but letters, digits, "-", "_" and "*" as \DDD: what any reader of zone
 * files takes. */
char *name_render_portable(const struct name *name, char ret_text[static NAME_TEXT_BYTES]);

bool name_is_equal(const struct name *a, const struct name *b);

/* True when name is ancestor itself or lies below it. */
bool name_is_under(const struct name *name, const struct name *ancestor);

/* True when the leftmost label is "*". */
bool name_is_wildcard(const struct name *name);

/* Labels without the root label; 0 for the root. */
unsigned name_count_labels(const struct name *name);

/* Drops the leftmost label. False for the root, ret_parent is untouched then. */
bool name_parent(const struct name *name, struct name *ret_parent);

/* The leftmost label in place, or NULL and *ret_length 0 for the root. */
const uint8_t *name_first_label(const struct name *name, size_t *ret_length);

/* Puts prefix (a name with its root label dropped: "www" or "a.b") before suffix.
 * False when the result is longer than 255 octets. */
MUST_CHECK bool name_concat(
        const struct name *prefix, const struct name *suffix, struct name *ret_name);

/* A key whose bytes, compared with memcmp, sort names canonically (RFC 4034 section 6.1): the
 * labels from the root down, each followed by 0x00. All keys of names below X begin with the key of
 * X. A name without zero octets is required, which name_parse grants. */
#define NAME_KEY_BYTES NAME_WIRE_MAX
size_t name_render_key(const struct name *name, uint8_t ret_key[static NAME_KEY_BYTES]);

/* Back from the key. False when key is not one. */
MUST_CHECK bool name_parse_key(const uint8_t *key, size_t length, struct name *ret_name);

/* The name as a file name: name_render, when that needs no "/" and no leading "."; false otherwise.
 */
MUST_CHECK bool name_render_file(const struct name *name, char ret_text[static NAME_TEXT_BYTES]);

#endif
