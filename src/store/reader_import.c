/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader_import.h"

#include "store/reader_state.h"

static bool visit_range(struct reader *reader, const struct name *zone, uint64_t after,
        uint64_t until, touched_visitor *visit, void *context)
{
	struct db *db = &reader->db;
	struct key key;
	struct name owner;
	bool goes_on = true;
	if (after >= until)
		return true;
	key_of_name(zone, &key);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_TOUCHED_SINCE);
	bind_int(statement, 1, (int64_t)after);
	bind_int(statement, 2, (int64_t)until);
	bind_key(statement, 3, &key);
	while (goes_on && db_step(db, statement))
		goes_on = column_name(db, statement, 0, &owner) &&
		          visit(context, &owner, (uint16_t)sqlite3_column_int64(statement, 1));
	sqlite3_reset(statement);
	return goes_on;
}

/* On both sides of the one that does not count: it may have as many rows as the zone. */
enum err reader_list_touched(struct reader *reader, const struct touched_range *range,
        touched_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	bool is_between = range->except > range->after && range->except <= range->until;
	uint64_t middle = is_between ? range->except : range->until;
	bool goes_on = visit_range(reader, range->zone, range->after,
	        is_between ? middle - 1 : middle, visit, context);
	if (goes_on)
		(void)visit_range(reader, range->zone, middle, range->until, visit, context);
	return reader_leave(reader);
}
