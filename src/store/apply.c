/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/apply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "dns/expiry.h"
#include "store/answers.h"
#include "store/writer.h"
#include "store/writer_state.h"

static apply_op_fn *const op_functions[OP__MAX] = {
	[OP_RRSET_ADD] = apply_rrset_op,
	[OP_RRSET_PUT] = apply_rrset_op,
	[OP_RRSET_PATCH] = apply_rrset_op,
	[OP_RRSET_DROP] = apply_rrset_op,
	[OP_VALUE_DROP] = apply_rrset_op,
	[OP_ZONE_ADD] = apply_zone_add,
	[OP_ZONE_DROP] = apply_zone_drop,
	[OP_REVOKE] = apply_revoke,
	[OP_REVERT] = apply_revert,
	[OP_TOKEN_ISSUE] = apply_token_issue,
	[OP_EXPIRE] = apply_rrset_op,
	[OP_SERVER_PUT] = apply_server_put,
	[OP_SERVER_DROP] = apply_server_drop,
	[OP_ZONE_EDIT] = apply_zone_edit,
	[OP_IMPORT] = apply_import,
};

enum err apply_refuse(struct apply *apply, enum err err, const char *format, ...)
{
	char text[2 * NAME_TEXT_BYTES + 256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	char *detail = arena_strdup(apply->arena, text);
	apply->detail = detail != NULL ? detail : "";
	return err;
}

enum err apply_db_error(const struct apply *apply)
{
	return db_error(apply->db);
}

void apply_note_fault(struct apply *apply, uint32_t op_index, enum err err)
{
	apply->faults[apply->fault_count++] = (struct op_fault){
		.op_index = op_index,
		.err = err,
		.detail = apply->detail,
	};
	apply->detail = "";
}

enum err apply_make_room(struct apply *apply, size_t zones, size_t faults)
{
	assert(apply->zone_count == 0 && apply->fault_count == 0);
	apply->zones = arena_calloc(apply->arena, 2 * zones + 1, sizeof(*apply->zones));
	apply->faults = arena_calloc(apply->arena, faults + 1, sizeof(*apply->faults));
	apply->zone_room = 2 * zones;
	return apply->zones != NULL && apply->faults != NULL ? ERR_OK : ERR_TOO_LARGE;
}

bool apply_need_change_row(struct apply *apply)
{
	if (apply->has_change_row)
		return true;
	const struct change *change = apply->change;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_ADD);
	bind_int(statement, 1, (int64_t)apply_number(apply));
	bind_int(statement, 2, apply->now_ms);
	bind_text(statement, 3, change->actor.subject);
	bind_text(statement, 4, change->actor.token_id);
	bind_text(statement, 5, change->actor.key_id);
	bind_text(statement, 6, change->actor.address);
	bind_text(statement, 7, change->request_id);
	bind_text(statement, 8, change->request);
	bind_text(statement, 9, change->comment);
	apply->has_change_row = db_run(apply->db, statement);
	return apply->has_change_row;
}

const char *apply_pack_values(struct apply *apply, const struct rrset *rrset, size_t *ret_length)
{
	struct buf buf;
	size_t length = 0;
	for (size_t i = 0; i < rrset->count; i++)
		length += 2 + (size_t)rrset->values[i].length;
	char *memory = arena_alloc(apply->arena, length + 1);
	if (memory == NULL)
		return NULL;
	buf_init_fixed(&buf, memory, length + 1);
	rrset_pack_values(&buf, rrset);
	const char *bytes = buf_string(&buf);
	if (bytes != NULL)
		*ret_length = length;
	return bytes;
}

/* Stays NULL when no value expires. False when the arena is full. */
static bool bind_expiry(
        struct apply *apply, sqlite3_stmt *statement, int index, const struct rrset *rrset)
{
	if (statement == NULL || rrset_next_expiry(rrset) == 0)
		return true;
	struct buf buf;
	buf_init(&buf, apply->arena, (size_t)RRSET_VALUES_MAX * sizeof(int64_t));
	rrset_pack_expiry(&buf, rrset);
	bind_blob(statement, index, buf.bytes, buf.length);
	return !buf_is_full(&buf);
}

