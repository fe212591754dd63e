/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who may revoke what.
 */
#ifndef COREGATE_REVOKE_H
#define COREGATE_REVOKE_H

#include "exchange.h"

/* Permits an op of kind OP_REVOKE: any to a token with token.revoke, and to every token itself and
 * its children. The revocation of a token whose end is known is kept at least until then. ERR_OK,
 * ERR_NOT_PERMITTED, ERR_BAD_REQUEST with a fault, or an error of the store. */
MUST_CHECK enum err revoke_permit(struct exchange *x, struct op *op);

#endif
