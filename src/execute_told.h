/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changes of many ops, and changes that are answered as the history tells them: permission op by
 * op, the faults that the writer found, and reading the change back.
 */
#ifndef COREGATE_EXECUTE_TOLD_H
#define COREGATE_EXECUTE_TOLD_H

#include "execute.h"

/* Permits one op: finds its zone and its bounds. */
typedef enum err permit_fn(struct exchange *x, struct op *op);

/* Permits each op of a list; those that are not permitted become faults at their places. Of a dry
 * run the others go on. What is returned is told first: ERR_NOT_PERMITTED before all else. */
MUST_CHECK enum err execute_permit_list(struct exchange *x, permit_fn *permit);

/* What the change comes to, once x->outcome is there: the writer's faults are put at the places of
 * their ops, beside those that a dry run had before. */
MUST_CHECK enum err execute_take_outcome(struct exchange *x);

/* Sets x->change for the answer of a plan that is_told. When the change cannot be read back it was
 * made all the same: then x->change stays empty and false is returned. */
bool execute_tell(struct exchange *x);

#endif
