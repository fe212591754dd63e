/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/cursor_text.h"
#include "api/input.h"
#include "api/shape.h"
#include "core/clock.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CURSOR_LIST     'r'

/* Octets of a jti, as in every token. */
#define TOKEN_ID_LENGTH_MAX 64u
#define SUBJECT_LENGTH_MAX  128u

static const char *const kind_words[] = {
	[REVOCATION_TOKEN] = "jti",
	[REVOCATION_SUBJECT] = "sub",
	[REVOCATION_KEY] = "kid",
};

static void put_revocation(struct json_writer *writer, const struct revocation_row *row)
{
	const struct revocation *revocation = &row->revocation;
	json_put_string(writer, kind_words[revocation->kind], revocation->value);
	if (revocation->kind != REVOCATION_TOKEN)
		shape_put_time(writer, "before", revocation->before_ms);
	if (revocation->expires_ms != 0)
		shape_put_time(writer, "expires_at", revocation->expires_ms);
	else
		json_put_null(writer, "expires_at");
	if (row->at_ms != 0)
		shape_put_time(writer, "revoked_at", row->at_ms);
}

/* ---- GET /revocations ---- */

/* "AT_MS KIND VALUE"; only what answer_revocations_list made gets here. */
static bool parse_position(const char *position, struct revocations_wanted *wanted)
{
	char *end;
	wanted->after_at_ms = strtoll(position, &end, 10);
	if (end[0] != ' ' || end[1] < '0' || end[1] > '0' + REVOCATION_KEY || end[2] != ' ')
		return false;
	wanted->after_kind = (enum revocation_kind)(end[1] - '0');
	wanted->after_value = end + 3;
	return true;
}

enum err plan_revocations_list(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct revocations_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	const char *cursor = input_query(input, "cursor");
	const char *position;
	if (cursor != NULL && (cursor_text_parse(input->arena, input->cursor_key, CURSOR_LIST,
	                               cursor, &position) != ERR_OK ||
	                              !parse_position(position, &wanted)))
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
	if (!input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_REVOCATIONS;
	ret_plan->revocations = wanted;
	return ERR_OK;
}

void answer_revocations_list(const struct answer_input *input, struct http_response *response)
{
	const struct revocation_page *page = input->revocations;
	const char *next = NULL;
	if (page->has_next && page->count > 0) {
		const struct revocation_row *last = &page->rows[page->count - 1];
		const char *position = arena_printf(input->arena, "%lld %d %s",
		        (long long)last->at_ms, (int)last->revocation.kind, last->revocation.value);
		if (position != NULL)
			next = cursor_text_render(
			        input->arena, input->cursor_key, CURSOR_LIST, position);
	}
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	for (size_t i = 0; i < page->count; i++) {
		json_open_object(&writer, NULL);
		put_revocation(&writer, &page->rows[i]);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/revocations", next);
}

/* ---- POST /revocations ---- */

struct revocation_body {
	const char *values[REVOCATION_KEY + 1]; /* by kind */
	const char *before;
	const char *expires;
	const char *reason;
};

static const struct field revocation_fields[] = {
	{ "jti", FIELD_STRING, false, offsetof(struct revocation_body, values[REVOCATION_TOKEN]) },
	{ "sub", FIELD_STRING, false,
	        offsetof(struct revocation_body, values[REVOCATION_SUBJECT]) },
	{ "kid", FIELD_STRING, false, offsetof(struct revocation_body, values[REVOCATION_KEY]) },
	{ "before", FIELD_STRING, false, offsetof(struct revocation_body, before) },
	{ "expires_at", FIELD_STRING, false, offsetof(struct revocation_body, expires) },
	{ "reason", FIELD_STRING, false, offsetof(struct revocation_body, reason) },
};

static void parse_time(
        const struct plan_input *input, const char *pointer, const char *text, int64_t *ret_time_ms)
{
	if (!clock_parse_rfc3339(text, strlen(text), ret_time_ms))
		faults_add(input->faults, ERR_BAD_REQUEST, pointer,
		        "This must be a time such as \"2027-01-31T00:00:00Z\".");
}

/* What a token calls itself. One that was sent by mistake must not end up in the audit log. */
static void check_value(const struct plan_input *input, const struct revocation *revocation)
{
	static const char id_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                                    "0123456789._:-";
	const char *value = revocation->value;
	size_t length = strlen(value);
	if (revocation->kind == REVOCATION_TOKEN &&
	        (length == 0 || length > TOKEN_ID_LENGTH_MAX ||
	                strspn(value, id_characters) != length || strncmp(value, "v4.", 3) == 0))
		faults_add(input->faults, ERR_BAD_REQUEST, "/jti",
		        "This must be the jti of a token, not the token.");
	if (revocation->kind == REVOCATION_SUBJECT && (length == 0 || length > SUBJECT_LENGTH_MAX))
		faults_add(input->faults, ERR_BAD_REQUEST, "/sub",
		        "This must be a subject of 1 to %u octets.", SUBJECT_LENGTH_MAX);
}

/* Which one of the three it is about. */
static bool choose_kind(const struct plan_input *input, const struct revocation_body *body,
        struct revocation *revocation)
{
	size_t count = 0;
	for (unsigned kind = REVOCATION_TOKEN; kind <= REVOCATION_KEY; kind++) {
		if (body->values[kind] == NULL)
			continue;
		count++;
		revocation->kind = (enum revocation_kind)kind;
		revocation->value = body->values[kind];
	}
	if (count == 1)
		return true;
	faults_add(input->faults, ERR_BAD_REQUEST, "", "Give one of jti, sub and kid.");
	return false;
}

static void parse_times(const struct plan_input *input, const struct revocation_body *body,
        struct revocation *revocation)
{
	if (revocation->kind != REVOCATION_TOKEN)
		revocation->before_ms = input->now_ms;
	else if (body->before != NULL)
		faults_add(input->faults, ERR_BAD_REQUEST, "/before",
		        "before belongs to sub and kid.");
	if (body->before != NULL)
		parse_time(input, "/before", body->before, &revocation->before_ms);
	if (body->expires == NULL)
		return;
	parse_time(input, "/expires_at", body->expires, &revocation->expires_ms);
	if (faults_err(input->faults) == ERR_OK && revocation->expires_ms <= input->now_ms)
		faults_add(input->faults, ERR_BAD_REQUEST, "/expires_at", "This is in the past.");
}

enum err plan_revocation_add(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct revocation_body body = { 0 };
	enum err err = body_parse(input, revocation_fields, COUNT_OF(revocation_fields), &body);
	struct op *op = input_put_op(input, OP_REVOKE, ret_plan);
	if (op != NULL && err == ERR_OK && choose_kind(input, &body, &op->revocation)) {
		parse_times(input, &body, &op->revocation);
		check_value(input, &op->revocation);
	}
	ret_plan->change.comment = body.reason;
	return faults_err(input->faults);
}

void answer_revocation_add(const struct answer_input *input, struct http_response *response)
{
	const struct revocation_row row = { .revocation = input->plan->change.ops[0].revocation };
	struct json_writer writer;
	shape_open(response, 201, &writer);
	json_open_object(&writer, "data");
	put_revocation(&writer, &row);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}
