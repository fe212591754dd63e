/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader_import.h"

#include "store/reader_state.h"

struct touched_walk {
	struct reader *reader;
	struct key zone;
	touched_visitor *visit;
	void *context;
};

/* Those above `after` up to `until`. False when the visitor has had enough. */
static bool visit_range(const struct touched_walk *walk, uint64_t after, uint64_t until)
{
	struct db *db = &walk->reader->db;
	struct name owner;
	bool goes_on = true;
	if (after >= until)
		return true;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_TOUCHED_SINCE);
	bind_int(statement, 1, (int64_t)after);
	bind_int(statement, 2, (int64_t)until);
	bind_key(statement, 3, &walk->zone);
	while (goes_on && db_step(db, statement))
		goes_on = column_name(db, statement, 0, &owner) &&
		          walk->visit(walk->context, &owner,
		                  (uint16_t)sqlite3_column_int64(statement, 1));
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
	struct touched_walk walk = { .reader = reader, .visit = visit, .context = context };
	bool is_between = range->except > range->after && range->except <= range->until;
	uint64_t middle = is_between ? range->except : range->until;
	key_of_name(range->zone, &walk.zone);
	if (visit_range(&walk, range->after, is_between ? middle - 1 : middle))
		(void)visit_range(&walk, middle, range->until);
	return reader_leave(reader);
}
