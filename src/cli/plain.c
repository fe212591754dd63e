/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"

#define ESCAPE_MAX 10 /* \u{10ffff} */

static uint32_t decode(const char *bytes, size_t length)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = (uint8_t)bytes[0] & first_bits[length];
	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((uint8_t)bytes[i] & 0x3f);
	return point;
}

/* Line and paragraph separators, embeddings, overrides, isolates and their marks. */
static bool is_steering(uint32_t point)
{
	return point == 0x061c || point == 0x200e || point == 0x200f ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

const char *plain_text(struct arena *arena, const char *text)
{
	struct buf buf;
	if (text == NULL)
		return NULL;
	size_t left = strlen(text);
	buf_init(&buf, arena, ESCAPE_MAX * left + 1);
	while (left > 0) {
		size_t length = utf8_sequence_length(text, left);
		uint32_t point = length > 0 ? decode(text, length) : 0;
		if (length == 0 || is_control(point)) {
			length = length == 0 ? 1 : length;
			buf_printf(&buf, "\\x%02x", length == 1 ? (uint8_t)*text : (uint8_t)point);
		} else if (is_steering(point)) {
			buf_printf(&buf, "\\u{%04x}", (unsigned)point);
		} else {
			buf_put(&buf, text, length);
		}
		text += length;
		left -= length;
	}
	return buf_string(&buf);
}

static bool is_continuation(char byte)
{
	return ((uint8_t)byte & 0xc0) == 0x80;
}

size_t plain_width(const char *text)
{
	size_t width = 0;
	for (; *text != '\0'; text++)
		width += !is_continuation(*text);
	return width;
}

size_t plain_prefix(const char *text, size_t columns)
{
	size_t at = 0;
	for (; text[at] != '\0'; at++) {
		if (is_continuation(text[at]))
			continue;
		if (columns == 0)
			break;
		columns--;
	}
	return at;
}
