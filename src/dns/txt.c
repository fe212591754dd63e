/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/txt.h"

#include <string.h>

#define STRING_MAX 255u

static const char too_long[] = "The text is longer than 65535 octets as RDATA";
static const char bad_text[] = "Plain text is UTF-8 without control characters; others are written "
                               "as \\DDD in a quoted string";
static const char bad_quotes[] = "A value that begins with a quotation mark is one or more quoted "
                                 "strings, separated by spaces";

/* ---- UTF-8 ---- */

/* Octets of the character at text, or 0 when it is no valid UTF-8 (RFC 3629) or a control
 * character (C0, DEL, C1). */
static size_t measure_character(const uint8_t *text, size_t length)
{
	static const struct {
		uint8_t mask, lead, octets;
		uint32_t minimum;
	} forms[] = {
		{ 0x80, 0x00, 1, 0x20 },
		{ 0xe0, 0xc0, 2, 0xa0 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (length < forms[i].octets)
			return 0;
		uint32_t point = text[0] & (uint8_t)~forms[i].mask;
		for (size_t k = 1; k < forms[i].octets; k++) {
			if ((text[k] & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (text[k] & 0x3fu);
		}
		bool is_bad = point < forms[i].minimum || point == 0x7f || point > 0x10ffff ||
		              (point >= 0xd800 && point <= 0xdfff);
		return is_bad ? 0 : forms[i].octets;
	}
	return 0;
}

static bool is_plain(const uint8_t *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t octets = measure_character(text + at, length - at);
		if (octets == 0)
			return false;
		at += octets;
	}
	return true;
}

/* ---- parsing ---- */

static enum err parse_plain(struct arena *arena, const char *text, size_t length,
        struct rdata *ret_rdata, const char **ret_detail)
{
	size_t strings = length == 0 ? 1 : (length + STRING_MAX - 1) / STRING_MAX;
	if (length > UINT16_MAX || length + strings > UINT16_MAX) {
		*ret_detail = too_long;
		return ERR_INVALID_RECORD;
	}
	if (!is_plain((const uint8_t *)text, length)) {
		*ret_detail = bad_text;
		return ERR_INVALID_RECORD;
	}
	uint8_t *bytes = arena_alloc(arena, length + strings);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	size_t out = 0;
	for (size_t i = 0; i < strings; i++) {
		size_t left = length - i * STRING_MAX;
		size_t part = left < STRING_MAX ? left : STRING_MAX;
		bytes[out++] = (uint8_t)part;
		memcpy(bytes + out, text + i * STRING_MAX, part);
		out += part;
	}
	*ret_rdata = (struct rdata){ .length = (uint16_t)out, .bytes = bytes };
	return ERR_OK;
}

/* The strings being read. */
struct quoted {
	const char *text;
	size_t length;
	size_t at;
	uint8_t *bytes;
	size_t out;
};

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* The octet behind a backslash. */
static bool parse_escape(struct quoted *quoted, uint8_t *ret_octet)
{
	const char *text = quoted->text + quoted->at;
	size_t length = quoted->length - quoted->at;
	if (length == 0)
		return false;
	if (!is_digit(text[0])) {
		*ret_octet = (uint8_t)text[0];
		quoted->at++;
		return *ret_octet >= 0x20 && *ret_octet < 0x7f;
	}
	if (length < 3 || !is_digit(text[1]) || !is_digit(text[2]))
		return false;
	int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
	*ret_octet = (uint8_t)value;
	quoted->at += 3;
	return value <= 255;
}

/* One string, from behind its opening quotation mark to behind the closing one. */
static const char *parse_string(struct quoted *quoted)
{
	size_t start = quoted->out++;
	while (quoted->at < quoted->length && quoted->text[quoted->at] != '"') {
		uint8_t octet = (uint8_t)quoted->text[quoted->at++];
		if (octet == '\\') {
			if (!parse_escape(quoted, &octet))
				return "A backslash is followed by neither a character nor \\DDD";
		} else if (octet < 0x20 || octet == 0x7f) {
			return bad_text;
		}
		if (quoted->out - start > STRING_MAX)
			return "A quoted string is longer than 255 octets";
		if (quoted->out > UINT16_MAX)
			return too_long;
		quoted->bytes[quoted->out++] = octet;
	}
	if (quoted->at == quoted->length)
		return bad_quotes;
	quoted->at++;
	quoted->bytes[start] = (uint8_t)(quoted->out - start - 1);
	return NULL;
}

static const char *parse_strings(struct quoted *quoted)
{
	while (quoted->at < quoted->length) {
		if (quoted->text[quoted->at] != '"' || quoted->out >= UINT16_MAX)
			return quoted->out >= UINT16_MAX ? too_long : bad_quotes;
		quoted->at++;
		const char *fault = parse_string(quoted);
		if (fault != NULL)
			return fault;
		size_t before = quoted->at;
		while (quoted->at < quoted->length && quoted->text[quoted->at] == ' ')
			quoted->at++;
		if (quoted->at < quoted->length && quoted->at == before)
			return bad_quotes;
	}
	return quoted->out > UINT16_MAX ? too_long : NULL;
}

enum err txt_parse(struct arena *arena, const char *text, size_t length, struct rdata *ret_rdata,
        const char **ret_detail)
{
	if (length == 0 || text[0] != '"')
		return parse_plain(arena, text, length, ret_rdata, ret_detail);
	/* Escapes and quotation marks only make RDATA shorter than its text. */
	size_t room = length < UINT16_MAX ? length : UINT16_MAX;
	struct quoted quoted = { .text = text, .length = length };
	quoted.bytes = arena_alloc(arena, room + 2);
	if (quoted.bytes == NULL)
		return ERR_TOO_LARGE;
	const char *fault = parse_strings(&quoted);
	if (fault != NULL) {
		*ret_detail = fault;
		return ERR_INVALID_RECORD;
	}
	*ret_rdata = (struct rdata){ .length = (uint16_t)quoted.out, .bytes = quoted.bytes };
	return ERR_OK;
}

/* ---- rendering ---- */

/* True when the strings are what splitting their joined text at 255 octets gives. */
static bool is_evenly_split(const struct rdata *rdata)
{
	size_t at = 0;
	for (; at + 1u + rdata->bytes[at] < rdata->length; at += 1u + rdata->bytes[at])
		if (rdata->bytes[at] != STRING_MAX)
			return false;
	return rdata->bytes[at] > 0 || at == 0;
}

/* A character may be cut by the split, so the text is looked at as a whole. */
static bool is_plain_rdata(const struct rdata *rdata)
{
	uint8_t around[8];
	for (size_t at = 0; at < rdata->length;) {
		size_t taken = 0;
		size_t from = at;
		/* The next octets of the joined text: those of this string, then the next one's. */
		while (taken < 4 && from < rdata->length) {
			if (from % (STRING_MAX + 1) != 0)
				around[taken++] = rdata->bytes[from];
			from++;
		}
		if (taken == 0)
			break;
		size_t octets = measure_character(around, taken);
		if (octets == 0)
			return false;
		for (size_t i = 0; i < octets; at++)
			if (at % (STRING_MAX + 1) != 0)
				i++;
	}
	return true;
}

void txt_render(struct buf *buf, const struct rdata *rdata)
{
	bool is_quote_first = rdata->length > 1 && rdata->bytes[1] == '"';
	if (rdata->length == 0 || is_quote_first || !is_evenly_split(rdata) ||
	        !is_plain_rdata(rdata)) {
		txt_render_quoted(buf, rdata);
		return;
	}
	for (size_t at = 0; at < rdata->length; at += 1u + rdata->bytes[at])
		buf_put(buf, rdata->bytes + at + 1, rdata->bytes[at]);
}

static void put_octet(struct buf *buf, uint8_t octet)
{
	if (octet < 0x20 || octet > 0x7e) {
		char escape[] = { '\\', (char)('0' + octet / 100), (char)('0' + octet / 10 % 10),
			(char)('0' + octet % 10) };
		buf_put(buf, escape, sizeof(escape));
		return;
	}
	if (octet == '"' || octet == '\\')
		buf_put_char(buf, '\\');
	buf_put_char(buf, (char)octet);
}

void txt_render_quoted(struct buf *buf, const struct rdata *rdata)
{
	for (size_t at = 0; at < rdata->length; at += 1u + rdata->bytes[at]) {
		if (at > 0)
			buf_put_char(buf, ' ');
		buf_put_char(buf, '"');
		for (size_t i = at + 1; i <= at + rdata->bytes[at]; i++)
			put_octet(buf, rdata->bytes[i]);
		buf_put_char(buf, '"');
	}
}

size_t txt_longest_string(const struct rdata *rdata)
{
	size_t longest = 0;
	for (size_t at = 0; at < rdata->length; at += 1u + rdata->bytes[at]) {
		size_t length = 0;
		for (size_t i = at + 1; i <= at + rdata->bytes[at]; i++) {
			uint8_t octet = rdata->bytes[i];
			bool is_escaped = octet == '"' || octet == '\\';
			length += octet < 0x20 || octet > 0x7e ? 4 : is_escaped ? 2 : 1;
		}
		if (length > longest)
			longest = length;
	}
	return longest;
}
