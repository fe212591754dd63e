/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone's own settings: members of its SOA, and the TTL of records that name none.
 */
#include "dns/type.h"
#include "store/apply.h"

/* ---- the TTL of records that name none ---- */

static bool is_same_ttl(const struct zone *a, const struct zone *b)
{
	return a->has_ttl == b->has_ttl && (!a->has_ttl || a->ttl_s == b->ttl_s);
}

static sqlite3_stmt *fresh_statement(struct apply *apply, enum statement which)
{
	sqlite3_stmt *statement = db_statement(apply->db, which);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	return statement;
}

/* Stays NULL without one. */
static void bind_zone_ttl(sqlite3_stmt *statement, int index, const struct zone *zone)
{
	if (zone->has_ttl)
		bind_int(statement, index, zone->ttl_s);
}

bool apply_put_zone_ttl(struct apply *apply, struct zone *zone, const struct zone *wanted)
{
	struct key key;
	if (is_same_ttl(zone, wanted))
		return true;
	key_of_name(&zone->name, &key);
	sqlite3_stmt *statement = fresh_statement(apply, STATEMENT_CHANGE_TTL_PUT);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_key(statement, 2, &key);
	bind_zone_ttl(statement, 3, zone);
	bind_zone_ttl(statement, 4, wanted);
	if (!db_run(apply->db, statement))
		return false;
	statement = fresh_statement(apply, STATEMENT_ZONE_TTL_PUT);
	bind_int(statement, 1, zone->id);
	bind_zone_ttl(statement, 2, wanted);
	zone->has_ttl = wanted->has_ttl;
	zone->ttl_s = wanted->ttl_s;
	return db_run(apply->db, statement);
}

static struct zone zone_ttl_of_row(sqlite3_stmt *statement, int column)
{
	return (struct zone){
		.has_ttl = sqlite3_column_type(statement, column) != SQLITE_NULL,
		.ttl_s = (uint32_t)sqlite3_column_int64(statement, column),
	};
}

enum err apply_undo_zone_ttl(struct apply *apply, uint64_t change_id, struct zone *zone)
{
	struct key key;
	char text[NAME_TEXT_BYTES];
	key_of_name(&zone->name, &key);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_TTL_FIND);
	bind_int(statement, 1, (int64_t)change_id);
	bind_key(statement, 2, &key);
	if (!db_step(apply->db, statement))
		return apply_db_error(apply);
	const struct zone before = zone_ttl_of_row(statement, 0);
	const struct zone after = zone_ttl_of_row(statement, 1);
	sqlite3_reset(statement);
	if (!is_same_ttl(zone, &after))
		return apply_refuse(apply, ERR_CONFLICT,
		        "the default TTL of the zone %s has changed since",
		        name_render(&zone->name, text));
	return apply_put_zone_ttl(apply, zone, &before) ? ERR_OK : apply_db_error(apply);
}

/* ---- the SOA ---- */

struct edit {
	struct apply *apply;
	const struct op *op;
	struct zone zone;
	struct zone wanted; /* its TTL */
	struct rrset before;
	struct rrset after;
	enum effect_action action;
};

static bool may_update(const struct op *op)
{
	for (size_t i = 0; i < op->bound_count; i++) {
		if ((op->bounds[i].actions & EFFECT_UPDATE) != 0)
			return true;
	}
	return false;
}