/* An absent side stays NULL. False when the arena is full. */
static bool bind_side(
        struct apply *apply, sqlite3_stmt *statement, int index, const struct rrset *rrset)
{
	if (rrset->count == 0 || statement == NULL)
		return true;
	size_t length;
	const char *blob = apply_pack_values(apply, rrset, &length);
	if (blob == NULL)
		return false;
	bind_int(statement, index, rrset->ttl_s);
	bind_blob(statement, index + 1, blob, length);
	return bind_expiry(apply, statement, index + 2, rrset);
}

bool apply_put_history(struct apply *apply, const struct history *history)
{
	const struct rrset *present = history->after->count > 0 ? history->after : history->before;
	struct key zone;
	struct key owner;
	key_of_name(&history->zone->name, &zone);
	key_of_name(&present->owner, &owner);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_EFFECT_ADD);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	bind_int(statement, 1, (int64_t)apply_number(apply));
	bind_int(statement, 2, (int64_t)++apply->effect_count);
	bind_key(statement, 3, &zone);
	bind_key(statement, 4, &owner);
	bind_int(statement, 5, present->type);
	bind_int(statement, 6, history->zone->serial);
	if (!bind_side(apply, statement, 7, history->before) ||
	        !bind_side(apply, statement, 10, history->after))
		return false;
	return db_run(apply->db, statement);
}

bool apply_write_rrset(struct apply *apply, const struct zone *zone, const struct rrset *rrset)
{
	struct key owner;
	key_of_name(&rrset->owner, &owner);
	bool is_drop = rrset->count == 0;
	size_t length = 0;
	const char *blob = is_drop ? NULL : apply_pack_values(apply, rrset, &length);
	if (!is_drop && blob == NULL)
		return false;
	sqlite3_stmt *statement =
	        db_statement(apply->db, is_drop ? STATEMENT_RRSET_DROP : STATEMENT_RRSET_PUT);
	if (statement != NULL)
		sqlite3_clear_bindings(statement);
	bind_int(statement, 1, zone->id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, rrset->type);
	int64_t next_expiry_ms = rrset_next_expiry(rrset);
	if (next_expiry_ms != 0)
		bind_int(statement, 9, next_expiry_ms);
	if (!bind_expiry(apply, statement, 8, rrset))
		return false;
	if (!is_drop) {
		bind_int(statement, 4, rrset->ttl_s);
		bind_int(statement, 5, (int64_t)rrset->count);
		bind_blob(statement, 6, blob, length);
		bind_int(statement, 7, (int64_t)apply->revision);
	}
	return db_run(apply->db, statement);
}

bool precondition_holds(const struct precondition *precondition, uint64_t revision)
{
	bool is_listed = false;
	for (size_t i = 0; i < precondition->count && revision != 0; i++)
		is_listed |= precondition->revisions[i] == revision;
	switch (precondition->kind) {
	case PRECONDITION_NONE:
		return true;
	case PRECONDITION_MATCH_ANY:
		return revision != 0;
	case PRECONDITION_MATCH:
		return is_listed;
	case PRECONDITION_NONE_EXIST:
		return revision == 0;
	case PRECONDITION_NONE_MATCH:
		return !is_listed;
	}
	return false;
}

/* An op that cannot be done is left out, so that whoever sent the change learns of all of them at
 * once; the caller rolls back. Only a failure of the store ends it here. */
static enum err run_ops(struct apply *apply, struct effect *effects)
{
	const struct change *change = apply->change;
	for (uint32_t i = 0; i < change->op_count; i++) {
		const struct op *op = &change->ops[i];
		size_t noted = apply->fault_count;
		enum err err = (unsigned)op->kind < OP__MAX
		                       ? op_functions[op->kind](apply, op, &effects[i])
		                       : ERR_BAD_REQUEST;
		if (apply_db_error(apply) != ERR_OK)
			return err;
		if (err == ERR_OK)
			continue;
		/* A server op stands alone, and the effects of its parts follow its own. */
		memset(&effects[i], 0,
		        (op->server != NULL ? apply->effect_room : 1) * sizeof(*effects));
		if (apply->fault_count == noted)
			apply_note_fault(apply, i, err);
	}
	return ERR_OK;
}

