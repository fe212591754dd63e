/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/change.h"

#include <string.h>

#include "dns/change_server.h"
#include "dns/codec.h"
#include "dns/type.h"

#define MESSAGE_CHANGE  1 /* first octet: what it is, and the version of its form */
#define MESSAGE_OUTCOME 2

bool op_is_covered(const struct op *op, enum effect_action action, const struct rrset *after)
{
	uint8_t needed = action == EFFECT_NONE ? EFFECT_UPDATE : (uint8_t)action;
	for (size_t i = 0; i < op->bound_count; i++) {
		const struct bound *bound = &op->bounds[i];
		if ((bound->actions & needed) == 0)
			continue;
		if (after->count == 0)
			return true;
		if (after->ttl_s >= bound->ttl_min_s && after->ttl_s <= bound->ttl_max_s &&
		        after->count <= bound->values_max)
			return true;
	}
	return false;
}

size_t change_count_effects(const struct change *change)
{
	size_t count = change->op_count;
	for (size_t i = 0; i < change->op_count; i++) {
		if (change->ops[i].server != NULL)
			count += change->ops[i].server->part_count;
	}
	return count;
}

size_t change_count_records(const struct change *change)
{
	size_t count = 0;
	for (size_t i = 0; i < change->op_count; i++) {
		const struct op *op = &change->ops[i];
		for (size_t j = 0; op->server != NULL && j < op->server->part_count; j++)
			count += op->server->parts[j].rrset.count;
		size_t records = op->rrset.count + op->remove_count + op->apex_ns.count +
		                 op->reversion.record_count;
		count += records > 0 ? records : 1;
	}
	return count > 0 ? count : 1;
}

static bool op_is_server(enum op_kind kind)
{
	return kind == OP_SERVER_PUT || kind == OP_SERVER_DROP;
}

/* ---- change → bytes ---- */

static void precondition_pack(struct buf *buf, const struct precondition *precondition)
{
	buf_put_u8(buf, (uint8_t)precondition->kind);
	buf_put_u8(buf, (uint8_t)precondition->count);
	for (size_t i = 0; i < precondition->count; i++)
		buf_put_u64(buf, precondition->revisions[i]);
}

static void revocation_pack(struct buf *buf, const struct revocation *revocation)
{
	buf_put_u8(buf, (uint8_t)revocation->kind);
	codec_put_string(buf, revocation->value);
	buf_put_u64(buf, (uint64_t)revocation->before_ms);
	buf_put_u64(buf, (uint64_t)revocation->expires_ms);
}

static void reversion_pack(struct buf *buf, const struct reversion *reversion)
{
	buf_put_u64(buf, reversion->change_id);
	buf_put_u32(buf, reversion->record_count);
}

static void issued_pack(struct buf *buf, const struct issued_token *issued)
{
	codec_put_string(buf, issued->token_id);
	codec_put_string(buf, issued->subject);
	codec_put_string(buf, issued->key_id);
	codec_put_string(buf, issued->parents);
	codec_put_string(buf, issued->claims);
	buf_put_u64(buf, (uint64_t)issued->parent_issued_ms);
	buf_put_u64(buf, (uint64_t)issued->expires_ms);
}

static void op_pack(struct buf *buf, const struct op *op)
{
	buf_put_u8(buf, (uint8_t)op->kind);
	codec_put_name(buf, &op->zone);
	codec_put_rrset(buf, &op->rrset);
	buf_put_u8(buf, op->has_ttl);
	codec_put_values(buf, op->remove, op->remove_count);
	if (op->kind == OP_ZONE_ADD)
		codec_put_rrset(buf, &op->apex_ns);
	if (op->kind == OP_ZONE_EDIT) {
		buf_put_u8(buf, op->edit.members);
		buf_put_u32(buf, op->edit.ttl_s);
	}
	if (op->kind == OP_REVOKE)
		revocation_pack(buf, &op->revocation);
	if (op->kind == OP_REVERT)
		reversion_pack(buf, &op->reversion);
	if (op->kind == OP_TOKEN_ISSUE)
		issued_pack(buf, &op->issued);
	if (op_is_server(op->kind))
		server_order_pack(buf, op->server);
	if (op->kind == OP_IMPORT)
		import_order_pack(buf, op->import);
	precondition_pack(buf, &op->precondition);
	bounds_pack(buf, op->bounds, op->bound_count);
}

