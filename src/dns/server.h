/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A registered server: a hostname with the addresses it was registered with, and which records its
 * registration made, so that they can be taken away again without touching what others made.
 */
#ifndef COREGATE_DNS_SERVER_H
#define COREGATE_DNS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/rdata.h"

#define SERVER_ADDRESSES_MAX 16u

struct server_record {
	struct name owner; /* the hostname, or for a PTR the reverse name of an address */
	uint16_t type;     /* A, AAAA or PTR */
	bool is_made;      /* false: it was there already, and stays when the server goes */
	struct rdata value;
};

struct server {
	struct name hostname;
	struct name zone; /* that held the hostname when it was registered */
	uint32_t ttl_s;
	uint64_t revision; /* of the change that touched it last: its entity tag */
	int64_t registered_ms;
	int64_t changed_ms;
	const char *subject; /* who registered it */
	size_t record_count;
	struct server_record *records; /* A, then AAAA, then PTR, each sorted */
};

/* The name of an address (A or AAAA RDATA) below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa
 * (RFC 3596 section 2.5). */
void name_reverse(const struct rdata *address, struct name *ret_name);

/* The record of exactly this owner, type and value; NULL when the server has none. */
const struct server_record *server_find_record(const struct server *server,
        const struct name *owner, uint16_t type, const struct rdata *value);

/* The records as one blob, and back into server->records and ->record_count: the values point into
 * blob. ERR_INTERNAL when it is damaged, ERR_TOO_LARGE when the arena is full. */
void server_pack_records(struct buf *buf, const struct server *server);
MUST_CHECK enum err server_parse_records(
        struct arena *arena, const void *blob, size_t length, struct server *server);

#endif
