/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/type.h"
#include "store/apply.h"
#include "store/writer.h"

/* A failure of the store sticks in its handle; apply_revert asks for it at the end. */

/* A zone of the change that is undone. */
struct undone_zone {
	struct name name;
	struct key key;
	uint8_t actions;  /* what that change did to the zone itself */
	bool is_left_out; /* there is a conflict, or its rows went with it */
	bool has_zones_below;
	struct touched_zone *touched;
};

struct undo {
	struct apply *apply;
	uint64_t change_id;
	size_t zone_count;
	struct undone_zone *zones;
	struct undone_zone *last; /* of the row before: rows of a zone mostly stand together */
	enum err err;             /* of the conflicts that were noted */
};

/* One side of a row: a TTL, a blob of values and one of when they expire, in place; data NULL:
 * nothing; expires NULL: all stay. */
struct side {
	int64_t ttl_s;
	const uint8_t *data;
	size_t length;
	const uint8_t *expires;
	size_t expires_length;
};

struct undone_row {
	struct key owner;
	uint16_t type;
	struct side before;
	struct side after;
};

/* ---- conflicts: all of them are told, up to a limit ---- */

static bool is_full(const struct undo *undo)
{
	return undo->apply->fault_count >= REVERT_FAULTS_MAX;
}

/* apply->detail says what it is; ERR_OK is no conflict. */
static void note_conflict(struct undo *undo, enum err err)
{
	if (err == ERR_OK || is_full(undo))
		return;
	apply_note_fault(undo->apply, 0, err);
	undo->err = err;
}

#define CONFLICT(undo, format, ...)                                                                \
	note_conflict(undo, apply_refuse((undo)->apply, ERR_CONFLICT, format, ##__VA_ARGS__))

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
		CONFLICT(undo, "the zone %s is no longer there", text);
	else if (zone.revision != undo->change_id)
		CONFLICT(undo, "the zone %s has changed since, last by change %llu", text,
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
		CONFLICT(undo, "the zone %s is there again", name_render(&undone->name, text));
		undone->is_left_out = true;
		return;
	}
	enum err err = is_found ? rules_check_cut(apply, &above, &undone->name) : ERR_OK;
	if (err != ERR_OK) {
		note_conflict(undo, err);
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
	char text[NAME_TEXT_BYTES];
	struct zone zone;
	struct zone below;
	if (!db_find_zone_exact(db, &undone->key, &zone)) {
		CONFLICT(undo, "the zone %s is no longer there", name_render(&undone->name, text));
		undone->is_left_out = true;
		return;
	}
	undone->has_zones_below = find_zone_below(db, &undone->key, &undone->key, &below);
	undone->touched = apply_hold_zone(undo->apply, &zone);
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
		CONFLICT(undo, "the zone %s was made and dropped at once",
		        name_render(&undone->name, text));
		undone->is_left_out = true;
	}
}

/* ---- the rows of the change, backwards ---- */

static struct undone_zone *find_undone_zone(struct undo *undo, const void *key, size_t length)
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

static struct side take_side(sqlite3_stmt *statement, int column, int expires_column)
{
	return (struct side){
		.ttl_s = sqlite3_column_int64(statement, column),
		.data = sqlite3_column_blob(statement, column + 1),
		.length = (size_t)sqlite3_column_bytes(statement, column + 1),
		.expires = sqlite3_column_blob(statement, expires_column),
		.expires_length = (size_t)sqlite3_column_bytes(statement, expires_column),
	};
}

/* Values are packed in canonical order, so that equal octets are equal sets. The serial inside a
 * SOA, 20 octets before its end, does not count. */
static bool is_same_data(const struct side *a, const struct side *b, uint16_t type)
{
	if ((a->data == NULL) != (b->data == NULL) || a->length != b->length)
		return false;
	if (a->data == NULL)
		return true;
	if (a->ttl_s != b->ttl_s)
		return false;
	if (type != TYPE_SOA || a->length < 20)
		return memcmp(a->data, b->data, a->length) == 0;
	size_t serial = a->length - 20;
	return memcmp(a->data, b->data, serial) == 0 &&
	       memcmp(a->data + serial + 4, b->data + serial + 4, 16) == 0;
}

static bool is_same_side(const struct side *a, const struct side *b, uint16_t type)
{
	return is_same_data(a, b, type) && a->expires_length == b->expires_length &&
	       (a->expires_length == 0 || memcmp(a->expires, b->expires, a->expires_length) == 0);
}

static uint64_t count_values(struct undo *undo, const struct side *side)
{
	size_t count = 0;
	if (!rrset_count_values(side->data, side->length, &count))
		db_fail(undo->apply->db, SQLITE_CORRUPT, "reading the history");
	return count;
}

/* What is there now must be what the change left. */
static bool is_as_left(
        struct undo *undo, const struct undone_zone *zone, const struct undone_row *row)
{
	struct db *db = undo->apply->db;
	struct zone holder;
	if (zone->has_zones_below &&
	        (!db_find_zone(db, &row->owner, &holder) || holder.id != zone->touched->zone.id))
		return false;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_RRSET_FIND);
	bind_int(statement, 1, zone->touched->zone.id);
	bind_key(statement, 2, &row->owner);
	bind_int(statement, 3, row->type);
	if (!db_step(db, statement))
		return row->after.data == NULL;
	const struct side present = take_side(statement, 0, 3);
	bool is_same = is_same_side(&present, &row->after, row->type);
	sqlite3_reset(statement);
	return is_same;
}

