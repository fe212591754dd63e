/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cursors of lists: opaque text for clients, a position for us. A cursor grants nothing: what may
 * be read is decided anew for every record.
 */
#ifndef COREGATE_API_CURSOR_H
#define COREGATE_API_CURSOR_H

#include "core/arena.h"
#include "core/err.h"
#include "dns/zone.h"

/* Text in the arena; NULL when it is full. */
const char *cursor_render(struct arena *arena, const struct record_position *position);

/* ERR_BAD_REQUEST for anything that cursor_render did not make. */
MUST_CHECK enum err cursor_parse(const char *text, struct record_position *ret_position);

#endif
