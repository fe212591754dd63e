/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/row.h"

#include <string.h>

#include "audit/chain.h"
#include "core/clock.h"
#include "core/json.h"
#include "dns/expiry.h"
#include "dns/name.h"
#include "dns/type.h"

#define BODY_CEILING_BYTES  ((size_t)4 << 20)
#define VALUE_CEILING_BYTES ((size_t)512 * 1024)

static const char *const op_words[OP__MAX] = {
	[OP_RRSET_ADD] = "rrset.add",
	[OP_RRSET_PUT] = "rrset.put",
	[OP_RRSET_PATCH] = "rrset.patch",
	[OP_RRSET_DROP] = "rrset.drop",
	[OP_VALUE_DROP] = "value.drop",
	[OP_ZONE_ADD] = "zone.add",
	[OP_ZONE_DROP] = "zone.drop",
	[OP_REVOKE] = "revoke",
	[OP_REVERT] = "revert",
	[OP_TOKEN_ISSUE] = "token.issue",
	[OP_EXPIRE] = "expire",
	[OP_SERVER_PUT] = "server.put",
	[OP_SERVER_DROP] = "server.drop",
	[OP_ZONE_EDIT] = "zone.edit",
	[OP_IMPORT] = "zone.import",
};

static const char *const revocation_words[] = {
	[REVOCATION_TOKEN] = "token",
	[REVOCATION_SUBJECT] = "subject",
	[REVOCATION_KEY] = "key",
};

static const char *action_word(enum effect_action action)
{
	switch (action) {
	case EFFECT_NONE:
		return "none";
	case EFFECT_CREATE:
		return "create";
	case EFFECT_UPDATE:
		return "update";
	case EFFECT_DELETE:
		return "delete";
	}
	return "unknown";
}

/* A JSON text under construction, with room for one value at a time. */
struct body {
	struct json_writer json;
	struct buf text;
	struct buf value;
};

static void put_name(struct body *body, const char *member, const struct name *name)
{
	char text[NAME_TEXT_BYTES];
	if (name->length > 0)
		json_put_string(&body->json, member, name_render(name, text));
}

static void put_values(struct body *body, const char *member, uint16_t type,
        const struct rdata *values, size_t count)
{
	json_open_array(&body->json, member);
	for (size_t i = 0; i < count && !buf_is_full(&body->text); i++) {
		body->value.length = 0;
		rdata_render(&body->value, type, &values[i]);
		json_put_bytes(&body->json, NULL, body->value.bytes, body->value.length);
	}
	json_close_array(&body->json);
}

/* Nothing when all values stay. */
static void put_expiry(struct body *body, const struct rrset *rrset)
{
	char at[CLOCK_TEXT_BYTES];
	if (rrset_next_expiry(rrset) == 0)
		return;
	json_open_array(&body->json, "expires");
	for (size_t i = 0; i < rrset->count && !buf_is_full(&body->text); i++) {
		const struct rdata *value = &rrset->values[i];
		if (value->expires_ms == 0)
			continue;
		json_open_object(&body->json, NULL);
		body->value.length = 0;
		rdata_render(&body->value, rrset->type, value);
		json_put_bytes(&body->json, "value", body->value.bytes, body->value.length);
		clock_render_rfc3339(value->expires_ms, at);
		json_put_string(&body->json, "expires_at", at);
		json_close_object(&body->json);
	}
	json_close_array(&body->json);
}

/* null where there was or is nothing. */
static void put_side(struct body *body, const char *member, const struct rrset *rrset)
{
	if (rrset->count == 0) {
		json_put_null(&body->json, member);
		return;
	}
	json_open_object(&body->json, member);
	json_put_int(&body->json, "ttl", rrset->ttl_s);
	put_values(body, "values", rrset->type, rrset->values, rrset->count);
	put_expiry(body, rrset);
	json_close_object(&body->json);
}

static void put_rrset_name(struct body *body, const struct rrset *rrset)
{
	char type[TYPE_TEXT_BYTES];
	put_name(body, "name", &rrset->owner);
	json_put_string(&body->json, "record_type", type_render(rrset->type, type));
}

static void put_revocation(struct body *body, const struct revocation *revocation)
{
	json_put_string(&body->json, "kind", revocation_words[revocation->kind]);
	json_put_string(&body->json, "value", revocation->value);
	json_put_int(&body->json, "before_ms", revocation->before_ms);
	json_put_int(&body->json, "expires_ms", revocation->expires_ms);
}

