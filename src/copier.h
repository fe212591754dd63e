/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The copier's life: whenever the writer says that the store's log has grown, it copies the log
 * into the database (store/checkpoint.h) and tells the writer how far it has come.
 */
#ifndef COREGATE_COPIER_H
#define COREGATE_COPIER_H

#include "shared.h"

struct copier_context {
	const char *store_path;
	const struct shared *shared;
	int stop_fd; /* readable when it is time to stop; -1: none */
	void (*on_ready)(void);
};

/* Runs until process_is_stopping. The exit status. */
int copier_run(const struct copier_context *context);

#endif
