/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A large import: the whole zone as it will be goes to the writer in slices, none of which keeps
 * other writes waiting for long and none of which anybody sees, and then becomes the zone in one
 * small step (docs/adr/0010).
 */
#ifndef COREGATE_IMPORT_STAGE_H
#define COREGATE_IMPORT_STAGE_H

#include "exchange.h"
#include "import.h"

/* After a pass without faults; into x->outcome. ERR_PRECONDITION_FAILED: the zone changed in a way
 * that needs everything to be compared anew. */
MUST_CHECK enum err import_stage(struct exchange *x, struct import *import);

#endif