void change_pack(struct buf *buf, const struct change *change)
{
	buf_put_u8(buf, MESSAGE_CHANGE);
	codec_put_string(buf, change->actor.subject);
	codec_put_string(buf, change->actor.token_id);
	codec_put_string(buf, change->actor.key_id);
	codec_put_string(buf, change->actor.address);
	codec_put_string(buf, change->request_id);
	codec_put_string(buf, change->request);
	codec_put_string(buf, change->comment);
	codec_put_string(buf, change->idempotency.key);
	buf_put(buf, change->idempotency.fingerprint, DIGEST_BYTES);
	buf_put_u8(buf, (uint8_t)change->refused);
	codec_put_string(buf, change->refused_detail);
	buf_put_u8(buf, change->is_dry_run);
	buf_put_u8(buf, change->is_brief);
	buf_put_u32(buf, (uint32_t)change->op_count);
	for (size_t i = 0; i < change->op_count; i++)
		op_pack(buf, &change->ops[i]);
}

/* ---- bytes → change ---- */

static void precondition_unpack(struct decoder *decoder, struct precondition *ret_precondition)
{
	uint8_t kind = decoder_u8(decoder);
	uint8_t count = decoder_u8(decoder);
	if (kind > PRECONDITION_NONE_MATCH || count > PRECONDITION_ETAGS_MAX) {
		decoder->failed = true;
		return;
	}
	ret_precondition->kind = kind;
	ret_precondition->count = count;
	for (size_t i = 0; i < count; i++)
		ret_precondition->revisions[i] = decoder_u64(decoder);
}

static void revocation_parse(
        struct arena *arena, struct decoder *decoder, struct revocation *ret_revocation)
{
	uint8_t kind = decoder_u8(decoder);
	ret_revocation->value = codec_get_string(arena, decoder);
	ret_revocation->before_ms = (int64_t)decoder_u64(decoder);
	ret_revocation->expires_ms = (int64_t)decoder_u64(decoder);
	if (kind > REVOCATION_KEY)
		decoder->failed = true;
	else
		ret_revocation->kind = kind;
}

static void reversion_parse(struct decoder *decoder, struct reversion *ret_reversion)
{
	ret_reversion->change_id = decoder_u64(decoder);
	ret_reversion->record_count = decoder_u32(decoder);
}

static void issued_parse(
        struct arena *arena, struct decoder *decoder, struct issued_token *ret_issued)
{
	ret_issued->token_id = codec_get_string(arena, decoder);
	ret_issued->subject = codec_get_string(arena, decoder);
	ret_issued->key_id = codec_get_string(arena, decoder);
	ret_issued->parents = codec_get_string(arena, decoder);
	ret_issued->claims = codec_get_string(arena, decoder);
	ret_issued->parent_issued_ms = (int64_t)decoder_u64(decoder);
	ret_issued->expires_ms = (int64_t)decoder_u64(decoder);
}

/* A truth value is 0 or 1 and nothing else, so that the same change is always the same bytes. */
static bool flag_parse(struct decoder *decoder)
{
	uint8_t flag = decoder_u8(decoder);
	if (flag > 1)
		decoder->failed = true;
	return flag == 1;
}

static bool kind_has_owner(enum op_kind kind)
{
	return kind < OP_ZONE_ADD || kind == OP_EXPIRE || kind == OP_ZONE_EDIT;
}

static void edit_parse(struct decoder *decoder, struct zone_edit *ret_edit)
{
	ret_edit->members = decoder_u8(decoder);
	ret_edit->ttl_s = decoder_u32(decoder);
	if (ret_edit->ttl_s > TTL_MAX)
		decoder->failed = true;
}

/* What only some kinds have, and whether what all others need is there. */
static void op_parse_kind(struct arena *arena, struct decoder *decoder, struct op *op)
{
	if (op->kind == OP_ZONE_ADD)
		codec_get_rrset(arena, decoder, &op->apex_ns);
	if (op->kind == OP_ZONE_EDIT)
		edit_parse(decoder, &op->edit);
	if (op_is_server(op->kind) && (op->zone.length == 0 || op->rrset.owner.length == 0))
		decoder->failed = true;
	if (op->kind == OP_IMPORT)
		op->import = import_order_parse(arena, decoder);
	if (op->kind == OP_REVOKE)
		revocation_parse(arena, decoder, &op->revocation);
	else if (op->kind == OP_REVERT)
		reversion_parse(decoder, &op->reversion);
	else if (op->kind == OP_TOKEN_ISSUE)
		issued_parse(arena, decoder, &op->issued);
	else if (op_is_server(op->kind))
		op->server = server_order_parse(arena, decoder);
	else if (op->zone.length == 0 || (kind_has_owner(op->kind) && op->rrset.owner.length == 0))
		decoder->failed = true;
}

