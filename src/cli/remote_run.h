/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the commands that call the API run; the table in cli/remote.c names them. Each takes a
 * session whose words have been counted, and returns the exit status.
 */
#ifndef COREGATE_CLI_REMOTE_RUN_H
#define COREGATE_CLI_REMOTE_RUN_H

#include "cli/session.h"

/* One call. */
int run_call(struct session *session);

/* A list, page after page, to its end or to --limit. */
int run_list(struct session *session);

/* A write of records: one call of /records where that can say it, else POST /changes. */
int run_record_add(struct session *session);
int run_record_set(struct session *session);
int run_record_remove(struct session *session);

/* A zone file to the service and back. */
int run_zone_import(struct session *session);
int run_zone_export(struct session *session);

/* A change with the whole of its diff. */
int run_change_show(struct session *session);

/* Asks CoreDNS for each record of a server's registration. */
int run_server_verify(struct session *session);

#endif
