/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/answers.h"

#include <string.h>

#define OUTCOME_BYTES_MAX ((size_t)64 << 20)

/* The row's columns: fingerprint, at_ms, change_id, outcome. */
static enum err answer_of_row(struct arena *arena, const struct asker *asker,
        sqlite3_stmt *statement, struct outcome *ret_outcome)
{
	const void *fingerprint = sqlite3_column_blob(statement, 0);
	if (sqlite3_column_bytes(statement, 0) != DIGEST_BYTES ||
	        memcmp(fingerprint, asker->idempotency->fingerprint, DIGEST_BYTES) != 0)
		return ERR_IDEMPOTENCY_MISMATCH;
	size_t length = (size_t)sqlite3_column_bytes(statement, 3);
	const void *bytes = arena_dup(arena, sqlite3_column_blob(statement, 3), length);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	if (outcome_parse(arena, bytes, length, ret_outcome) != ERR_OK) {
		const char *detail = arena_printf(arena,
		        "this was done already, as change %lld, but its answer cannot be repeated",
		        (long long)sqlite3_column_int64(statement, 2));
		*ret_outcome = (struct outcome){
			.err = ERR_CONFLICT,
			.detail = detail != NULL ? detail : "",
		};
		return ERR_CONFLICT;
	}
	ret_outcome->first_ms = sqlite3_column_int64(statement, 1);
	return ERR_OK;
}

enum err answers_find(
        struct db *db, struct arena *arena, const struct asker *asker, struct outcome *ret_outcome)
{
	sqlite3_stmt *statement = db_statement(db, STATEMENT_ANSWER_FIND);
	bind_text(statement, 1, asker->subject);
	bind_text(statement, 2, asker->idempotency->key);
	bind_int(statement, 3, asker->now_ms - ANSWERS_KEPT_MS);
	if (!db_step(db, statement)) {
		enum err err = db_error(db);
		return err != ERR_OK ? err : ERR_NOT_FOUND;
	}
	enum err err = answer_of_row(arena, asker, statement, ret_outcome);
	sqlite3_reset(statement);
	return err;
}

bool answers_is_kept(const struct change *change, enum err err)
{
	if (err == ERR_PRECONDITION_FAILED && change_find_import(change) != NULL)
		return false;
	return err_status(err) < 500 && err != ERR_RATE_LIMITED;
}

enum err answers_put(struct db *db, struct arena *arena, const struct asker *asker,
        const struct outcome *outcome)
{
	struct buf buf;
	buf_init(&buf, arena, OUTCOME_BYTES_MAX);
	struct outcome kept = *outcome;
	if (outcome->is_import)
		kept.effect_count = 0;
	outcome_pack(&buf, &kept);
	if (buf_is_full(&buf))
		return ERR_TOO_LARGE;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_ANSWER_PUT);
	bind_text(statement, 1, asker->subject);
	bind_text(statement, 2, asker->idempotency->key);
	bind_blob(statement, 3, asker->idempotency->fingerprint, DIGEST_BYTES);
	bind_int(statement, 4, asker->now_ms);
	bind_int(statement, 5, (int64_t)outcome->change_id);
	bind_blob(statement, 6, buf.bytes, buf.length);
	return db_run(db, statement) ? ERR_OK : db_error(db);
}
