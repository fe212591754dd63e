/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers for people: aligned columns, and names beside values.
 */
#ifndef COREGATE_CLI_TABLE_H
#define COREGATE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/view.h"
#include "core/arena.h"

#define TABLE_COLUMNS_MAX 16

/* A table that may come in several pages. Widths only grow, so that memory is a page's. */
struct table {
	FILE *file;
	size_t screen; /* columns of the terminal; 0: as wide as it gets */
	/* Separated by spaces, each `member` or `title:member` or `title:member.member`; where
	 * `value` is missing and `values` is there, each of those makes a row. A column that no row
	 * has is left out. */
	const char *columns;
	size_t widths[TABLE_COLUMNS_MAX];
	bool is_shown[TABLE_COLUMNS_MAX];
	bool has_header;
};

/* How wide the terminal behind a file is; 0 when it is none. */
size_t table_screen(FILE *file);

/* Prints the objects of an array, or one object, as rows, the header before the first ones. False
 * when memory or the file gives out. */
bool table_print(struct table *table, struct arena *arena, struct view rows);

/* Prints the members of an object, one a line; objects in it with their names before the members';
 * arrays of objects as tables behind. */
bool table_print_object(FILE *file, size_t screen, struct arena *arena, struct view object);

#endif
