/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute.h"

#include "auth/policy.h"
#include "http/conditional.h"
#include "lookup_server.h"
#include "permit_server.h"

static struct lookup exchange_lookup(const struct exchange *x)
{
	return (struct lookup){
		.arena = x->arena,
		.reader = x->pipeline->reader,
		.board = x->pipeline->settings.shared->board,
		.token = x->token,
	};
}

/* ---- permit ---- */

static enum err permit_zone_op(const struct exchange *x, struct op *op)
{
	enum adm adm = op->kind == OP_ZONE_ADD ? ADM_ZONE_CREATE : ADM_ZONE_DELETE;
	if (!policy_may_admin(x->token, adm, &op->zone))
		return ERR_NOT_PERMITTED;
	op->bounds[0] = (struct bound){
		.actions = op->kind == OP_ZONE_ADD ? EFFECT_CREATE : EFFECT_DELETE,
		.ttl_max_s = TTL_MAX,
		.values_max = RRSET_VALUES_MAX,
	};
	op->bound_count = 1;
	return ERR_OK;
}

static enum err permit_rrset_op(const struct exchange *x, struct op *op)
{
	const struct lookup lookup = exchange_lookup(x);
	struct zone zone;
	enum err err = lookup_zone_of(&lookup, &op->rrset.owner, &zone);
	if (err != ERR_OK)
		return err;
	op->zone = zone.name;
	op->bound_count =
	        policy_cover(x->token, &zone.name, &op->rrset.owner, op->rrset.type, op->bounds);
	return op->bound_count > 0 ? ERR_OK : ERR_NOT_PERMITTED;
}

static enum err permit_op(const struct exchange *x, struct op *op)
{
	const struct lookup lookup = exchange_lookup(x);
	switch (op->kind) {
	case OP_ZONE_ADD:
	case OP_ZONE_DROP:
		return permit_zone_op(x, op);
	case OP_SERVER_PUT:
	case OP_SERVER_DROP:
		return permit_server_op(&lookup, op);
	default:
		return permit_rrset_op(x, op);
	}
}

enum err execute_permit(struct exchange *x)
{
	struct change *change = &x->plan.change;
	for (size_t i = 0; i < change->op_count; i++) {
		struct op *op = &change->ops[i];
		enum err err = permit_op(x, op);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* ---- commit ---- */

static void change_put_origin(const struct exchange *x, struct change *change)
{
	change->actor = (struct actor){
		.subject = x->token->subject,
		.token_id = x->token->token_id,
		.key_id = x->token->key_id,
		.address = x->pipeline->settings.conf->audit_addresses ? x->request.remote_address
		                                                       : "",
	};
	change->request_id = x->request.request_id;
	change->request =
	        arena_printf(x->arena, "%s %.1000s", x->request.method_text, x->request.path);
	if (change->request == NULL)
		change->request = x->request.method_text;
	if (change->comment == NULL)
		change->comment = "";
	if (change->refused_detail == NULL)
		change->refused_detail = "";
}

enum err execute_send(struct exchange *x, struct change *change)
{
	change_put_origin(x, change);
	struct buf message;
	buf_init(&message, x->arena, CHANNEL_CEILING_BYTES);
	change_pack(&message, change);
	if (buf_is_full(&message))
		return ERR_TOO_LARGE;
	const struct channel_bytes bytes = { .bytes = (const uint8_t *)message.bytes,
		.length = message.length };
	struct channel_bytes answer;
	enum err err = channel_call(&x->pipeline->writer, x->arena, &bytes,
	        (int)x->pipeline->settings.conf->write_timeout_ms, &answer);
	if (err != ERR_OK)
		return err;
	err = outcome_parse(x->arena, answer.bytes, answer.length, &x->outcome);
	return err == ERR_BAD_REQUEST ? ERR_INTERNAL : err;
}

enum err execute_change(struct exchange *x)
{
	/* A held snapshot would keep the write-ahead log from shrinking meanwhile. */
	reader_end(x->pipeline->reader);
	enum err err = execute_send(x, &x->plan.change);
	if (err != ERR_OK) {
		if (err == ERR_UNAVAILABLE)
			x->detail = "The change could not be confirmed: the writer did not answer. "
			            "Look whether it was made before you repeat it.";
		return err;
	}
	x->writer_knows = true;
	permit_server_entries(x->token, &x->outcome);
	if (x->outcome.err != ERR_OK && x->outcome.detail[0] != '\0')
		x->detail = x->outcome.detail;
	return x->outcome.err;
}

/* ---- reads ---- */

enum err execute_lookup(struct exchange *x)
{
	const struct lookup lookup = exchange_lookup(x);
	const struct plan *plan = &x->plan;
	if (plan->kind == PLAN_OPERATION || plan->kind == PLAN_SERVER_OFF)
		return ERR_OK;
	enum err err = reader_begin(x->pipeline->reader);
	if (err != ERR_OK)
		return err;
	switch (plan->kind) {
	case PLAN_RRSET:
		err = lookup_rrset(&lookup, plan, &x->rrset);
		if (err == ERR_OK && !precondition_is_met(&x->precondition, x->rrset.revision))
			return ERR_PRECONDITION_FAILED;
		return err;
	case PLAN_RECORDS:
		return lookup_records(&lookup, &plan->records, &x->records);
	case PLAN_ZONES:
		return lookup_zones(&lookup, &plan->zones, &x->zones);
	case PLAN_ZONE:
		return lookup_zone(&lookup, &plan->name, &x->zone);
	case PLAN_SERVER:
		err = lookup_server(&lookup, &plan->name, &x->server);
		if (err == ERR_OK &&
		        !precondition_is_met(&x->precondition, x->server.server.revision))
			return ERR_PRECONDITION_FAILED;
		return err;
	case PLAN_SERVERS:
		return lookup_servers(&lookup, &plan->servers, &x->servers);
	case PLAN_VERIFY:
		return lookup_check_readable(&lookup, &plan->name, plan->type);
	default:
		return ERR_INTERNAL;
	}
}
