/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/rrsets.h"

#include "api/body.h"
#include "api/input.h"
#include "api/shape.h"
#include "dns/expiry.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- GET ---- */

enum err plan_rrset_get(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	if (!input_parse_path_rrset(input, &ret_plan->name, &ret_plan->type) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_RRSET;
	return ERR_OK;
}

void answer_rrset_get(const struct answer_input *input, struct http_response *response)
{
	const struct stored_rrset *stored = input->rrset;
	struct json_writer writer;
	shape_open(response, 200, &writer);
	shape_put_rrset(input->arena, &writer, &stored->zone.name, &stored->rrset);
	shape_close(&writer);
	shape_put_etag(input->arena, response, stored->revision);
}

/* ---- PUT ---- */

struct put_body {
	struct strings values;
	struct ttl ttl;
	int64_t expires_ms;
};

static const struct field put_fields[] = {
	{ "values", FIELD_STRINGS, true, offsetof(struct put_body, values) },
	{ "ttl", FIELD_TTL, false, offsetof(struct put_body, ttl) },
	{ "expires_at", FIELD_EXPIRY, false, offsetof(struct put_body, expires_ms) },
};

static struct op *rrset_put_op(
        const struct plan_input *input, enum op_kind kind, struct plan *ret_plan)
{
	struct op *op = input_put_op(input, kind, ret_plan);
	if (op == NULL || !input_parse_path_rrset(input, &op->rrset.owner, &op->rrset.type) ||
	        !input_check_writable(input, "{type}", op->rrset.type))
		return NULL;
	return op;
}

enum err plan_rrset_put(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct op *op = rrset_put_op(input, OP_RRSET_PUT, ret_plan);
	struct put_body body = { 0 };
	enum err err = body_parse(input, put_fields, COUNT_OF(put_fields), &body);
	if (op == NULL)
		return faults_err(input->faults);
	input_put_ttl(input, op, body.ttl);
	if (body.values.is_set && body.values.count == 0)
		return faults_add(input->faults, ERR_EMPTY_CHANGE, "/values",
		        "An RRset has at least one value; DELETE removes it.");
	if (!input_parse_values(input, "/values", op->rrset.type, &body.values, &op->rrset))
		return faults_err(input->faults);
	rrset_put_expiry(&op->rrset, body.expires_ms);
	return err;
}

static void answer_rrset_after(
        const struct answer_input *input, int status, struct http_response *response)
{
	const struct effect *effect = &input->outcome->effects[0];
	struct json_writer writer;
	shape_open(response, status, &writer);
	shape_put_rrset(input->arena, &writer, &effect->zone, &effect->after);
	shape_close(&writer);
	if (effect->after.count > 0)
		shape_put_etag(input->arena, response, effect->revision);
	shape_put_change_id(input->arena, response, input->outcome);
}

void answer_rrset_put(const struct answer_input *input, struct http_response *response)
{
	const struct effect *effect = &input->outcome->effects[0];
	if (effect->action != EFFECT_CREATE) {
		answer_rrset_after(input, 200, response);
		return;
	}
	answer_rrset_after(input, 201, response);
	shape_put_location(
	        input->arena, response, "/records", &effect->after.owner, &effect->after.type);
}

/* ---- PATCH ---- */

struct patch_body {
	struct strings add;
	struct strings remove;
	struct ttl ttl;
	int64_t expires_ms;
};

static const struct field patch_fields[] = {
	{ "add", FIELD_STRINGS, false, offsetof(struct patch_body, add) },
	{ "remove", FIELD_STRINGS, false, offsetof(struct patch_body, remove) },
	{ "ttl", FIELD_TTL, false, offsetof(struct patch_body, ttl) },
	{ "expires_at", FIELD_EXPIRY, false, offsetof(struct patch_body, expires_ms) },
};

enum err plan_rrset_patch(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct op *op = rrset_put_op(input, OP_RRSET_PATCH, ret_plan);
	struct patch_body body = { 0 };
	enum err err = body_parse(input, patch_fields, COUNT_OF(patch_fields), &body);
	if (op == NULL)
		return faults_err(input->faults);
	input_put_ttl(input, op, body.ttl);
	struct rrset removed = { 0 };
	bool ok = input_parse_values(input, "/add", op->rrset.type, &body.add, &op->rrset);
	ok &= input_parse_values(input, "/remove", op->rrset.type, &body.remove, &removed);
	if (!ok || err != ERR_OK)
		return faults_err(input->faults);
	for (size_t i = 0; i < removed.count; i++)
		if (rrset_find_value(&op->rrset, &removed.values[i]) != NULL)
			return faults_add(input->faults, ERR_INVALID_RECORD, "/remove",
			        "A value cannot be both added and removed.");
	op->remove = removed.values;
	op->remove_count = removed.count;
	rrset_put_expiry(&op->rrset, body.expires_ms);
	if (body.expires_ms != 0 && op->rrset.count == 0)
		return faults_add(input->faults, ERR_BAD_REQUEST, "/expires_at",
		        "This goes with \"add\": it is when those values expire.");
	if (op->rrset.count == 0 && op->remove_count == 0 && !op->has_ttl)
		return faults_add(input->faults, ERR_EMPTY_CHANGE, "",
		        "Say what changes: \"add\", \"remove\" or \"ttl\".");
	return ERR_OK;
}

/* A PUT answers what it was given. A PATCH would tell the other values, too. */
void answer_rrset_patch(const struct answer_input *input, struct http_response *response)
{
	if (input->may_read) {
		answer_rrset_after(input, 200, response);
		return;
	}
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_put_null(&writer, "data");
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}

/* ---- DELETE ---- */

enum err plan_rrset_delete(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "value", NULL };
	http_query_check(input->request, allowed, input->faults);
	const char *value_text = input_query(input, "value");
	enum op_kind kind = value_text != NULL ? OP_VALUE_DROP : OP_RRSET_DROP;
	struct op *op = rrset_put_op(input, kind, ret_plan);
	if (op == NULL || faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	if (value_text == NULL)
		return ERR_OK;
	struct rdata *value = arena_alloc(input->arena, sizeof(*value));
	if (value == NULL)
		return ERR_TOO_LARGE;
	if (!input_parse_value(input, "?value", op->rrset.type, value_text, value))
		return faults_err(input->faults);
	op->remove = value;
	op->remove_count = 1;
	return ERR_OK;
}

void answer_rrset_delete(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_int(&writer, "deleted", input->outcome->effects[0].deleted_count);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}
