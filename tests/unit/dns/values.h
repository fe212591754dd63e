/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The values of values.def, and those that are too long to be written there: strings of every octet
 * and of the greatest length, in each type that holds strings.
 */
#ifndef COREGATE_TESTS_DNS_VALUES_H
#define COREGATE_TESTS_DNS_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct value {
	const char *type;
	const char *text;
	const char *canonical; /* NULL: whatever it is, it leads back to the same bytes */
};

static const struct value values[] = {
#define VALUE(type, text, canonical) { type, text, canonical },
#include "dns/values.def"
#undef VALUE
};

#define VALUES_COUNT (sizeof(values) / sizeof(values[0]))

/* RDATA made of a head, a string of octets (with its length in front, or to the end), and a tail.
 */
struct made_value {
	const char *type;
	uint16_t number;
	const char *head;
	size_t head_length;
	int has_length;
	const char *tail;
	size_t tail_length;
};

#define MADE(type, number, head, has_length, tail)                                                 \
	{                                                                                          \
		type, number, head, sizeof(head) - 1, has_length, tail, sizeof(tail) - 1           \
	}

static const struct made_value made_values[] = {
	MADE("TXT", 16, "", 1, ""),
	MADE("TXT", 16, "\001a", 1, "\000"),
	MADE("SPF", 99, "", 1, ""),
	MADE("HINFO", 13, "", 1, "\001b"),
	MADE("HINFO", 13, "\001a", 1, ""),
	MADE("NAPTR", 35, "\000\001\000\002", 1, "\000\000\000"),
	MADE("NAPTR", 35, "\000\001\000\002\001u", 1, "\000\001a\000"),
	MADE("CAA", 257, "\000\005issue", 0, ""),
	MADE("URI", 256, "\000\001\000\002", 0, ""),
	MADE("ISDN", 20, "", 1, ""),
	MADE("NINFO", 56, "", 1, ""),
	MADE("UINFO", 100, "", 1, ""),
	MADE("AVC", 258, "", 1, ""),
	MADE("RESINFO", 261, "", 1, ""),
	MADE("OPENPGPKEY", 61, "", 0, ""),
	MADE("TYPE65280", 65280, "", 0, ""),
};

#define MADE_COUNT (sizeof(made_values) / sizeof(made_values[0]))

/* The strings that each is made with: octets 0–254, 1–255, 255 zeros, 255 letters, 100 quotation
 * marks, backslashes before digits, 255 backslashes. */
#define MADE_STRINGS 7

static inline size_t make_string(size_t which, uint8_t string[static 255])
{
	for (size_t i = 0; i < 255; i++) {
		static const char digits[] = "\\032\\;x";
		const uint8_t octets[MADE_STRINGS] = { (uint8_t)i, (uint8_t)(i + 1), 0, 'y', '"',
			(uint8_t)digits[i % 7], '\\' };
		string[i] = octets[which];
	}
	return which == 4 ? 100 : 255;
}

/* Makes the RDATA; returns its length. */
static inline size_t make_value(
        const struct made_value *made, size_t which, uint8_t bytes[static 512])
{
	uint8_t string[255];
	size_t length = make_string(which, string);
	size_t out = made->head_length;
	memcpy(bytes, made->head, made->head_length);
	if (made->has_length)
		bytes[out++] = (uint8_t)length;
	memcpy(bytes + out, string, length);
	out += length;
	memcpy(bytes + out, made->tail, made->tail_length);
	return out + made->tail_length;
}

#endif
