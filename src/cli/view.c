/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/view.h"

#include <stdint.h>
#include <string.h>

#include "core/json_scan.h"
#include "core/text.h"

#define DEPTH_MAX   32
#define WHITE_SPACE " \t\r\n"

/* ---- pieces of text that is known to be JSON ---- */

static const char *skip_white(const char *at, const char *end)
{
	while (at < end && strchr(WHITE_SPACE, *at) != NULL)
		at++;
	return at;
}

static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
	}
	return at + 1;
}

/* What follows an object or array: strings are the only place where a bracket means nothing. */
static const char *skip_container(const char *at)
{
	size_t depth = 0;
	for (;;) {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
		if (depth == 0)
			return at;
	}
}

static const char *skip_value(const char *at, const char *end)
{
	if (*at == '"')
		return skip_string(at);
	if (*at == '{' || *at == '[')
		return skip_container(at);
	while (at < end && strchr(",]}:" WHITE_SPACE, *at) == NULL)
		at++;
	return at;
}

enum err view_open(struct arena *arena, const char *text, size_t length, struct view *ret_view)
{
	static const struct json_scan_options options = { .depth_max = DEPTH_MAX,
		.nodes_max = SIZE_MAX };
	struct json_scan_result result;
	enum err err = json_scan(arena, text, length, &options, &result);
	if (err != ERR_OK)
		return err;
	const char *start = skip_white(text, text + length);
	*ret_view = (struct view){ start, (size_t)(skip_value(start, text + length) - start) };
	return ERR_OK;
}

/* ---- one value ---- */

enum view_kind view_kind(struct view view)
{
	if (view.text == NULL || view.length == 0)
		return VIEW_NONE;
	switch (view.text[0]) {
	case '{':
		return VIEW_OBJECT;
	case '[':
		return VIEW_ARRAY;
	case '"':
		return VIEW_STRING;
	case 'n':
		return VIEW_NULL;
	case 't':
	case 'f':
		return VIEW_BOOL;
	default:
		return VIEW_NUMBER;
	}
}

bool view_is_true(struct view view)
{
	return view.length == 4 && memcmp(view.text, "true", 4) == 0;
}

static uint32_t read_hex4(const char *at)
{
	uint32_t value = 0;
	for (size_t i = 0; i < 4; i++)
		value = value << 4 | (uint32_t)hex_value(at[i]);
	return value;
}

/* An escape without its backslash; *at is left behind it. The scan has seen that pairs are whole.
 */
static char *put_escape(const char **at, char *out)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char letter = *(*at)++;
	if (letter != 'u') {
		*out = meanings[strchr(letters, letter) - letters];
		return out + 1;
	}
	uint32_t point = read_hex4(*at);
	*at += 4;
	if (point >= 0xd800 && point <= 0xdbff) {
		point = 0x10000 + ((point - 0xd800) << 10) + (read_hex4(*at + 2) - 0xdc00);
		*at += 6;
	}
	return utf8_put(out, point);
}

/* What comes out is never longer than what went in. */
static const char *decode_string(struct arena *arena, struct view view)
{
	char *text = arena_alloc(arena, view.length);
	char *out = text;
	const char *at = view.text + 1;
	const char *end = view.text + view.length - 1;
	if (text == NULL)
		return NULL;
	while (at < end) {
		if (*at != '\\') {
			*out++ = *at++;
			continue;
		}
		at++;
		out = put_escape(&at, out);
	}
	*out = '\0';
	return text;
}

const char *view_text(struct arena *arena, struct view view)
{
	if (view_kind(view) == VIEW_NONE)
		return NULL;
	if (view_kind(view) == VIEW_STRING)
		return decode_string(arena, view);
	return arena_dup(arena, view.text, view.length);
}

/* ---- what is inside ---- */

struct view_walk view_walk(struct view container)
{
	enum view_kind kind = view_kind(container);
	if (kind != VIEW_OBJECT && kind != VIEW_ARRAY)
		return (struct view_walk){ 0 };
	return (struct view_walk){ .at = container.text + 1,
		.end = container.text + container.length - 1,
		.has_names = kind == VIEW_OBJECT };
}

static struct view take_value(struct view_walk *walk)
{
	const char *start = skip_white(walk->at, walk->end);
	walk->at = skip_value(start, walk->end);
	return (struct view){ start, (size_t)(walk->at - start) };
}

bool view_step(struct view_walk *walk, struct view *ret_name, struct view *ret_value)
{
	if (walk->at == NULL || skip_white(walk->at, walk->end) == walk->end)
		return false;
	*ret_name = (struct view){ 0 };
	if (walk->has_names) {
		*ret_name = take_value(walk);
		walk->at = skip_white(walk->at, walk->end) + 1;
	}
	*ret_value = take_value(walk);
	walk->at = skip_white(walk->at, walk->end);
	if (walk->at < walk->end)
		walk->at++;
	return true;
}

struct view view_find(struct view object, const char *name)
{
	struct view_walk walk = view_walk(object);
	struct view found;
	struct view value;
	size_t length = strlen(name);
	while (walk.has_names && view_step(&walk, &found, &value)) {
		if (found.length == length + 2 && memcmp(found.text + 1, name, length) == 0)
			return value;
	}
	return (struct view){ 0 };
}

size_t view_count(struct view container)
{
	struct view_walk walk = view_walk(container);
	struct view name;
	struct view value;
	size_t count = 0;
	while (view_step(&walk, &name, &value))
		count++;
	return count;
}
