/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: a change while it is undone. apply_revert.c does its zones, apply_revert_rows.c
 * its rows.
 */
#ifndef COREGATE_STORE_APPLY_REVERT_H
#define COREGATE_STORE_APPLY_REVERT_H

#include "store/apply.h"

/* A zone of the change that is undone. */
struct undone_zone {
	struct name name;
	struct key key;
	uint8_t actions;  /* what that change did to the zone itself */
	bool is_left_out; /* there is a conflict, or its rows went with it */
	bool has_zones_below;
	bool is_missing; /* which matters if there is anything to undo in it but delegations */
	struct zone zone;
	struct touched_zone *touched;
};

/* A failure of the store sticks in its handle; apply_revert asks for it at the end. */
struct undo {
	struct apply *apply;
	uint64_t change_id;
	size_t zone_count;
	struct undone_zone *zones;
	struct undone_zone *last; /* of the row before: rows of a zone mostly stand together */
	enum err err;             /* of the conflicts that were noted */
};

/* Notes a conflict, up to a limit; apply->detail says what it is. ERR_OK is none. */
void undo_note_conflict(struct undo *undo, enum err err);

#define UNDO_CONFLICT(undo, format, ...)                                                           \
	undo_note_conflict(undo, apply_refuse((undo)->apply, ERR_CONFLICT, format, ##__VA_ARGS__))

/* No more conflicts are told. */
bool undo_is_full(const struct undo *undo);

/* The zone of that key among those of the change, or NULL. */
struct undone_zone *undo_find_zone(struct undo *undo, const void *key, size_t length);

/* The zone as this change leaves it, in the history from then on. NULL: it is not there, which is
 * noted. */
struct touched_zone *undo_hold(struct undo *undo, struct undone_zone *undone);

/* Undoes the rows of the history, backwards. */
void undo_rows(struct undo *undo);

#endif
