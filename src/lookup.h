/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads: a plan carried out on the store, with the token's rights held against every record.
 */
#ifndef COREGATE_LOOKUP_H
#define COREGATE_LOOKUP_H

#include <stddef.h>

#include "api/plan.h"
#include "auth/claims.h"
#include "core/arena.h"
#include "core/err.h"
#include "publish/board.h"
#include "search/index.h"
#include "store/reader.h"

struct lookup {
	struct arena *arena;
	struct reader *reader;
	const struct board *board;
	const struct search_index *index; /* NULL: lists do without */
	const struct token *token;
};

/* The zone of an owner, when the token may learn of it. Without a zone: ERR_NO_SUCH_ZONE when the
 * token reaches that part of the tree, else ERR_NOT_PERMITTED. */
MUST_CHECK enum err lookup_zone_of(
        const struct lookup *lookup, const struct name *owner, struct zone *ret_zone);

/* One RRset: ERR_NOT_PERMITTED before anything is told, then ERR_NOT_FOUND. */
MUST_CHECK enum err lookup_rrset(
        const struct lookup *lookup, const struct plan *plan, struct stored_rrset *ret_rrset);

/* ERR_OK when the token may read that RRset, whether it exists or not; else as lookup_rrset. */
MUST_CHECK enum err lookup_check_readable(
        const struct lookup *lookup, const struct name *owner, uint16_t type);

/* Whether the token may ask for such a list at all; to be called before the list itself.
 * ERR_NOT_PERMITTED before anything is told, then ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err lookup_check_records(
        const struct lookup *lookup, const struct records_wanted *wanted);
MUST_CHECK enum err lookup_check_zones(const struct lookup *lookup);

/* A page of the records that the token may list. A page can be shorter than its limit and still
 * have a next one: at most LOOKUP_EXAMINE_MAX RRsets are looked at for one answer. */
#define LOOKUP_EXAMINE_MAX 20000u
MUST_CHECK enum err lookup_records(const struct lookup *lookup, const struct records_wanted *wanted,
        struct record_page *ret_page);

MUST_CHECK enum err lookup_zones(
        const struct lookup *lookup, const struct zones_wanted *wanted, struct zone_page *ret_page);

/* A zone with its SOA and what each CoreDNS serves of it. */
MUST_CHECK enum err lookup_zone(
        const struct lookup *lookup, const struct name *name, struct zone_details *ret_details);

/* What each CoreDNS serves of a zone. ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err lookup_served(
        const struct lookup *lookup, const struct name *zone, struct served_list *ret_served);

#endif
