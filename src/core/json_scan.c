/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json_scan.h"

#include <string.h>

#define FIRST_NAMES   32
#define PAIRWISE_MAX  8
#define INTEGER_MAX   (INT64_C(1) << 53)
#define FAST_DIGITS   15 /* any number of this many digits is exact as binary64 */
#define DIGITS_MAX    16 /* 2^53 has this many */
#define EXPONENT_CEIL 1000000000

struct name {
	const char *bytes; /* after unescaping */
	size_t length;
	size_t at;
};

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
	/* Names of the objects that are open, the innermost last. */
	struct name *names;
	size_t name_count;
	size_t name_room;
	struct name first_names[FIRST_NAMES];
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

size_t utf8_sequence_length(const char *bytes, size_t left)
{
	const uint8_t *in = (const uint8_t *)bytes;
	if (in[0] < 0x80)
		return 1;
	size_t length = in[0] >= 0xF0 ? 4 : in[0] >= 0xE0 ? 3 : 2;
	if (in[0] < 0xC2 || in[0] > 0xF4 || left < length)
		return 0;
	/* The second byte alone tells overlong forms, surrogates and what is above U+10FFFF. */
	uint8_t low = in[0] == 0xE0 ? 0xA0 : in[0] == 0xF0 ? 0x90 : 0x80;
	uint8_t high = in[0] == 0xED ? 0x9F : in[0] == 0xF4 ? 0x8F : 0xBF;
	if (in[1] < low || in[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((in[i] & 0xC0) != 0x80)
			return 0;
	}
	return length;
}

static int hex_value(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

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

static char *utf8_put(char *out, uint32_t point)
{
	if (point < 0x80) {
		*out++ = (char)point;
	} else if (point < 0x800) {
		*out++ = (char)(0xC0 | point >> 6);
		*out++ = (char)(0x80 | (point & 0x3F));
	} else if (point < 0x10000) {
		*out++ = (char)(0xE0 | point >> 12);
		*out++ = (char)(0x80 | (point >> 6 & 0x3F));
		*out++ = (char)(0x80 | (point & 0x3F));
	} else {
		*out++ = (char)(0xF0 | point >> 18);
		*out++ = (char)(0x80 | (point >> 12 & 0x3F));
		*out++ = (char)(0x80 | (point >> 6 & 0x3F));
		*out++ = (char)(0x80 | (point & 0x3F));
	}
	return out;
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
static bool name_unescape(struct scan *scan, const struct span *span, struct name *name)
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

static bool names_grow(struct scan *scan)
{
	struct name *names = arena_calloc(scan->arena, 2 * scan->name_room, sizeof(*names));
	if (names == NULL)
		return false;
	memcpy(names, scan->names, scan->name_count * sizeof(*names));
	scan->names = names;
	scan->name_room *= 2;
	return true;
}

static enum err name_add(struct scan *scan, const struct span *span)
{
	struct name name = { span->bytes, span->length, (size_t)(span->bytes - scan->start) };
	if (scan->options->allow_duplicate_names)
		return ERR_OK;
	if (span->has_escape && !name_unescape(scan, span, &name))
		return refuse_large(scan, "the text does not fit");
	if (scan->name_count == scan->name_room && !names_grow(scan))
		return refuse_large(scan, "the text does not fit");
	scan->names[scan->name_count++] = name;
	return ERR_OK;
}

static int name_compare(const struct name *a, const struct name *b)
{
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->length);
}

static void heap_sink(struct name *names, size_t count, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= count)
			return;
		if (child + 1 < count && name_compare(&names[child], &names[child + 1]) < 0)
			child++;
		if (name_compare(&names[at], &names[child]) >= 0)
			return;
		struct name swapped = names[at];
		names[at] = names[child];
		names[child] = swapped;
		at = child;
	}
}

/* A heap sort: no memory, and no order of names makes it slow. */
static void names_sort(struct name *names, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		heap_sink(names, count, i);
	for (size_t last = count; last-- > 1;) {
		struct name largest = names[0];
		names[0] = names[last];
		names[last] = largest;
		heap_sink(names, last, 0);
	}
}

