/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The zones that a change touches, until it is through.
 */
#include <assert.h>
#include <string.h>

#include "dns/serial.h"
#include "dns/type.h"
#include "store/apply.h"

struct touched_zone *apply_hold_zone(struct apply *apply, const struct zone *zone)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (apply->zones[i].zone.id == zone->id && !apply->zones[i].is_gone)
			return &apply->zones[i];
	}
	assert(apply->zone_count < apply->zone_room);
	struct touched_zone *touched = &apply->zones[apply->zone_count++];
	*touched = (struct touched_zone){ .zone = *zone };
	return touched;
}

struct touched_zone *apply_touch_zone(struct apply *apply, const struct zone *zone)
{
	struct touched_zone *touched = apply_hold_zone(apply, zone);
	if (!touched->is_moved) {
		touched->zone.serial = serial_next(touched->zone.serial);
		touched->zone.revision = apply->revision;
		touched->is_moved = true;
	}
	return touched;
}

void apply_take_touched(const struct apply *apply, struct zone *zone)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (apply->zones[i].zone.id == zone->id && !apply->zones[i].is_gone)
			*zone = apply->zones[i].zone;
	}
}

static bool has_zones_below(struct db *db, const struct key *owner)
{
	struct key end;
	struct zone zone;
	key_end_of_tree(owner, &end);
	return db_find_zone_between(db, STATEMENT_ZONE_BELOW, owner, &end, &zone);
}

void apply_note_written(
        struct apply *apply, struct touched_zone *touched, const struct key *owner, uint16_t type)
{
	struct key apex;
	touched->has_new_addresses |= type == TYPE_A || type == TYPE_AAAA;
	if (type != TYPE_NS && type != TYPE_DNAME)
		return;
	key_of_name(&touched->zone.name, &apex);
	bool is_apex =
	        apex.length == owner->length && memcmp(apex.bytes, owner->bytes, apex.length) == 0;
	if (is_apex && type == TYPE_NS)
		touched->has_new_ns = true;
	else if (!touched->has_new_cuts)
		touched->has_new_cuts = has_zones_below(apply->db, owner);
}

static bool save_zone(struct apply *apply, const struct touched_zone *touched)
{
	const struct zone *zone = &touched->zone;
	struct key key;
	key_of_name(&zone->name, &key);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_ZONE_PUT);
	bind_int(statement, 1, (int64_t)apply_number(apply));
	bind_key(statement, 2, &key);
	bind_int(statement, 3, zone->serial);
	bind_int(statement, 4, touched->actions);
	if (!db_run(apply->db, statement) || touched->is_gone || !touched->is_moved)
		return apply->db->code == SQLITE_OK;
	statement = db_statement(apply->db, STATEMENT_ZONE_PUT);
	bind_int(statement, 1, zone->id);
	bind_int(statement, 2, zone->serial);
	bind_int(statement, 3, (int64_t)zone->revision);
	bind_int(statement, 4, (int64_t)zone->record_count);
	return db_run(apply->db, statement);
}

bool apply_save_zones(struct apply *apply)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (!save_zone(apply, &apply->zones[i]))
			return false;
	}
	return true;
}
