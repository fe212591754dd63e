/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/json_scan.h"

/* cJSON copies a number into a buffer of 64 bytes and would cut a longer one. */
#define NUMBER_LENGTH_MAX 63

static const struct json_scan_options strict_options = {
	.depth_max = JSON_DEPTH_MAX,
	.nodes_max = JSON_NODES_MAX,
	.number_length_max = NUMBER_LENGTH_MAX,
};

/* cJSON's allocator has no argument, so the arena being parsed into is known here. */
static struct arena *parse_arena;

static void *parse_alloc(size_t size_bytes)
{
	return arena_alloc(parse_arena, size_bytes);
}

static void parse_free(void *memory)
{
	(void)memory; /* the arena's reset frees it */
}

static cJSON *build(struct arena *arena, const char *text, size_t length)
{
	cJSON_Hooks hooks = { .malloc_fn = parse_alloc, .free_fn = parse_free };
	parse_arena = arena;
	cJSON_InitHooks(&hooks);
	cJSON *root = cJSON_ParseWithLength(text, length);
	parse_arena = NULL;
	return root;
}

/* Puts NaN in place of each number that binary64 has rounded, so that no one takes it for exact. */
static void forget_inexact(
        cJSON *item, uint32_t *number_count, const struct json_scan_result *scanned, size_t *at)
{
	for (; item != NULL && *at < scanned->inexact_count; item = item->next) {
		if (!cJSON_IsNumber(item)) {
			forget_inexact(item->child, number_count, scanned, at);
			continue;
		}
		if (scanned->inexact[*at] == *number_count) {
			item->valuedouble = NAN;
			++*at;
		}
		++*number_count;
	}
}

enum err json_parse(struct arena *arena, const char *text, size_t length,
        const struct json **ret_root, const char **ret_detail)
{
	struct json_scan_result scanned;
	enum err err = json_scan(arena, text, length, &strict_options, &scanned);
	if (err != ERR_OK) {
		const char *detail = arena_printf(arena,
		        "The JSON text is refused at byte %zu: %s.", scanned.at, scanned.what);
		*ret_detail = detail != NULL ? detail : scanned.what;
		return err;
	}
	cJSON *root = build(arena, text, length);
	if (root == NULL) {
		*ret_detail = "The JSON text does not fit.";
		return ERR_TOO_LARGE;
	}
	uint32_t number_count = 0;
	size_t at = 0;
	forget_inexact(root, &number_count, &scanned, &at);
	*ret_root = (const struct json *)root;
	return ERR_OK;
}

static const cJSON *item_of(const struct json *value)
{
	return (const cJSON *)value;
}

enum json_kind json_kind(const struct json *value)
{
	switch (item_of(value)->type & 0xFF) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const char *json_kind_name(const struct json *value)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "number",
		[JSON_STRING] = "string",
		[JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object",
	};
	return names[json_kind(value)];
}

const struct json *json_find(const struct json *object, const char *name)
{
	if (json_kind(object) != JSON_OBJECT)
		return NULL;
	const cJSON *member = item_of(object)->child;
	while (member != NULL && strcmp(member->string, name) != 0)
		member = member->next;
	return (const struct json *)member;
}

size_t json_count(const struct json *value)
{
	size_t count = 0;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item))
		count++;
	return count;
}

const struct json *json_first(const struct json *container)
{
	return (const struct json *)item_of(container)->child;
}

const struct json *json_next(const struct json *value)
{
	return (const struct json *)item_of(value)->next;
}

const char *json_name(const struct json *value)
{
	return item_of(value)->string;
}

const char *json_string(const struct json *value)
{
	return json_kind(value) == JSON_STRING ? item_of(value)->valuestring : NULL;
}

bool json_integer(const struct json *value, int64_t minimum, int64_t maximum, int64_t *ret_number)
{
	/* Written so that NaN fails. */
	if (json_kind(value) != JSON_NUMBER || !(item_of(value)->valuedouble >= (double)minimum) ||
	        !(item_of(value)->valuedouble <= (double)maximum))
		return false;
	*ret_number = (int64_t)item_of(value)->valuedouble;
	return true;
}

bool json_bool(const struct json *value, bool *ret_value)
{
	if (json_kind(value) != JSON_BOOL)
		return false;
	*ret_value = cJSON_IsTrue(item_of(value));
	return true;
}