/* What has expired meanwhile comes back, and the writer drops it again at once. */
static int64_t first_expiry(const struct side *side)
{
	int64_t first_ms = 0;
	struct decoder decoder;
	decoder_init(&decoder, side->expires, side->expires_length);
	for (size_t i = 0; i < side->expires_length / sizeof(int64_t); i++) {
		int64_t at_ms = (int64_t)decoder_u64(&decoder);
		if (at_ms != 0 && (first_ms == 0 || at_ms < first_ms))
			first_ms = at_ms;
	}
	return first_ms;
}

static bool put_row(struct undo *undo, const struct undone_zone *zone, const struct undone_row *row)
{
	struct apply *apply = undo->apply;
	const struct side *side = &row->before;
	bool is_drop = side->data == NULL;
	sqlite3_stmt *statement =
	        db_statement(apply->db, is_drop ? STATEMENT_RRSET_DROP : STATEMENT_RRSET_PUT);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	bind_int(statement, 1, zone->touched->zone.id);
	bind_key(statement, 2, &row->owner);
	bind_int(statement, 3, row->type);
	if (!is_drop && side->expires != NULL) {
		bind_blob(statement, 8, side->expires, side->expires_length);
		bind_int(statement, 9, first_expiry(side));
	}
	if (!is_drop) {
		bind_int(statement, 4, side->ttl_s);
		bind_int(statement, 5, (int64_t)count_values(undo, side));
		bind_blob(statement, 6, side->data, side->length);
		bind_int(statement, 7, (int64_t)apply->revision);
	}
	return db_run(apply->db, statement);
}

static void bind_undone_side(sqlite3_stmt *statement, int index, const struct side *side)
{
	if (side->data == NULL)
		return;
	bind_int(statement, index, side->ttl_s);
	bind_blob(statement, index + 1, side->data, side->length);
	if (side->expires != NULL)
		bind_blob(statement, index + 2, side->expires, side->expires_length);
}

static bool put_undone_history(
        struct undo *undo, const struct undone_zone *zone, const struct undone_row *row)
{
	struct apply *apply = undo->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECT_ADD);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_int(statement, 2, (int64_t)++apply->effect_count);
	bind_key(statement, 3, &zone->key);
	bind_key(statement, 4, &row->owner);
	bind_int(statement, 5, row->type);
	bind_int(statement, 6, zone->touched->zone.serial);
	bind_undone_side(statement, 7, &row->after);
	bind_undone_side(statement, 10, &row->before);
	return db_run(apply->db, statement);
}

