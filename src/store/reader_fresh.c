/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader.h"
#include "store/reader_state.h"

static bool take_fresh(struct reader *reader, sqlite3_stmt *statement, struct fresh_rrset *effect)
{
	struct db *db = &reader->db;
	effect->revision = (uint64_t)sqlite3_column_int64(statement, 0);
	effect->seq = (uint64_t)sqlite3_column_int64(statement, 1);
	effect->rrset.type = (uint16_t)sqlite3_column_int(statement, 4);
	effect->is_new = sqlite3_column_int(statement, 6) != 0;
	const void *blob = sqlite3_column_blob(statement, 5);
	size_t length = (size_t)sqlite3_column_bytes(statement, 5);
	arena_reset(reader->scratch);
	return column_name(db, statement, 2, &effect->zone) &&
	       column_name(db, statement, 3, &effect->rrset.owner) &&
	       (rrset_parse_values(reader->scratch, blob, length, &effect->rrset) == ERR_OK ||
	               db_fail(db, SQLITE_CORRUPT, "reading an effect"));
}

enum err reader_list_fresh(
        struct reader *reader, const struct fresh_after *after, fresh_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_FRESH_AFTER);
	bind_int(statement, 1, (int64_t)after->revision);
	bind_int(statement, 2, after->seq);
	bind_int(statement, 3, (int64_t)after->count_max);
	struct fresh_rrset effect = { 0 };
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = take_fresh(reader, statement, &effect) && visit(context, &effect);
	sqlite3_reset(statement);
	return reader_leave(reader);
}
