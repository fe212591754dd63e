/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cursors of lists: opaque text for clients, a position for us. A cursor grants nothing: what may
 * be read is decided anew for every record. It also tells nothing: a position can be that of a
 * record which the token may not list, so cursors are sealed with a key of the service's own.
 */
#ifndef COREGATE_API_CURSOR_H
#define COREGATE_API_CURSOR_H

#include "core/arena.h"
#include "core/err.h"
#include "core/secret.h"
#include "dns/zone.h"

/* Text in the arena; NULL when it is full. */
const char *cursor_render(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        const struct record_position *position);

/* ERR_BAD_REQUEST for anything that cursor_render did not make with this key. */
MUST_CHECK enum err cursor_parse(const char *text, const uint8_t key[static SEAL_KEY_BYTES],
        struct record_position *ret_position);

/* A position that is a number. The kinds keep the lists apart. */
enum cursor_kind {
	CURSOR_HISTORY = 2, /* a change's id */
	CURSOR_EFFECTS = 3, /* a row of a change */
};

const char *cursor_render_number(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        enum cursor_kind kind, uint64_t number);
MUST_CHECK enum err cursor_parse_number(const char *text, const uint8_t key[static SEAL_KEY_BYTES],
        enum cursor_kind kind, uint64_t *ret_number);

#endif
