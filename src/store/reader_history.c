/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader_history.h"

#include "store/reader_state.h"

/* ---- one change ---- */

static bool copy_text(
        struct arena *arena, sqlite3_stmt *statement, int column, const char **ret_text)
{
	*ret_text = arena_strdup(arena, column_text(statement, column));
	return *ret_text != NULL;
}

enum err reader_find_change(
        struct reader *reader, struct arena *arena, uint64_t id, struct stored_change *ret_change)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_CHANGE_FIND);
	bind_int(statement, 1, (int64_t)id);
	if (!db_step(&reader->db, statement)) {
		err = reader_leave(reader);
		return err != ERR_OK ? err : ERR_NOT_FOUND;
	}
	struct stored_change change = {
		.id = (uint64_t)sqlite3_column_int64(statement, 0),
		.at_ms = sqlite3_column_int64(statement, 1),
	};
	bool is_whole = copy_text(arena, statement, 2, &change.subject) &&
	                copy_text(arena, statement, 6, &change.request_id) &&
	                copy_text(arena, statement, 8, &change.comment);
	sqlite3_reset(statement);
	err = reader_leave(reader);
	if (err == ERR_OK && !is_whole)
		err = ERR_TOO_LARGE;
	if (err == ERR_OK)
		*ret_change = change;
	return err;
}

enum err reader_list_changed_zones(
        struct reader *reader, uint64_t id, changed_zone_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_CHANGE_ZONES);
	bind_int(statement, 1, (int64_t)id);
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement)) {
		struct changed_zone zone = {
			.serial = (uint32_t)sqlite3_column_int64(statement, 1),
			.actions = (uint8_t)sqlite3_column_int64(statement, 2),
		};
		goes_on =
		        column_name(&reader->db, statement, 0, &zone.name) && visit(context, &zone);
	}
	sqlite3_reset(statement);
	return reader_leave(reader);
}

/* ---- what it did ---- */

static struct packed_rrset take_side(sqlite3_stmt *statement, int column, int expires_column)
{
	return (struct packed_rrset){
		.ttl_s = (uint32_t)sqlite3_column_int64(statement, column),
		.blob = sqlite3_column_blob(statement, column + 1),
		.length = (size_t)sqlite3_column_bytes(statement, column + 1),
		.expires = sqlite3_column_blob(statement, expires_column),
		.expires_length = (size_t)sqlite3_column_bytes(statement, expires_column),
	};
}

static bool take_effect(struct db *db, sqlite3_stmt *statement, struct stored_effect *ret_effect)
{
	ret_effect->seq = (uint64_t)sqlite3_column_int64(statement, 0);
	ret_effect->type = (uint16_t)sqlite3_column_int64(statement, 3);
	ret_effect->before = take_side(statement, 4, 8);
	ret_effect->after = take_side(statement, 6, 9);
	return column_name(db, statement, 1, &ret_effect->zone) &&
	       column_name(db, statement, 2, &ret_effect->owner);
}

enum err reader_list_effects(struct reader *reader, uint64_t id, uint64_t seq,
        stored_effect_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_EFFECTS_AFTER);
	bind_int(statement, 1, (int64_t)id);
	bind_int(statement, 2, (int64_t)seq);
	struct stored_effect effect;
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = take_effect(&reader->db, statement, &effect) && visit(context, &effect);
	sqlite3_reset(statement);
	return reader_leave(reader);
}

/* ---- the history ---- */

/* Keys of the filter; they must stay until the statement is done. */
struct history_keys {
	struct key wanted;
	struct key zone;
};

static sqlite3_stmt *bind_filter(
        struct db *db, const struct history_filter *filter, struct history_keys *keys)
{
	sqlite3_stmt *statement;
	if (filter->name != NULL) {
		statement = db_statement(db, STATEMENT_HISTORY_OF_NAME);
		if (statement != NULL)
			sqlite3_clear_bindings(statement);
		key_of_name(filter->name, &keys->wanted);
		bind_key(statement, 2, &keys->wanted);
		if (filter->zone != NULL) {
			key_of_name(filter->zone, &keys->zone);
			bind_key(statement, 3, &keys->zone);
		}
	} else if (filter->zone != NULL) {
		statement = db_statement(db, STATEMENT_HISTORY_OF_ZONE);
		key_of_name(filter->zone, &keys->wanted);
		bind_key(statement, 2, &keys->wanted);
	} else if (filter->subject != NULL) {
		statement = db_statement(db, STATEMENT_HISTORY_OF_SUBJECT);
		bind_text(statement, 2, filter->subject);
	} else {
		statement = db_statement(db, STATEMENT_HISTORY_ALL);
	}
	bind_int(statement, 1, filter->before_id != 0 ? (int64_t)filter->before_id : INT64_MAX);
	return statement;
}

enum err reader_list_history(struct reader *reader, const struct history_filter *filter,
        history_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct history_keys keys;
	sqlite3_stmt *statement = bind_filter(&reader->db, filter, &keys);
	uint64_t last = 0; /* a name stands in the history of a change once for each of its types */
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement)) {
		uint64_t id = (uint64_t)sqlite3_column_int64(statement, 0);
		if (id != last)
			goes_on = visit(context, id, sqlite3_column_int64(statement, 1),
			        column_text(statement, 2));
		last = id;
	}
	sqlite3_reset(statement);
	return reader_leave(reader);
}
