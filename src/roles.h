/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The processes of the service as a table: what each one is, and how it narrows its rights before
 * it begins.
 */
#ifndef COREGATE_ROLES_H
#define COREGATE_ROLES_H

#include <stddef.h>

#include "core/metrics.h"
#include "server/responder.h"
#include "server/supervisor.h"
#include "setup.h"
#include "shared.h"

#define ROLES_COUNT 6

/* What a child looks at; the supervisor changes it only before forking. */
struct role_context {
	const struct conf *conf;
	const struct keyring *keyring;
	struct key *issuing_key; /* for responders only; NULL: there is none */
	const struct identities *identities;
	const struct sockets *sockets;
	const struct shared *shared;
	struct responder_pool *pool;
	struct responder_pool *bulk_pool;
};

/* Fills the table, in the order in which the roles stop: responders, those for whole zones, writer,
 * publisher, indexer, copier. */
void roles_init(struct role roles[static ROLES_COUNT], struct role_context *context);

/* How many processes of each, after a reload. */
void roles_put_counts(struct role *roles, size_t role_count, const struct conf *conf);

/* Which counter a restart of the role moves. */
enum metric roles_restart_metric(const struct role *role);

#endif
