/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `coregate audit …`: checking and exporting the audit log of a store, also while the daemon runs.
 */
#ifndef COREGATE_CLI_AUDIT_H
#define COREGATE_CLI_AUDIT_H

#include "cli/command.h"

/* Recomputes the chain of hashes; says which row is the first bad one and why. */
command_fn audit_command_verify;

/* Writes the rows as JSON Lines. */
command_fn audit_command_export;

#endif
