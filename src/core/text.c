/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

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

char *utf8_put(char *out, uint32_t point)
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
