/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/history.h"

#include <string.h>

#include "api/body.h"
#include "api/cursor.h"
#include "api/input.h"
#include "api/shape.h"
#include "core/clock.h"
#include "dns/type.h"

#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
#define COMMENT_BYTES_MAX 1000

/* ---- what is asked ---- */

/* What is no id is the id of nothing. */
static enum err parse_id(const struct plan_input *input, uint64_t *ret_id)
{
	const char *text = input->captures[0].text;
	uint64_t id = 0;
	for (const char *digit = text; *digit != '\0'; digit++) {
		if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(id, (uint64_t)10, &id) ||
		        __builtin_add_overflow(id, (uint64_t)(*digit - '0'), &id) || id > INT64_MAX)
			return ERR_NOT_FOUND;
	}
	if (id == 0)
		return ERR_NOT_FOUND;
	*ret_id = id;
	return ERR_OK;
}

static void parse_cursor(const struct plan_input *input, enum cursor_kind kind, uint64_t *number)
{
	const char *cursor = input_query(input, "cursor");
	if (cursor != NULL &&
	        cursor_parse_number(cursor, input->cursor_key, kind, number) != ERR_OK)
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
}

enum err plan_change_get(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct change_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	parse_cursor(input, CURSOR_EFFECTS, &wanted.after_seq);
	if (!input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_CHANGE_OF;
	enum err err = parse_id(input, &wanted.id);
	ret_plan->wanted = wanted;
	return err;
}

static void parse_history_names(const struct plan_input *input, struct history_wanted *wanted)
{
	const char *zone = input_query(input, "zone");
	const char *name = input_query(input, "name");
	bool ok = zone == NULL || input_parse_name(input, "?zone", zone, &wanted->zone);
	ok &= name == NULL || input_parse_name(input, "?name", name, &wanted->owner);
	if (ok && zone != NULL && name != NULL && !name_is_under(&wanted->owner, &wanted->zone))
		faults_add(input->faults, ERR_OUT_OF_ZONE, "?name",
		        "This name does not lie in the zone.");
}

static void parse_since(const struct plan_input *input, struct history_wanted *wanted)
{
	const char *text = input_query(input, "since");
	if (text == NULL)
		return;
	wanted->has_since = true;
	if (!clock_parse_rfc3339(text, strlen(text), &wanted->since_ms))
		faults_add(input->faults, ERR_BAD_REQUEST, "?since",
		        "This is a time as in 2026-11-23T11:36:42Z.");
}

enum err plan_history_list(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "zone", "name", "actor", "since", "limit", "cursor",
		NULL };
	http_query_check(input->request, allowed, input->faults);
	struct history_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	parse_history_names(input, &wanted);
	parse_since(input, &wanted);
	wanted.actor = input_query(input, "actor");
	parse_cursor(input, CURSOR_HISTORY, &wanted.before_id);
	if (!input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_HISTORY;
	ret_plan->history = wanted;
	return ERR_OK;
}

/* ---- POST /changes/{id}/revert ---- */

struct revert_body {
	const char *comment;
};

static const struct field revert_fields[] = {
	{ "comment", FIELD_STRING, false, offsetof(struct revert_body, comment) },
};

/* The body may be left out. */
static const char *parse_comment(const struct plan_input *input, uint64_t id)
{
	struct revert_body body = { 0 };
	if (input->request->body_length > 0 &&
	        body_parse(input, revert_fields, COUNT_OF(revert_fields), &body) != ERR_OK)
		return NULL;
	if (body.comment != NULL && strlen(body.comment) > COMMENT_BYTES_MAX)
		faults_add(input->faults, ERR_BAD_REQUEST, "/comment",
		        "A comment has at most %u octets.", COMMENT_BYTES_MAX);
	return body.comment != NULL ? body.comment
	                            : arena_printf(input->arena, "revert of change %llu",
	                                      (unsigned long long)id);
}

enum err plan_change_revert(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	uint64_t id = 0;
	enum err err = parse_id(input, &id);
	const char *comment = parse_comment(input, id);
	if (input->precondition.kind != PRECONDITION_NONE)
		faults_add(input->faults, ERR_BAD_REQUEST, "",
		        "If-Match and If-None-Match have no meaning here.");
	struct op *op = input_put_op(input, OP_REVERT, ret_plan);
	if (op == NULL || faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	op->reversion.change_id = id;
	ret_plan->change.comment = comment;
	ret_plan->change.is_brief = true;
	ret_plan->is_told = true;
	ret_plan->places.pointer = "{id}";
	return err;
}

/* ---- answers ---- */

static void put_zone(struct json_writer *writer, const struct told_zone *zone)
{
	char text[NAME_TEXT_BYTES];
	json_open_object(writer, NULL);
	json_put_string(writer, "zone", name_render(&zone->name, text));
	json_put_int(writer, "serial", zone->serial);
	json_put_string(writer, "status", zone->is_served ? "served" : "pending");
	json_open_array(writer, "servers");
	for (size_t i = 0; i < zone->served.count; i++) {
		const struct served_by *served = &zone->served.items[i];
		json_open_object(writer, NULL);
		json_put_string(writer, "address", served->address);
		if (served->at_ms == 0) {
			json_put_null(writer, "serial");
			json_put_null(writer, "served_at");
		} else {
			json_put_int(writer, "serial", served->serial);
			shape_put_time(writer, "served_at", served->at_ms);
		}
		json_close_object(writer);
	}
	json_close_array(writer);
	json_close_object(writer);
}

/* The members of a change, but for the diff. */
static void put_change(struct json_writer *writer, const struct told_change *change)
{
	if (change->id != 0)
		json_put_int(writer, "id", (int64_t)change->id);
	else
		json_put_null(writer, "id");
	shape_put_time(writer, "at", change->at_ms);
	json_put_string(writer, "actor", change->actor);
	json_put_string(writer, "request_id", change->request_id);
	json_put_string(writer, "comment", change->comment);
	json_open_array(writer, "zones");
	for (size_t i = 0; i < change->zone_count; i++)
		put_zone(writer, &change->zones[i]);
	json_close_array(writer);
}

void answer_change(const struct answer_input *input, struct http_response *response)
{
	const struct told_change *change = input->change;
	struct json_writer writer;
	if (input->plan->kind == PLAN_CHANGE)
		shape_put_change_id(input->arena, response, input->outcome);
	if (change == NULL) {
		answer_minimal(input, response);
		return;
	}
	const char *next = NULL;
	if (change->next_seq != 0)
		next = cursor_render_number(
		        input->arena, input->cursor_key, CURSOR_EFFECTS, change->next_seq);
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	put_change(&writer, change);
	if (input->plan->kind == PLAN_CHANGE)
		json_put_bool(&writer, "dry_run", input->plan->change.is_dry_run);
	shape_put_diff(input->arena, &writer, change);
	json_close_object(&writer);
	shape_close_list(&writer, next);
	const char *path =
	        arena_printf(input->arena, "/changes/%llu", (unsigned long long)change->id);
	if (path != NULL)
		shape_put_next_link(input, response, path, next);
}

void answer_pending(const struct answer_input *input, struct http_response *response)
{
	const struct outcome *outcome = input->outcome;
	struct json_writer writer;
	shape_put_change_id(input->arena, response, outcome);
	const char *path = arena_printf(
	        input->arena, HTTP_BASE "/changes/%llu", (unsigned long long)outcome->change_id);
	if (path != NULL)
		response_put_header(response, "Location", path);
	shape_open(response, 202, &writer);
	json_open_object(&writer, "data");
	if (input->change != NULL)
		put_change(&writer, input->change);
	else
		json_put_int(&writer, "id", (int64_t)outcome->change_id);
	json_put_string(&writer, "status", "pending");
	json_close_object(&writer);
	shape_close(&writer);
}

void answer_history_list(const struct answer_input *input, struct http_response *response)
{
	const struct history_page *page = input->history;
	const char *next = NULL;
	struct json_writer writer;
	if (page->next_id != 0)
		next = cursor_render_number(
		        input->arena, input->cursor_key, CURSOR_HISTORY, page->next_id);
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	for (size_t i = 0; i < page->count; i++) {
		json_open_object(&writer, NULL);
		put_change(&writer, &page->changes[i]);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/changes", next);
}

void answer_minimal(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	response->body.length = 0;
	response->body.full = false;
	shape_open(response, response->status, &writer);
	json_open_object(&writer, "data");
	if (input->outcome->change_id != 0)
		json_put_int(&writer, "id", (int64_t)input->outcome->change_id);
	else
		json_put_null(&writer, "id");
	json_close_object(&writer);
	shape_close(&writer);
}
