/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer process: collect every message that waits → begin → apply each, whole or not at all →
 * an audit row for each → commit once → answer all → wake the publisher.
 */
#ifndef COREGATE_COMMIT_H
#define COREGATE_COMMIT_H

#include "shared.h"

/* Everything must stay valid while commit_run runs. */
struct commit_context {
	const char *store_path; /* the database; opened here */
	int listen_fd;          /* the writer's socket, SOCK_SEQPACKET, listening */
	const struct shared *shared;
};

/* Runs until process_is_stopping; the batch at hand is finished and answered. Returns the process's
 * exit status: 0, or 1 when the store cannot be opened at all (logged). A full disk or a store
 * that breaks: answers ERR_UNAVAILABLE, says so in shared->state, and recovers by itself. */
int commit_run(const struct commit_context *context);

#endif
