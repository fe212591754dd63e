/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/terms.h"

#include <string.h>

#include "dns/type.h"

/* No three octets make numbers as large as these. */
#define TERM_TYPE_BASE  (1u << 24)
#define TERM_VALUE_BASE (1u << 31)

uint32_t term_of_octets(const char *octets)
{
	return (uint32_t)(uint8_t)octets[0] << 16 | (uint32_t)(uint8_t)octets[1] << 8 |
	       (uint32_t)(uint8_t)octets[2];
}

/* FNV-1a; two values with one number only cost a look at the wrong one. */
uint32_t term_of_value(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return TERM_VALUE_BASE | hash;
}

uint32_t term_of_type(uint16_t type)
{
	return TERM_TYPE_BASE | type;
}

void text_fold(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
	}
}

static void terms_put(struct terms *terms, uint32_t number)
{
	for (size_t i = 0; i < terms->count; i++) {
		if (terms->numbers[i] == number)
			return;
	}
	if (terms->count < TERMS_MAX)
		terms->numbers[terms->count++] = number;
}

void terms_put_text(struct terms *terms, const char *text, size_t length)
{
	for (size_t i = 0; i + TERM_OCTETS <= length; i++)
		terms_put(terms, term_of_octets(text + i));
}

void terms_put_value(struct terms *terms, const char *text, size_t length)
{
	terms_put(terms, term_of_value(text, length));
}

void terms_put_type(struct terms *terms, uint16_t type)
{
	terms_put(terms, term_of_type(type));
}

size_t text_cut_soa(const char *text, size_t length)
{
	const char *first = memchr(text, ' ', length);
	if (first == NULL)
		return length;
	const char *second = memchr(first + 1, ' ', length - (size_t)(first + 1 - text));
	return second == NULL ? length : (size_t)(second - text);
}

const char *text_of_value(struct buf *text, uint16_t type, const struct rdata *value)
{
	text->length = 0;
	rdata_render(text, type, value);
	if (type == TYPE_SOA && !buf_is_full(text))
		text->length = text_cut_soa(text->bytes, text->length);
	if (buf_string(text) == NULL)
		return NULL;
	text_fold(text->bytes, text->length);
	return text->bytes;
}
