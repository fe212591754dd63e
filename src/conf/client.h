/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration of a person who uses `coregate`: where the API is and what to show there.
 */
#ifndef COREGATE_CONF_CLIENT_H
#define COREGATE_CONF_CLIENT_H

#include <stdbool.h>

#include "core/arena.h"

#define CLIENT_MESSAGE_BYTES 1024u
#define CLIENT_FILE_MAX      (64u * 1024u)

/* Members are NULL where the file says nothing. They live in the arena. */
struct client_conf {
	const char *api;        /* api = "https://dns.example.com" */
	const char *token;      /* token = "v4.public.…" */
	const char *token_file; /* token_file = "/home/alice/.config/coregate.token" */
	const char *cacert;     /* cacert = "/etc/ssl/dns.pem" */
};

/* Reads the file. False when there is something wrong with it (not there, not understood, an
 * unknown option, a relative path, a token in a file that group or others may read): then
 * ret_message is one sentence that begins with the file's name. */
MUST_CHECK bool client_conf_load(struct arena *arena, const char *path,
        struct client_conf *ret_conf, char ret_message[static CLIENT_MESSAGE_BYTES]);

#endif