/* What it may do, but not the token: without its signature that is worth nothing. */
static void put_issued(struct body *body, const struct issued_token *issued)
{
	json_put_string(&body->json, "token_id", issued->token_id);
	json_put_string(&body->json, "subject", issued->subject);
	json_put_string(&body->json, "key_id", issued->key_id);
	json_put_int(&body->json, "expires_ms", issued->expires_ms);
	json_put_string(&body->json, "claims", issued->claims);
}

static void put_import(struct body *body, const struct op *op)
{
	put_name(body, "zone", &op->zone);
	if (op->import == NULL)
		return;
	json_put_int(&body->json, "records", op->import->counts.records);
	json_put_int(&body->json, "created", op->import->counts.created);
	json_put_int(&body->json, "updated", op->import->counts.updated);
	json_put_int(&body->json, "deleted", op->import->counts.deleted);
	json_put_int(&body->json, "unchanged", op->import->counts.unchanged);
}

static void put_effect(struct body *body, const struct op *op, const struct effect *effect)
{
	json_open_object(&body->json, NULL);
	json_put_string(&body->json, "op", op_words[op->kind]);
	json_put_string(&body->json, "action", action_word(effect->action));
	if (op->kind == OP_REVOKE) {
		put_revocation(body, &op->revocation);
	} else if (op->kind == OP_REVERT) {
		json_put_int(&body->json, "change_id", (int64_t)op->reversion.change_id);
	} else if (op->kind == OP_TOKEN_ISSUE) {
		put_issued(body, &op->issued);
	} else if (op->kind == OP_IMPORT) {
		put_import(body, op);
	} else {
		put_name(body, "zone", &effect->zone);
		put_rrset_name(body, &effect->after);
		put_side(body, "before", &effect->before);
		put_side(body, "after", &effect->after);
		json_put_int(&body->json, "deleted", effect->deleted_count);
	}
	json_close_object(&body->json);
}

static void put_serials(struct body *body, const struct outcome *outcome)
{
	json_open_array(&body->json, "zones");
	for (size_t i = 0; i < outcome->zone_count; i++) {
		json_open_object(&body->json, NULL);
		put_name(body, "zone", &outcome->zones[i].zone);
		json_put_int(&body->json, "serial", outcome->zones[i].serial);
		json_close_object(&body->json);
	}
	json_close_array(&body->json);
}

static void put_server_order(struct body *body, const struct op *op)
{
	put_name(body, "zone", &op->zone);
	put_name(body, "name", &op->rrset.owner);
	for (size_t i = 0; op->server != NULL && i < op->server->part_count; i++) {
		const struct rrset *wanted = &op->server->parts[i].rrset;
		char type[TYPE_TEXT_BYTES];
		if (wanted->count > 0 && wanted->type != TYPE_PTR)
			put_values(body, type_render(wanted->type, type), wanted->type,
			        wanted->values, wanted->count);
	}
}

/* The effect tells the SOA; what is beside it is only here. */
static void put_zone_edit(struct body *body, const struct op *op)
{
	put_name(body, "zone", &op->zone);
	if ((op->edit.members & ZONE_TTL) != 0)
		json_put_int(&body->json, "default_ttl", op->edit.ttl_s);
	else if ((op->edit.members & ZONE_NO_TTL) != 0)
		json_put_null(&body->json, "default_ttl");
}

/* What somebody tried. */
static void put_op(struct body *body, const struct op *op)
{
	json_open_object(&body->json, NULL);
	json_put_string(&body->json, "op", op_words[op->kind]);
	if (op->kind == OP_REVOKE) {
		put_revocation(body, &op->revocation);
	} else if (op->kind == OP_REVERT) {
		json_put_int(&body->json, "change_id", (int64_t)op->reversion.change_id);
	} else if (op->kind == OP_TOKEN_ISSUE) {
		put_issued(body, &op->issued);
	} else if (op->kind == OP_ZONE_ADD || op->kind == OP_ZONE_DROP) {
		put_name(body, "zone", &op->zone);
	} else if (op->kind == OP_ZONE_EDIT) {
		put_zone_edit(body, op);
	} else if (op->kind == OP_SERVER_PUT || op->kind == OP_SERVER_DROP) {
		put_server_order(body, op);
	} else if (op->kind == OP_IMPORT) {
		put_import(body, op);
	} else {
		put_name(body, "zone", &op->zone);
		put_rrset_name(body, &op->rrset);
		if (op->has_ttl)
			json_put_int(&body->json, "ttl", op->rrset.ttl_s);
		put_values(body, "values", op->rrset.type, op->rrset.values, op->rrset.count);
		put_expiry(body, &op->rrset);
		put_values(body, "remove", op->rrset.type, op->remove, op->remove_count);
	}
	json_close_object(&body->json);
}

