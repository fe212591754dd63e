/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `coregate key …`: keys that sign tokens.
 */
#ifndef COREGATE_CLI_KEY_H
#define COREGATE_CLI_KEY_H

#include "cli/command.h"

command_fn key_command_generate;
command_fn key_command_pid;

/* Says why a file of a key could not be used, with errno where that tells more. Returns
 * COMMAND_FAILED. */
int key_explain(const char *path, enum err err, const char *detail);

#endif
