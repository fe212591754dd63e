/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a service needs before it can start: configuration, keys, identities, folders, sockets.
 * Failures print one sentence to standard error.
 */
#ifndef COREGATE_SETUP_H
#define COREGATE_SETUP_H

#include <stdbool.h>

#include "auth/keyring.h"
#include "conf/conf.h"
#include "core/arena.h"
#include "server/privileges.h"

/* A configuration with all that depends on it; replaced as a whole at a reload. */
struct setup {
	struct conf *conf;
	struct arena *arena; /* owns the key ring's names */
	struct keyring keyring;
	struct key *issuing_key; /* in locked memory; NULL: no child tokens are made */
};

/* Loads configuration and keys. message: what is wrong, with file and line. */
bool setup_load(const char *path, struct setup *ret_setup, char message[static CONF_MESSAGE_BYTES]);

/* Wipes and frees what setup_load made. */
void setup_unload(struct setup *setup);

/* Who the processes become when started as root. */
struct identities {
	bool drop;              /* false: not root, or no user is configured */
	struct identity keeper; /* writer and publisher */
	struct identity responder;
};

bool setup_find_identities(const struct conf *conf, struct identities *ret_identities);

/* Makes the folders that are missing and gives them to the keeper. */
bool setup_make_folders(const struct conf *conf, const struct identities *identities);

struct sockets {
	int fastcgi_fd;
	int bulk_fd;
	int writer_fd;
	int publisher_fd;
	bool is_activated;      /* systemd made the FastCGI socket and keeps it */
	bool is_bulk_activated; /* the one for whole zones, too */
	const char *writer_path;
	const char *publisher_path;
};

/* Opens the sockets; the paths live in the arena of the process. */
bool setup_open_sockets(const struct conf *conf, const struct identities *identities,
        struct arena *arena, struct sockets *ret_sockets);

#endif
