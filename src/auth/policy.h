/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a token permits. Pure functions over values: zones, owners and types are canonical already.
 * Grants only allow; a grant covers (zone, owner, type) when its zones, one of its matchers and
 * its types all do.
 */
#ifndef COREGATE_AUTH_POLICY_H
#define COREGATE_AUTH_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claims.h"
#include "dns/change.h"
#include "dns/name.h"

/* The bounds of all grants that cover owner and type in zone (the managed zone that holds owner)
 * and permit some change. The number of bounds; 0: not permitted. */
size_t policy_cover(const struct token *token, const struct name *zone, const struct name *owner,
        uint16_t type, struct bound ret_bounds[static OP_BOUNDS_MAX]);

/* True when the RRset may be read by its name and type (letter r). */
bool policy_may_read(const struct token *token, const struct name *zone, const struct name *owner,
        uint16_t type);

/* True when the RRset may show up in a list (letter l). */
bool policy_may_list(const struct token *token, const struct name *zone, const struct name *owner,
        uint16_t type);

/* True when some grant reads (r) or lists (l) anything of the zone: its name and state may be told.
 */
bool policy_may_read_zone(const struct token *token, const struct name *zone);

/* True when some grant lists (l) anything of the zone; NULL: of any zone. */
bool policy_may_list_zone(const struct token *token, const struct name *zone);

/* True when the token has the administrative right. For the four zone rights zone is the zone and
 * some grant's z must cover it ("*" or exactly that zone); for the others it is NULL. */
bool policy_may_admin(const struct token *token, enum adm adm, const struct name *zone);

/* Whether the token may move a whole zone as a file: it has the right `adm`, and one of its grants
 * reaches all of the zone with all of these actions (a set of enum grant_action): "@" as subtree
 * with wildcards, "*" as type, and neither ttl nor max. The right stands for the types that "*"
 * leaves out. */
bool policy_may_transfer(
        const struct token *token, enum adm adm, const struct name *zone, uint8_t actions);

/* For an owner that no managed zone holds: true when some grant's z is "*" or has a zone at or
 * above the owner, so that the token may learn that there is no such zone. */
bool policy_reaches(const struct token *token, const struct name *owner);

#endif
