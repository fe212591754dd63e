/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/tokens.h"

#include "api/input.h"
#include "api/shape.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct field token_fields[] = {
	{ "sub", FIELD_STRING, false, offsetof(struct token_wanted, subject) },
	{ "g", FIELD_JSON, false, offsetof(struct token_wanted, grants) },
	{ "preset", FIELD_STRING, false, offsetof(struct token_wanted, preset) },
	{ "zones", FIELD_STRINGS, false, offsetof(struct token_wanted, zones) },
	{ "names", FIELD_STRINGS, false, offsetof(struct token_wanted, names) },
	{ "exp", FIELD_STRING, false, offsetof(struct token_wanted, expires) },
	{ "lifetime", FIELD_JSON, false, offsetof(struct token_wanted, seconds) },
	{ "ip", FIELD_STRINGS, false, offsetof(struct token_wanted, cidrs) },
	{ "adm", FIELD_STRINGS, false, offsetof(struct token_wanted, adm) },
	{ "rl", FIELD_STRING, false, offsetof(struct token_wanted, rate_class) },
	{ "dg", FIELD_JSON, false, offsetof(struct token_wanted, depth) },
	{ "comment", FIELD_STRING, false, offsetof(struct token_wanted, comment) },
};

static void check_choices(const struct plan_input *input, const struct token_wanted *wanted)
{
	if ((wanted->grants != NULL) == (wanted->preset != NULL))
		faults_add(input->faults, ERR_BAD_REQUEST, "/g",
		        "A token needs its grants: give either g or preset.");
	if (wanted->preset == NULL && (wanted->zones.is_set || wanted->names.is_set))
		faults_add(input->faults, ERR_BAD_REQUEST,
		        wanted->zones.is_set ? "/zones" : "/names",
		        "zones and names belong to a preset.");
	if (wanted->expires != NULL && wanted->seconds != NULL)
		faults_add(input->faults, ERR_BAD_REQUEST, "/lifetime",
		        "Give either exp or lifetime.");
}

enum err plan_token_issue(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct token_wanted *wanted = arena_alloc(input->arena, sizeof(*wanted));
	if (wanted == NULL)
		return ERR_TOO_LARGE;
	enum err err = body_parse(input, token_fields, COUNT_OF(token_fields), wanted);
	struct op *op = input_put_op(input, OP_TOKEN_ISSUE, ret_plan);
	if (err == ERR_OK)
		check_choices(input, wanted);
	if (op == NULL || faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->token_wanted = wanted;
	ret_plan->change.comment = wanted->comment;
	return ERR_OK;
}

void answer_token_issue(const struct answer_input *input, struct http_response *response)
{
	const struct issued_token *issued = &input->plan->change.ops[0].issued;
	struct json_writer writer;
	shape_open(response, 201, &writer);
	json_open_object(&writer, "data");
	json_put_string(&writer, "token", input->plan->token);
	json_put_string(&writer, "jti", issued->token_id);
	json_put_string(&writer, "subject", issued->subject);
	json_put_string(&writer, "kid", issued->key_id);
	shape_put_time(&writer, "expires_at", issued->expires_ms);
	json_put_raw(&writer, "claims", issued->claims);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}
