/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/records.h"

#include <string.h>

#include "api/body.h"
#include "api/cursor.h"
#include "api/input.h"
#include "api/shape.h"
#include "dns/expiry.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- GET /records ---- */

static bool records_parse_filters(const struct plan_input *input, struct records_wanted *wanted)
{
	const struct {
		const char *place;
		struct name *name;
	} names[] = {
		{ "?zone", &wanted->zone },
		{ "?name", &wanted->owner },
		{ "?under", &wanted->under },
	};
	bool ok = true;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *text = input_query(input, names[i].place + 1);
		if (text != NULL && !input_parse_name(input, names[i].place, text, names[i].name))
			ok = false;
	}
	return ok;
}

static void records_check_filters(
        const struct plan_input *input, const struct records_wanted *wanted)
{
	if (wanted->owner.length > 0 && wanted->under.length > 0)
		faults_add(input->faults, ERR_BAD_REQUEST, "?under",
		        "\"name\" and \"under\" do not go together.");
	const struct name *inner = wanted->owner.length > 0 ? &wanted->owner : &wanted->under;
	if (wanted->zone.length > 0 && inner->length > 0 && !name_is_under(inner, &wanted->zone))
		faults_add(input->faults, ERR_OUT_OF_ZONE,
		        inner == &wanted->owner ? "?name" : "?under",
		        "This name does not lie in the zone.");
}

static bool records_parse_value_filter(
        const struct plan_input *input, struct records_wanted *wanted)
{
	const char *type_text = input_query(input, "record_type");
	if (type_text != NULL) {
		if (!input_parse_type(input, "?record_type", type_text, &wanted->type))
			return false;
		wanted->has_type = true;
	}
	wanted->value = input_query(input, "value");
	if (wanted->value == NULL || !wanted->has_type)
		return true;
	struct rdata *exact = arena_alloc(input->arena, sizeof(*exact));
	if (exact == NULL ||
	        !input_parse_value(input, "?value", wanted->type, wanted->value, exact))
		return false;
	wanted->exact = exact;
	return true;
}

static bool records_parse_search(const struct plan_input *input, struct records_wanted *wanted)
{
	const char *text = input_query(input, "q");
	if (text == NULL)
		return true;
	size_t length = strlen(text);
	if (length < SEARCH_OCTETS_MIN || length > SEARCH_OCTETS_MAX) {
		faults_add(input->faults, ERR_BAD_REQUEST, "?q",
		        "A text to search for has %u to %u octets.", SEARCH_OCTETS_MIN,
		        SEARCH_OCTETS_MAX);
		return false;
	}
	char *folded = arena_dup(input->arena, text, length + 1);
	if (folded == NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		folded[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	wanted->search = folded;
	return true;
}

enum err plan_records_list(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "zone", "name", "under", "record_type", "value", "q",
		"limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct records_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	bool ok = records_parse_filters(input, &wanted);
	ok &= records_parse_value_filter(input, &wanted);
	ok &= records_parse_search(input, &wanted);
	ok &= input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit);
	const char *cursor = input_query(input, "cursor");
	if (cursor != NULL && cursor_parse(cursor, input->cursor_key, &wanted.after) != ERR_OK)
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
	if (ok)
		records_check_filters(input, &wanted);
	if (!ok || faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_RECORDS;
	ret_plan->records = wanted;
	return ERR_OK;
}

void answer_records_list(const struct answer_input *input, struct http_response *response)
{
	const struct record_page *page = input->records;
	const char *next = NULL;
	if (page->next.is_set)
		next = cursor_render(input->arena, input->cursor_key, &page->next);
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	for (size_t i = 0; i < page->count; i++)
		shape_put_record(input->arena, &writer, &page->rrsets[i]->zone.name,
		        &page->rrsets[i]->rrset, page->value_indexes[i]);
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/records", next);
}

/* ---- POST /records ---- */

struct record_body {
	const char *name;
	const char *record_type;
	const char *value;
	struct ttl ttl;
	int64_t expires_ms;
};

static const struct field record_fields[] = {
	{ "name", FIELD_STRING, true, offsetof(struct record_body, name) },
	{ "record_type", FIELD_STRING, true, offsetof(struct record_body, record_type) },
	{ "value", FIELD_STRING, true, offsetof(struct record_body, value) },
	{ "ttl", FIELD_TTL, false, offsetof(struct record_body, ttl) },
	{ "expires_at", FIELD_EXPIRY, false, offsetof(struct record_body, expires_ms) },
};

enum err plan_records_add(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct record_body body = { 0 };
	enum err err = body_parse(input, record_fields, COUNT_OF(record_fields), &body);
	struct op *op = input_put_op(input, OP_RRSET_ADD, ret_plan);
	if (op == NULL)
		return faults_err(input->faults);
	if (body.name != NULL && !input_parse_name(input, "/name", body.name, &op->rrset.owner))
		err = faults_err(input->faults);
	if (body.record_type == NULL ||
	        !input_parse_type(input, "/record_type", body.record_type, &op->rrset.type) ||
	        !input_check_writable(input, "/record_type", op->rrset.type))
		return faults_err(input->faults);
	struct rdata *value = arena_alloc(input->arena, sizeof(*value));
	if (value == NULL)
		return ERR_TOO_LARGE;
	if (body.value != NULL &&
	        !input_parse_value(input, "/value", op->rrset.type, body.value, value))
		return faults_err(input->faults);
	op->rrset.values = value;
	op->rrset.count = 1;
	rrset_put_expiry(&op->rrset, body.expires_ms);
	input_put_ttl(input, op, body.ttl);
	return err;
}

void answer_records_add(const struct answer_input *input, struct http_response *response)
{
	const struct effect *effect = &input->outcome->effects[0];
	const struct rdata *added = &input->plan->change.ops[0].rrset.values[0];
	const struct rdata *stored = rrset_find_value(&effect->after, added);
	struct json_writer writer;
	shape_open(response, 201, &writer);
	if (stored == NULL)
		json_put_null(&writer, "data");
	else
		shape_put_record(input->arena, &writer, &effect->zone, &effect->after,
		        (size_t)(stored - effect->after.values));
	shape_close(&writer);
	shape_put_etag(input->arena, response, effect->revision);
	shape_put_change_id(input->arena, response, input->outcome);
	shape_put_location(
	        input->arena, response, "/records", &effect->after.owner, &effect->after.type);
}
