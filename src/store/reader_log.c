/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "store/answers.h"
#include "store/reader.h"
#include "store/reader_state.h"

enum err reader_is_revoked(struct reader *reader, enum revocation_kind kind, const char *value,
        int64_t issued_ms, bool *ret_revoked)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_REVOCATION_FIND);
	bind_int(statement, 1, kind);
	bind_text(statement, 2, value);
	bool is_revoked = false;
	if (db_step(&reader->db, statement)) {
		is_revoked =
		        kind == REVOCATION_TOKEN || issued_ms < sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	err = reader_leave(reader);
	if (err == ERR_OK)
		*ret_revoked = is_revoked;
	return err;
}

static enum err list_revocations(
        struct reader *reader, sqlite3_stmt *statement, revocation_visitor *visit, void *context)
{
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement)) {
		const struct revocation revocation = {
			.kind = (enum revocation_kind)sqlite3_column_int(statement, 0),
			.value = column_text(statement, 1),
			.before_ms = sqlite3_column_int64(statement, 2),
			.expires_ms = sqlite3_column_int64(statement, 3),
		};
		goes_on = visit(context, &revocation, sqlite3_column_int64(statement, 4));
	}
	sqlite3_reset(statement);
	return reader_leave(reader);
}

enum err reader_list_revocations(struct reader *reader, revocation_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_REVOCATIONS_ALL);
	return list_revocations(reader, statement, visit, context);
}

enum err reader_list_revocations_after(struct reader *reader, const struct revocation_mark *after,
        revocation_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_REVOCATIONS_FROM);
	bind_int(statement, 1, after != NULL ? after->at_ms : INT64_MIN);
	bind_int(statement, 2, after != NULL ? (int64_t)after->kind : 0);
	bind_text(statement, 3, after != NULL ? after->value : "");
	return list_revocations(reader, statement, visit, context);
}

enum err reader_find_issued(struct reader *reader, struct arena *arena, const char *token_id,
        const char **ret_parents, int64_t *ret_expires_ms)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	const char *parents = NULL;
	int64_t expires_ms = 0;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_ISSUED_FIND);
	bind_text(statement, 1, token_id);
	bool is_there = db_step(&reader->db, statement);
	if (is_there) {
		parents = arena_strdup(arena, column_text(statement, 0));
		expires_ms = sqlite3_column_int64(statement, 1);
		sqlite3_reset(statement);
	}
	err = reader_leave(reader);
	if (err != ERR_OK)
		return err;
	if (!is_there)
		return ERR_NOT_FOUND;
	if (parents == NULL)
		return ERR_TOO_LARGE;
	*ret_parents = parents;
	*ret_expires_ms = expires_ms;
	return ERR_OK;
}

enum err reader_find_answer(struct reader *reader, struct arena *arena, const struct asker *asker,
        struct outcome *ret_outcome)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	err = answers_find(&reader->db, arena, asker, ret_outcome);
	enum err left = reader_leave(reader);
	return left != ERR_OK ? left : err;
}

static bool take_audit_row(struct db *db, sqlite3_stmt *statement, struct audit_row *ret_row)
{
	*ret_row = (struct audit_row){
		.seq = (uint64_t)sqlite3_column_int64(statement, 0),
		.at_ms = sqlite3_column_int64(statement, 1),
		.actor.subject = column_text(statement, 2),
		.actor.token_id = column_text(statement, 3),
		.actor.key_id = column_text(statement, 4),
		.actor.address = column_text(statement, 5),
		.request_id = column_text(statement, 6),
		.request = column_text(statement, 7),
		.outcome = column_text(statement, 8),
		.status = (uint32_t)sqlite3_column_int64(statement, 9),
		.change_id = (uint64_t)sqlite3_column_int64(statement, 10),
		.body = column_text(statement, 11),
	};
	const void *hash = sqlite3_column_blob(statement, 12);
	if (sqlite3_column_bytes(statement, 12) != DIGEST_BYTES)
		return db_fail(db, SQLITE_CORRUPT, "reading the audit log");
	memcpy(ret_row->hash, hash, DIGEST_BYTES);
	return true;
}

static enum err list_audit(
        struct reader *reader, sqlite3_stmt *statement, audit_visitor *visit, void *context)
{
	struct audit_row row;
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = take_audit_row(&reader->db, statement, &row) && visit(context, &row);
	sqlite3_reset(statement);
	return reader_leave(reader);
}

enum err reader_list_audit(struct reader *reader, uint64_t seq, audit_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_AUDIT_AFTER);
	bind_int(statement, 1, (int64_t)seq);
	return list_audit(reader, statement, visit, context);
}

enum err reader_list_audit_of(struct reader *reader, const char *subject, uint64_t seq,
        audit_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_AUDIT_OF);
	bind_int(statement, 1, (int64_t)seq);
	bind_text(statement, 2, subject);
	return list_audit(reader, statement, visit, context);
}

enum err reader_find_audit_since(struct reader *reader, int64_t since_ms, uint64_t *ret_seq)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_AUDIT_SINCE);
	bind_int(statement, 1, since_ms);
	uint64_t seq = 0;
	if (db_step(&reader->db, statement)) {
		seq = (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	err = reader_leave(reader);
	if (err == ERR_OK)
		*ret_seq = seq;
	return err;
}

enum err reader_audit_head(struct reader *reader, struct audit_head *ret_head)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_META_FIND);
	bind_text(statement, 1, "audit");
	if (db_step(&reader->db, statement)) {
		ret_head->seq = (uint64_t)sqlite3_column_int64(statement, 0);
		if (sqlite3_column_bytes(statement, 1) == DIGEST_BYTES)
			memcpy(ret_head->hash, sqlite3_column_blob(statement, 1), DIGEST_BYTES);
		else
			db_fail(&reader->db, SQLITE_CORRUPT, "reading the head");
		sqlite3_reset(statement);
	}
	return reader_leave(reader);
}
