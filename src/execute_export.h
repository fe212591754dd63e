/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone as a zone file, out of one state of the store, in pieces: memory does not grow with the
 * zone.
 */
#ifndef COREGATE_EXECUTE_EXPORT_H
#define COREGATE_EXECUTE_EXPORT_H

#include "exchange.h"

/* Finds the zone, and holds token and preconditions against it; the state of the store stays held.
 * ERR_NOT_PERMITTED before anything is told, then ERR_NO_SUCH_ZONE, ERR_PRECONDITION_FAILED. */
MUST_CHECK enum err execute_export(struct exchange *x);

/* Writes the text behind the head of the answer. When the store fails in the middle the answer is
 * broken off, so that nobody takes a part for the whole. */
void execute_export_stream(struct exchange *x);

#endif
