/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a command of `coregate` is: a function over its own arguments. cli/main.c holds the table.
 */
#ifndef COREGATE_CLI_COMMAND_H
#define COREGATE_CLI_COMMAND_H

#include <stdio.h>

#include "core/err.h"

enum command_exit {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1,
	COMMAND_USAGE = 2,
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
