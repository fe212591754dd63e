/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/changes.h"

#include <string.h>

#include "api/body.h"
#include "api/input.h"
#include "dns/expiry.h"
#include "http/conditional.h"

#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
#define PLACE_BYTES       64
#define COMMENT_BYTES_MAX 1000

struct changes_body {
	struct objects changes;
	bool is_dry_run;
	const char *comment;
	int64_t expires_ms; /* of all that names no time of its own */
};

static const struct field changes_fields[] = {
	{ "changes", FIELD_OBJECTS, true, offsetof(struct changes_body, changes) },
	{ "dry_run", FIELD_FLAG, false, offsetof(struct changes_body, is_dry_run) },
	{ "comment", FIELD_STRING, false, offsetof(struct changes_body, comment) },
	{ "expires_at", FIELD_EXPIRY, false, offsetof(struct changes_body, expires_ms) },
};

/* One element of "changes". */
struct entry {
	const char *action;
	const char *name;
	const char *record_type;
	const char *value;
	struct strings values;
	struct ttl ttl;
	const char *if_match;
	int64_t expires_ms;
};

static const struct field entry_fields[] = {
	{ "action", FIELD_STRING, true, offsetof(struct entry, action) },
	{ "name", FIELD_STRING, true, offsetof(struct entry, name) },
	{ "record_type", FIELD_STRING, true, offsetof(struct entry, record_type) },
	{ "value", FIELD_STRING, false, offsetof(struct entry, value) },
	{ "values", FIELD_STRINGS, false, offsetof(struct entry, values) },
	{ "ttl", FIELD_TTL, false, offsetof(struct entry, ttl) },
	{ "if_match", FIELD_STRING, false, offsetof(struct entry, if_match) },
	{ "expires_at", FIELD_EXPIRY, false, offsetof(struct entry, expires_ms) },
};

/* An element while it becomes an op. */
struct entry_work {
	const struct plan_input *input;
	struct entry entry;
	char pointer[PLACE_BYTES]; /* "/changes/17" */
	char place[PLACE_BYTES];   /* of the member at hand */
};

static const char *place_of(struct entry_work *work, const char *member)
{
	struct buf buf;
	buf_init_fixed(&buf, work->place, sizeof(work->place));
	buf_printf(&buf, "%s/%s", work->pointer, member);
	const char *place = buf_string(&buf);
	return place != NULL ? place : work->pointer;
}

static void fault(struct entry_work *work, enum err err, const char *member, const char *detail)
{
	faults_add(work->input->faults, err, place_of(work, member), "%s", detail);
}

/* What an action does with values and without. */
static const struct action {
	const char *word;
	enum op_kind with_values;
	enum op_kind without_values; /* OP__MAX: it needs values */
	bool takes_ttl;
} actions[] = {
	{ "create", OP_RRSET_ADD, OP__MAX, true },
	{ "upsert", OP_RRSET_PUT, OP__MAX, true },
	{ "delete", OP_VALUE_DROP, OP_RRSET_DROP, false },
};

