/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The answers of /servers.
 */
#include "api/cursor.h"
#include "api/servers.h"
#include "api/shape.h"
#include "dns/type.h"

static void put_name(struct json_writer *writer, const char *member, const struct name *name)
{
	char text[NAME_TEXT_BYTES];
	json_put_string(writer, member, name_render(name, text));
}

static void put_value(const struct answer_input *input, struct json_writer *writer,
        const char *member, const struct rdata *value, uint16_t type)
{
	const char *text = shape_value(input->arena, type, value);
	if (text != NULL)
		json_put_string(writer, member, text);
	else
		writer->buf->full = true;
}

static void put_record_head(struct json_writer *writer, const struct name *owner, uint16_t type)
{
	char text[TYPE_TEXT_BYTES];
	json_open_object(writer, NULL);
	put_name(writer, "name", owner);
	json_put_string(writer, "record_type", type_render(type, text));
}

/* ---- what a registration came to ---- */

/* Values that the token may not read have been taken out. */
static void put_entry(const struct answer_input *input, struct json_writer *writer,
        const struct server_entry *entry)
{
	const struct rrset *rrset = &entry->rrset;
	if (rrset->count == 0) {
		put_record_head(writer, &rrset->owner, rrset->type);
		json_put_null(writer, "value");
		json_close_object(writer);
	}
	for (size_t i = 0; i < rrset->count; i++) {
		put_record_head(writer, &rrset->owner, rrset->type);
		put_value(input, writer, "value", &rrset->values[i], rrset->type);
		json_put_int(writer, "ttl", rrset->ttl_s);
		json_close_object(writer);
	}
}

static bool is_conflict(const struct server_entry *entry)
{
	return entry->kind == SERVER_CONFLICT || entry->kind == SERVER_SKIPPED_CONFLICT;
}

static void put_records(const struct answer_input *input, struct json_writer *writer)
{
	const struct outcome *outcome = input->outcome;
	json_open_array(writer, "records");
	for (size_t i = 0; i < outcome->entry_count; i++) {
		if (outcome->entries[i].kind == SERVER_RECORD)
			put_entry(input, writer, &outcome->entries[i]);
	}
	json_close_array(writer);
}

static void put_conflict(const struct answer_input *input, struct json_writer *writer)
{
	const struct outcome *outcome = input->outcome;
	size_t count = 0;
	for (size_t i = 0; i < outcome->entry_count; i++)
		count += is_conflict(&outcome->entries[i]);
	if (count == 0) {
		json_put_null(writer, "conflict");
		return;
	}
	json_open_array(writer, "conflict");
	for (size_t i = 0; i < outcome->entry_count; i++) {
		if (is_conflict(&outcome->entries[i]))
			put_entry(input, writer, &outcome->entries[i]);
	}
	json_close_array(writer);
}

/* Addresses that have no PTR of this registration, and why. */
static void put_skipped(const struct answer_input *input, struct json_writer *writer)
{
	static const char *const reasons[SERVER_ENTRY__MAX] = {
		[SERVER_SKIPPED_CONFLICT] = "points-elsewhere",
		[SERVER_SKIPPED_NO_ZONE] = "no-zone",
		[SERVER_SKIPPED_NOT_PERMITTED] = "not-permitted",
	};
	const struct outcome *outcome = input->outcome;
	json_open_array(writer, "ptr_skipped");
	for (size_t i = 0; i < outcome->entry_count; i++) {
		const struct server_entry *entry = &outcome->entries[i];
		if (reasons[entry->kind] == NULL)
			continue;
		json_open_object(writer, NULL);
		put_name(writer, "name", &entry->rrset.owner);
		json_put_string(writer, "reason", reasons[entry->kind]);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void put_verified(const struct answer_input *input, struct json_writer *writer)
{
	if (input->has_verified)
		json_put_bool(writer, "verified", input->is_verified);
	else
		json_put_null(writer, "verified");
}

static void answer_order(
        const struct answer_input *input, int status, struct http_response *response)
{
	const struct outcome *outcome = input->outcome;
	bool is_off = input->plan->kind == PLAN_SERVER_OFF;
	bool is_registered = !is_off && outcome->server_result != SERVER_NONE;
	struct json_writer writer;
	shape_open(response, status, &writer);
	json_open_object(&writer, "data");
	put_name(&writer, "hostname", &input->plan->change.ops[0].rrset.owner);
	json_put_bool(&writer, "registered", is_registered);
	if (is_off)
		json_put_string(&writer, "reason", "auto_register is off");
	else if (!is_registered)
		json_put_string(&writer, "reason", "there are other records already");
	put_records(input, &writer);
	put_verified(input, &writer);
	put_conflict(input, &writer);
	put_skipped(input, &writer);
	json_close_object(&writer);
	shape_close(&writer);
	if (is_registered && outcome->effect_count > 0)
		shape_put_etag(input->arena, response, outcome->effects[0].revision);
	shape_put_change_id(input->arena, response, outcome);
}

void answer_server_add(const struct answer_input *input, struct http_response *response)
{
	if (input->outcome->server_result != SERVER_REGISTERED) {
		answer_order(input, 200, response);
		return;
	}
	answer_order(input, 201, response);
	shape_put_location(
	        input->arena, response, "/servers", &input->plan->change.ops[0].rrset.owner, NULL);
}

void answer_server_move(const struct answer_input *input, struct http_response *response)
{
	answer_order(input, 200, response);
}

void answer_server_delete(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	put_name(&writer, "hostname", &input->plan->change.ops[0].rrset.owner);
	json_put_int(&writer, "deleted", input->outcome->effects[0].deleted_count);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}

/* ---- servers as they are ---- */

static void put_addresses(
        const struct answer_input *input, struct json_writer *writer, const struct server *server)
{
	json_open_array(writer, "addresses");
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		if (record->type != TYPE_PTR)
			put_value(input, writer, NULL, &record->value, record->type);
	}
	json_close_array(writer);
}

static void put_made(
        const struct answer_input *input, struct json_writer *writer, const struct server *server)
{
	json_open_array(writer, "records");
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		if (!record->is_made)
			continue;
		put_record_head(writer, &record->owner, record->type);
		put_value(input, writer, "value", &record->value, record->type);
		json_put_int(writer, "ttl", server->ttl_s);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void put_server_members(const struct answer_input *input, struct json_writer *writer,
        const struct server_details *details)
{
	const struct server *server = &details->server;
	put_name(writer, "hostname", &server->hostname);
	put_name(writer, "zone", &server->zone);
	put_addresses(input, writer, server);
	json_put_int(writer, "ttl", server->ttl_s);
	put_made(input, writer, server);
	shape_put_time(writer, "registered_at", server->registered_ms);
	json_put_string(writer, "registered_by", server->subject);
	shape_put_time(writer, "changed_at", server->changed_ms);
	json_put_int(writer, "change_id", (int64_t)server->revision);
	shape_put_health(writer, &details->health);
}

void answer_server_get(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	put_server_members(input, &writer, input->server);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_etag(input->arena, response, input->server->server.revision);
}

void answer_servers_list(const struct answer_input *input, struct http_response *response)
{
	const struct server_page *page = input->servers;
	const char *next = NULL;
	if (page->next.length > 0) {
		const struct record_position position = { .is_set = true, .owner = page->next };
		next = cursor_render(input->arena, input->cursor_key, &position);
	}
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	for (size_t i = 0; i < page->count; i++) {
		json_open_object(&writer, NULL);
		put_server_members(input, &writer, &page->servers[i]);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/servers", next);
}
