/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "dns/type.h"
#include "store/apply_revert.h"

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
	UNDO_CONFLICT(undo, "%s %s has changed since", name_render(&owner, text),
	        type_render(row->type, type));
}

/* The zone's own, a zone below holds, or was dropped just now. */
enum place {
	PLACE_OWN,
	PLACE_DELEGATION, /* which follows from what that zone is now */
	PLACE_HIDDEN,     /* it was the zone's own and would be hidden now */
	PLACE_UNDELEGATED,
};

static enum place place_of(
        struct undo *undo, const struct undone_zone *undone, const struct undone_row *row)
{
	struct apply *apply = undo->apply;
	const struct zone zone = { .name = undone->name };
	struct zone child;
	struct name owner;
	if (!type_is_delegation(row->type))
		return PLACE_OWN;
	if (!name_parse_key(row->owner.bytes, row->owner.length, &owner)) {
		db_fail(apply->db, SQLITE_CORRUPT, "reading the history");
		return PLACE_OWN;
	}
	if (apply_find_child(apply, &zone, &owner, &child)) {
		bool is_cut = row->type == TYPE_NS && name_is_equal(&owner, &child.name);
		return is_cut || apply_was_zone(apply, &child.name, undo->change_id)
		               ? PLACE_DELEGATION
		               : PLACE_HIDDEN;
	}
	for (size_t i = 0; i < undo->zone_count; i++) {
		const struct undone_zone *other = &undo->zones[i];
		if (other != undone && other->actions == EFFECT_CREATE &&
		        name_is_under(&owner, &other->name) &&
		        name_is_under(&other->name, &undone->name))
			return PLACE_UNDELEGATED;
	}
	return PLACE_OWN;
}

/* Of a delegation that went with its zone only what was there before it is left to bring back. */
static void undo_row(struct undo *undo, struct undone_zone *zone, struct undone_row *row)
{
	bool is_restored = (zone->actions & EFFECT_DELETE) != 0;
	enum place place = place_of(undo, zone, row);
	if (place == PLACE_UNDELEGATED)
		row->after = (struct side){ 0 };
	if (place == PLACE_DELEGATION || (place == PLACE_UNDELEGATED && row->before.data == NULL))
		return;
	if (undo_hold(undo, zone) == NULL)
		return;
	if (place == PLACE_HIDDEN) {
		refuse_row(undo, row);
		return;
	}
	/* A zone that was dropped is empty; what else the change did to it is not told apart. */
	bool is_good = is_restored ? row->after.data == NULL : is_as_left(undo, zone, row);
	if (!is_good) {
		refuse_row(undo, row);
		return;
	}
	/* When values expire is not in the zone: where nothing else changes its serial rests. A SOA
	 * is in the history when something else of the zone has changed. */
	if (row->type == TYPE_SOA || !is_same_data(&row->before, &row->after, row->type))
		apply_touch_zone(undo->apply, &zone->touched->zone);
	zone->touched->zone.record_count += count_values(undo, &row->before);
	zone->touched->zone.record_count -= count_values(undo, &row->after);
	apply_note_written(undo->apply, zone->touched, &row->owner, row->type);
	if (put_row(undo, zone, row))
		put_undone_history(undo, zone, row);
}

void undo_rows(struct undo *undo)
{
	struct db *db = undo->apply->db;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_EFFECTS_BACK);
	bind_int(statement, 1, (int64_t)undo->change_id);
	while (!undo_is_full(undo) && db->code == SQLITE_OK && db_step(db, statement)) {
		struct undone_zone *zone = undo_find_zone(undo, sqlite3_column_blob(statement, 0),
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