static const struct action *find_action(struct entry_work *work)
{
	const char *word = work->entry.action;
	for (size_t i = 0; word != NULL && i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return &actions[i];
	if (word != NULL)
		fault(work, ERR_BAD_REQUEST, "action",
		        "This is \"create\", \"upsert\" or \"delete\".");
	return NULL;
}

/* "value" is short for "values" with one element. */
static void take_values(struct entry_work *work, struct op *op)
{
	const struct entry *entry = &work->entry;
	struct rrset *rrset = &op->rrset;
	if (entry->values.is_set) {
		if (entry->values.count == 0)
			fault(work, ERR_EMPTY_CHANGE, "values", "Name at least one value.");
		(void)!input_parse_values(
		        work->input, place_of(work, "values"), rrset->type, &entry->values, rrset);
		return;
	}
	struct rdata *value = arena_alloc(work->input->arena, sizeof(*value));
	if (value == NULL)
		fault(work, ERR_TOO_LARGE, "value", "The request is too large.");
	else if (input_parse_value(
	                 work->input, place_of(work, "value"), rrset->type, entry->value, value))
		*rrset = (struct rrset){ rrset->owner, rrset->type, rrset->ttl_s, 1, value };
}

static void check_members(struct entry_work *work, const struct action *action)
{
	const struct entry *entry = &work->entry;
	bool has_values = entry->value != NULL || entry->values.is_set;
	if (entry->value != NULL && entry->values.is_set)
		fault(work, ERR_BAD_REQUEST, "values",
		        "\"value\" and \"values\" do not go together.");
	if (action != NULL && !has_values && action->without_values == OP__MAX)
		fault(work, ERR_BAD_REQUEST, "value", "This field is missing; or give \"values\".");
	if (action != NULL && entry->ttl.is_set && !action->takes_ttl)
		fault(work, ERR_BAD_REQUEST, "ttl", "What is deleted has no TTL.");
	if (action != NULL && entry->expires_ms != 0 && !action->takes_ttl)
		fault(work, ERR_BAD_REQUEST, "expires_at", "What is deleted does not expire.");
}

static void take_precondition(struct entry_work *work, struct op *op)
{
	const char *detail = "";
	if (work->entry.if_match != NULL && precondition_parse_match(work->entry.if_match,
	                                            &op->precondition, &detail) != ERR_OK)
		fault(work, ERR_BAD_REQUEST, "if_match", detail);
}

/* All that is wrong becomes a fault; then the op is not whole. */
static void entry_to_op(struct entry_work *work, struct op *op)
{
	const struct plan_input *input = work->input;
	const struct entry *entry = &work->entry;
	const struct action *action = find_action(work);
	if (entry->name != NULL)
		(void)!input_parse_name(
		        input, place_of(work, "name"), entry->name, &op->rrset.owner);
	check_members(work, action);
	take_precondition(work, op);
	bool has_type = entry->record_type != NULL &&
	                input_parse_type(input, place_of(work, "record_type"), entry->record_type,
	                        &op->rrset.type) &&
	                input_check_writable(input, place_of(work, "record_type"), op->rrset.type);
	input_put_ttl(input, op, entry->ttl);
	bool has_values = entry->value != NULL || entry->values.is_set;
	if (has_type && has_values)
		take_values(work, op);
	rrset_put_expiry(&op->rrset, entry->expires_ms);
	if (action != NULL)
		op->kind = has_values ? action->with_values : action->without_values;
}

static const struct field_list entry_list = { entry_fields, COUNT_OF(entry_fields) };

/* True when the element is an op without a fault. */
static bool take_entry(
        const struct plan_input *input, const struct json *value, size_t index, struct op *op)
{
	struct entry_work work = { .input = input };
	size_t faults = input->faults->count;
	struct buf buf;
	buf_init_fixed(&buf, work.pointer, sizeof(work.pointer));
	buf_printf(&buf, "/changes/%zu", index);
	buf_string(&buf);
	if (json_kind(value) != JSON_OBJECT)
		return body_parse_object(input, value, work.pointer, &entry_list, &work.entry);
	(void)!body_parse_object(input, value, work.pointer, &entry_list, &work.entry);
	entry_to_op(&work, op);
	return input->faults->count == faults;
}

static enum err take_entries(
        const struct plan_input *input, const struct json *array, struct plan *plan)
{
	size_t count = json_count(array);
	if (count == 0)
		return faults_add(
		        input->faults, ERR_EMPTY_CHANGE, "/changes", "There is nothing to change.");
	if (count > CHANGE_OPS_MAX)
		return faults_add(input->faults, ERR_TOO_LARGE, "/changes",
		        "At most %u changes are made at once.", CHANGE_OPS_MAX);
	struct op *ops = arena_calloc(input->arena, count, sizeof(*ops));
	uint32_t *indexes = arena_calloc(input->arena, count, sizeof(*indexes));
	if (ops == NULL || indexes == NULL)
		return faults_add(input->faults, ERR_TOO_LARGE, "", "The request is too large.");
	size_t good = 0;
	uint32_t index = 0;
	for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) {
		if (take_entry(input, item, index, &ops[good]))
			indexes[good++] = index;
		else
			ops[good] = (struct op){ 0 };
		index++;
	}
	plan->change.ops = ops;
	plan->change.op_count = good;
	plan->places = (struct op_places){ .pointer = "/changes", .indexes = indexes };
	return faults_err(input->faults);
}

static void check_request(const struct plan_input *input, const struct changes_body *body)
{
	if (body->comment != NULL && strlen(body->comment) > COMMENT_BYTES_MAX)
		faults_add(input->faults, ERR_BAD_REQUEST, "/comment",
		        "A comment has at most %u octets.", COMMENT_BYTES_MAX);
	if (input->precondition.kind != PRECONDITION_NONE)
		faults_add(input->faults, ERR_BAD_REQUEST, "",
		        "If-Match and If-None-Match have no meaning here; each change has its own "
		        "\"if_match\".");
}

static void put_default_expiry(struct change *change, int64_t expires_ms)
{
	for (size_t i = 0; i < change->op_count && expires_ms != 0; i++) {
		struct op *op = &change->ops[i];
		bool puts = op->kind == OP_RRSET_ADD || op->kind == OP_RRSET_PUT;
		if (puts && rrset_next_expiry(&op->rrset) == 0)
			rrset_put_expiry(&op->rrset, expires_ms);
	}
}

enum err plan_changes_add(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct changes_body body = { 0 };
	enum err err = body_parse(input, changes_fields, COUNT_OF(changes_fields), &body);
	check_request(input, &body);
	bool may_go_on = faults_err(input->faults) == ERR_OK;
	ret_plan->kind = PLAN_CHANGE;
	ret_plan->is_told = true;
	ret_plan->change.comment = body.comment;
	ret_plan->change.is_dry_run = body.is_dry_run;
	ret_plan->change.is_brief = !body.is_dry_run;
	if (!body.changes.is_set)
		return err;
	err = take_entries(input, body.changes.array, ret_plan);
	put_default_expiry(&ret_plan->change, body.expires_ms);
	if (may_go_on && body.is_dry_run && ret_plan->change.op_count > 0)
		return ERR_OK;
	return err != ERR_OK ? err : faults_err(input->faults);
}
