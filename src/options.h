/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line of coregated.
 */
#ifndef COREGATE_OPTIONS_H
#define COREGATE_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *config_path;
	bool check_only; /* -t */
	bool verbose;    /* -v: with -t every option with its value */
};

/* Handles --help and --version itself and exits; exits with 2 and a message for a mistake. */
void options_parse(int argc, char **argv, struct options *ret_options);

#endif
