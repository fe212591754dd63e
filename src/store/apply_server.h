/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: a server op while it is worked on. apply_server.c does it, server_conflict.c finds
 * what stands in its way.
 */
#ifndef COREGATE_STORE_APPLY_SERVER_H
#define COREGATE_STORE_APPLY_SERVER_H

#include "store/apply.h"

/* One RRset of the order, beside what the store has. */
struct server_part_work {
	const struct server_part *order;
	struct zone zone;
	struct rrset present; /* count 0: none */
	struct effect *effect;
	bool is_skipped; /* a PTR that is left as it is */
};

struct server_work {
	struct apply *apply;
	const struct op *op;
	const struct server_order *order;
	bool is_registered;
	struct server before; /* when it is registered */
	struct server after;
	size_t part_count;
	struct server_part_work *parts;
	char hostname[NAME_TEXT_BYTES];
};

/* Whether the registration before made this value. */
bool server_has_made(const struct server_work *work, const struct server_part_work *part,
        const struct rdata *value);

/* A or AAAA; else PTR. */
bool server_part_is_address(const struct server_part_work *part);

/* Whether some bound of the part permits that it be made. */
bool server_may_create(const struct server_part *order);

/* Adds what the outcome tells beside the effects. ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err server_put_entry(struct server_work *work, enum server_entry_kind kind,
        const struct name *zone, const struct rrset *rrset);

/* What is at the hostname already. *ret_conflict is set when nothing is to be done, and the outcome
 * tells why; ERR_CONFLICT when the order says so. */
MUST_CHECK enum err server_check_addresses(struct server_work *work, bool *ret_conflict);

/* The same for the wanted PTRs; those that cannot be made, and need not be, are marked. */
MUST_CHECK enum err server_check_reverses(struct server_work *work, bool *ret_conflict);

#endif
