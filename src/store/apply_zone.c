/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "dns/serial.h"
#include "dns/type.h"
#include "store/apply.h"

static bool has_action(const struct op *op, enum effect_action action)
{
	for (size_t i = 0; i < op->bound_count; i++) {
		if ((op->bounds[i].actions & action) != 0)
			return true;
	}
	return false;
}

static enum err refuse_permission(struct apply *apply)
{
	return apply_refuse(apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
}

/* A serial goes on from the one before, so that secondaries never see it go back. */
bool apply_first_serial(struct apply *apply, const struct key *key, uint32_t *ret_serial)
{
	uint32_t serial = (uint32_t)(apply->now_ms / 1000);
	if (serial == 0)
		serial = 1;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_GONE_FIND);
	bind_key(statement, 1, key);
	if (db_step(apply->db, statement)) {
		uint32_t next = serial_next((uint32_t)sqlite3_column_int64(statement, 0));
		sqlite3_reset(statement);
		if (serial_is_after(next, serial))
			serial = next;
		statement = db_statement(apply->db, STATEMENT_GONE_DROP);
		bind_key(statement, 1, key);
		db_run(apply->db, statement);
	}
	*ret_serial = serial;
	return apply->db->code == SQLITE_OK;
}

static enum err check_new_zone(struct apply *apply, const struct op *op, const struct key *key)
{
	const struct name *name = &op->rrset.owner;
	if (!has_action(op, EFFECT_CREATE))
		return refuse_permission(apply);
	if (op->rrset.type != TYPE_SOA || op->rrset.count != 1 || op->apex_ns.type != TYPE_NS ||
	        op->apex_ns.count == 0 || !name_is_equal(&op->apex_ns.owner, name))
		return apply_refuse(
		        apply, ERR_BAD_REQUEST, "a zone needs one SOA and at least one NS");
	if (rrset_wire_size(&op->apex_ns) > RRSET_WIRE_MAX || op->apex_ns.count > RRSET_VALUES_MAX)
		return apply_refuse(apply, ERR_INVALID_RECORD, "there are too many name servers");
	char text[NAME_TEXT_BYTES];
	struct zone zone;
	bool is_found = db_find_zone(apply->db, key, &zone);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	bool is_there = is_found && name_is_equal(&zone.name, name);
	if (!precondition_holds(&op->precondition, is_there ? zone.revision : 0))
		return apply_refuse(apply, ERR_PRECONDITION_FAILED,
		        "the zone %s is not in the state that the request requires",
		        name_render(name, text));
	if (is_there)
		return apply_refuse(
		        apply, ERR_EXISTS, "the zone %s is there already", name_render(name, text));
	return is_found ? rules_check_cut(apply, &zone, name) : ERR_OK;
}

/* The SOA's bytes may be the sender's, so the serial goes into a copy. */
static enum err copy_soa(struct apply *apply, const struct rrset *soa, struct rrset *ret_soa)
{
	struct rdata *value = arena_calloc(apply->arena, 1, sizeof(*value));
	uint8_t *bytes = arena_dup(apply->arena, soa->values[0].bytes, soa->values[0].length);
	if (value == NULL || bytes == NULL)
		return ERR_TOO_LARGE;
	value->bytes = bytes;
	value->length = soa->values[0].length;
	*ret_soa = *soa;
	ret_soa->values = value;
	return ERR_OK;
}

bool apply_insert_zone(struct apply *apply, const struct key *key, struct zone *zone)
{
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ZONE_ADD);
	bind_key(statement, 1, key);
	bind_int(statement, 2, zone->serial);
	bind_int(statement, 3, (int64_t)zone->revision);
	bind_int(statement, 4, (int64_t)zone->record_count);
	if (!db_run(apply->db, statement))
		return false;
	zone->id = sqlite3_last_insert_rowid(apply->db->handle);
	return true;
}

struct touched_zone *apply_note_new_zone(struct apply *apply, const struct zone *zone)
{
	assert(apply->zone_count < apply->zone_room);
	struct touched_zone *touched = &apply->zones[apply->zone_count++];
	*touched = (struct touched_zone){
		.zone = *zone,
		.actions = EFFECT_CREATE,
		.is_moved = true,
	};
	return touched;
}

static bool put_new_rrset(struct apply *apply, const struct zone *zone, const struct rrset *rrset)
{
	const struct rrset nothing = { .owner = rrset->owner, .type = rrset->type };
	const struct history history = { .zone = zone, .before = &nothing, .after = rrset };
	return apply_write_rrset(apply, zone, rrset) && apply_put_history(apply, &history);
}

