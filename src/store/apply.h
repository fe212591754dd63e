/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: one change on its way into the database. apply.c drives, apply_rrset.c,
 * apply_zone.c and apply_token.c do the ops, rules.c holds the state afterwards against the rules
 * between RRsets.
 */
#ifndef COREGATE_STORE_APPLY_H
#define COREGATE_STORE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/change.h"
#include "dns/zone.h"
#include "store/db.h"

/* A zone as the change leaves it. */
struct touched_zone {
	struct zone zone;
	uint8_t actions; /* EFFECT_CREATE: made; EFFECT_DELETE: dropped */
	bool is_gone;
	bool is_moved;     /* it has a new serial; not when only times to expire changed */
	bool has_new_ns;   /* at its apex: its delegation follows */
	bool has_new_cuts; /* NS or DNAME below the apex: delegations below it may come or go */
	bool has_new_addresses; /* that may be glue above it */
};

struct apply {
	struct db *db;
	struct arena *arena;
	const struct change *change;
	int64_t now_ms;
	uint64_t revision;     /* what this change will be called */
	bool is_lone;          /* one op on RRsets: held against the rules before it is written */
	bool has_change_row;   /* something changed */
	bool takes_revision;   /* its number is taken, whether something changed or not */
	uint64_t change_id;    /* the number of the change when it is not `revision`; 0: it is */
	uint64_t effect_count; /* rows of history so far */
	const char *detail;    /* of the op that failed last */
	size_t fault_count;
	struct op_fault *faults; /* room for one an op, and for OP_REVERT for more */
	size_t zone_count;
	size_t zone_room;
	struct touched_zone *zones; /* room for two an op: a zone, and the one above it */
	size_t effect_room;         /* of the outcome */
	struct outcome *outcome;    /* what server ops tell beyond their effects */
};

/* What the change is called in the history. */
static inline uint64_t apply_number(const struct apply *apply)
{
	return apply->change_id != 0 ? apply->change_id : apply->revision;
}

/* A row of history. Sides with count 0 are absent. */
struct history {
	const struct zone *zone;
	const struct rrset *before;
	const struct rrset *after;
};

/* Notes the sentence (formatted into the arena) and returns err. */
enum err apply_refuse(struct apply *apply, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);

/* ERR_UNAVAILABLE or ERR_INTERNAL of the database after a failure, ERR_OK without one. */
enum err apply_db_error(const struct apply *apply);

/* The zone's state within this change; it stands in the history of the zone from then on. */
struct touched_zone *apply_hold_zone(struct apply *apply, const struct zone *zone);

/* The zone's state within this change, moved by one serial at its first call for the zone.
 * record_count is the caller's to keep. */
struct touched_zone *apply_touch_zone(struct apply *apply, const struct zone *zone);

/* Makes sure that the change has its row; to be called before anything is written for it. */
MUST_CHECK bool apply_need_change_row(struct apply *apply);

/* Notes what is wrong with an op; apply->detail says it. */
void apply_note_fault(struct apply *apply, uint32_t op_index, enum err err);

/* Makes room for that many touched zones, each with the one above it, and faults; only before any
 * was noted. */
MUST_CHECK enum err apply_make_room(struct apply *apply, size_t zones, size_t faults);

/* The serial of a zone that is made anew: the time, unless the zone was here before with a serial
 * that is not older. */
MUST_CHECK bool apply_first_serial(
        struct apply *apply, const struct key *key, uint32_t *ret_serial);

/* Adds the zone's row; sets zone->id. */
MUST_CHECK bool apply_insert_zone(struct apply *apply, const struct key *key, struct zone *zone);

/* Notes a zone that this change made: a later op of it moves no further serial. */
struct touched_zone *apply_note_new_zone(struct apply *apply, const struct zone *zone);

/* Drops a zone with all that is in it, with its rows of history. False: see apply_db_error. */
bool apply_drop_zone(struct apply *apply, struct zone *zone);

/* Notes what was written into a zone, or taken out of it, for apply_delegate_all. */
void apply_note_written(
        struct apply *apply, struct touched_zone *touched, const struct key *owner, uint16_t type);

