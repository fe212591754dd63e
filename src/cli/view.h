/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking into an answer of the API without building anything from it: a value is the piece of
 * text that it stands in. So a number keeps all its digits, what is printed with --json is what
 * came, and a page costs no more memory than its text.
 */
#ifndef COREGATE_CLI_VIEW_H
#define COREGATE_CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

/* One JSON value in a text that view_open has found to be good; text is NULL when there is none. It
 * lives as long as that text. */
struct view {
	const char *text;
	size_t length;
};

enum view_kind {
	VIEW_NONE,
	VIEW_NULL,
	VIEW_BOOL,
	VIEW_NUMBER,
	VIEW_STRING,
	VIEW_ARRAY,
	VIEW_OBJECT
};

/* Checks that text is one JSON value. ERR_BAD_REQUEST when it is not, ERR_TOO_LARGE when it is
 * nested too deeply. arena is for the check's own needs. */
MUST_CHECK enum err view_open(
        struct arena *arena, const char *text, size_t length, struct view *ret_view);

enum view_kind view_kind(struct view view);

/* The member of that name, whose letters need no escape; none when there is none. */
struct view view_find(struct view object, const char *name);

bool view_is_true(struct view view);

/* A string decoded, anything else as it stands ("null", "12", "[1]"), NUL-terminated in the arena;
 * NULL when there is no value or no memory. A string has no U+0000. */
const char *view_text(struct arena *arena, struct view view);

/* Walks over the members of an object or the elements of an array. */
struct view_walk {
	const char *at;
	const char *end;
	bool has_names;
};

/* At the beginning of container; over nothing when it is neither object nor array. */
struct view_walk view_walk(struct view container);

/* The next value, and its name where there are names (with the quotes). False at the end. */
bool view_step(struct view_walk *walk, struct view *ret_name, struct view *ret_value);

/* Elements or members. */
size_t view_count(struct view container);

#endif
