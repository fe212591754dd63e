/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The names of the objects that a scan has open, to find one that comes twice. No choice of names
 * makes that slow.
 */
#ifndef COREGATE_CORE_JSON_NAMES_H
#define COREGATE_CORE_JSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

#define JSON_NAMES_FIRST 32

struct json_name {
	const char *bytes; /* after unescaping */
	size_t length;
	size_t at; /* where it stands in the text */
};

struct json_names {
	struct arena *arena;
	struct json_name *items; /* the innermost object's are last */
	size_t count;
	size_t room;
	struct json_name first[JSON_NAMES_FIRST]; /* most texts need no more */
};

/* An empty list that grows in arena. It must not be moved afterwards. */
void json_names_init(struct json_names *names, struct arena *arena);

/* Adds a name, whose bytes stay the caller's. False when the arena is full. */
bool json_names_add(struct json_names *names, const struct json_name *name);

/* Drops the names from number base on. True when two of them were equal: *ret_at is then where the
 * later one stands. */
bool json_names_drop(struct json_names *names, size_t base, size_t *ret_at);

#endif