/* Not of an op that has its fault already: there is room for one each. */
static enum err run_rules(struct apply *apply, const struct effect *effects)
{
	for (uint32_t i = 0; i < apply->effect_room && !apply->is_lone; i++) {
		enum err err = rules_check_effect(apply, &effects[i]);
		uint32_t op_index = i < apply->change->op_count ? i : 0;
		if (apply_db_error(apply) != ERR_OK)
			return err;
		if (err != ERR_OK)
			apply_note_fault(apply, op_index, err);
	}
	return ERR_OK;
}

static int compare_faults(const void *a, const void *b)
{
	const struct op_fault *left = a;
	const struct op_fault *right = b;
	return (left->op_index > right->op_index) - (left->op_index < right->op_index);
}

/* What is not permitted is told before what does not work. */
static enum err take_faults(struct apply *apply, struct outcome *outcome)
{
	const struct op_fault *first = &apply->faults[0];
	if (apply->change->op_count > 1)
		qsort(apply->faults, apply->fault_count, sizeof(*apply->faults), compare_faults);
	for (size_t i = 0; i < apply->fault_count && first->err != ERR_NOT_PERMITTED; i++) {
		if (apply->faults[i].err == ERR_NOT_PERMITTED)
			first = &apply->faults[i];
	}
	outcome->fault_count = apply->fault_count;
	outcome->faults = apply->faults;
	outcome->op_index = first->op_index;
	apply->detail = first->detail;
	return first->err;
}

/* All ops, then the rules. */
static enum err run_change(struct apply *apply, struct outcome *outcome)
{
	enum err err = run_ops(apply, outcome->effects);
	if (err == ERR_OK)
		err = run_rules(apply, outcome->effects);
	if (err != ERR_OK)
		return err;
	if (apply->fault_count > 0)
		return take_faults(apply, outcome);
	err = apply_delegate_all(apply);
	if (err != ERR_OK)
		return err;
	return apply_save_zones(apply) ? ERR_OK : apply_db_error(apply);
}

/* The zones that moved, as the outcome tells them. */
static enum err list_serials(const struct apply *apply, struct outcome *outcome)
{
	outcome->zones = arena_calloc(apply->arena, apply->zone_count + 1, sizeof(*outcome->zones));
	if (outcome->zones == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < apply->zone_count; i++) {
		if (apply->zones[i].is_gone || !apply->zones[i].is_moved)
			continue;
		outcome->zones[outcome->zone_count++] = (struct zone_serial){
			.zone = apply->zones[i].zone.name,
			.serial = apply->zones[i].zone.serial,
		};
	}
	return ERR_OK;
}

static enum err apply_all(struct apply *apply, struct outcome *outcome)
{
	size_t count = change_count_effects(apply->change);
	apply->effect_room = count;
	apply->outcome = outcome;
	if (apply->change->op_count == 0)
		return apply_refuse(apply, ERR_EMPTY_CHANGE, "there is nothing to do");
	outcome->effects = arena_calloc(apply->arena, count, sizeof(*outcome->effects));
	if (outcome->effects == NULL || apply_make_room(apply, count, count) != ERR_OK)
		return ERR_TOO_LARGE;
	enum err err = run_change(apply, outcome);
	if (err == ERR_OK)
		err = list_serials(apply, outcome);
	if (err == ERR_OK)
		outcome->effect_count = count;
	return err;
}

/* A lone op is refused before it writes anything, so that it needs no way back, which would cost as
 * much as the change itself. Should it fail later all the same, the batch is lost. */
static bool is_lone(const struct change *change)
{
	return change->op_count == 1 && !change->is_dry_run &&
	       (unsigned)change->ops[0].kind < OP__MAX &&
	       op_functions[change->ops[0].kind] == apply_rrset_op;
}

static void forget_effects(const struct apply *apply, struct outcome *outcome)
{
	outcome->change_id = 0;
	outcome->effect_count = 0;
	outcome->effects = NULL;
	outcome->zone_count = 0;
	outcome->zones = NULL;
	outcome->server_result = SERVER_NONE;
	outcome->entry_count = 0;
	outcome->is_import = false;
	outcome->detail = apply->detail;
}

