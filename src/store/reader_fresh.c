/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader.h"
#include "store/reader_state.h"

<<<<<<<< HEAD:src/store/reader_left.c
static bool take_effect(struct reader *reader, sqlite3_stmt *statement, struct left_rrset *effect)
========
static bool take_fresh(struct reader *reader, sqlite3_stmt *statement, struct fresh_rrset *effect)
>>>>>>>> w-search:src/store/reader_fresh.c
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

<<<<<<<< HEAD:src/store/reader_left.c
enum err reader_list_left(
        struct reader *reader, const struct left_after *after, left_visitor *visit, void *context)
========
enum err reader_list_fresh(
        struct reader *reader, const struct fresh_after *after, fresh_visitor *visit, void *context)
>>>>>>>> w-search:src/store/reader_fresh.c
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
<<<<<<<< HEAD:src/store/reader_left.c
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_LEFT_AFTER);
	bind_int(statement, 1, (int64_t)after->revision);
	bind_int(statement, 2, after->seq);
	bind_int(statement, 3, (int64_t)after->count_max);
	struct left_rrset effect = { 0 };
========
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_FRESH_AFTER);
	bind_int(statement, 1, (int64_t)after->revision);
	bind_int(statement, 2, after->seq);
	bind_int(statement, 3, (int64_t)after->count_max);
	struct fresh_rrset effect = { 0 };
>>>>>>>> w-search:src/store/reader_fresh.c
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = take_fresh(reader, statement, &effect) && visit(context, &effect);
	sqlite3_reset(statement);
	return reader_leave(reader);
}
