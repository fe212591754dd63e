/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cursors of lists whose position is a short text. As in api/cursor.h they are sealed: a client
 * learns nothing from one and can make none.
 */
#ifndef COREGATE_API_CURSOR_TEXT_H
#define COREGATE_API_CURSOR_TEXT_H

#include "core/arena.h"
#include "core/err.h"
#include "core/secret.h"

/* Octets of a position, without its NUL. */
#define CURSOR_TEXT_MAX 255u

/* list: a letter of the list, so that the cursor of one is none of another; not the version octet
 * of api/cursor.h. NULL when the arena is full or the position too long. */
const char *cursor_text_render(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        char list, const char *position);

/* *ret_position lives in the arena. ERR_BAD_REQUEST for anything that cursor_text_render did not
 * make for this list with this key; ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err cursor_text_parse(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        char list, const char *text, const char **ret_position);

#endif