/* Two equal names, the later of which is returned, or NULL. */
static const struct name *names_find_pair(struct name *names, size_t count)
{
	bool is_small = count <= PAIRWISE_MAX;
	if (!is_small)
		names_sort(names, count);
	for (size_t i = 0; i + 1 < count; i++) {
		size_t last = is_small ? count - 1 : i + 1;
		for (size_t j = i + 1; j <= last; j++) {
			if (name_compare(&names[i], &names[j]) == 0)
				return names[i].at > names[j].at ? &names[i] : &names[j];
		}
	}
	return NULL;
}

/* ---- numbers */

struct decimal {
	uint64_t digits; /* without leading and trailing zeros, of at most DIGITS_MAX */
	unsigned digit_count;
	int64_t exponent;
	bool is_long;
};

static void decimal_add_digit(struct decimal *decimal, unsigned digit, int64_t *zeros)
{
	if (digit == 0) {
		++*zeros;
		return;
	}
	bool is_first = decimal->digit_count == 0;
	for (; *zeros >= 0; --*zeros) {
		unsigned next = *zeros > 0 ? 0 : digit;
		if (is_first && next == 0)
			continue;
		if (decimal->digit_count == DIGITS_MAX) {
			decimal->is_long = true;
			break;
		}
		decimal->digits = decimal->digits * 10 + next;
		decimal->digit_count++;
	}
	*zeros = 0;
}

static int64_t exponent_parse(const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	int64_t exponent = 0;
	for (; at < end; at++) {
		if (*at >= '0' && *at <= '9' && exponent < EXPONENT_CEIL)
			exponent = exponent * 10 + (*at - '0');
	}
	return is_negative ? -exponent : exponent;
}

/* Whether a number that was scanned is an integer within ±2^53, decided on its text: as binary64,
 * 1.00000000000000001 would look like one. */
static bool number_is_exact(const char *at, const char *end)
{
	struct decimal decimal = { 0 };
	int64_t zeros = 0;
	bool in_fraction = false;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.')
			in_fraction = true;
		if (*at < '0' || *at > '9')
			continue;
		decimal_add_digit(&decimal, (unsigned)(*at - '0'), &zeros);
		decimal.exponent -= in_fraction;
	}
	if (decimal.digit_count == 0)
		return true;
	decimal.exponent += zeros;
	if (at < end)
		decimal.exponent += exponent_parse(at + 1, end);
	if (decimal.is_long || decimal.exponent < 0 ||
	        decimal.exponent + decimal.digit_count > DIGITS_MAX)
		return false;
	for (int64_t i = 0; i < decimal.exponent; i++)
		decimal.digits *= 10;
	return decimal.digits <= INTEGER_MAX;
}

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
	bool is_fast = length <= FAST_DIGITS && memchr(first, '.', length) == NULL &&
	               memchr(first, 'e', length) == NULL && memchr(first, 'E', length) == NULL;
	if (!is_fast && !number_is_exact(first, scan->at))
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
	size_t base = scan->name_count;
	enum err err = scan_items(scan, '}', scan_member);
	if (err != ERR_OK)
		return err;
	const struct name *twice = names_find_pair(scan->names + base, scan->name_count - base);
	if (twice != NULL)
		return refuse_at(scan, ERR_BAD_REQUEST, "this member is there twice", twice->at);
	scan->name_count = base;
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
	case '-':
		return scan_number(scan);
	default:
		return next_is_digit(scan) ? scan_number(scan)
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
		.end = text + length,
		.name_room = FIRST_NAMES };
	scan.names = scan.first_names;
	if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		return refuse(&scan, "a byte order mark is not allowed");
	skip_space(&scan);
	enum err err = scan_value(&scan);
	if (err != ERR_OK)
		return err;
	skip_space(&scan);
	return scan.at == scan.end ? ERR_OK : refuse(&scan, "nothing may follow the value");
}
