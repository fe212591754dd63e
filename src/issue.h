/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Child tokens: from what was asked for to a signed token that says no more than its parent and the
 * ceiling of the issuing key.
 */
#ifndef COREGATE_ISSUE_H
#define COREGATE_ISSUE_H

#include "api/tokens.h"
#include "exchange.h"

/* Permits an op of kind OP_TOKEN_ISSUE: makes the child and signs it, into x->plan.token, which may
 * leave only when the op was committed. ERR_NOT_FOUND without an issuing key; ERR_BAD_REQUEST and
 * ERR_NOT_PERMITTED with all faults; ERR_TOO_LARGE for a token that would be too long. */
MUST_CHECK enum err issue_permit(struct exchange *x, struct op *op);

/* The claims that are asked for, in issue_claims.c. What is left out: the parent's subject,
 * addresses and rate class, no rights, no depth, and the latest end up to latest_ms that a token
 * gets by itself. ERR_BAD_REQUEST with all faults. */
MUST_CHECK enum err issue_parse(struct exchange *x, int64_t latest_ms, struct token *ret_child);

#endif
