/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute.h"

#include "auth/policy.h"
#include "core/clock.h"
#include "execute_export.h"
#include "execute_import.h"
#include "execute_told.h"
#include "http/conditional.h"
#include "issue.h"
#include "list_tag.h"
#include "lookup_history.h"
#include "lookup_log.h"
#include "lookup_server.h"
#include "permit_server.h"
#include "revoke.h"

/* The index of searches, if it knows all that this state of the store can hold. */
static const struct search_index *find_index(const struct exchange *x)
{
	const struct shared *shared = x->pipeline->settings.shared;
	return atomic_load(&shared->state->index_epoch) ==
	                       atomic_load(&shared->state->indexed_epoch)
	               ? shared->index
	               : NULL;
}

struct lookup execute_lookup_of(const struct exchange *x)
{
	return (struct lookup){
		.arena = x->arena,
		.reader = x->pipeline->reader,
		.board = x->pipeline->settings.shared->board,
		.index = find_index(x),
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

/* Who may change the SOA may know of the zone. */
static enum err permit_zone_edit(const struct exchange *x, struct op *op)
{
	struct pipeline *pipeline = x->pipeline;
	uint64_t generation = atomic_load(&pipeline->settings.shared->state->zones_generation);
	struct name holder;
	op->bound_count =
	        policy_cover(x->token, &op->zone, &op->rrset.owner, op->rrset.type, op->bounds);
	if (op->bound_count == 0)
		return ERR_NOT_PERMITTED;
	enum err err = zone_cache_find(
	        &pipeline->zone_cache, pipeline->reader, generation, &op->zone, &holder);
	if (err == ERR_OK && !name_is_equal(&holder, &op->zone))
		return ERR_NO_SUCH_ZONE;
	return err;
}

static enum err permit_rrset_op(const struct exchange *x, struct op *op)
{
	struct pipeline *pipeline = x->pipeline;
	uint64_t generation = atomic_load(&pipeline->settings.shared->state->zones_generation);
	enum err err = zone_cache_find(
	        &pipeline->zone_cache, pipeline->reader, generation, &op->rrset.owner, &op->zone);
	if (err == ERR_NO_SUCH_ZONE && !policy_reaches(x->token, &op->rrset.owner))
		return ERR_NOT_PERMITTED;
	if (err != ERR_OK)
		return err;
	op->bound_count =
	        policy_cover(x->token, &op->zone, &op->rrset.owner, op->rrset.type, op->bounds);
	return op->bound_count > 0 ? ERR_OK : ERR_NOT_PERMITTED;
}

static enum err permit_op(struct exchange *x, struct op *op)
{
	const struct lookup lookup = execute_lookup_of(x);
	switch (op->kind) {
	case OP_ZONE_ADD:
	case OP_ZONE_DROP:
		return permit_zone_op(x, op);
	case OP_ZONE_EDIT:
		return permit_zone_edit(x, op);
	case OP_REVERT:
		return lookup_reversion(
		        &lookup, op->reversion.change_id, &op->reversion.record_count);
	case OP_REVOKE:
		return revoke_permit(x, op);
	case OP_TOKEN_ISSUE:
		return issue_permit(x, op);
	case OP_SERVER_PUT:
	case OP_SERVER_DROP:
		return permit_server_op(&lookup, op);
	default:
		return permit_rrset_op(x, op);
	}
}

static enum err permit_all(struct exchange *x)
{
	struct change *change = &x->plan.change;
	if (x->plan.places.indexes != NULL)
		return execute_permit_list(x, permit_op);
	for (size_t i = 0; i < change->op_count; i++) {
		enum err err = permit_op(x, &change->ops[i]);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* What takes several looks at the store takes them at one state of it: a zone that comes or goes in
 * between is there for all of them or for none. */
enum err execute_permit(struct exchange *x)
{
	if (x->plan.is_import)
		return execute_import_permit(x, &x->plan.name);
	const struct change *change = &x->plan.change;
	if (change->op_count == 1 && change->ops[0].server == NULL)
		return permit_all(x);
	enum err err = reader_begin(x->pipeline->reader);
	if (err == ERR_OK)
		err = permit_all(x);
	reader_end(x->pipeline->reader);
	return err;
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
	change->idempotency = x->idempotency;
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

void execute_wait(struct exchange *x, const struct channel *channel, int64_t until_ms)
{
	x->is_waiting = true;
	x->task->wait_fd = channel->fd;
	x->task->until_ms = until_ms;
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
	enum err err = channel_send(&x->seat->writer, &bytes);
	if (err == ERR_OK)
		execute_wait(x, &x->seat->writer,
		        (int64_t)(clock_steady_ns() / 1000000) +
		                x->pipeline->settings.conf->write_timeout_ms);
	return err;
}

enum err execute_call_begin(struct exchange *x, struct arena *arena, struct change *change)
{
	struct buf message;
	change_put_origin(x, change);
	buf_init(&message, arena, CHANNEL_CEILING_BYTES);
	change_pack(&message, change);
	if (buf_is_full(&message))
		return ERR_TOO_LARGE;
	const struct channel_bytes bytes = { .bytes = (const uint8_t *)message.bytes,
		.length = message.length };
	return channel_send(&x->seat->writer, &bytes);
}

enum err execute_call_end(struct exchange *x, struct arena *arena, struct outcome *ret_outcome)
{
	struct channel_bytes answer;
	enum err err = channel_wait(&x->seat->writer, arena,
	        (int)x->pipeline->settings.conf->write_timeout_ms, &answer);
	if (err == ERR_OK)
		err = outcome_parse(arena, answer.bytes, answer.length, ret_outcome);
	return err == ERR_BAD_REQUEST ? ERR_INTERNAL : err;
}

enum err execute_call(
        struct exchange *x, struct arena *arena, struct change *change, struct outcome *ret_outcome)
{
	enum err err = execute_call_begin(x, arena, change);
	return err == ERR_OK ? execute_call_end(x, arena, ret_outcome) : err;
}

enum err execute_receive(struct exchange *x, enum task_event event)
{
	struct channel_bytes answer;
	if (event != TASK_READABLE) {
		channel_fini(&x->seat->writer);
		return ERR_UNAVAILABLE;
	}
	enum err err = channel_receive(&x->seat->writer, x->arena, &answer);
	if (err != ERR_OK)
		return err;
	err = outcome_parse(x->arena, answer.bytes, answer.length, &x->outcome);
	return err == ERR_BAD_REQUEST ? ERR_INTERNAL : err;
}

enum err execute_unconfirmed(struct exchange *x, enum err err)
{
	if (err != ERR_UNAVAILABLE)
		return err;
	x->detail = x->idempotency.key != NULL
	                    ? "The change could not be confirmed: the writer did not answer. "
	                      "Repeat it with the same Idempotency-Key."
	                    : "The change could not be confirmed: the writer did not answer. "
	                      "Look whether it was made before you repeat it.";
	return err;
}

enum err execute_change(struct exchange *x)
{
	if (x->plan.is_import)
		return execute_import(x);
	/* A held snapshot would keep the write-ahead log from shrinking meanwhile. */
	reader_end(x->pipeline->reader);
	return execute_unconfirmed(x, execute_send(x, &x->plan.change));
}

enum err execute_change_go_on(struct exchange *x, enum task_event event)
{
	enum err err = execute_receive(x, event);
	if (err != ERR_OK)
		return execute_unconfirmed(x, err);
	x->writer_knows = true;
	permit_server_entries(x->token, &x->outcome);
	return execute_take_outcome(x);
}

/* ---- reads ---- */

/* A list that the client has already is not read. */
static enum err execute_list(struct exchange *x, const struct lookup *lookup)
{
	const struct plan *plan = &x->plan;
	bool is_zones = plan->kind == PLAN_ZONES;
	enum err err = is_zones ? lookup_check_zones(lookup)
	                        : lookup_check_records(lookup, &plan->records);
	if (err == ERR_OK)
		err = list_tag_get(x, &x->list_tag);
	if (err != ERR_OK)
		return err;
	if (!precondition_is_met(&x->precondition, x->list_tag))
		return ERR_PRECONDITION_FAILED;
	if (precondition_is_fresh(&x->precondition, x->list_tag))
		return ERR_OK;
	return is_zones ? lookup_zones(lookup, &plan->zones, &x->zones)
	                : lookup_records(lookup, &plan->records, &x->records);
}

enum err execute_lookup(struct exchange *x)
{
	const struct plan *plan = &x->plan;
	if (plan->kind == PLAN_OPERATION || plan->kind == PLAN_SERVER_OFF)
		return ERR_OK;
	enum err err = reader_begin(x->pipeline->reader);
	if (err != ERR_OK)
		return err;
	/* Only now: the index has to know this state. */
	const struct lookup lookup = execute_lookup_of(x);
	switch (plan->kind) {
	case PLAN_RRSET:
		err = lookup_rrset(&lookup, plan, &x->rrset);
		if (err == ERR_OK && !precondition_is_met(&x->precondition, x->rrset.revision))
			return ERR_PRECONDITION_FAILED;
		return err;
	case PLAN_RECORDS:
	case PLAN_ZONES:
		return execute_list(x, &lookup);
	case PLAN_ZONE:
		return lookup_zone(&lookup, &plan->name, &x->zone);
	case PLAN_EXPORT:
		return execute_export(x);
	case PLAN_CHANGE_OF:
		return lookup_change(&lookup, &plan->wanted, &x->change);
	case PLAN_HISTORY:
		return lookup_history(&lookup, &plan->history, &x->history);
	case PLAN_REVOCATIONS:
		return lookup_revocations(&lookup, &plan->revocations, &x->revocations);
	case PLAN_AUDIT:
		return lookup_audit(&lookup, x->seat->answer_arena, &plan->audit, &x->audit);
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
