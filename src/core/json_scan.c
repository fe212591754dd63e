/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json_scan.h"

#include <string.h>

#include "core/json_names.h"
#include "core/json_number.h"
#include "core/text.h"

struct scan {
	struct arena *arena;
	const struct json_scan_options *options;
	struct json_scan_result *result;
	const char *start;
	const char *at;
	const char *end;
	unsigned depth;
	uint32_t number_count;
	size_t inexact_room;
	struct json_names names;
};

struct span {
	const char *bytes;
	size_t length;
	bool has_escape;
};

static enum err scan_value(struct scan *scan);

static enum err refuse_at(struct scan *scan, enum err err, const char *what, size_t at)
{
	scan->result->what = what;
	scan->result->at = at;
	return err;
}

static enum err refuse(struct scan *scan, const char *what)
{
	return refuse_at(scan, ERR_BAD_REQUEST, what, (size_t)(scan->at - scan->start));
}

static enum err refuse_large(struct scan *scan, const char *what)
{
	return refuse_at(scan, ERR_TOO_LARGE, what, (size_t)(scan->at - scan->start));
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end &&
	        (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

static bool next_is(const struct scan *scan, char character)
{
	return scan->at < scan->end && *scan->at == character;
}

static bool next_is_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

/* ---- strings */

/* The code unit of "\uXXXX" at bytes, or -1. */
static int32_t unit_parse(const char *bytes, size_t left)
{
	if (left < 6 || bytes[0] != '\\' || bytes[1] != 'u')
		return -1;
	int32_t unit = 0;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_value(bytes[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool unit_is_high(int32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool unit_is_low(int32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

static enum err scan_unicode_escape(struct scan *scan)
{
	size_t left = (size_t)(scan->end - scan->at);
	int32_t unit = unit_parse(scan->at, left);
	if (unit < 0)
		return refuse(scan, "\\u needs four hexadecimal digits");
	if (unit == 0 && !scan->options->allow_nul)
		return refuse(scan, "U+0000 is not allowed in a string");
	if (unit_is_high(unit) && left >= 12 && unit_is_low(unit_parse(scan->at + 6, left - 6))) {
		scan->at += 12;
		return ERR_OK;
	}
	if ((unit_is_high(unit) || unit_is_low(unit)) && !scan->options->allow_lone_surrogates)
		return refuse(scan, "this escape is half a surrogate pair");
	scan->at += 6;
	return ERR_OK;
}

static enum err scan_escape(struct scan *scan)
{
	if (scan->end - scan->at < 2)
		return refuse(scan, "the string does not end");
	if (scan->at[1] == 'u')
		return scan_unicode_escape(scan);
	if (scan->at[1] == '\0' || strchr("\"\\/bfnrt", scan->at[1]) == NULL)
		return refuse(scan, "there is no such escape");
	scan->at += 2;
	return ERR_OK;
}

/* One character that is not plain ASCII. */
static enum err scan_special(struct scan *scan)
{
	if (*scan->at == '\\')
		return scan_escape(scan);
	if ((uint8_t)*scan->at < 0x20)
		return refuse(scan, "control characters must be escaped");
	size_t length = utf8_sequence_length(scan->at, (size_t)(scan->end - scan->at));
	if (length == 0)
		return refuse(scan, "this is not UTF-8");
	scan->at += length;
	return ERR_OK;
}

static enum err scan_string(struct scan *scan, struct span *ret_span)
{
	const char *first = ++scan->at;
	bool has_escape = false;
	for (;;) {
		while (scan->at < scan->end && (uint8_t)*scan->at >= 0x20 &&
		        (uint8_t)*scan->at < 0x80 && *scan->at != '"' && *scan->at != '\\')
			scan->at++;
		if (scan->at == scan->end)
			return refuse(scan, "the string does not end");
		if (*scan->at == '"')
			break;
		has_escape |= *scan->at == '\\';
		enum err err = scan_special(scan);
		if (err != ERR_OK)
			return err;
	}
	*ret_span = (struct span){ first, (size_t)(scan->at - first), has_escape };
	scan->at++;
	return ERR_OK;
}

/* Takes one escape of a string that was scanned; returns what follows it. */
static const char *unescape_one(const char *in, const char *end, char **out)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	if (in[1] != 'u') {
		const char *letter = strchr(letters, in[1]);
		*(*out)++ = letter != NULL ? meanings[letter - letters] : in[1];
		return in + 2;
	}
	uint32_t point = (uint32_t)unit_parse(in, (size_t)(end - in));
	int32_t low = unit_parse(in + 6, (size_t)(end - in) - 6);
	bool is_pair = unit_is_high((int32_t)point) && unit_is_low(low);
	if (is_pair)
		point = 0x10000 + ((point - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
	*out = utf8_put(*out, point);
	return in + (is_pair ? 12 : 6);
}

/* An escape is never shorter than what it stands for, so the span's length is room enough. */
static bool name_unescape(struct scan *scan, const struct span *span, struct json_name *name)
{
	char *bytes = arena_alloc(scan->arena, span->length + 1);
	if (bytes == NULL)
		return false;
	const char *in = span->bytes;
	const char *end = in + span->length;
	char *out = bytes;
	while (in < end) {
		if (*in == '\\')
			in = unescape_one(in, end, &out);
		else
			*out++ = *in++;
	}
	name->bytes = bytes;
	name->length = (size_t)(out - bytes);
	return true;
}

/* ---- names of an object */

static enum err name_add(struct scan *scan, const struct span *span)
{
	struct json_name name = { span->bytes, span->length, (size_t)(span->bytes - scan->start) };
	if (scan->options->allow_duplicate_names)
		return ERR_OK;
	if (span->has_escape && !name_unescape(scan, span, &name))
		return refuse_large(scan, "the text does not fit");
	if (!json_names_add(&scan->names, &name))
		return refuse_large(scan, "the text does not fit");
	return ERR_OK;
}

/* ---- numbers */

static enum err inexact_add(struct scan *scan)
{
	struct json_scan_result *result = scan->result;
	if (result->inexact_count == scan->inexact_room) {
		size_t room = scan->inexact_room == 0 ? 8 : 2 * scan->inexact_room;
		uint32_t *inexact = arena_calloc(scan->arena, room, sizeof(*inexact));
		if (inexact == NULL)
			return refuse_large(scan, "the text does not fit");
		if (result->inexact_count > 0)
			memcpy(inexact, result->inexact, result->inexact_count * sizeof(*inexact));
		result->inexact = inexact;
		scan->inexact_room = room;
	}
	result->inexact[result->inexact_count++] = scan->number_count;
	return ERR_OK;
}

static bool skip_digits(struct scan *scan)
{
	const char *first = scan->at;
	while (next_is_digit(scan))
		scan->at++;
	return scan->at > first;
}

static enum err scan_number_grammar(struct scan *scan)
{
	if (next_is(scan, '-'))
		scan->at++;
	if (next_is(scan, '0'))
		scan->at++;
	else if (!skip_digits(scan))
		return refuse(scan, "a number needs a digit here");
	if (next_is_digit(scan))
		return refuse(scan, "a number does not begin with zero");
	if (next_is(scan, '.')) {
		scan->at++;
		if (!skip_digits(scan))
			return refuse(scan, "a number needs a digit here");
	}
	if (next_is(scan, 'e') || next_is(scan, 'E')) {
		scan->at++;
		if (next_is(scan, '+') || next_is(scan, '-'))
			scan->at++;
		if (!skip_digits(scan))
			return refuse(scan, "a number needs a digit here");
	}
	return ERR_OK;
}

static enum err scan_number(struct scan *scan)
{
	const char *first = scan->at;
	enum err err = scan_number_grammar(scan);
	if (err != ERR_OK)
		return err;
	size_t length = (size_t)(scan->at - first);
	size_t length_max = scan->options->number_length_max;
	if (length_max > 0 && length > length_max)
		return refuse_at(scan, ERR_BAD_REQUEST, "the number is too long",
		        (size_t)(first - scan->start));
	if (!json_number_is_exact(first, length))
		err = inexact_add(scan);
	scan->number_count++;
	return err;
}

/* ---- values */

static enum err scan_literal(struct scan *scan, const char *literal)
{
	size_t length = strlen(literal);
	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, literal, length) != 0)
		return refuse(scan, "a value is expected here");
	scan->at += length;
	return ERR_OK;
}

static enum err scan_member(struct scan *scan)
{
	struct span span;
	if (!next_is(scan, '"'))
		return refuse(scan, "a member's name is expected here");
	enum err err = scan_string(scan, &span);
	if (err == ERR_OK)
		err = name_add(scan, &span);
	if (err != ERR_OK)
		return err;
	skip_space(scan);
	if (!next_is(scan, ':'))
		return refuse(scan, "a colon is expected here");
	scan->at++;
	skip_space(scan);
	return scan_value(scan);
}

static enum err scan_items(struct scan *scan, char closing, enum err (*scan_item)(struct scan *))
{
	scan->at++;
	skip_space(scan);
	if (next_is(scan, closing)) {
		scan->at++;
		return ERR_OK;
	}
	for (;;) {
		enum err err = scan_item(scan);
		if (err != ERR_OK)
			return err;
		skip_space(scan);
		if (next_is(scan, closing)) {
			scan->at++;
			return ERR_OK;
		}
		if (!next_is(scan, ','))
			return refuse(scan, "a comma or the end is expected here");
		scan->at++;
		skip_space(scan);
	}
}

static enum err scan_object(struct scan *scan)
{
	size_t base = scan->names.count;
	size_t at = 0;
	enum err err = scan_items(scan, '}', scan_member);
	if (err != ERR_OK)
		return err;
	if (json_names_drop(&scan->names, base, &at))
		return refuse_at(scan, ERR_BAD_REQUEST, "this member is there twice", at);
	return ERR_OK;
}

static enum err scan_container(struct scan *scan)
{
	if (scan->depth == scan->options->depth_max)
		return refuse_large(scan, "this is too deep");
	scan->depth++;
	enum err err = *scan->at == '{' ? scan_object(scan) : scan_items(scan, ']', scan_value);
	scan->depth--;
	return err;
}

static enum err scan_value(struct scan *scan)
{
	struct span span;
	if (scan->at == scan->end)
		return refuse(scan, "a value is expected here");
	if (++scan->result->node_count > scan->options->nodes_max)
		return refuse_large(scan, "there are too many values");
	switch (*scan->at) {
	case '{':
	case '[':
		return scan_container(scan);
	case '"':
		return scan_string(scan, &span);
	case 't':
		return scan_literal(scan, "true");
	case 'f':
		return scan_literal(scan, "false");
	case 'n':
		return scan_literal(scan, "null");
	default:
		return next_is(scan, '-') || next_is_digit(scan)
		               ? scan_number(scan)
		               : refuse(scan, "a value is expected here");
	}
}

enum err json_scan(struct arena *arena, const char *text, size_t length,
        const struct json_scan_options *options, struct json_scan_result *ret_result)
{
	*ret_result = (struct json_scan_result){ 0 };
	struct scan scan = { .arena = arena,
		.options = options,
		.result = ret_result,
		.start = text,
		.at = text,
		.end = text + length };
	json_names_init(&scan.names, arena);
	if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		return refuse(&scan, "a byte order mark is not allowed");
	skip_space(&scan);
	enum err err = scan_value(&scan);
	if (err != ERR_OK)
		return err;
	skip_space(&scan);
	return scan.at == scan.end ? ERR_OK : refuse(&scan, "nothing may follow the value");
}
