/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The commands that call the API: one table, from which come the request, the help and the way the
 * answer is shown.
 */
#ifndef COREGATE_CLI_REMOTE_H
#define COREGATE_CLI_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct session;

enum remote_place {
	REMOTE_QUERY, /* options and words become query parameters */
	REMOTE_BODY,  /* they become members of a JSON body */
};

struct remote_command {
	const char *group;
	const char *word; /* NULL: the group's name is the whole command */
	/* Its words in order, by the members they become: `name` one, `value?` perhaps one,
	 * `values...` one or more, `value?...` any number. Those that are in the path go there;
	 * those with `@` before them are the command's own. */
	const char *words;
	const char *flags; /* keys of cli/flags.c, besides the common ones */
	const char *method;
	const char *path; /* "/zones/{zone}" */
	enum remote_place place;
	int (*run)(struct session *session); /* the exit status */
	const char *columns; /* of struct table; NULL: the answer is shown as an object */
	const char *summary;
	const char *notes; /* more of the help, or NULL */
};

/* All of them, in the order of the help. */
const struct remote_command *remote_all(size_t *ret_count);

/* The command that argv[1] and argv[2] name, or NULL; *ret_skip: how many words that took. */
const struct remote_command *remote_find(int argc, char **argv, int *ret_skip);

/* Reads the arguments and does it. argv[0] is the last word of the command's name. The exit
 * status. */
int remote_run(const struct remote_command *command, int argc, char **argv);

/* "record get NAME TYPE", for a list of commands. Returns how many columns that took. */
size_t remote_print_name(FILE *file, const struct remote_command *command);

#endif
