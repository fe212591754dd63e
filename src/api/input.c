/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/input.h"

#include <string.h>

#include "core/buf.h"
#include "dns/type.h"
#include "http/conditional.h"

#define PLACE_BYTES 64

bool input_parse_name(
        const struct plan_input *input, const char *place, const char *text, struct name *ret_name)
{
	const char *detail = NULL;
	if (name_parse(text, strlen(text), ret_name, &detail) == ERR_OK)
		return true;
	faults_add(input->faults, ERR_INVALID_NAME, place, "%s", detail);
	return false;
}

bool input_parse_type(
        const struct plan_input *input, const char *place, const char *text, uint16_t *ret_type)
{
	if (type_parse(text, strlen(text), ret_type) == ERR_OK)
		return true;
	faults_add(input->faults, ERR_UNSUPPORTED_TYPE, place,
	        "This is not a record type; A, AAAA, TXT or TYPE65280 are.");
	return false;
}

bool input_check_writable(const struct plan_input *input, const char *place, uint16_t type)
{
	const char *detail = NULL;
	if (type_is_writable(type, &detail))
		return true;
	faults_add(input->faults, ERR_UNSUPPORTED_TYPE, place, "%s", detail);
	return false;
}

bool input_parse_value(const struct plan_input *input, const char *place, uint16_t type,
        const char *text, struct rdata *ret_value)
{
	const char *detail = "The value is too long.";
	enum err err = rdata_parse(input->arena, type, text, ret_value, &detail);
	if (err == ERR_OK)
		return true;
	faults_add(input->faults, err, place, "%s", detail);
	return false;
}

bool input_parse_values(const struct plan_input *input, const char *place, uint16_t type,
        const struct strings *texts, struct rrset *rrset)
{
	if (texts->count > RRSET_VALUES_MAX) {
		faults_add(input->faults, ERR_INVALID_RECORD, place,
		        "An RRset has at most %u values here.", RRSET_VALUES_MAX);
		return false;
	}
	struct rdata *values = arena_calloc(input->arena, texts->count + 1, sizeof(*values));
	if (values == NULL) {
		faults_add(input->faults, ERR_TOO_LARGE, place, "The list is too long.");
		return false;
	}
	bool ok = true;
	char item_place[PLACE_BYTES];
	struct buf text;
	for (size_t i = 0; i < texts->count; i++) {
		buf_init_fixed(&text, item_place, sizeof(item_place));
		buf_printf(&text, "%s/%zu", place, i);
		if (texts->items[i] == NULL ||
		        !input_parse_value(input, item_place, type, texts->items[i], &values[i]))
			ok = false;
	}
	if (!ok)
		return false;
	size_t repeated = rrset_sort(values, texts->count);
	if (repeated < texts->count) {
		buf_init_fixed(&text, item_place, sizeof(item_place));
		buf_printf(&text, "%s/%zu", place, repeated);
		faults_add(input->faults, ERR_INVALID_RECORD, item_place,
		        "This value is given twice.");
		return false;
	}
	rrset->values = values;
	rrset->count = texts->count;
	return true;
}

const char *input_query(const struct plan_input *input, const char *name)
{
	return http_query_find(input->request, name);
}

bool input_query_number(
        const struct plan_input *input, const char *name, unsigned maximum, unsigned *number)
{
	const char *text = input_query(input, name);
	if (text == NULL)
		return true;
	unsigned value = 0;
	const char *digit = text;
	while (*digit >= '0' && *digit <= '9' && value <= maximum)
		value = value * 10 + (unsigned)(*digit++ - '0');
	if (digit != text && *digit == '\0' && value >= 1 && value <= maximum) {
		*number = value;
		return true;
	}
	char place[PLACE_BYTES];
	struct buf buf;
	buf_init_fixed(&buf, place, sizeof(place));
	buf_printf(&buf, "?%s", name);
	faults_add(input->faults, ERR_BAD_REQUEST, place, "This is a whole number from 1 to %u.",
	        maximum);
	return false;
}

bool input_parse_path_rrset(
        const struct plan_input *input, struct name *ret_owner, uint16_t *ret_type)
{
	bool ok = input_parse_name(input, "{name}", input->captures[0].text, ret_owner);
	ok &= input_parse_type(input, "{type}", input->captures[1].text, ret_type);
	return ok;
}

struct op *input_put_op(const struct plan_input *input, enum op_kind kind, struct plan *plan)
{
	struct op *op = arena_alloc(input->arena, sizeof(*op));
	if (op == NULL) {
		faults_add(input->faults, ERR_TOO_LARGE, "", "The request is too large.");
		return NULL;
	}
	op->kind = kind;
	plan->kind = PLAN_CHANGE;
	plan->change.ops = op;
	plan->change.op_count = 1;
	op->precondition = input->precondition;
	return op;
}

void input_put_ttl(const struct plan_input *input, struct op *op, struct ttl ttl)
{
	op->has_ttl = ttl.is_set;
	op->rrset.ttl_s = ttl.is_set ? ttl.seconds : input->default_ttl_s;
}
