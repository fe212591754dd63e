/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/shape.h"

#include <string.h>

#include "core/clock.h"
#include "dns/expiry.h"
#include "dns/type.h"

#define VALUE_BYTES_MAX ((size_t)512 * 1024)
#define LINK_BYTES_MAX  ((size_t)16 * 1024)

void shape_open(struct http_response *response, int status, struct json_writer *ret_writer)
{
	response->status = status;
	json_writer_init(ret_writer, &response->body);
	json_open_object(ret_writer, NULL);
	json_put_bool(ret_writer, "success", true);
}

void shape_close(struct json_writer *writer)
{
	json_close_object(writer);
}

void shape_close_list(struct json_writer *writer, const char *next_cursor)
{
	if (next_cursor != NULL)
		json_put_string(writer, "next", next_cursor);
	else
		json_put_null(writer, "next");
	json_close_object(writer);
}

const char *shape_value(struct arena *arena, uint16_t type, const struct rdata *value)
{
	struct buf buf;
	buf_init(&buf, arena, VALUE_BYTES_MAX);
	rdata_render(&buf, type, value);
	return buf_string(&buf);
}

static void shape_put_name(struct json_writer *writer, const char *member, const struct name *name)
{
	char text[NAME_TEXT_BYTES];
	json_put_string(writer, member, name_render(name, text));
}

static void shape_put_owner_and_type(struct json_writer *writer, const struct rrset *rrset)
{
	char type_text[TYPE_TEXT_BYTES];
	shape_put_name(writer, "name", &rrset->owner);
	json_put_string(writer, "record_type", type_render(rrset->type, type_text));
}

static void shape_put_value(struct arena *arena, struct json_writer *writer, const char *member,
        uint16_t type, const struct rdata *value)
{
	const char *text = shape_value(arena, type, value);
	if (text == NULL)
		writer->buf->full = true;
	else
		json_put_string(writer, member, text);
}

void shape_put_record(struct arena *arena, struct json_writer *writer, const struct name *zone,
        const struct rrset *rrset, size_t value_index)
{
	json_open_object(writer, writer->depth == 1 ? "data" : NULL);
	shape_put_owner_and_type(writer, rrset);
	shape_put_value(arena, writer, "value", rrset->type, &rrset->values[value_index]);
	json_put_int(writer, "ttl", rrset->ttl_s);
	if (rrset->values[value_index].expires_ms != 0)
		shape_put_time(writer, "expires_at", rrset->values[value_index].expires_ms);
	shape_put_name(writer, "zone", zone);
	json_close_object(writer);
}