static enum err refuse_permission(struct apply *apply)
{
	return apply_refuse(apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
}

static enum err load_zone(struct edit *edit)
{
	struct apply *apply = edit->apply;
	char text[NAME_TEXT_BYTES];
	struct key key;
	uint64_t revision;
	key_of_name(&edit->op->zone, &key);
	bool is_there = db_find_zone_exact(apply->db, &key, &edit->zone);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	if (!is_there && edit->op->precondition.kind != PRECONDITION_MATCH_ANY &&
	        edit->op->precondition.kind != PRECONDITION_MATCH)
		return apply_refuse(apply, ERR_NO_SUCH_ZONE, "there is no zone %s",
		        name_render(&edit->op->zone, text));
	if (!precondition_holds(&edit->op->precondition, is_there ? edit->zone.revision : 0))
		return apply_refuse(apply, ERR_PRECONDITION_FAILED,
		        "the zone %s is not in the state that the request requires",
		        name_render(&edit->op->zone, text));
	apply_take_touched(apply, &edit->zone);
	edit->before = (struct rrset){ .owner = edit->zone.name, .type = TYPE_SOA };
	enum err err = apply_load_rrset(apply, &edit->zone, &edit->before, &revision);
	if (err == ERR_OK && edit->before.count != 1) {
		db_fail(apply->db, SQLITE_CORRUPT, "reading a zone's SOA");
		return apply_db_error(apply);
	}
	return err;
}

static void merge_soa(struct soa *soa, const struct soa *wanted, uint8_t members)
{
	if ((members & ZONE_MNAME) != 0)
		soa->mname = wanted->mname;
	if ((members & ZONE_RNAME) != 0)
		soa->rname = wanted->rname;
	if ((members & ZONE_REFRESH) != 0)
		soa->refresh_s = wanted->refresh_s;
	if ((members & ZONE_RETRY) != 0)
		soa->retry_s = wanted->retry_s;
	if ((members & ZONE_EXPIRE) != 0)
		soa->expire_s = wanted->expire_s;
	if ((members & ZONE_MINIMUM) != 0)
		soa->minimum_s = wanted->minimum_s;
}

/* The SOA's TTL is its minimum: how long "no such name" is kept (RFC 2308 section 5). */
static enum err make_after(struct edit *edit)
{
	struct arena *arena = edit->apply->arena;
	uint8_t members = edit->op->edit.members;
	struct soa soa;
	struct soa wanted;
	edit->after = edit->before;
	edit->after.values = arena_calloc(arena, 1, sizeof(*edit->after.values));
	if (edit->after.values == NULL || !soa_parse(arena, &edit->before.values[0], &soa) ||
	        !soa_parse(arena, &edit->op->rrset.values[0], &wanted))
		return ERR_TOO_LARGE;
	merge_soa(&soa, &wanted, members);
	if ((members & ZONE_MINIMUM) != 0)
		edit->after.ttl_s = soa.minimum_s;
	edit->wanted = edit->zone;
	if ((members & (ZONE_TTL | ZONE_NO_TTL)) != 0) {
		edit->wanted.has_ttl = (members & ZONE_TTL) != 0;
		edit->wanted.ttl_s = edit->op->edit.ttl_s;
	}
	return soa_render(arena, &soa, &edit->after.values[0]);
}

/* The serial moves with the TTL of new records as well, although nothing in the zone does: it is
 * what the history shows of it. */
static enum err write_edit(struct edit *edit)
{
	struct apply *apply = edit->apply;
	struct touched_zone *touched = apply_touch_zone(apply, &edit->zone);
	struct rdata *value = &edit->after.values[0];
	soa_put_serial((uint8_t *)value->bytes, value->length, touched->zone.serial);
	const struct history history = {
		.zone = &touched->zone,
		.before = &edit->before,
		.after = &edit->after,
	};
	if (!apply_need_change_row(apply) ||
	        !apply_write_rrset(apply, &touched->zone, &edit->after) ||
	        !apply_put_history(apply, &history) ||
	        !apply_put_zone_ttl(apply, &touched->zone, &edit->wanted))
		return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : ERR_TOO_LARGE;
	return ERR_OK;
}

enum err apply_zone_edit(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct edit edit = { .apply = apply, .op = op };
	if (!may_update(op))
		return refuse_permission(apply);
	enum err err = load_zone(&edit);
	if (err == ERR_OK)
		err = make_after(&edit);
	if (err != ERR_OK)
		return err;
	bool is_same = rrset_is_same_data(&edit.before, &edit.after) &&
	               is_same_ttl(&edit.zone, &edit.wanted);
	edit.action = is_same ? EFFECT_NONE : EFFECT_UPDATE;
	if (!op_is_covered(op, edit.action, &edit.after))
		return refuse_permission(apply);
	if (!is_same)
		err = write_edit(&edit);
	effect->action = edit.action;
	effect->zone = edit.zone.name;
	effect->before = edit.before;
	effect->after = edit.after;
	effect->revision = is_same ? edit.zone.revision : apply->revision;
	return err;
}