enum err apply_zone_add(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct key key;
	key_of_name(&op->rrset.owner, &key);
	enum err err = check_new_zone(apply, op, &key);
	struct rrset soa;
	if (err == ERR_OK)
		err = copy_soa(apply, &op->rrset, &soa);
	if (err != ERR_OK)
		return err;
	struct rrset apex_ns = op->apex_ns;
	if (rrset_sort(apex_ns.values, apex_ns.count) != apex_ns.count)
		return apply_refuse(apply, ERR_INVALID_RECORD, "a name server is given twice");
	struct zone zone = {
		.name = op->rrset.owner,
		.revision = apply->revision,
		.record_count = 1 + apex_ns.count,
	};
	if (!apply_first_serial(apply, &key, &zone.serial))
		return apply_db_error(apply);
	soa_put_serial((uint8_t *)soa.values[0].bytes, soa.values[0].length, zone.serial);
	if (!apply_need_change_row(apply) || !apply_insert_zone(apply, &key, &zone) ||
	        !put_new_rrset(apply, &zone, &soa) || !put_new_rrset(apply, &zone, &apex_ns))
		return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : ERR_TOO_LARGE;
	struct touched_zone *touched = apply_note_new_zone(apply, &zone);
	const struct zone wanted = { .has_ttl = op->has_ttl, .ttl_s = op->apex_ns.ttl_s };
	if (!apply_put_zone_ttl(apply, &touched->zone, &wanted))
		return apply_db_error(apply);
	effect->action = EFFECT_CREATE;
	effect->zone = zone.name;
	effect->before = (struct rrset){ .owner = soa.owner, .type = TYPE_SOA };
	effect->after = soa;
	effect->revision = apply->revision;
	return ERR_OK;
}

static bool drop_rows(struct apply *apply, const struct zone *zone, const struct key *key)
{
	struct zone gone = *zone;
	const struct zone no_ttl = { 0 };
	if (!apply_put_zone_ttl(apply, &gone, &no_ttl))
		return false;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECTS_OF_DROP);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_int(statement, 2, (int64_t)apply->effect_count);
	bind_key(statement, 3, key);
	bind_int(statement, 4, zone->serial);
	bind_int(statement, 5, zone->id);
	if (!db_run(apply->db, statement))
		return false;
	apply->effect_count += (uint64_t)sqlite3_changes64(apply->db->handle);
	statement = db_statement(apply->db, STATEMENT_RRSETS_DROP);
	bind_int(statement, 1, zone->id);
	if (!db_run(apply->db, statement))
		return false;
	statement = db_statement(apply->db, STATEMENT_ZONE_DROP);
	bind_int(statement, 1, zone->id);
	if (!db_run(apply->db, statement))
		return false;
	statement = db_statement(apply->db, STATEMENT_GONE_PUT);
	bind_key(statement, 1, key);
	bind_int(statement, 2, zone->serial);
	bind_int(statement, 3, (int64_t)apply->revision);
	return db_run(apply->db, statement);
}

/* What this change has done to the zone so far; the row in the database is as old as the change. */
static void take_touched(struct apply *apply, struct zone *zone)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		struct touched_zone *touched = &apply->zones[i];
		if (touched->zone.id != zone->id || touched->is_gone)
			continue;
		*zone = touched->zone;
		touched->actions |= EFFECT_DELETE;
		touched->is_gone = true;
		return;
	}
	assert(apply->zone_count < apply->zone_room);
	apply->zones[apply->zone_count++] = (struct touched_zone){
		.zone = *zone,
		.actions = EFFECT_DELETE,
		.is_gone = true,
	};
}

bool apply_drop_zone(struct apply *apply, struct zone *zone)
{
	struct key key;
	key_of_name(&zone->name, &key);
	take_touched(apply, zone);
	return apply_need_change_row(apply) && drop_rows(apply, zone, &key) &&
	       apply_drop_delegation(apply, &zone->name) == ERR_OK;
}

enum err apply_zone_drop(struct apply *apply, const struct op *op, struct effect *effect)
{
	char text[NAME_TEXT_BYTES];
	struct key key;
	struct zone zone;
	if (!has_action(op, EFFECT_DELETE))
		return refuse_permission(apply);
	key_of_name(&op->zone, &key);
	bool is_there = db_find_zone_exact(apply->db, &key, &zone);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	if (!precondition_holds(&op->precondition, is_there ? zone.revision : 0))
		return apply_refuse(apply, ERR_PRECONDITION_FAILED,
		        "the zone %s is not in the state that the request requires",
		        name_render(&op->zone, text));
	if (!is_there)
		return apply_refuse(apply, ERR_NO_SUCH_ZONE, "there is no zone %s",
		        name_render(&op->zone, text));
	if (!apply_drop_zone(apply, &zone))
		return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : ERR_TOO_LARGE;
	effect->action = EFFECT_DELETE;
	effect->zone = zone.name;
	effect->before = (struct rrset){ .owner = zone.name, .type = TYPE_SOA };
	effect->after = effect->before;
	effect->deleted_count = (uint32_t)zone.record_count;
	return ERR_OK;
}
