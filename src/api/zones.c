/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/zones.h"

#include <string.h>

#include "api/body.h"
#include "api/cursor.h"
#include "api/input.h"
#include "api/shape.h"
#include "dns/type.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* SOA timers of a new zone. Refresh is short because CoreDNS should not notify secondaries (it
 * would for every zone at each reload), so that this is how late they are. The minimum is also the
 * SOA's TTL: how long "no such name" is kept (RFC 2308 section 5). */
#define SOA_REFRESH_S 60
#define SOA_RETRY_S   60
#define SOA_EXPIRE_S  604800
#define SOA_MINIMUM_S 300

static void zone_put_members(struct json_writer *writer, const struct zone *zone)
{
	char text[NAME_TEXT_BYTES];
	json_put_string(writer, "name", name_render(&zone->name, text));
	json_put_int(writer, "serial", zone->serial);
	json_put_int(writer, "revision", (int64_t)zone->revision);
	json_put_int(writer, "records", (int64_t)zone->record_count);
}

/* ---- GET /zones ---- */

enum err plan_zones_list(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct zones_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	struct record_position after;
	const char *cursor = input_query(input, "cursor");
	if (cursor != NULL && cursor_parse(cursor, input->cursor_key, &after) != ERR_OK)
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
	else if (cursor != NULL)
		wanted.after = after.zone;
	if (!input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_ZONES;
	ret_plan->zones = wanted;
	return ERR_OK;
}

void answer_zones_list(const struct answer_input *input, struct http_response *response)
{
	const struct zone_page *page = input->zones;
	const char *next = NULL;
	if (page->has_next && page->count > 0) {
		const struct record_position position = { .is_set = true,
			.zone = page->zones[page->count - 1].name };
		next = cursor_render(input->arena, input->cursor_key, &position);
	}
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	for (size_t i = 0; i < page->count; i++) {
		json_open_object(&writer, NULL);
		zone_put_members(&writer, &page->zones[i]);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/zones", next);
}

/* ---- POST /zones ---- */

struct zone_body {
	const char *name;
	struct strings nameservers;
	const char *contact;
	struct ttl ttl;
};

static const struct field zone_fields[] = {
	{ "name", FIELD_STRING, true, offsetof(struct zone_body, name) },
	{ "nameservers", FIELD_STRINGS, true, offsetof(struct zone_body, nameservers) },
	{ "contact", FIELD_STRING, false, offsetof(struct zone_body, contact) },
	{ "ttl", FIELD_TTL, false, offsetof(struct zone_body, ttl) },
};

static bool zone_parse_name(const struct plan_input *input, const char *text, struct name *ret_name)
{
	char file_name[NAME_TEXT_BYTES];
	if (!input_parse_name(input, "/name", text, ret_name))
		return false;
	if (name_count_labels(ret_name) > 0 && !name_is_wildcard(ret_name) &&
	        name_render_file(ret_name, file_name))
		return true;
	faults_add(input->faults, ERR_INVALID_NAME, "/name",
	        "This name cannot be a zone here: it is the root, a wildcard, too long, or has a "
	        "character that a file name cannot have.");
	return false;
}

static bool zone_parse_contact(const struct plan_input *input, const char *text,
        const struct name *zone, struct name *ret_rname)
{
	const char *detail = NULL;
	if (text == NULL) {
		struct name hostmaster;
		if (name_parse("hostmaster", 10, &hostmaster, &detail) == ERR_OK &&
		        name_concat(&hostmaster, zone, ret_rname))
			return true;
		detail = "The zone's name is too long for a contact below it; name one.";
	} else if (soa_parse_contact(text, strlen(text), ret_rname, &detail) == ERR_OK) {
		return true;
	}
	faults_add(input->faults, ERR_INVALID_NAME, "/contact", "%s", detail);
	return false;
}

/* The first nameserver given becomes the SOA's MNAME; the NS RRset itself is sorted. */
static bool zone_parse_nameservers(const struct plan_input *input, const struct strings *texts,
        struct op *op, struct name *ret_mname)
{
	if (texts->is_set && texts->count == 0)
		faults_add(input->faults, ERR_INVALID_RECORD, "/nameservers",
		        "A zone has at least one nameserver.");
	if (texts->count == 0 ||
	        !input_parse_values(input, "/nameservers", TYPE_NS, texts, &op->apex_ns))
		return false;
	return input_parse_name(input, "/nameservers/0", texts->items[0], ret_mname);
}

enum err plan_zone_add(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct zone_body body = { 0 };
	enum err err = body_parse(input, zone_fields, COUNT_OF(zone_fields), &body);
	struct op *op = input_put_op(input, OP_ZONE_ADD, ret_plan);
	if (op == NULL || body.name == NULL || !zone_parse_name(input, body.name, &op->zone))
		return faults_err(input->faults);
	struct name mname;
	struct name rname;
	bool ok = zone_parse_nameservers(input, &body.nameservers, op, &mname);
	ok &= zone_parse_contact(input, body.contact, &op->zone, &rname);
	if (!ok || err != ERR_OK)
		return faults_err(input->faults);
	const struct soa soa = { .mname = &mname,
		.rname = &rname,
		.serial = 0, /* the writer's */
		.refresh_s = SOA_REFRESH_S,
		.retry_s = SOA_RETRY_S,
		.expire_s = SOA_EXPIRE_S,
		.minimum_s = SOA_MINIMUM_S };
	struct rdata *soa_rdata = arena_alloc(input->arena, sizeof(*soa_rdata));
	if (soa_rdata == NULL || soa_render(input->arena, &soa, soa_rdata) != ERR_OK)
		return ERR_TOO_LARGE;
	input_put_ttl(input, op, body.ttl);
	op->apex_ns.owner = op->zone;
	op->apex_ns.type = TYPE_NS;
	op->apex_ns.ttl_s = op->rrset.ttl_s;
	op->rrset = (struct rrset){ .owner = op->zone,
		.type = TYPE_SOA,
		.ttl_s = SOA_MINIMUM_S,
		.count = 1,
		.values = soa_rdata };
	return ERR_OK;
}

void answer_zone_add(const struct answer_input *input, struct http_response *response)
{
	const struct outcome *outcome = input->outcome;
	const struct name *name = &input->plan->change.ops[0].zone;
	struct zone zone = { .name = *name,
		.revision = outcome->change_id,
		.record_count = 1 + input->plan->change.ops[0].apex_ns.count };
	for (size_t i = 0; i < outcome->zone_count; i++) {
		if (name_is_equal(&outcome->zones[i].zone, name))
			zone.serial = outcome->zones[i].serial;
	}
	struct json_writer writer;
	shape_open(response, 201, &writer);
	json_open_object(&writer, "data");
	zone_put_members(&writer, &zone);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, outcome);
	shape_put_location(input->arena, response, "/zones", name, NULL);
}

/* ---- GET /zones/{zone} ---- */

enum err plan_zone_get(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	if (!input_parse_name(input, "{zone}", input->captures[0].text, &ret_plan->name) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_ZONE;
	return ERR_OK;
}

void zone_put_soa(struct json_writer *writer, const struct zone_details *details)
{
	char text[NAME_TEXT_BYTES];
	json_open_object(writer, "soa");
	json_put_string(writer, "mname", name_render(details->soa.mname, text));
	json_put_string(writer, "rname", name_render(details->soa.rname, text));
	json_put_int(writer, "refresh", details->soa.refresh_s);
	json_put_int(writer, "retry", details->soa.retry_s);
	json_put_int(writer, "expire", details->soa.expire_s);
	json_put_int(writer, "minimum", details->soa.minimum_s);
	json_put_int(writer, "ttl", details->soa_ttl_s);
	json_close_object(writer);
}

static void zone_put_served(struct json_writer *writer, const struct zone_details *details)
{
	json_open_array(writer, "served");
	for (size_t i = 0; i < details->served.count; i++) {
		const struct served_by *served = &details->served.items[i];
		json_open_object(writer, NULL);
		json_put_string(writer, "address", served->address);
		if (served->at_ms == 0) {
			json_put_null(writer, "serial");
			json_put_null(writer, "at");
		} else {
			json_put_int(writer, "serial", served->serial);
			shape_put_time(writer, "at", served->at_ms);
		}
		json_close_object(writer);
	}
	json_close_array(writer);
}

void answer_zone_get(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	zone_put_members(&writer, &input->zone->zone);
	if (input->zone->zone.has_ttl)
		json_put_int(&writer, "ttl", input->zone->zone.ttl_s);
	else
		json_put_null(&writer, "ttl");
	zone_put_soa(&writer, input->zone);
	zone_put_served(&writer, input->zone);
	shape_put_health(&writer, &input->zone->health);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_etag(input->arena, response, input->zone->zone.revision);
}

/* ---- DELETE /zones/{zone}?confirm={zone} ---- */

enum err plan_zone_delete(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "confirm", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct op *op = input_put_op(input, OP_ZONE_DROP, ret_plan);
	if (op == NULL || !input_parse_name(input, "{zone}", input->captures[0].text, &op->zone))
		return faults_err(input->faults);
	op->rrset.owner = op->zone;
	op->rrset.type = TYPE_SOA;
	const char *confirm = input_query(input, "confirm");
	struct name confirmed = { 0 };
	if (confirm != NULL && !input_parse_name(input, "?confirm", confirm, &confirmed))
		return faults_err(input->faults);
	if (!name_is_equal(&confirmed, &op->zone))
		faults_add(input->faults, ERR_BAD_REQUEST, "?confirm",
		        "This deletes the zone with all its records: repeat the zone's name here.");
	return faults_err(input->faults);
}

void answer_zone_delete(const struct answer_input *input, struct http_response *response)
{
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_int(&writer, "deleted", input->outcome->effects[0].deleted_count);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, input->outcome);
}
