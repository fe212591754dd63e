/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/apply_revert.h"

#include <string.h>

#include "dns/type.h"
#include "store/writer.h"

/* ---- conflicts: all of them are told, up to a limit ---- */

bool undo_is_full(const struct undo *undo)
{
	return undo->apply->fault_count >= REVERT_FAULTS_MAX;
}

/* apply->detail says what it is; ERR_OK is no conflict. */
void undo_note_conflict(struct undo *undo, enum err err)
{
	if (err == ERR_OK || undo_is_full(undo))
		return;
	apply_note_fault(undo->apply, 0, err);
	undo->err = err;
}

/* ---- the zones of the change ---- */

static size_t count_zones(struct apply *apply, uint64_t change_id)
{
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_ZONES);
	size_t count = 0;
	bind_int(statement, 1, (int64_t)change_id);
	while (db_step(apply->db, statement))
		count++;
	return count;
}

static enum err load_zones(struct undo *undo)
{
	struct db *db = undo->apply->db;
	size_t count = count_zones(undo->apply, undo->change_id);
	undo->zones = arena_calloc(undo->apply->arena, count + 1, sizeof(*undo->zones));
	if (undo->zones == NULL || apply_make_room(undo->apply, count, REVERT_FAULTS_MAX) != ERR_OK)
		return ERR_TOO_LARGE;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_CHANGE_ZONES);
	bind_int(statement, 1, (int64_t)undo->change_id);
	while (undo->zone_count < count && db_step(db, statement)) {
		struct undone_zone *zone = &undo->zones[undo->zone_count++];
		if (!column_name(db, statement, 0, &zone->name))
			break;
		key_of_name(&zone->name, &zone->key);
		zone->actions = (uint8_t)sqlite3_column_int64(statement, 2);
	}
	sqlite3_reset(statement);
	if (apply_db_error(undo->apply) != ERR_OK)
		return apply_db_error(undo->apply);
	return count > 0 ? ERR_OK
	                 : apply_refuse(undo->apply, ERR_NOT_FOUND, "there is no such change");
}

static bool find_zone_below(
        struct db *db, const struct key *after, const struct key *tree, struct zone *ret_zone)
{
	struct key end;
	key_end_of_tree(tree, &end);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_ZONE_BELOW);
	bind_key(statement, 1, after);
	bind_key(statement, 2, &end);
	if (!db_step(db, statement))
		return false;
	bool is_good = db_zone_of_row(db, statement, ret_zone);
	sqlite3_reset(statement);
	return is_good;
}

/* The zone was made: it goes, with what it was made of and nothing else. */
static void undo_zone_add(struct undo *undo, struct undone_zone *undone)
{
	char text[NAME_TEXT_BYTES];
	struct zone zone;
	undone->is_left_out = true;
	name_render(&undone->name, text);
	if (!db_find_zone_exact(undo->apply->db, &undone->key, &zone))
		UNDO_CONFLICT(undo, "the zone %s is no longer there", text);
	else if (zone.revision != undo->change_id)
		UNDO_CONFLICT(undo, "the zone %s has changed since, last by change %llu", text,
		        (unsigned long long)zone.revision);
	else
		apply_drop_zone(undo->apply, &zone);
}

/* The zone was dropped: its row is made anew; the records follow. */
static void undo_zone_drop(struct undo *undo, struct undone_zone *undone)
{
	struct apply *apply = undo->apply;
	char text[NAME_TEXT_BYTES];
	struct zone above;
	bool is_found = db_find_zone(apply->db, &undone->key, &above);
	if (is_found && name_is_equal(&above.name, &undone->name)) {
		UNDO_CONFLICT(undo, "the zone %s is there again", name_render(&undone->name, text));
		undone->is_left_out = true;
		return;
	}
	enum err err = is_found ? rules_check_cut(apply, &above, &undone->name) : ERR_OK;
	if (err != ERR_OK) {
		undo_note_conflict(undo, err);
		undone->is_left_out = true;
		return;
	}
	struct zone zone = { .name = undone->name, .revision = apply->revision };
	if (apply_first_serial(apply, &undone->key, &zone.serial) &&
	        apply_insert_zone(apply, &undone->key, &zone))
		undone->touched = apply_note_new_zone(apply, &zone);
}

static void undo_zone_update(struct undo *undo, struct undone_zone *undone)
{
	struct db *db = undo->apply->db;
	struct zone below;
	undone->is_missing = !db_find_zone_exact(db, &undone->key, &undone->zone);
	undone->has_zones_below = find_zone_below(db, &undone->key, &undone->key, &below);
}

static void undo_zone(struct undo *undo, struct undone_zone *undone)
{
	char text[NAME_TEXT_BYTES];
	switch (undone->actions) {
	case EFFECT_NONE:
		undo_zone_update(undo, undone);
		return;
	case EFFECT_CREATE:
		undo_zone_add(undo, undone);
		return;
	case EFFECT_DELETE:
		undo_zone_drop(undo, undone);
		return;
	default:
		UNDO_CONFLICT(undo, "the zone %s was made and dropped at once",
		        name_render(&undone->name, text));
		undone->is_left_out = true;
	}
}

