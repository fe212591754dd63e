/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the API is and with which token it is called. An option counts before the environment, the
 * environment before the file of the person.
 */
#ifndef COREGATE_CLI_ACCESS_H
#define COREGATE_CLI_ACCESS_H

#include "cli/flags.h"
#include "core/arena.h"

struct access {
	const char *base;          /* "https://dns.example.com/api/v1/dns" */
	const char *authorization; /* a header with the token */
	const char *cacert;        /* NULL: the system's */
};

/* COMMAND_OK, COMMAND_USAGE when nothing says where or which, COMMAND_FAILED when a file cannot be
 * used; with a message. A token that others can read off its file is refused, one that the group
 * can read or that goes to another machine over http is warned of (not with --quiet). */
int access_find(const struct given *given, struct access *ret_access);

#endif
