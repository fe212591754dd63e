/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/apply.h"

static enum err check_may_create(struct apply *apply, const struct op *op)
{
	for (size_t i = 0; i < op->bound_count; i++) {
		if ((op->bounds[i].actions & EFFECT_CREATE) != 0)
			return ERR_OK;
	}
	return apply_refuse(apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
}

/* The children of tokens that are revoked by their subject or key carry the ids of their parents
 * only, and may have another subject and key: each gets a revocation of its own, which reaches its
 * own children. */
static bool revoke_children(struct apply *apply, const struct revocation *revocation)
{
	if (revocation->kind == REVOCATION_TOKEN)
		return true;
	bool is_key = revocation->kind == REVOCATION_KEY;
	sqlite3_stmt *statement = db_statement(apply->db,
	        is_key ? STATEMENT_REVOKE_ISSUED_OF_KEY : STATEMENT_REVOKE_ISSUED_OF_SUBJECT);
	bind_text(statement, 1, revocation->value);
	bind_int(statement, 2, revocation->before_ms);
	bind_int(statement, 3, apply->now_ms);
	return db_run(apply->db, statement);
}

enum err apply_revoke(struct apply *apply, const struct op *op, struct effect *effect)
{
	const struct revocation *revocation = &op->revocation;
	enum err err = check_may_create(apply, op);
	if (err != ERR_OK)
		return err;
	if (revocation->value == NULL || revocation->value[0] == '\0')
		return apply_refuse(apply, ERR_BAD_REQUEST, "a revocation needs a value");
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_REVOCATION_PUT);
	bind_int(statement, 1, revocation->kind);
	bind_text(statement, 2, revocation->value);
	bind_int(statement, 3, revocation->before_ms);
	bind_int(statement, 4, revocation->expires_ms);
	bind_int(statement, 5, apply->now_ms);
	if (!apply_need_change_row(apply) || !db_run(apply->db, statement) ||
	        !revoke_children(apply, revocation))
		return apply_db_error(apply);
	effect->action = EFFECT_CREATE;
	effect->revision = apply->revision;
	return ERR_OK;
}

static bool is_issued(struct apply *apply, const char *token_id)
{
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ISSUED_FIND);
	bind_text(statement, 1, token_id);
	bool is_there = db_step(apply->db, statement);
	if (is_there)
		sqlite3_reset(statement);
	return is_there;
}

/* True when the actor's own token was revoked since it was looked at: its children of this moment
 * would escape what went with it. */
static bool actor_is_revoked(struct apply *apply, int64_t issued_ms)
{
	const struct actor *actor = &apply->change->actor;
	const char *const values[] = {
		[REVOCATION_TOKEN] = actor->token_id,
		[REVOCATION_SUBJECT] = actor->subject,
		[REVOCATION_KEY] = actor->key_id,
	};
	for (int kind = REVOCATION_TOKEN; kind <= REVOCATION_KEY; kind++) {
		sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_REVOCATION_FIND);
		bind_int(statement, 1, kind);
		bind_text(statement, 2, values[kind]);
		if (!db_step(apply->db, statement))
			continue;
		bool is_revoked =
		        kind == REVOCATION_TOKEN || issued_ms < sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
		if (is_revoked)
			return true;
	}
	return false;
}

enum err apply_token_issue(struct apply *apply, const struct op *op, struct effect *effect)
{
	const struct issued_token *issued = &op->issued;
	const struct actor *parent = &apply->change->actor;
	enum err err = check_may_create(apply, op);
	if (err != ERR_OK)
		return err;
	if (actor_is_revoked(apply, issued->parent_issued_ms))
		return apply_refuse(apply, ERR_REVOKED_TOKEN, "the token has been revoked");
	if (is_issued(apply, issued->token_id))
		return apply_refuse(apply, ERR_EXISTS, "there is a token of this id");
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_ISSUED_ADD);
	bind_text(statement, 1, issued->token_id);
	bind_text(statement, 2, issued->parents);
	bind_text(statement, 3, parent->subject);
	bind_text(statement, 4, parent->key_id);
	bind_int(statement, 5, issued->parent_issued_ms);
	bind_int(statement, 6, issued->expires_ms);
	if (!apply_need_change_row(apply) || !db_run(apply->db, statement))
		return apply_db_error(apply);
	effect->action = EFFECT_CREATE;
	effect->revision = apply->revision;
	return ERR_OK;
}
