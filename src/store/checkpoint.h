/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copying the write-ahead log into the database, in a process of its own beside the writer: it
 * takes as long as the disk takes to sync, and nobody's write waits for it. Only the writer lets
 * the log start anew (writer_checkpoint), because that must not happen while it writes.
 */
#ifndef COREGATE_STORE_CHECKPOINT_H
#define COREGATE_STORE_CHECKPOINT_H

#include <stdint.h>

#include "core/err.h"
#include "store/store.h"

struct checkpointer;

/* The settings are copied. The store is opened when it is needed first, and must have been opened
 * by a writer then. NULL when there is no memory. */
struct checkpointer *checkpointer_open(const struct store_settings *settings);

/* NULL is accepted. The files of the log stay. */
void checkpointer_close(struct checkpointer *checkpointer);

/* Copies what readers let it copy, and makes that durable; the writer and the readers go on
 * meanwhile. *ret_frames: how much of the log, from its start, is in the database now.
 * ERR_UNAVAILABLE (may pass; also when somebody else copies just now), ERR_INTERNAL: logged. */
MUST_CHECK enum err checkpointer_copy(struct checkpointer *checkpointer, uint32_t *ret_frames);

#endif
