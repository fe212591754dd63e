/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/serial.h"
#include "dns/type.h"
#include "store/apply.h"

/* An import under way, and the zone as it is meanwhile. */
struct staging {
	struct apply *apply;
	const struct import_order *order;
	struct key key; /* of the zone */
	struct zone zone;
	struct zone rows; /* the same, with the id that its new rows have */
	uint64_t next_seq;
};

static enum err refuse_moved(struct apply *apply)
{
	return apply_refuse(apply, ERR_PRECONDITION_FAILED,
	        "the zone has changed while the file was compared with it");
}

static enum err find_zone(struct staging *staging, const struct op *op)
{
	struct apply *apply = staging->apply;
	char text[NAME_TEXT_BYTES];
	key_of_name(&op->zone, &staging->key);
	if (db_find_zone_exact(apply->db, &staging->key, &staging->zone))
		return ERR_OK;
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	return apply_refuse(
	        apply, ERR_NO_SUCH_ZONE, "there is no zone %s", name_render(&op->zone, text));
}

/* What zones below this one hold is theirs, and the file was held against that. */
static enum err check_zones_below(struct staging *staging)
{
	struct apply *apply = staging->apply;
	struct key end;
	key_end_of_tree(&staging->key, &end);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ZONES_BELOW_COUNT);
	bind_key(statement, 1, &staging->key);
	bind_key(statement, 2, &end);
	if (!db_step(apply->db, statement))
		return apply_db_error(apply);
	bool is_same = sqlite3_column_int64(statement, 0) == staging->order->zone_count;
	sqlite3_reset(statement);
	return is_same ? ERR_OK : refuse_moved(apply);
}

/* ---- all of it at once ---- */

static enum err take_small(struct staging *staging)
{
	const struct import_order *order = staging->order;
	if (order->revision != 0 && order->revision != staging->zone.revision)
		return refuse_moved(staging->apply);
	enum err err = check_zones_below(staging);
	staging->apply->outcome->is_import = true;
	staging->apply->outcome->import = order->counts;
	return err;
}

/* ---- in steps ---- */

static enum err begin(struct staging *staging)
{
	struct apply *apply = staging->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_IMPORT_ROWS_ID);
	if (!db_step(apply->db, statement))
		return apply_db_error(apply);
	int64_t rows_id = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	statement = db_statement(apply->db, STATEMENT_IMPORT_ADD);
	bind_int(statement, 1, (int64_t)apply->revision);
	bind_key(statement, 2, &staging->key);
	bind_int(statement, 3, rows_id);
	bind_int(statement, 4, apply->now_ms);
	if (!db_run(apply->db, statement))
		return apply_db_error(apply);
	apply->takes_revision = true;
	apply->outcome->is_import = true;
	apply->outcome->import_id = apply->revision;
	return ERR_OK;
}

/* It was begun, and not given up meanwhile. */
static enum err find_staged(struct staging *staging)
{
	struct apply *apply = staging->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_IMPORT_FIND);
	bind_int(statement, 1, (int64_t)staging->order->id);
	bind_key(statement, 2, &staging->key);
	if (!db_step(apply->db, statement)) {
		if (apply_db_error(apply) != ERR_OK)
			return apply_db_error(apply);
		return apply_refuse(apply, ERR_UNAVAILABLE, "the import has been given up");
	}
	staging->rows = staging->zone;
	staging->rows.id = sqlite3_column_int64(statement, 0);
	staging->next_seq = (uint64_t)sqlite3_column_int64(statement, 1);
	staging->rows.record_count = (uint64_t)sqlite3_column_int64(statement, 2);
	staging->rows.serial = serial_next(staging->zone.serial);
	sqlite3_reset(statement);
	return ERR_OK;
}

/* What an earlier slice made of this RRset. */
static bool forget_row(struct staging *staging, const struct import_row *row)
{
	struct db *db = staging->apply->db;
	struct key owner;
	key_of_name(&row->owner, &owner);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_VALUE_COUNT);
	bind_int(statement, 1, staging->rows.id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, row->after.type);
	if (db_step(db, statement)) {
		staging->rows.record_count -= (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	statement = db_statement(db, STATEMENT_RRSET_DROP);
	bind_int(statement, 1, staging->rows.id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, row->after.type);
	if (db->code != SQLITE_OK || !db_run(db, statement))
		return false;
	statement = db_statement(db, STATEMENT_EFFECT_DROP);
	bind_int(statement, 1, (int64_t)staging->order->id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, row->after.type);
	return db_run(db, statement);
}

/* The rows are those of the change that is to come. */
static bool put_row(struct staging *staging, const struct import_row *row)
{
	struct apply *apply = staging->apply;
	if (row->is_again && !forget_row(staging, row))
		return false;
	uint64_t revision = apply->revision;
	apply->revision = row->is_changed ? staging->order->id : row->revision;
	bool is_good =
	        row->after.count == 0 || apply_write_rrset(apply, &staging->rows, &row->after);
	staging->rows.record_count += row->after.count;
	if (is_good && row->is_changed) {
		const struct history history = {
			.zone = &staging->rows, .before = &row->before, .after = &row->after
		};
		is_good = apply_put_history(apply, &history);
	}
	apply->revision = revision;
	return is_good;
}

static enum err put_rows(struct staging *staging)
{
	struct apply *apply = staging->apply;
	struct decoder decoder;
	struct import_row row;
	decoder_init(&decoder, staging->order->rows, staging->order->length);
	apply->effect_count = staging->next_seq - 1;
	while (decoder.at < decoder.length) {
		if (!import_row_parse(apply->arena, &decoder, &row) ||
		        !name_is_under(&row.owner, &staging->zone.name))
			return apply_refuse(apply, ERR_BAD_REQUEST, "this is no row of an import");
		if (!put_row(staging, &row))
			return apply_db_error(apply) != ERR_OK ? apply_db_error(apply)
			                                       : ERR_TOO_LARGE;
	}
	staging->next_seq = apply->effect_count + 1;
	return ERR_OK;
}

static enum err note_progress(struct staging *staging)
{
	struct apply *apply = staging->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_IMPORT_TOUCH);
	bind_int(statement, 1, (int64_t)staging->order->id);
	bind_int(statement, 2, (int64_t)staging->next_seq);
	bind_int(statement, 3, (int64_t)staging->rows.record_count);
	bind_int(statement, 4, apply->now_ms);
	return db_run(apply->db, statement) ? ERR_OK : apply_db_error(apply);
}

