/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests that come again: a change with an Idempotency-Key is done once and answered the same
 * ever after (draft-ietf-httpapi-idempotency-key-header). The writer decides that, in the
 * transaction of the change. What is found here before saves it the way, and lets a repeat through
 * that could not be planned any more: its zone is gone, the time it names has passed.
 */
#ifndef COREGATE_REPEAT_H
#define COREGATE_REPEAT_H

#include "exchange.h"

/* Takes the key of a change into x->idempotency, with the fingerprint of method, path, query and
 * body, and what it was answered before into x->repeat. The body has been read. ERR_BAD_REQUEST for
 * a key that is not well formed, ERR_IDEMPOTENCY_MISMATCH for one of another request. */
MUST_CHECK enum err repeat_find(struct exchange *x);

/* What permission comes to for a repeat: a zone that has gone since does not matter. */
MUST_CHECK enum err repeat_permit(enum err permission);

/* Makes the answer kept in x->repeat that of this request. */
MUST_CHECK enum err repeat_answer(struct exchange *x);

#endif