static void op_parse(struct arena *arena, struct decoder *decoder, struct op *ret_op)
{
	uint8_t kind = decoder_u8(decoder);
	if (kind >= OP__MAX)
		decoder->failed = true;
	ret_op->kind = kind;
	codec_get_name(decoder, &ret_op->zone);
	codec_get_rrset(arena, decoder, &ret_op->rrset);
	ret_op->has_ttl = flag_parse(decoder);
	ret_op->remove =
	        codec_get_values(arena, decoder, ret_op->rrset.type, &ret_op->remove_count);
	op_parse_kind(arena, decoder, ret_op);
	precondition_unpack(decoder, &ret_op->precondition);
	ret_op->bound_count = bounds_parse(decoder, ret_op->bounds);
}

/* What the writer need not ask again: each op has what its kind takes. A change that was refused is
 * only written down, and may lack what it was refused for. */
static bool op_is_complete(const struct op *op)
{
	const char *detail;
	switch (op->kind) {
	case OP_REVOKE:
		return op->revocation.value[0] != '\0';
	case OP_REVERT:
		return op->reversion.change_id != 0;
	case OP_TOKEN_ISSUE:
		return op->issued.token_id[0] != '\0';
	case OP_ZONE_DROP:
		return true;
	case OP_ZONE_ADD:
		return op->rrset.type == TYPE_SOA && op->rrset.count == 1 &&
		       name_is_equal(&op->rrset.owner, &op->zone) &&
		       (op->apex_ns.count == 0 || op->apex_ns.type == TYPE_NS);
	case OP_ZONE_EDIT:
		return op->rrset.type == TYPE_SOA && op->rrset.count == 1 &&
		       name_is_equal(&op->rrset.owner, &op->zone) && op->edit.members != 0;
	case OP_SERVER_PUT:
		return name_is_under(&op->rrset.owner, &op->zone) && server_order_is_complete(op);
	case OP_SERVER_DROP:
	case OP_IMPORT:
		return true;
	default:
		return name_is_under(&op->rrset.owner, &op->zone) &&
		       (op->rrset.type == TYPE_SOA || type_is_writable(op->rrset.type, &detail));
	}
}

static void ops_parse(struct arena *arena, struct decoder *decoder, struct change *change)
{
	uint32_t count = decoder_u32(decoder);
	if (decoder->failed || count > CHANGE_OPS_MAX) {
		decoder->failed = true;
		return;
	}
	change->ops = arena_calloc(arena, (size_t)count + 1, sizeof(*change->ops));
	if (change->ops == NULL) {
		decoder->failed = true;
		return;
	}
	for (uint32_t i = 0; !decoder->failed && i < count; i++) {
		op_parse(arena, decoder, &change->ops[i]);
		if (!decoder->failed && change->refused == ERR_OK &&
		        (!op_is_complete(&change->ops[i]) ||
		                (count > 1 && op_is_server(change->ops[i].kind))))
			decoder->failed = true;
	}
	change->op_count = count;
}

enum err change_parse(
        struct arena *arena, const void *bytes, size_t length, struct change *ret_change)
{
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	if (decoder_u8(&decoder) != MESSAGE_CHANGE)
		return ERR_BAD_REQUEST;
	struct change change = { 0 };
	change.actor.subject = codec_get_string(arena, &decoder);
	change.actor.token_id = codec_get_string(arena, &decoder);
	change.actor.key_id = codec_get_string(arena, &decoder);
	change.actor.address = codec_get_string(arena, &decoder);
	change.request_id = codec_get_string(arena, &decoder);
	change.request = codec_get_string(arena, &decoder);
	change.comment = codec_get_string(arena, &decoder);
	change.idempotency.key = codec_get_string(arena, &decoder);
	const uint8_t *fingerprint = decoder_bytes(&decoder, DIGEST_BYTES);
	if (fingerprint != NULL)
		memcpy(change.idempotency.fingerprint, fingerprint, DIGEST_BYTES);
	uint8_t refused = decoder_u8(&decoder);
	change.refused_detail = codec_get_string(arena, &decoder);
	if (refused >= ERR__MAX)
		return ERR_BAD_REQUEST;
	change.refused = refused;
	change.is_dry_run = flag_parse(&decoder);
	change.is_brief = flag_parse(&decoder);
	ops_parse(arena, &decoder, &change);
	enum err err = codec_end(&decoder);
	if (err == ERR_OK)
		*ret_change = change;
	return err;
}

/* ---- outcomes ---- */

static void effect_pack(struct buf *buf, const struct effect *effect)
{
	buf_put_u8(buf, (uint8_t)effect->action);
	codec_put_name(buf, &effect->zone);
	codec_put_rrset(buf, &effect->before);
	codec_put_rrset(buf, &effect->after);
	buf_put_u64(buf, effect->revision);
	buf_put_u32(buf, effect->deleted_count);
}

