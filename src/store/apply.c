/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/apply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/serial.h"
#include "store/writer.h"
#include "store/writer_state.h"

static apply_op_fn *const op_functions[OP__MAX] = {
	[OP_RRSET_ADD] = apply_rrset_op,
	[OP_RRSET_PUT] = apply_rrset_op,
	[OP_RRSET_PATCH] = apply_rrset_op,
	[OP_RRSET_DROP] = apply_rrset_op,
	[OP_VALUE_DROP] = apply_rrset_op,
	[OP_ZONE_ADD] = apply_zone_add,
	[OP_ZONE_DROP] = apply_zone_drop,
	[OP_REVOKE] = apply_revoke,
	[OP_SERVER_PUT] = apply_server_put,
	[OP_SERVER_DROP] = apply_server_drop,
};

enum err apply_refuse(struct apply *apply, enum err err, const char *format, ...)
{
	char text[2 * NAME_TEXT_BYTES + 256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	char *detail = arena_strdup(apply->arena, text);
	apply->detail = detail != NULL ? detail : "";
	return err;
}

enum err apply_db_error(const struct apply *apply)
{
	return db_error(apply->db);
}

struct touched_zone *apply_touch_zone(struct apply *apply, const struct zone *zone)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (apply->zones[i].zone.id == zone->id && !apply->zones[i].is_gone)
			return &apply->zones[i];
	}
	assert(apply->zone_count < apply->effect_room);
	struct touched_zone *touched = &apply->zones[apply->zone_count++];
	touched->zone = *zone;
	touched->zone.serial = serial_next(zone->serial);
	touched->zone.revision = apply->revision;
	return touched;
}

bool apply_need_change_row(struct apply *apply)
{
	if (apply->has_change_row)
		return true;
	const struct change *change = apply->change;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_ADD);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_int(statement, 2, apply->now_ms);
	bind_text(statement, 3, change->actor.subject);
	bind_text(statement, 4, change->actor.token_id);
	bind_text(statement, 5, change->actor.key_id);
	bind_text(statement, 6, change->actor.address);
	bind_text(statement, 7, change->request_id);
	bind_text(statement, 8, change->request);
	bind_text(statement, 9, change->comment);
	apply->has_change_row = db_run(apply->db, statement);
	return apply->has_change_row;
}

const char *apply_pack_values(struct apply *apply, const struct rrset *rrset, size_t *ret_length)
{
	struct buf buf;
	size_t length = 0;
	for (size_t i = 0; i < rrset->count; i++)
		length += 2 + (size_t)rrset->values[i].length;
	char *memory = arena_alloc(apply->arena, length + 1);
	if (memory == NULL)
		return NULL;
	buf_init_fixed(&buf, memory, length + 1);
	rrset_pack_values(&buf, rrset);
	const char *bytes = buf_string(&buf);
	if (bytes != NULL)
		*ret_length = length;
	return bytes;
}

/* An absent side stays NULL. False when the arena is full. */
static bool bind_side(
        struct apply *apply, sqlite3_stmt *statement, int index, const struct rrset *rrset)
{
	if (rrset->count == 0 || statement == NULL)
		return true;
	size_t length;
	const char *blob = apply_pack_values(apply, rrset, &length);
	if (blob == NULL)
		return false;
	bind_int(statement, index, rrset->ttl_s);
	bind_blob(statement, index + 1, blob, length);
	return true;
}

bool apply_put_history(struct apply *apply, const struct history *history)
{
	const struct rrset *present = history->after->count > 0 ? history->after : history->before;
	struct key zone;
	struct key owner;
	key_of_name(&history->zone->name, &zone);
	key_of_name(&present->owner, &owner);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECT_ADD);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_int(statement, 2, (int64_t)++apply->effect_count);
	bind_key(statement, 3, &zone);
	bind_key(statement, 4, &owner);
	bind_int(statement, 5, present->type);
	bind_int(statement, 6, history->zone->serial);
	if (!bind_side(apply, statement, 7, history->before) ||
	        !bind_side(apply, statement, 9, history->after))
		return false;
	return db_run(apply->db, statement);
}

bool apply_write_rrset(struct apply *apply, const struct zone *zone, const struct rrset *rrset)
{
	struct key owner;
	key_of_name(&rrset->owner, &owner);
	bool is_drop = rrset->count == 0;
	size_t length = 0;
	const char *blob = is_drop ? NULL : apply_pack_values(apply, rrset, &length);
	if (!is_drop && blob == NULL)
		return false;
	sqlite3_stmt *statement =
	        db_statement(apply->db, is_drop ? STATEMENT_RRSET_DROP : STATEMENT_RRSET_PUT);
	bind_int(statement, 1, zone->id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, rrset->type);
	if (!is_drop) {
		bind_int(statement, 4, rrset->ttl_s);
		bind_int(statement, 5, (int64_t)rrset->count);
		bind_blob(statement, 6, blob, length);
		bind_int(statement, 7, (int64_t)apply->revision);
	}
	return db_run(apply->db, statement);
}