static bool has_key(const struct apply *apply)
{
	const char *key = apply->change->idempotency.key;
	/* A step that is none of its own is nobody's answer. */
	return key != NULL && key[0] != '\0' && !change_is_import_step(apply->change);
}

static struct asker asker_of(const struct apply *apply)
{
	return (struct asker){
		.subject = apply->change->actor.subject,
		.idempotency = &apply->change->idempotency,
		.now_ms = apply->now_ms,
	};
}

static enum err keep_answer(struct apply *apply, const struct outcome *outcome)
{
	const struct asker asker = asker_of(apply);
	if (!has_key(apply) || !answers_is_kept(apply->change, outcome->err))
		return ERR_OK;
	return answers_put(apply->db, apply->arena, &asker, outcome);
}

/* The whole of it: done, and its answer kept. */
static enum err apply_and_keep(struct apply *apply, struct outcome *outcome)
{
	enum err err = apply_all(apply, outcome);
	if (err != ERR_OK || apply->change->is_dry_run)
		return err;
	outcome->change_id = apply->has_change_row ? apply_number(apply) : 0;
	return keep_answer(apply, outcome);
}

static enum err apply_in_savepoint(struct apply *apply, struct outcome *outcome)
{
	if (!db_run_plain(apply->db, STATEMENT_SAVEPOINT))
		return db_error(apply->db);
	enum err err = apply_and_keep(apply, outcome);
	bool stays = err == ERR_OK && !apply->change->is_dry_run;
	if (apply->db->code == SQLITE_OK &&
	        (stays || db_run_plain(apply->db, STATEMENT_SAVEPOINT_ROLLBACK)))
		db_run_plain(apply->db, STATEMENT_SAVEPOINT_RELEASE);
	return err;
}

static enum err apply_lone(struct apply *apply, struct outcome *outcome)
{
	enum err err = apply_and_keep(apply, outcome);
	if (err != ERR_OK && apply->has_change_row && apply->db->code == SQLITE_OK)
		db_fail(apply->db, SQLITE_INTERNAL, "a change failed half way");
	return err;
}

/* A refusal is kept after the savepoint of what it refused is gone. */
static enum err apply_once(struct apply *apply, struct outcome *outcome)
{
	enum err err =
	        apply->is_lone ? apply_lone(apply, outcome) : apply_in_savepoint(apply, outcome);
	if (err == ERR_OK || apply->db->code != SQLITE_OK)
		return apply->db->code != SQLITE_OK ? db_error(apply->db) : err;
	forget_effects(apply, outcome);
	outcome->err = err;
	if (!apply->change->is_dry_run && keep_answer(apply, outcome) != ERR_OK)
		log_warning("the refusal of a request with a key could not be kept");
	return apply->db->code != SQLITE_OK ? db_error(apply->db) : err;
}

/* False when the request was not answered before. */
static bool find_repeat(
        struct writer *writer, const struct apply *apply, struct outcome *ret_outcome)
{
	const struct asker asker = asker_of(apply);
	struct outcome outcome = { .detail = "" };
	if (!has_key(apply))
		return false;
	enum err err = answers_find(&writer->db, apply->arena, &asker, &outcome);
	if (err == ERR_NOT_FOUND)
		return false;
	if (err != ERR_OK)
		outcome.err = err;
	*ret_outcome = outcome;
	return true;
}

enum err writer_apply(struct writer *writer, struct arena *arena, const struct change *change,
        int64_t now_ms, struct outcome *ret_outcome)
{
	assert(writer->is_in_batch);
	struct apply apply = {
		.db = &writer->db,
		.arena = arena,
		.change = change,
		.now_ms = now_ms,
		.revision = writer->revision + 1,
		.is_lone = is_lone(change),
		.detail = "",
	};
	struct outcome outcome = { .detail = "" };
	if (find_repeat(writer, &apply, ret_outcome))
		return ret_outcome->err;
	enum err err = apply_once(&apply, &outcome);
	if (err == ERR_OK && (apply.has_change_row || apply.takes_revision) && !change->is_dry_run)
		writer->revision = apply.revision;
	outcome.err = err;
	*ret_outcome = outcome;
	return err;
}
