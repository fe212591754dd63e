/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a command of `coregate` is: a function over its own arguments. cli/main.c holds the table.
 */
#ifndef COREGATE_CLI_COMMAND_H
#define COREGATE_CLI_COMMAND_H

#include <stdio.h>

#include "core/err.h"

/* What the process ends with. Those from COMMAND_NOT_FOUND on come from the API alone. */
enum command_exit {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1,      /* also: something went wrong there (500) */
	COMMAND_USAGE = 2,       /* nothing was sent */
	COMMAND_NOT_FOUND = 3,   /* 404 */
	COMMAND_CONFLICT = 4,    /* 409, 412, a server that was not registered for a conflict */
	COMMAND_REFUSED = 5,     /* 401, 403, a server that was not registered by configuration */
	COMMAND_UNAVAILABLE = 6, /* no answer; 429, 502, 503, 504 to the last */
	COMMAND_NOT_YET = 7,     /* done, but not served in the time given; not verified */
	COMMAND_INVALID = 8,     /* 400, 405, 413, 415, 422: what was sent cannot be */
};

/* argv[0] is the command's own last word ("verify"), options follow; argv[argc] is NULL. getopt's
 * state is fresh (optind 1 or 0). The result is the exit status of the process. A function prints
 * its own messages and its own --help. */
typedef int command_fn(int argc, char **argv);

/* "coregate: " and the message and a newline on standard error; returns COMMAND_FAILED. */
int command_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same with a hint to --help; returns COMMAND_USAGE. */
int command_misused(const char *format, ...) PRINTF_LIKE(1, 2);

/* Prints a command's help. */
int command_help(const char *help);

/* Flushes what was printed; COMMAND_FAILED with a message when that did not work. */
int command_finish(FILE *file);

#endif
