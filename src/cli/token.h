/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `coregate token …`: making, reading, checking and revoking tokens.
 */
#ifndef COREGATE_CLI_TOKEN_H
#define COREGATE_CLI_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"
#include "core/arena.h"

command_fn token_command_issue;
command_fn token_command_inspect;
command_fn token_command_verify;
command_fn token_command_revoke;
command_fn token_command_list_revoked;

/* Memory of one command. NULL with a message when it cannot be had. */
struct arena *token_open_arena(void);

/* Reads a token from a file or "-" (standard input), white space around it removed. False with a
 * message. */
bool token_read(struct arena *arena, const char *path, const char **ret_token, size_t *ret_length);

#endif
