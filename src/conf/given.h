/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the text of a configuration to a tree of texts with lines, through libConfuse.
 */
#ifndef COREGATE_CONF_GIVEN_H
#define COREGATE_CONF_GIVEN_H

#include <stdbool.h>

#include <confuse.h>

#include "core/buf.h"

/* One value as the file gives it, with its line: libConfuse keeps no lines itself. */
struct given {
	unsigned line;
	char text[];
};

/* What is wrong with a file. Only the first fault counts. */
struct conf_message {
	const char *name; /* of the file */
	struct buf text;
	bool is_set;
};

/* Notes a fault at a line (0: at none) unless there is one. Returns false. */
bool conf_message_set(struct conf_message *message, unsigned line, const char *problem);

/* Parses a text that conf_scan has passed, against conf_options: each value becomes a struct given,
 * as the pointer value of its option. A fault is in message; the tree (NULL when memory is out) is
 * whole only without one. The caller ends it with cfg_free. */
cfg_t *given_parse(const char *text, struct conf_message *message);

#endif
