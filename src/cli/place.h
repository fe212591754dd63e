/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a running coregated and its store are: by its configuration, or said outright.
 */
#ifndef COREGATE_CLI_PLACE_H
#define COREGATE_CLI_PLACE_H

#include <stdbool.h>

#include "core/arena.h"

#define PLACE_STANDARD_CONFIG COREGATE_SYSCONFDIR "/coregate.conf"

/* For the help of a command. */
#define PLACE_HELP                                                                                 \
	"  --config FILE   the configuration that names the places (" PLACE_STANDARD_CONFIG ")\n"  \
	"  --store PATH    the database, instead of the configuration's\n"                         \
	"  --socket PATH   the writer's socket, instead of the configuration's\n"

struct place {
	const char *config_path; /* NULL: PLACE_STANDARD_CONFIG */
	const char *store_path;  /* NULL: not known */
	const char *socket_path; /* NULL: not known */
};

/* Fills in from the configuration, unless the store or the socket was named. False with a
 * message. */
bool place_find(struct arena *arena, struct place *place);

#endif