static enum err take_slice(struct staging *staging)
{
	enum err err = find_staged(staging);
	if (err == ERR_OK)
		err = put_rows(staging);
	return err == ERR_OK ? note_progress(staging) : err;
}

static enum err leave(struct staging *staging, int state, int64_t rows_id)
{
	sqlite3_stmt *statement = db_statement(staging->apply->db, STATEMENT_IMPORT_LEAVE);
	bind_int(statement, 1, (int64_t)staging->order->id);
	bind_int(statement, 2, state);
	bind_int(statement, 3, rows_id);
	return db_run(staging->apply->db, statement) ? ERR_OK : apply_db_error(staging->apply);
}

static enum err give_up(struct staging *staging)
{
	enum err err = find_staged(staging);
	return err == ERR_OK ? leave(staging, 1, staging->rows.id) : err;
}

/* ---- the switch ---- */

/* The rows were made of the zone as it was at change order->revision. */
static enum err check_unmoved(struct staging *staging)
{
	struct apply *apply = staging->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ZONE_TOUCHED);
	bind_int(statement, 1, (int64_t)staging->order->revision);
	bind_key(statement, 2, &staging->key);
	bool has_moved = db_step(apply->db, statement);
	if (has_moved)
		sqlite3_reset(statement);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	return has_moved ? refuse_moved(apply) : check_zones_below(staging);
}

/* The last rows are those that others changed meanwhile: nobody has held them against the file. */
static enum err check_rows(struct staging *staging)
{
	struct decoder decoder;
	struct import_row row;
	decoder_init(&decoder, staging->order->rows, staging->order->length);
	while (decoder.at < decoder.length &&
	        import_row_parse(staging->apply->arena, &decoder, &row)) {
		const struct effect effect = {
			.action = EFFECT_CREATE, .zone = staging->zone.name, .after = row.after
		};
		if (row.after.count == 0)
			continue;
		enum err err = rules_check_in(staging->apply, &staging->rows, &effect);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* The change gets the number that its rows have; the zone the newest one, by which others learn
 * that it has changed. What it means for delegations, above and below, is looked at as a whole. */
static void note_switched(struct staging *staging)
{
	struct apply *apply = staging->apply;
	staging->rows.revision = apply->revision;
	apply->zones[apply->zone_count++] = (struct touched_zone){
		.zone = staging->rows,
		.is_moved = true,
		.has_new_ns = true,
		.has_new_cuts = true,
		.has_new_addresses = true,
	};
	apply->outcome->is_import = true;
	apply->outcome->import = staging->order->counts;
}

static bool switch_rows(struct staging *staging)
{
	struct apply *apply = staging->apply;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ZONE_SWITCH);
	bind_int(statement, 1, staging->zone.id);
	bind_int(statement, 2, staging->rows.id);
	bind_int(statement, 3, staging->rows.serial);
	bind_int(statement, 4, (int64_t)apply->revision);
	bind_int(statement, 5, (int64_t)staging->rows.record_count);
	return db_run(apply->db, statement);
}

static enum err do_switch(struct staging *staging)
{
	struct apply *apply = staging->apply;
	enum err err = check_unmoved(staging);
	if (err == ERR_OK)
		err = take_slice(staging);
	if (err == ERR_OK)
		err = check_rows(staging);
	if (err != ERR_OK)
		return err;
	apply->change_id = staging->order->id;
	if (!apply_need_change_row(apply) || !switch_rows(staging))
		return apply_db_error(apply);
	note_switched(staging);
	return leave(staging, 2, staging->zone.id);
}

enum err apply_import(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct staging staging = { .apply = apply, .order = op->import };
	bool is_small = op->import->step == IMPORT_SMALL;
	if (is_small ? op != apply->change->ops : apply->change->op_count != 1)
		return apply_refuse(apply, ERR_BAD_REQUEST, "an import stands alone");
	enum err err = find_zone(&staging, op);
	if (err != ERR_OK)
		return err;
	effect->zone = staging.zone.name;
	switch (op->import->step) {
	case IMPORT_SMALL:
		return take_small(&staging);
	case IMPORT_BEGIN:
		return begin(&staging);
	case IMPORT_SLICE:
		return take_slice(&staging);
	case IMPORT_SWITCH:
		return do_switch(&staging);
	case IMPORT_GIVE_UP:
		return give_up(&staging);
	default:
		return ERR_BAD_REQUEST;
	}
}
