/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Grants for common uses, so that few people ever write one by hand.
 */
#ifndef COREGATE_AUTH_PRESET_H
#define COREGATE_AUTH_PRESET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/json.h"

struct preset_scope {
	const char *const *zones;
	size_t zone_count;
	const char *const *names; /* relative to the zone */
	size_t name_count;
};

struct preset;

/* NULL when there is none of that name. */
const struct preset *preset_find(const char *name);

/* What is missing for the preset, as one sentence; NULL when nothing is. */
const char *preset_check(const struct preset *preset, const struct preset_scope *scope);

/* Writes the grant as an element of a list. */
void preset_write_grant(struct arena *arena, const struct preset *preset,
        const struct preset_scope *scope, struct json_writer *writer);

/* True when the preset carries all administrative rights. */
bool preset_is_admin(const struct preset *preset);

#endif
