/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The indexer's life: it reads the store and keeps the index of searches (search/index.h). It reads
 * what changes have left from the history, behind the writer's back, so that a write costs nothing
 * more; what it has not come to yet a search reads from the history itself.
 */
#ifndef COREGATE_INDEXER_H
#define COREGATE_INDEXER_H

#include <stdatomic.h>
#include <stdint.h>

#include "search/index.h"

struct indexer_context {
	const char *store_path;
	const _Atomic uint64_t *epoch;   /* what it has to be made anew for */
	_Atomic uint64_t *indexed_epoch; /* what it was made since */
	struct search_index *index;
	int stop_fd; /* readable when it is time to stop; -1: none */
	void (*on_ready)(void);
};

/* Runs until process_is_stopping. The exit status. */
int indexer_run(const struct indexer_context *context);

#endif
