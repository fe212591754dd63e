/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request's life in a responder process: the stage table and the loop that runs it.
 */
#ifndef COREGATE_PIPELINE_H
#define COREGATE_PIPELINE_H

#include "auth/keyring.h"
#include "conf/conf.h"
#include "core/err.h"
#include "server/responder.h"
#include "shared.h"

struct pipeline;

/* Everything must stay valid while the pipeline is open. */
struct pipeline_settings {
	const struct conf *conf;
	const struct keyring *keyring;
	const struct key *issuing_key; /* signs child tokens; NULL: none are made */
	const struct shared *shared;
	const char *writer_path;    /* the writer's socket */
	const char *publisher_path; /* the publisher's socket, for questions to CoreDNS */
};

/* In a responder, after forking. NULL when there is no memory. */
struct pipeline *pipeline_open(const struct pipeline_settings *settings);

/* NULL is accepted. */
void pipeline_close(struct pipeline *pipeline);

/* Serves one request: reads it from the task's exchange and writes its answer. False: it waits for
 * another process; see struct responder_service. */
bool pipeline_serve(void *pipeline, struct task *task, enum task_event event);

#endif
