/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads of registered servers, with what the token may see of them and their health.
 */
#ifndef COREGATE_LOOKUP_SERVER_H
#define COREGATE_LOOKUP_SERVER_H

#include "lookup.h"

/* ERR_NOT_PERMITTED before anything is told, then ERR_NOT_FOUND. */
MUST_CHECK enum err lookup_server(const struct lookup *lookup, const struct name *hostname,
        struct server_details *ret_details);

/* A page of the servers that the token may list; it can be shorter than its limit and still have a
 * next one, as in lookup_records. */
MUST_CHECK enum err lookup_servers(const struct lookup *lookup, const struct servers_wanted *wanted,
        struct server_page *ret_page);

#endif