bool precondition_holds(const struct precondition *precondition, uint64_t revision)
{
	bool is_listed = false;
	for (size_t i = 0; i < precondition->count && revision != 0; i++)
		is_listed |= precondition->revisions[i] == revision;
	switch (precondition->kind) {
	case PRECONDITION_NONE:
		return true;
	case PRECONDITION_MATCH_ANY:
		return revision != 0;
	case PRECONDITION_MATCH:
		return is_listed;
	case PRECONDITION_NONE_EXIST:
		return revision == 0;
	case PRECONDITION_NONE_MATCH:
		return !is_listed;
	}
	return false;
}

static bool save_zones(struct apply *apply)
{
	for (size_t i = 0; i < apply->zone_count; i++) {
		const struct zone *zone = &apply->zones[i].zone;
		if (apply->zones[i].is_gone)
			continue;
		sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ZONE_PUT);
		bind_int(statement, 1, zone->id);
		bind_int(statement, 2, zone->serial);
		bind_int(statement, 3, (int64_t)zone->revision);
		bind_int(statement, 4, (int64_t)zone->record_count);
		if (!db_run(apply->db, statement))
			return false;
	}
	return true;
}

/* All ops, then the rules. *ret_index is the op at fault. */
static enum err run_ops(struct apply *apply, struct effect *effects, uint32_t *ret_index)
{
	const struct change *change = apply->change;
	for (uint32_t i = 0; i < change->op_count; i++) {
		const struct op *op = &change->ops[i];
		enum err err = (unsigned)op->kind < OP__MAX
		                       ? op_functions[op->kind](apply, op, &effects[i])
		                       : ERR_BAD_REQUEST;
		if (err != ERR_OK) {
			*ret_index = i;
			return err;
		}
	}
	for (uint32_t i = 0; i < apply->effect_room; i++) {
		enum err err = rules_check_effect(apply, &effects[i]);
		if (err != ERR_OK) {
			*ret_index = i < change->op_count ? i : 0;
			return err;
		}
	}
	return save_zones(apply) ? ERR_OK : apply_db_error(apply);
}

/* The zones that moved, as the outcome tells them. */
static enum err list_serials(const struct apply *apply, struct outcome *outcome)
{
	outcome->zones = arena_calloc(apply->arena, apply->zone_count + 1, sizeof(*outcome->zones));
	if (outcome->zones == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (apply->zones[i].is_gone)
			continue;
		outcome->zones[outcome->zone_count++] = (struct zone_serial){
			.zone = apply->zones[i].zone.name,
			.serial = apply->zones[i].zone.serial,
		};
	}
	return ERR_OK;
}

static enum err apply_in_savepoint(struct apply *apply, struct outcome *outcome)
{
	size_t count = change_count_effects(apply->change);
	apply->effect_room = count;
	apply->outcome = outcome;
	if (apply->change->op_count == 0)
		return apply_refuse(apply, ERR_EMPTY_CHANGE, "there is nothing to do");
	outcome->effects = arena_calloc(apply->arena, count, sizeof(*outcome->effects));
	apply->zones = arena_calloc(apply->arena, count, sizeof(*apply->zones));
	if (outcome->effects == NULL || apply->zones == NULL)
		return ERR_TOO_LARGE;
	enum err err = run_ops(apply, outcome->effects, &outcome->op_index);
	if (err == ERR_OK)
		err = list_serials(apply, outcome);
	if (err == ERR_OK)
		outcome->effect_count = count;
	return err;
}

static void forget_failed(struct writer *writer, struct apply *apply, struct outcome *outcome)
{
	if (writer->db.code == SQLITE_OK && db_run_plain(&writer->db, STATEMENT_SAVEPOINT_ROLLBACK))
		db_run_plain(&writer->db, STATEMENT_SAVEPOINT_RELEASE);
	outcome->effect_count = 0;
	outcome->effects = NULL;
	outcome->zone_count = 0;
	outcome->zones = NULL;
	outcome->server_result = SERVER_NONE;
	outcome->entry_count = 0;
	outcome->detail = apply->detail;
}

enum err writer_apply(struct writer *writer, struct arena *arena, const struct change *change,
        int64_t now_ms, struct outcome *ret_outcome)
{
	assert(writer->is_in_batch);
	struct apply apply = {
		.db = &writer->db,
		.arena = arena,
		.change = change,
		.now_ms = now_ms,
		.revision = writer->revision + 1,
		.detail = "",
	};
	struct outcome outcome = { .detail = "" };
	enum err err = ERR_OK;
	if (!db_run_plain(&writer->db, STATEMENT_SAVEPOINT))
		err = db_error(&writer->db);
	if (err == ERR_OK)
		err = apply_in_savepoint(&apply, &outcome);
	if (err != ERR_OK)
		forget_failed(writer, &apply, &outcome);
	else
		db_run_plain(&writer->db, STATEMENT_SAVEPOINT_RELEASE);
	if (writer->db.code != SQLITE_OK)
		err = db_error(&writer->db);
	if (err == ERR_OK && apply.has_change_row) {
		outcome.change_id = apply.revision;
		writer->revision = apply.revision;
	}
	outcome.err = err;
	*ret_outcome = outcome;
	return err;
}
