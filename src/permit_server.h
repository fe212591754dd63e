/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Permission for servers: each RRset that a registration may touch needs a grant of its own.
 */
#ifndef COREGATE_PERMIT_SERVER_H
#define COREGATE_PERMIT_SERVER_H

#include "exchange.h"
#include "lookup.h"

/* Finds zones and covering grants of all parts of the op, and adds the parts of the registration
 * that is there now. ERR_NOT_PERMITTED, ERR_NO_SUCH_ZONE. A PTR that is wanted and not covered is
 * left to the writer, which skips or refuses it. */
MUST_CHECK enum err permit_server_op(const struct lookup *lookup, struct op *op);

/* Takes values that the token may not read out of what the outcome tells. */
void permit_server_entries(const struct token *token, struct outcome *outcome);

#endif