static void refuse_row(struct undo *undo, const struct undone_row *row)
{
	struct name owner;
	char text[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	if (!name_parse_key(row->owner.bytes, row->owner.length, &owner)) {
		db_fail(undo->apply->db, SQLITE_CORRUPT, "reading the history");
		return;
	}
	CONFLICT(undo, "%s %s has changed since", name_render(&owner, text),
	        type_render(row->type, type));
}

static void undo_row(struct undo *undo, struct undone_zone *zone, const struct undone_row *row)
{
	bool is_restored = (zone->actions & EFFECT_DELETE) != 0;
	/* A zone that was dropped is empty; what else the change did to it is not told apart. */
	bool is_good = is_restored ? row->after.data == NULL : is_as_left(undo, zone, row);
	if (!is_good) {
		refuse_row(undo, row);
		return;
	}
	/* When values expire is not in the zone: where nothing else changes its serial rests. A SOA is
	 * in the history when something else of the zone has changed. */
	if (row->type == TYPE_SOA || !is_same_data(&row->before, &row->after, row->type))
		apply_touch_zone(undo->apply, &zone->touched->zone);
	zone->touched->zone.record_count += count_values(undo, &row->before);
	zone->touched->zone.record_count -= count_values(undo, &row->after);
	if (put_row(undo, zone, row))
		put_undone_history(undo, zone, row);
}

static void undo_rows(struct undo *undo)
{
	struct db *db = undo->apply->db;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_EFFECTS_BACK);
	bind_int(statement, 1, (int64_t)undo->change_id);
	while (!is_full(undo) && db->code == SQLITE_OK && db_step(db, statement)) {
		struct undone_zone *zone = find_undone_zone(undo, sqlite3_column_blob(statement, 0),
		        (size_t)sqlite3_column_bytes(statement, 0));
		struct undone_row row = {
			.owner.length = (size_t)sqlite3_column_bytes(statement, 1),
			.type = (uint16_t)sqlite3_column_int64(statement, 2),
			.before = take_side(statement, 3, 7),
			.after = take_side(statement, 5, 8),
		};
		if (zone == NULL || row.owner.length > NAME_KEY_BYTES) {
			db_fail(db, SQLITE_CORRUPT, "reading the history");
			break;
		}
		if (zone->is_left_out)
			continue;
		if (row.owner.length > 0)
			memcpy(row.owner.bytes, sqlite3_column_blob(statement, 1),
			        row.owner.length);
		undo_row(undo, zone, &row);
	}
	sqlite3_reset(statement);
}

static void undo_ttls(struct undo *undo)
{
	struct apply *apply = undo->apply;
	for (size_t i = 0; i < undo->zone_count && apply->db->code == SQLITE_OK; i++) {
		struct touched_zone *touched = undo->zones[i].touched;
		if (!undo->zones[i].is_left_out && touched != NULL)
			note_conflict(
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
	while (!is_full(undo) && find_zone_below(apply->db, &after, &undone->key, &below)) {
		note_conflict(undo, rules_check_cut(apply, &undone->touched->zone, &below.name));
		key_of_name(&below.name, &after);
	}
}

static void check_new_rrsets(struct undo *undo)
{
	struct apply *apply = undo->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECTS_NEW);
	bind_int(statement, 1, (int64_t)apply->revision);
	while (!is_full(undo) && apply->db->code == SQLITE_OK && db_step(apply->db, statement)) {
		const struct undone_zone *zone =
		        find_undone_zone(undo, sqlite3_column_blob(statement, 0),
		                (size_t)sqlite3_column_bytes(statement, 0));
		struct effect effect = { .action = EFFECT_CREATE, .after.count = 1 };
		if (zone == NULL || zone->actions != EFFECT_NONE ||
		        !column_name(apply->db, statement, 1, &effect.after.owner))
			continue;
		effect.zone = zone->name;
		effect.after.type = (uint16_t)sqlite3_column_int64(statement, 2);
		note_conflict(undo, rules_check_effect(apply, &effect));
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
	undo_ttls(&undo);
	check_all(&undo);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	effect->action = EFFECT_UPDATE;
	return undo.err;
}
