/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text from elsewhere made harmless for a terminal.
 */
#ifndef COREGATE_CLI_PLAIN_H
#define COREGATE_CLI_PLAIN_H

#include <stddef.h>

#include "core/arena.h"

/* The text with everything escaped that could move a cursor, change colours or turn the direction
 * of writing: control characters (C0, C1, DEL) and bytes that are no UTF-8 as \xNN, the characters
 * that steer direction as \u{NNNN}. NULL when there is no memory; NULL is accepted. */
const char *plain_text(struct arena *arena, const char *text);

/* Code points: how many columns a plain text takes, wide and combining letters aside. */
size_t plain_width(const char *text);

/* How many bytes the first `columns` code points of a plain text have. */
size_t plain_prefix(const char *text, size_t columns);

#endif
