/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "dns/expiry.h"
#include "store/writer.h"
#include "store/writer_state.h"

int64_t writer_next_expiry(struct writer *writer)
{
	int64_t at_ms = INT64_MAX;
	struct db *db = &writer->db;
	if (!writer->is_open)
		return at_ms;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_NEXT_EXPIRY);
	if (db_step(db, statement)) {
		at_ms = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	return at_ms;
}

/* The writer needs nobody's leave. */
static const struct bound everything = {
	.actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
	.ttl_max_s = TTL_MAX,
	.values_max = RRSET_VALUES_MAX,
};

static bool op_of_row(struct db *db, sqlite3_stmt *statement, struct op *op)
{
	*op = (struct op){ .kind = OP_EXPIRE, .bound_count = 1, .bounds = { everything } };
	op->rrset.type = (uint16_t)sqlite3_column_int64(statement, 2);
	return column_name(db, statement, 0, &op->zone) &&
	       column_name(db, statement, 1, &op->rrset.owner);
}

enum err writer_find_due(struct writer *writer, struct arena *arena, int64_t now_ms, size_t limit,
        struct change *ret_change)
{
	assert(!writer->is_in_batch && limit <= CHANGE_OPS_MAX);
	struct db *db = &writer->db;
	struct change change = {
		.actor = { .subject = "expiry", .token_id = "", .key_id = "", .address = "" },
		.request_id = "",
		.request = "expiry",
		.comment = "",
		.refused_detail = "",
		.ops = arena_calloc(arena, limit, sizeof(*change.ops)),
	};
	if (change.ops == NULL)
		return ERR_TOO_LARGE;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_RRSETS_DUE);
	bind_int(statement, 1, now_ms);
	bind_int(statement, 2, (int64_t)limit);
	while (db_step(db, statement)) {
		if (!op_of_row(db, statement, &change.ops[change.op_count++]))
			break;
	}
	sqlite3_reset(statement);
	if (db_error(db) != ERR_OK)
		return db_error(db);
	if (change.op_count == 0)
		return ERR_NOT_FOUND;
	*ret_change = change;
	return ERR_OK;
}