struct undone_zone *undo_find_zone(struct undo *undo, const void *key, size_t length)
{
	struct undone_zone *zone = undo->last;
	if (zone != NULL && zone->key.length == length && memcmp(zone->key.bytes, key, length) == 0)
		return zone;
	for (size_t i = 0; i < undo->zone_count; i++) {
		zone = &undo->zones[i];
		if (zone->key.length == length && memcmp(zone->key.bytes, key, length) == 0)
			return undo->last = zone;
	}
	return NULL;
}

struct touched_zone *undo_hold(struct undo *undo, struct undone_zone *undone)
{
	char text[NAME_TEXT_BYTES];
	if (undone->is_missing) {
		UNDO_CONFLICT(
		        undo, "the zone %s is no longer there", name_render(&undone->name, text));
		undone->is_left_out = true;
		return NULL;
	}
	if (undone->touched == NULL)
		undone->touched = apply_hold_zone(undo->apply, &undone->zone);
	return undone->touched;
}

/* ---- what no row tells ---- */

/* Delegations that came back with a zone, whose zones are gone since. */
static void undo_delegations(struct undo *undo)
{
	struct apply *apply = undo->apply;
	for (size_t i = 0; i < undo->zone_count && apply->db->code == SQLITE_OK; i++) {
		const struct undone_zone *zone = &undo->zones[i];
		enum err err = ERR_OK;
		if (zone->actions == EFFECT_DELETE && zone->touched != NULL)
			err = apply_drop_stale_delegations(
			        apply, &zone->touched->zone, undo->change_id);
		undo_note_conflict(undo, err);
	}
}

static void undo_ttls(struct undo *undo)
{
	struct apply *apply = undo->apply;
	for (size_t i = 0; i < undo->zone_count && apply->db->code == SQLITE_OK; i++) {
		struct touched_zone *touched = undo->zones[i].touched;
		if (!undo->zones[i].is_left_out && touched != NULL)
			undo_note_conflict(
			        undo, apply_undo_zone_ttl(apply, undo->change_id, &touched->zone));
	}
}

/* ---- what came back against what is there ---- */

/* A whole zone was consistent in itself; only zones below it can be new. */
static void check_restored_zone(struct undo *undo, const struct undone_zone *undone)
{
	struct apply *apply = undo->apply;
	struct key after = undone->key;
	struct zone below;
	while (!undo_is_full(undo) && find_zone_below(apply->db, &after, &undone->key, &below)) {
		undo_note_conflict(
		        undo, rules_check_cut(apply, &undone->touched->zone, &below.name));
		key_of_name(&below.name, &after);
	}
}

static void check_new_rrsets(struct undo *undo)
{
	struct apply *apply = undo->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECTS_NEW);
	bind_int(statement, 1, (int64_t)apply->revision);
	while (!undo_is_full(undo) && apply->db->code == SQLITE_OK &&
	        db_step(apply->db, statement)) {
		const struct undone_zone *zone =
		        undo_find_zone(undo, sqlite3_column_blob(statement, 0),
		                (size_t)sqlite3_column_bytes(statement, 0));
		struct effect effect = { .action = EFFECT_CREATE, .after.count = 1 };
		if (zone == NULL || zone->actions != EFFECT_NONE ||
		        !column_name(apply->db, statement, 1, &effect.after.owner))
			continue;
		effect.zone = zone->name;
		effect.after.type = (uint16_t)sqlite3_column_int64(statement, 2);
		undo_note_conflict(undo, rules_check_effect(apply, &effect));
	}
	sqlite3_reset(statement);
}

static void check_all(struct undo *undo)
{
	bool has_updates = false;
	for (size_t i = 0; i < undo->zone_count; i++) {
		const struct undone_zone *zone = &undo->zones[i];
		has_updates |= zone->actions == EFFECT_NONE;
		if (zone->actions == EFFECT_DELETE && zone->touched != NULL)
			check_restored_zone(undo, zone);
	}
	if (has_updates)
		check_new_rrsets(undo);
}

enum err apply_revert(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct undo undo = { .apply = apply, .change_id = op->reversion.change_id };
	if (apply->change->op_count != 1)
		return apply_refuse(
		        apply, ERR_BAD_REQUEST, "a change is undone by a change of its own");
	enum err err = load_zones(&undo);
	if (err != ERR_OK)
		return err;
	if (!apply_need_change_row(apply))
		return apply_db_error(apply);
	for (size_t i = 0; i < undo.zone_count && apply->db->code == SQLITE_OK; i++)
		undo_zone(&undo, &undo.zones[i]);
	undo_rows(&undo);
	undo_delegations(&undo);
	undo_ttls(&undo);
	check_all(&undo);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	effect->action = EFFECT_UPDATE;
	return undo.err;
}