/* Behind the effects of the ops stand those of a server op, which is alone in its change. */
static const struct op *op_of_effect(const struct change *change, size_t index)
{
	return &change->ops[index < change->op_count ? index : 0];
}

static void put_success(struct body *body, const struct audit_attempt *attempt)
{
	const struct outcome *outcome = attempt->outcome;
	json_open_array(&body->json, "effects");
	for (size_t i = 0; i < outcome->effect_count && !buf_is_full(&body->text); i++)
		put_effect(body, op_of_effect(attempt->change, i), &outcome->effects[i]);
	json_close_array(&body->json);
	put_serials(body, outcome);
}

static void put_failure(struct body *body, const struct audit_attempt *attempt)
{
	const struct change *change = attempt->change;
	if (attempt->outcome->detail != NULL)
		json_put_string(&body->json, "detail", attempt->outcome->detail);
	json_open_array(&body->json, "ops");
	for (size_t i = 0; i < change->op_count && !buf_is_full(&body->text); i++)
		put_op(body, &change->ops[i]);
	json_close_array(&body->json);
}

/* Never NULL: a body that does not fit is replaced by one that says so. */
static const char *render_body(struct arena *arena, const struct audit_attempt *attempt)
{
	struct body body;
	buf_init(&body.text, arena, BODY_CEILING_BYTES);
	buf_init(&body.value, arena, VALUE_CEILING_BYTES);
	json_writer_init(&body.json, &body.text);
	json_open_object(&body.json, NULL);
	if (attempt->outcome->err == ERR_OK)
		put_success(&body, attempt);
	else
		put_failure(&body, attempt);
	const char *comment = attempt->change->comment;
	if (comment != NULL && comment[0] != '\0')
		json_put_string(&body.json, "comment", comment);
	json_close_object(&body.json);
	const char *text = buf_string(&body.text);
	return text != NULL ? text : "{\"too_large\":true}";
}

static const char *text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

enum err audit_make_row(struct arena *arena, const struct audit_head *head,
        const struct audit_attempt *attempt, struct audit_row *ret_row)
{
	const struct change *change = attempt->change;
	enum err outcome = attempt->outcome->err;
	struct audit_row row = {
		.seq = head->seq + 1,
		.at_ms = attempt->at_ms,
		.actor.subject = text_or_empty(change->actor.subject),
		.actor.token_id = text_or_empty(change->actor.token_id),
		.actor.key_id = text_or_empty(change->actor.key_id),
		.actor.address = text_or_empty(change->actor.address),
		.request_id = text_or_empty(change->request_id),
		.request = text_or_empty(change->request),
		.outcome = err_slug(outcome),
		.status = (uint32_t)err_status(outcome),
		.change_id = attempt->outcome->change_id,
		.body = render_body(arena, attempt),
	};
	enum err err = audit_hash(arena, head->hash, &row, row.hash);
	if (err == ERR_OK)
		*ret_row = row;
	return err;
}

void audit_render_row(struct buf *buf, const struct audit_row *row)
{
	char at[CLOCK_TEXT_BYTES];
	char hash[2 * DIGEST_BYTES + 1];
	struct json_writer json;
	json_writer_init(&json, buf);
	clock_render_rfc3339(row->at_ms, at);
	hex_render(row->hash, DIGEST_BYTES, hash);
	json_open_object(&json, NULL);
	json_put_int(&json, "seq", (int64_t)row->seq);
	json_put_string(&json, "at", at);
	json_put_int(&json, "at_ms", row->at_ms);
	json_put_string(&json, "subject", row->actor.subject);
	json_put_string(&json, "token_id", row->actor.token_id);
	json_put_string(&json, "key_id", row->actor.key_id);
	json_put_string(&json, "address", row->actor.address);
	json_put_string(&json, "request_id", row->request_id);
	json_put_string(&json, "request", row->request);
	json_put_string(&json, "outcome", row->outcome);
	json_put_int(&json, "status", row->status);
	json_put_int(&json, "change_id", (int64_t)row->change_id);
	json_put_raw(&json, "body", row->body);
	json_put_string(&json, "hash", hash);
	json_close_object(&json);
}
