/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the history: changes, the zones that each touched, and what it did to each RRset. The
 * rules of store/reader.h apply: errors, visitors, snapshots.
 */
#ifndef COREGATE_STORE_READER_HISTORY_H
#define COREGATE_STORE_READER_HISTORY_H

#include "store/reader.h"

/* A change without what it did. */
struct stored_change {
	uint64_t id;
	int64_t at_ms;
	const char *subject;
	const char *request_id;
	const char *comment;
};

/* A change by its id, its texts in the arena. ERR_NOT_FOUND; ERR_TOO_LARGE when the arena is full.
 */
MUST_CHECK enum err reader_find_change(
        struct reader *reader, struct arena *arena, uint64_t id, struct stored_change *ret_change);

/* What a change did to a zone as a whole: made it (EFFECT_CREATE), dropped it (EFFECT_DELETE),
 * both, or neither (0). */
struct changed_zone {
	struct name name;
	uint32_t serial; /* that the change gave it, or its last one */
	uint8_t actions;
};

typedef bool changed_zone_visitor(void *context, const struct changed_zone *zone);

/* The zones that a change touched, in canonical order; none for an unknown id. */
MUST_CHECK enum err reader_list_changed_zones(
        struct reader *reader, uint64_t id, changed_zone_visitor *visit, void *context);

/* An RRset on one side of a change, not taken apart yet. blob is NULL where there was nothing. */
struct packed_rrset {
	uint32_t ttl_s;
	size_t length;
	const uint8_t *blob; /* for rrset_parse_values */
	size_t expires_length;
	const uint8_t *expires; /* for rrset_parse_expiry */
};

struct stored_effect {
	uint64_t seq; /* 1, 2, … within the change */
	struct name zone;
	struct name owner;
	uint16_t type;
	struct packed_rrset before;
	struct packed_rrset after;
};

typedef bool stored_effect_visitor(void *context, const struct stored_effect *effect);

/* What a change did, in order, beginning after the row numbered `seq`. */
MUST_CHECK enum err reader_list_effects(struct reader *reader, uint64_t id, uint64_t seq,
        stored_effect_visitor *visit, void *context);

/* Which changes to list; a member that is NULL does not restrict. */
struct history_filter {
	uint64_t before_id; /* only ids below this; 0: from the newest */
	const struct name *zone;
	const struct name *name; /* the owner of something that was changed */
	const char *subject;     /* who did it */
};

typedef bool history_visitor(void *context, uint64_t id, int64_t at_ms, const char *subject);

/* The ids of changes, newest first, by an index each: of the name, else of the zone, else of the
 * subject. With a name or a zone the subject is not looked at: the visitor is told it. */
MUST_CHECK enum err reader_list_history(struct reader *reader, const struct history_filter *filter,
        history_visitor *visit, void *context);

#endif