/* Nothing when all values stay. */
static void shape_put_expiry(
        struct arena *arena, struct json_writer *writer, const struct rrset *rrset)
{
	if (rrset_next_expiry(rrset) == 0)
		return;
	json_open_array(writer, "expires");
	for (size_t i = 0; i < rrset->count; i++) {
		const struct rdata *value = &rrset->values[i];
		if (value->expires_ms == 0)
			continue;
		json_open_object(writer, NULL);
		shape_put_value(arena, writer, "value", rrset->type, value);
		shape_put_time(writer, "expires_at", value->expires_ms);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void shape_put_values(
        struct arena *arena, struct json_writer *writer, const struct rrset *rrset)
{
	json_put_int(writer, "ttl", rrset->ttl_s);
	json_open_array(writer, "values");
	for (size_t i = 0; i < rrset->count; i++)
		shape_put_value(arena, writer, NULL, rrset->type, &rrset->values[i]);
	json_close_array(writer);
	shape_put_expiry(arena, writer, rrset);
}

void shape_put_rrset(struct arena *arena, struct json_writer *writer, const struct name *zone,
        const struct rrset *rrset)
{
	json_open_object(writer, "data");
	shape_put_owner_and_type(writer, rrset);
	shape_put_values(arena, writer, rrset);
	shape_put_name(writer, "zone", zone);
	json_close_object(writer);
}

void shape_put_side(struct arena *arena, struct json_writer *writer, const char *member,
        const struct rrset *rrset)
{
	if (rrset->count == 0) {
		json_put_null(writer, member);
		return;
	}
	json_open_object(writer, member);
	shape_put_values(arena, writer, rrset);
	json_close_object(writer);
}

void shape_put_time(struct json_writer *writer, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];
	clock_render_rfc3339(wall_ms, text);
	json_put_string(writer, name, text);
}

void shape_put_health(struct json_writer *writer, const struct health *health)
{
	json_put_string(writer, "state", health_name(health->state));
	if (health->at_ms != 0)
		shape_put_time(writer, "checked_at", health->at_ms);
	else
		json_put_null(writer, "checked_at");
}

void shape_put_etag(struct arena *arena, struct http_response *response, uint64_t revision)
{
	response_put_header(
	        response, "ETag", arena_printf(arena, "\"%llu\"", (unsigned long long)revision));
}

void shape_put_change_id(
        struct arena *arena, struct http_response *response, const struct outcome *outcome)
{
	if (outcome->change_id != 0)
		response_put_header(response, "Change-Id",
		        arena_printf(arena, "%llu", (unsigned long long)outcome->change_id));
}

/* RFC 3986 section 2.3: everything but unreserved characters is escaped. */
static void buf_put_escaped(struct buf *buf, const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                                 "0123456789-._~";
	for (const char *c = text; *c != '\0'; c++) {
		if (strchr(unreserved, *c) != NULL)
			buf_put_char(buf, *c);
		else
			buf_printf(buf, "%%%02X", (unsigned char)*c);
	}
}

void shape_put_location(struct arena *arena, struct http_response *response, const char *collection,
        const struct name *name, const uint16_t *type)
{
	char name_text[NAME_TEXT_BYTES];
	char type_text[TYPE_TEXT_BYTES];
	struct buf buf;
	buf_init(&buf, arena, LINK_BYTES_MAX);
	buf_printf(&buf, HTTP_BASE "%s/", collection);
	buf_put_escaped(&buf, name_render(name, name_text));
	if (type != NULL)
		buf_printf(&buf, "/%s", type_render(*type, type_text));
	response_put_header(response, "Location", buf_string(&buf));
}

void shape_put_next_link(const struct answer_input *input, struct http_response *response,
        const char *collection, const char *next_cursor)
{
	if (next_cursor == NULL)
		return;
	const struct http_request *request = input->request;
	struct buf buf;
	buf_init(&buf, input->arena, LINK_BYTES_MAX);
	buf_printf(&buf, "<" HTTP_BASE "%s?", collection);
	for (size_t i = 0; i < request->query_count; i++) {
		if (strcmp(request->query[i].name, "cursor") == 0)
			continue;
		buf_put_escaped(&buf, request->query[i].name);
		buf_put_char(&buf, '=');
		buf_put_escaped(&buf, request->query[i].value);
		buf_put_char(&buf, '&');
	}
	buf_printf(&buf, "cursor=%s>; rel=\"next\"", next_cursor);
	response_put_header(response, "Link", buf_string(&buf));
}

/* ---- what a change did ---- */

static const char *action_word(enum effect_action action)
{
	switch (action) {
	case EFFECT_CREATE:
		return "create";
	case EFFECT_DELETE:
		return "delete";
	default:
		return "update";
	}
}

static void put_effect(struct arena *arena, struct json_writer *writer, const struct effect *effect)
{
	const struct rrset *present = effect->after.count > 0 ? &effect->after : &effect->before;
	char text[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	json_open_object(writer, NULL);
	json_put_string(writer, "action", action_word(effect->action));
	json_put_string(writer, "name", name_render(&present->owner, text));
	json_put_string(writer, "record_type", type_render(present->type, type));
	json_put_string(writer, "zone", name_render(&effect->zone, text));
	shape_put_side(arena, writer, "before", &effect->before);
	shape_put_side(arena, writer, "after", &effect->after);
	json_close_object(writer);
}

void shape_put_diff(
        struct arena *arena, struct json_writer *writer, const struct told_change *change)
{
	json_open_array(writer, "diff");
	for (size_t i = 0; change != NULL && i < change->effect_count; i++)
		put_effect(arena, writer, &change->effects[i]);
	json_close_array(writer);
}
