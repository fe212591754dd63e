/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/transfer.h"

#include <string.h>
#include <strings.h>

#include "api/input.h"
#include "api/shape.h"
#include "dns/type.h"

#define ZONE_FILE_TYPE "text/dns" /* RFC 4027 */

enum err plan_zone_export(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	if (!input_parse_name(input, "{zone}", input->captures[0].text, &ret_plan->name) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_EXPORT;
	return ERR_OK;
}

/* The text itself follows the head, see execute_export.h. */
void answer_zone_export(const struct answer_input *input, struct http_response *response)
{
	response->content_type = ZONE_FILE_TYPE;
	response->is_streamed = true;
	shape_put_etag(input->arena, response, input->zone->zone.revision);
}

/* ---- import ---- */

/* A zone file is octets of ASCII: what a charset says of it does not matter. */
static bool is_zone_file(const char *type)
{
	size_t length = strlen(ZONE_FILE_TYPE);
	if (type == NULL || strncasecmp(type, ZONE_FILE_TYPE, length) != 0)
		return false;
	type += length + strspn(type + length, " \t");
	return *type == '\0' || *type == ';';
}

static void parse_mode(const struct plan_input *input, bool *ret_is_replace)
{
	const char *mode = input_query(input, "mode");
	*ret_is_replace = mode != NULL && strcmp(mode, "replace") == 0;
	if (mode != NULL && !*ret_is_replace && strcmp(mode, "merge") != 0)
		faults_add(input->faults, ERR_BAD_REQUEST, "?mode", "It is merge or replace.");
}

static void parse_dry_run(const struct plan_input *input, bool *ret_is_dry_run)
{
	const char *dry_run = input_query(input, "dry_run");
	*ret_is_dry_run = dry_run != NULL && strcmp(dry_run, "true") == 0;
	if (dry_run != NULL && !*ret_is_dry_run && strcmp(dry_run, "false") != 0)
		faults_add(input->faults, ERR_BAD_REQUEST, "?dry_run", "It is true or false.");
}

/* The text itself is read by who carries the plan out. */
enum err plan_zone_import(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "mode", "dry_run", NULL };
	if (!is_zone_file(input->request->content_type))
		return ERR_UNSUPPORTED_MEDIA_TYPE;
	http_query_check(input->request, allowed, input->faults);
	parse_mode(input, &ret_plan->is_replace);
	parse_dry_run(input, &ret_plan->change.is_dry_run);
	if (!input_parse_name(input, "{zone}", input->captures[0].text, &ret_plan->name) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_CHANGE;
	ret_plan->is_import = true;
	ret_plan->is_told = true;
	return ERR_OK;
}

static void put_diff(const struct answer_input *input, struct json_writer *writer)
{
	size_t count = input->change != NULL ? input->change->effect_count : 0;
	const struct import_counts *counts = &input->outcome->import;
	shape_put_diff(input->arena, writer, input->change);
	json_put_bool(writer, "diff_is_cut",
	        count < (size_t)counts->created + counts->updated + counts->deleted);
}

void answer_zone_import(const struct answer_input *input, struct http_response *response)
{
	char text[NAME_TEXT_BYTES];
	const struct outcome *outcome = input->outcome;
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_string(&writer, "zone", name_render(&input->plan->name, text));
	json_put_string(&writer, "mode", input->plan->is_replace ? "replace" : "merge");
	json_put_bool(&writer, "dry_run", input->plan->change.is_dry_run);
	json_put_int(&writer, "records", outcome->import.records);
	json_put_int(&writer, "created", outcome->import.created);
	json_put_int(&writer, "updated", outcome->import.updated);
	json_put_int(&writer, "deleted", outcome->import.deleted);
	json_put_int(&writer, "unchanged", outcome->import.unchanged);
	if (outcome->zone_count > 0)
		json_put_int(&writer, "serial", outcome->zones[0].serial);
	put_diff(input, &writer);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_change_id(input->arena, response, outcome);
}
