/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an answer of the API that is no success means for people and for the exit status.
 */
#ifndef COREGATE_CLI_TROUBLE_H
#define COREGATE_CLI_TROUBLE_H

#include <stdbool.h>

#include "cli/http_call.h"
#include "core/arena.h"

/* More patience than this is not had; the command ends instead. */
#define TROUBLE_WAIT_MAX_S 60
#define TROUBLE_TRIES      4

/* The exit status for an HTTP status; COMMAND_OK for a success. */
int trouble_exit(long status);

/* How many seconds to wait before sending again; 0: not again. tries is how often it was sent.
 * 429 came before anything was done; 503 may have come after, so only what is repeatable is. */
unsigned trouble_patience(const struct http_answer *answer, unsigned tries, bool is_repeatable);

/* Tells a problem (RFC 9457) on standard error: one sentence, then one line for each field at
 * fault. An answer that is no problem is told by its status. Returns the exit status. */
int trouble_tell(struct arena *arena, const struct http_answer *answer);

#endif