/* Writes all touched zones down; the last step of a change. */
MUST_CHECK bool apply_save_zones(struct apply *apply);

/* ---- delegations: a zone whose parent is managed here, too, has its NS RRset there, with glue.
 * apply_delegate.c keeps them; nobody else writes them ---- */

/* After all ops of a change: brings the delegations of all zones that it touched up to date, and of
 * those below them. Refuses nothing: fails only with the database or the arena. */
MUST_CHECK enum err apply_delegate_all(struct apply *apply);

/* Takes the delegation of a zone that is gone, or about to go, out of the zone above it: NS, and
 * addresses at and below it. */
MUST_CHECK enum err apply_drop_delegation(struct apply *apply, const struct name *zone);

/* Whether another zone, a managed child, holds a name in `parent`. What `parent` has at and below
 * such a cut is a delegation, kept here: NS, A and AAAA there are nobody's to write. */
MUST_CHECK bool apply_find_child(struct apply *apply, const struct zone *parent,
        const struct name *name, struct zone *ret_child);

/* NS, or an address: what a delegation is made of. */
bool type_is_delegation(uint16_t type);

/* Whether a zone was managed right before or right after a change, as the history has it. */
MUST_CHECK bool apply_was_zone(struct apply *apply, const struct name *name, uint64_t change_id);

/* Takes out delegations that came back with a zone, whose zones have gone meanwhile. */
MUST_CHECK enum err apply_drop_stale_delegations(
        struct apply *apply, const struct zone *zone, uint64_t change_id);

/* Puts what this change has done to the zone so far into *zone, as found in the database. */
void apply_take_touched(const struct apply *apply, struct zone *zone);

/* The zone's TTL for records that name none becomes that of `wanted`; noted in the history, and in
 * *zone. */
MUST_CHECK bool apply_put_zone_ttl(
        struct apply *apply, struct zone *zone, const struct zone *wanted);

/* Undoes what a change did to the TTL of a zone. ERR_CONFLICT when it is another by now. */
MUST_CHECK enum err apply_undo_zone_ttl(struct apply *apply, uint64_t change_id, struct zone *zone);

/* Adds a row of history. */
MUST_CHECK bool apply_put_history(struct apply *apply, const struct history *history);

/* The blob of an RRset's values; NULL when the arena is full. */
const char *apply_pack_values(struct apply *apply, const struct rrset *rrset, size_t *ret_length);

/* Writes an RRset (count > 0) or drops it (count 0). */
MUST_CHECK bool apply_write_rrset(
        struct apply *apply, const struct zone *zone, const struct rrset *rrset);

/* Fills values and TTL of an RRset of which owner and type are set, and its revision; count stays 0
 * when there is none. */
MUST_CHECK enum err apply_load_rrset(
        struct apply *apply, const struct zone *zone, struct rrset *rrset, uint64_t *ret_revision);

/* Whether a precondition holds for something of this revision; 0: it is not there. */
bool precondition_holds(const struct precondition *precondition, uint64_t revision);

/* Each does one op and fills its effect; a server op also those of its parts, which follow. What it
 * refuses it says in apply->detail, or it has noted faults of its own. */
typedef enum err apply_op_fn(struct apply *apply, const struct op *op, struct effect *effect);
apply_op_fn apply_rrset_op;
apply_op_fn apply_zone_add;
apply_op_fn apply_zone_drop;
apply_op_fn apply_zone_edit;
apply_op_fn apply_revoke;
apply_op_fn apply_revert;
apply_op_fn apply_token_issue;
apply_op_fn apply_server_put;
apply_op_fn apply_server_drop;
apply_op_fn apply_import;

/* Holds what an op created against everything that is there after the last op; a lone op against
 * what is there before it. */
MUST_CHECK enum err rules_check_effect(struct apply *apply, const struct effect *effect);

/* The same in the zone of this id, whatever its name says; never of a lone op. */
MUST_CHECK enum err rules_check_in(
        struct apply *apply, const struct zone *zone, const struct effect *effect);

/* Whether `parent` holds data at or below name that a zone cut there would hide. ERR_CONFLICT. */
MUST_CHECK enum err rules_check_cut(
        struct apply *apply, const struct zone *parent, const struct name *name);

#endif