void outcome_pack(struct buf *buf, const struct outcome *outcome)
{
	buf_put_u8(buf, MESSAGE_OUTCOME);
	buf_put_u8(buf, (uint8_t)outcome->err);
	codec_put_string(buf, outcome->detail);
	buf_put_u32(buf, outcome->op_index);
	buf_put_u64(buf, outcome->change_id);
	buf_put_u64(buf, (uint64_t)outcome->first_ms);
	buf_put_u32(buf, (uint32_t)outcome->effect_count);
	for (size_t i = 0; i < outcome->effect_count; i++)
		effect_pack(buf, &outcome->effects[i]);
	buf_put_u32(buf, (uint32_t)outcome->zone_count);
	for (size_t i = 0; i < outcome->zone_count; i++) {
		codec_put_name(buf, &outcome->zones[i].zone);
		buf_put_u32(buf, outcome->zones[i].serial);
	}
	buf_put_u32(buf, (uint32_t)outcome->fault_count);
	for (size_t i = 0; i < outcome->fault_count; i++) {
		buf_put_u32(buf, outcome->faults[i].op_index);
		buf_put_u8(buf, (uint8_t)outcome->faults[i].err);
		codec_put_string(buf, outcome->faults[i].detail);
	}
	server_entries_pack(buf, outcome);
	import_result_pack(buf, outcome);
}

static void effects_parse(struct arena *arena, struct decoder *decoder, struct outcome *outcome)
{
	uint32_t count = decoder_u32(decoder);
	outcome->effects = count > CHANGE_OPS_MAX ? NULL
	                                          : arena_calloc(arena, (size_t)count + 1,
	                                                    sizeof(*outcome->effects));
	if (outcome->effects == NULL) {
		decoder->failed = true;
		return;
	}
	for (uint32_t i = 0; !decoder->failed && i < count; i++) {
		struct effect *effect = &outcome->effects[i];
		effect->action = decoder_u8(decoder);
		codec_get_name(decoder, &effect->zone);
		codec_get_rrset(arena, decoder, &effect->before);
		codec_get_rrset(arena, decoder, &effect->after);
		effect->revision = decoder_u64(decoder);
		effect->deleted_count = decoder_u32(decoder);
	}
	outcome->effect_count = count;
}

static void zones_parse(struct arena *arena, struct decoder *decoder, struct outcome *outcome)
{
	uint32_t count = decoder_u32(decoder);
	/* Each op's zone, and those above it with its delegations. */
	outcome->zones = count > 8 * CHANGE_OPS_MAX
	                         ? NULL
	                         : arena_calloc(arena, (size_t)count + 1, sizeof(*outcome->zones));
	if (outcome->zones == NULL) {
		decoder->failed = true;
		return;
	}
	for (uint32_t i = 0; !decoder->failed && i < count; i++) {
		codec_get_name(decoder, &outcome->zones[i].zone);
		outcome->zones[i].serial = decoder_u32(decoder);
	}
	outcome->zone_count = count;
}

static void faults_parse(struct arena *arena, struct decoder *decoder, struct outcome *outcome)
{
	uint32_t count = decoder_u32(decoder);
	outcome->faults = count > OUTCOME_FAULTS_MAX ? NULL
	                                             : arena_calloc(arena, (size_t)count + 1,
	                                                       sizeof(*outcome->faults));
	if (outcome->faults == NULL) {
		decoder->failed = true;
		return;
	}
	for (uint32_t i = 0; !decoder->failed && i < count; i++) {
		struct op_fault *fault = &outcome->faults[i];
		fault->op_index = decoder_u32(decoder);
		uint8_t err = decoder_u8(decoder);
		fault->detail = codec_get_string(arena, decoder);
		if (err >= ERR__MAX)
			decoder->failed = true;
		else
			fault->err = err;
	}
	outcome->fault_count = count;
}

enum err outcome_parse(
        struct arena *arena, const void *bytes, size_t length, struct outcome *ret_outcome)
{
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	if (decoder_u8(&decoder) != MESSAGE_OUTCOME)
		return ERR_BAD_REQUEST;
	struct outcome outcome = { 0 };
	uint8_t err_number = decoder_u8(&decoder);
	outcome.detail = codec_get_string(arena, &decoder);
	outcome.op_index = decoder_u32(&decoder);
	outcome.change_id = decoder_u64(&decoder);
	outcome.first_ms = (int64_t)decoder_u64(&decoder);
	effects_parse(arena, &decoder, &outcome);
	zones_parse(arena, &decoder, &outcome);
	faults_parse(arena, &decoder, &outcome);
	server_entries_parse(arena, &decoder, &outcome);
	import_result_parse(&decoder, &outcome);
	if (err_number >= ERR__MAX)
		return ERR_BAD_REQUEST;
	outcome.err = err_number;
	enum err err = codec_end(&decoder);
	if (err == ERR_OK)
		*ret_outcome = outcome;
	return err;
}
