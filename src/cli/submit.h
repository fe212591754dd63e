/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A change from the command line: through the writer when coregated runs, else straight into the
 * store under its lock, with its audit row either way.
 */
#ifndef COREGATE_CLI_SUBMIT_H
#define COREGATE_CLI_SUBMIT_H

#include "cli/place.h"
#include "core/arena.h"
#include "dns/change.h"

/* An exit status, with a message on failure. The actor, the request id and the bounds of the ops
 * are filled in: who may open the socket or the store may do anything. */
int submit_change(struct arena *arena, const struct place *place, struct change *change,
        struct outcome *ret_outcome);

#endif
