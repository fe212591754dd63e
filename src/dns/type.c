/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/type.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum type_use {
	OPEN,      /* any grant that covers it, "*" too */
	PROTECTED, /* a grant must name it */
	APEX,      /* one per zone, written by the zone itself */
	SIGNATURE, /* what signing makes */
	META,      /* no data */
};

enum type_spelling { NATIVE, GENERIC };

struct type_row {
	uint16_t number;
	uint8_t use;
	uint8_t spelling;
	const char *mnemonic;
	const char *layout;
};

/* In the order of the numbers. */
static const struct type_row type_table[] = {
#define TYPE(mnemonic, number, use, spelling, layout, check)                                       \
	{ number, use, spelling, #mnemonic, layout },
#include "dns/type.def"
#undef TYPE
};

#define TYPE_COUNT (sizeof(type_table) / sizeof(type_table[0]))

/* RFC 6895 section 3.1: 128–255 are questions and meta types; 0 and 65535 are reserved. */
static bool is_data_number(uint16_t type)
{
	return type != 0 && type != UINT16_MAX && !(type >= 128 && type <= 255);
}

static const struct type_row *find_row(uint16_t type)
{
	size_t low = 0;
	size_t high = TYPE_COUNT;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (type_table[middle].number < type)
			low = middle + 1;
		else
			high = middle;
	}
	return low < TYPE_COUNT && type_table[low].number == type ? &type_table[low] : NULL;
}

static const struct type_row *find_mnemonic(const char *text, size_t length)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		const char *mnemonic = type_table[i].mnemonic;
		if (strlen(mnemonic) == length && strncasecmp(mnemonic, text, length) == 0)
			return &type_table[i];
	}
	return NULL;
}

/* TYPEn, without leading zeros (RFC 3597 section 5). */
static bool parse_number(const char *text, size_t length, uint16_t *ret_type)
{
	if (length < 5 || length > 9 || strncasecmp(text, "TYPE", 4) != 0)
		return false;
	if (text[4] == '0' && length > 5)
		return false;
	uint32_t number = 0;
	for (size_t i = 4; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	if (number > UINT16_MAX)
		return false;
	*ret_type = (uint16_t)number;
	return true;
}

enum err type_parse(const char *text, size_t length, uint16_t *ret_type)
{
	if (length == 0 || length >= TYPE_TEXT_BYTES)
		return ERR_UNSUPPORTED_TYPE;
	uint16_t type;
	const struct type_row *row = find_mnemonic(text, length);
	if (row != NULL)
		type = row->number;
	else if (!parse_number(text, length, &type))
		return ERR_UNSUPPORTED_TYPE;
	row = find_row(type);
	if (!is_data_number(type) || (row != NULL && row->use == META))
		return ERR_UNSUPPORTED_TYPE;
	*ret_type = type;
	return ERR_OK;
}

char *type_render(uint16_t type, char ret_text[static TYPE_TEXT_BYTES])
{
	const struct type_row *row = find_row(type);
	if (row != NULL)
		snprintf(ret_text, TYPE_TEXT_BYTES, "%s", row->mnemonic);
	else
		snprintf(ret_text, TYPE_TEXT_BYTES, "TYPE%u", (unsigned)type);
	return ret_text;
}

char *type_render_zone(uint16_t type, char ret_text[static TYPE_TEXT_BYTES])
{
	if (!type_is_generic(type))
		return type_render(type, ret_text);
	snprintf(ret_text, TYPE_TEXT_BYTES, "TYPE%u", (unsigned)type);
	return ret_text;
}

bool type_is_generic(uint16_t type)
{
	const struct type_row *row = find_row(type);
	return row == NULL || row->spelling == GENERIC;
}

const char *type_layout(uint16_t type)
{
	const struct type_row *row = find_row(type);
	return row == NULL ? NULL : row->layout;
}

bool type_is_writable(uint16_t type, const char **ret_detail)
{
	static const char *const details[] = {
		[APEX] = "A SOA record is written through its zone",
		[SIGNATURE] = "Records of this type come from signing a zone",
		[META] = "This type is no type of data",
	};
	const struct type_row *row = find_row(type);
	enum type_use use = row == NULL ? OPEN : (enum type_use)row->use;
	if (!is_data_number(type))
		use = META;
	if (use == OPEN || use == PROTECTED)
		return true;
	*ret_detail = details[use];
	return false;
}

bool type_is_protected(uint16_t type)
{
	const struct type_row *row = find_row(type);
	return row != NULL && (row->use == PROTECTED || row->use == APEX);
}
