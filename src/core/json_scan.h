/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scan that decides whether a text is JSON (RFC 8259) before anything is built from it. It
 * refuses invalid grammar and UTF-8, a byte order mark and what the options do not allow; it
 * allocates only for the names of large objects.
 */
#ifndef COREGATE_CORE_JSON_SCAN_H
#define COREGATE_CORE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* What RFC 8259 leaves to the receiver. All zero is the strictest about content. */
struct json_scan_options {
	unsigned depth_max; /* arrays and objects inside one another; recursion, so keep it small */
	size_t nodes_max;   /* values, the root included */
	size_t number_length_max;   /* bytes of a number; 0: any */
	bool allow_duplicate_names; /* section 4: names SHOULD be unique */
	bool allow_nul;             /* U+0000 in a string, written as an escape */
	bool allow_lone_surrogates; /* section 8.2: an escape that is half a pair */
};

struct json_scan_result {
	const char *what; /* on failure: what is wrong, static storage */
	size_t at;        /* on failure: at which byte, from 0 */
	size_t node_count;
	/* Numbers that are not an integer within ±2^53, by their place among the numbers of the
	 * text, ascending, in the arena. They would be rounded as binary64. */
	size_t inexact_count;
	uint32_t *inexact;
};

/* Scans exactly one value with white space around it. ERR_BAD_REQUEST: not valid; ERR_TOO_LARGE:
 * past depth_max or nodes_max, or the arena is full. `what` and `at` are set on failure. */
MUST_CHECK enum err json_scan(struct arena *arena, const char *text, size_t length,
        const struct json_scan_options *options, struct json_scan_result *ret_result);

#endif
