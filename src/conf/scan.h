/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A first look at a configuration text, before libConfuse sees it. libConfuse 3.3 miscounts lines
 * after comments, takes an open comment or block at the end of the file for a closed one, and puts
 * the environment into strings. What it sees after this scan is free of all that.
 */
#ifndef COREGATE_CONF_SCAN_H
#define COREGATE_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Checks text and turns its comments into spaces, in place; lines stay where they are.
 * Comments: from # or // to the end of the line, and between the C marks. Strings stand in ' or ",
 * end on their line, and know the escapes \\ and the quote's own; words without quotes hold
 * letters, digits and . _ - : / only. False when it is not so: *ret_line and *ret_problem (static
 * storage) say where and what. */
MUST_CHECK bool conf_scan(char *text, size_t length, unsigned *ret_line, const char **ret_problem);

#endif
