/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/body.h"

#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "dns/expiry.h"

#define POINTER_BYTES 128

static bool body_is_json(const char *content_type)
{
	static const char json[] = "application/json";
	if (content_type == NULL || strncasecmp(content_type, json, sizeof(json) - 1) != 0)
		return false;
	const char *rest = content_type + sizeof(json) - 1;
	return *rest == '\0' || *rest == ';' || *rest == ' ';
}

static void body_fault_kind(const struct plan_input *input, const char *pointer,
        const struct json *value, const char *wanted)
{
	faults_add(input->faults, ERR_BAD_REQUEST, pointer, "This must be %s, not %s.", wanted,
	        json_kind_name(value));
}

static void body_put_string(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	const char *string = json_string(value);
	if (string == NULL)
		body_fault_kind(input, pointer, value, "a string");
	else
		*(const char **)place = string;
}

static void body_put_strings(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	if (json_kind(value) != JSON_ARRAY) {
		body_fault_kind(input, pointer, value, "an array of strings");
		return;
	}
	struct strings *strings = place;
	const char **items = arena_calloc(input->arena, json_count(value) + 1, sizeof(*items));
	if (items == NULL) {
		faults_add(input->faults, ERR_TOO_LARGE, pointer, "The list is too long.");
		return;
	}
	size_t count = 0;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		char item_pointer[POINTER_BYTES + 24];
		struct buf text;
		buf_init_fixed(&text, item_pointer, sizeof(item_pointer));
		buf_printf(&text, "%s/%zu", pointer, count);
		items[count] = json_string(item);
		if (items[count] == NULL)
			body_fault_kind(input, item_pointer, item, "a string");
		count++;
	}
	*strings = (struct strings){ .is_set = true, .count = count, .items = items };
}

static void body_put_ttl(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	int64_t seconds;
	if (!json_integer(value, 0, TTL_MAX, &seconds)) {
		faults_add(input->faults, ERR_INVALID_TTL, pointer,
		        "A TTL is a whole number of seconds from 0 to %u.", TTL_MAX);
		return;
	}
	if (seconds < input->ttl_min_s || seconds > input->ttl_max_s) {
		faults_add(input->faults, ERR_INVALID_TTL, pointer,
		        "Here a TTL is from %u to %u seconds.", input->ttl_min_s, input->ttl_max_s);
		return;
	}
	*(struct ttl *)place = (struct ttl){ .is_set = true, .seconds = (uint32_t)seconds };
}

static void body_put_flag(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	if (!json_bool(value, place))
		body_fault_kind(input, pointer, value, "true or false");
}

static void body_put_objects(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	if (json_kind(value) != JSON_ARRAY)
		body_fault_kind(input, pointer, value, "an array of objects");
	else
		*(struct objects *)place = (struct objects){ .is_set = true, .array = value };
}

static void body_put_json(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	(void)input;
	(void)pointer;
	*(const struct json **)place = value;
}

/* Cut to whole seconds, upwards: what is shown is what counts. */
static void body_put_expiry(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	int64_t at_ms;
	const char *text = json_string(value);
	if (text == NULL) {
		body_fault_kind(input, pointer, value, "a string");
	} else if (!clock_parse_rfc3339(text, strlen(text), &at_ms)) {
		faults_add(input->faults, ERR_INVALID_RECORD, pointer,
		        "This must be a time as in RFC 3339, like 2027-01-31T12:00:00Z.");
	} else if (at_ms <= input->now_ms || at_ms > input->now_ms + EXPIRY_AHEAD_MAX_MS) {
		faults_add(input->faults, ERR_INVALID_RECORD, pointer,
		        "This time must lie in the future, ten years at most.");
	} else {
		*(int64_t *)place = (at_ms + 999) / 1000 * 1000;
	}
}

static void body_put_bool(
        const struct plan_input *input, const char *pointer, const struct json *value, void *place)
{
	bool given;
	if (json_bool(value, &given))
		*(struct flag *)place = (struct flag){ .is_set = true, .value = given };
	else
		body_fault_kind(input, pointer, value, "true or false");
}

typedef void put_fn(const struct plan_input *, const char *, const struct json *, void *);

static put_fn *const put_by_kind[] = {
	[FIELD_STRING] = body_put_string,
	[FIELD_STRINGS] = body_put_strings,
	[FIELD_TTL] = body_put_ttl,
	[FIELD_FLAG] = body_put_flag,
	[FIELD_OBJECTS] = body_put_objects,
	[FIELD_JSON] = body_put_json,
	[FIELD_EXPIRY] = body_put_expiry,
	[FIELD_BOOL] = body_put_bool,
};

static const struct field *body_find_field(const struct field_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->fields[i].name, name) == 0)
			return &list->fields[i];
	return NULL;
}

/* RFC 6901 section 3: "~" and "/" in a member's name are escaped. Long names are cut. */
static void body_render_pointer(
        const char *parent, const char *name, char ret_pointer[static POINTER_BYTES])
{
	struct buf text;
	buf_init_fixed(&text, ret_pointer, POINTER_BYTES);
	buf_printf(&text, "%.64s/", parent);
	for (const char *c = name; *c != '\0' && text.length < POINTER_BYTES - 8; c++) {
		if (*c == '~')
			buf_put_string(&text, "~0");
		else if (*c == '/')
			buf_put_string(&text, "~1");
		else
			buf_put_char(&text, *c);
	}
	buf_string(&text);
}

bool body_parse_object(const struct plan_input *input, const struct json *value,
        const char *pointer, const struct field_list *list, void *ret_struct)
{
	size_t faults = input->faults->count;
	char place[POINTER_BYTES];
	if (json_kind(value) != JSON_OBJECT) {
		body_fault_kind(input, pointer, value, "an object");
		return false;
	}
	for (const struct json *member = json_first(value); member != NULL;
	        member = json_next(member)) {
		const struct field *field = body_find_field(list, json_name(member));
		body_render_pointer(pointer, json_name(member), place);
		if (field == NULL)
			faults_add(input->faults, ERR_BAD_REQUEST, place,
			        "There is no such field here.");
		else
			put_by_kind[field->kind](
			        input, place, member, (char *)ret_struct + field->offset);
	}
	for (size_t i = 0; i < list->count; i++) {
		if (!list->fields[i].is_required || json_find(value, list->fields[i].name) != NULL)
			continue;
		body_render_pointer(pointer, list->fields[i].name, place);
		faults_add(input->faults, ERR_BAD_REQUEST, place, "This field is missing.");
	}
	return input->faults->count == faults;
}

enum err body_parse(const struct plan_input *input, const struct field *fields, size_t field_count,
        void *ret_struct)
{
	const struct http_request *request = input->request;
	const struct field_list list = { .fields = fields, .count = field_count };
	if (!body_is_json(request->content_type))
		return faults_add(input->faults, ERR_UNSUPPORTED_MEDIA_TYPE, "",
		        "The body must be JSON: send it with Content-Type: application/json.");
	const struct json *root;
	const char *detail = "The body is larger than what is taken here.";
	enum err err =
	        json_parse(input->arena, request->body, request->body_length, &root, &detail);
	if (err != ERR_OK)
		return faults_add(input->faults, err, "", "%s", detail);
	if (json_kind(root) != JSON_OBJECT)
		return faults_add(input->faults, ERR_BAD_REQUEST, "",
		        "The body must be an object, not %s.", json_kind_name(root));
	(void)!body_parse_object(input, root, "", &list, ret_struct);
	return faults_err(input->faults);
}
