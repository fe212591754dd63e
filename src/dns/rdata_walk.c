/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata_walk.h"

#include "dns/type.h"

void rdata_walk_init(
        struct rdata_walk *walk, const char *layout, const uint8_t *bytes, size_t length)
{
	*walk = (struct rdata_walk){ .layout = layout, .bytes = bytes, .length = length };
}

/* Each of these gives the length of the field at walk->at, or sets walk->failed. */

static size_t measure_name(struct rdata_walk *walk)
{
	for (size_t at = walk->at; at < walk->length; at += 1u + walk->bytes[at]) {
		if (walk->bytes[at] == 0)
			return at + 1 - walk->at;
		/* Longer labels would be compression pointers. */
		if (walk->bytes[at] > 63)
			break;
	}
	walk->failed = true;
	return 0;
}

static size_t measure_string(struct rdata_walk *walk)
{
	if (walk->at < walk->length)
		return 1u + walk->bytes[walk->at];
	walk->failed = true;
	return 0;
}

static size_t measure_strings(struct rdata_walk *walk)
{
	size_t at = walk->at;
	while (at < walk->length)
		at += 1u + walk->bytes[at];
	if (at != walk->length || at == walk->at)
		walk->failed = true;
	return walk->length - walk->at;
}

static size_t measure_gateway(struct rdata_walk *walk, char *letter)
{
	/* The highest bit is AMTRELAY's discovery flag. */
	switch (walk->bytes[1] & 0x7f) {
	case 0:
		return 0;
	case 1:
		return 4;
	case 2:
		return 16;
	case 3:
		*letter = 'n';
		return measure_name(walk);
	default:
		walk->failed = true;
		return 0;
	}
}

static size_t measure_hit(struct rdata_walk *walk)
{
	size_t hit = walk->bytes[0];
	size_t key = (size_t)walk->bytes[2] << 8 | walk->bytes[3];
	if (hit == 0 || key == 0)
		walk->failed = true;
	return hit + key;
}

static size_t measure_field(struct rdata_walk *walk, char *letter)
{
	switch (*letter) {
	case 'n':
		return measure_name(walk);
	case 's':
		return measure_string(walk);
	case 'S':
		return measure_strings(walk);
	case 'g':
		return measure_gateway(walk, letter);
	case 'h':
		return measure_hit(walk);
	case 'b':
		if (walk->at == walk->length)
			walk->failed = true;
		return walk->length - walk->at;
	case 'x':
		return walk->length - walk->at;
	default:
		return (size_t)(*letter - '0');
	}
}

bool rdata_walk_next(struct rdata_walk *walk, struct rdata_field *ret_field)
{
	char letter = *walk->layout;
	if (walk->failed)
		return false;
	if (letter == '\0' || (letter == 'N' && walk->at == walk->length)) {
		walk->failed = walk->at != walk->length;
		return false;
	}
	if (letter == 'N')
		letter = 'n';
	else
		walk->layout++;
	size_t length = measure_field(walk, &letter);
	if (length > walk->length - walk->at)
		walk->failed = true;
	if (walk->failed)
		return false;
	*ret_field = (struct rdata_field){ .letter = letter, .at = walk->at, .length = length };
	walk->at += length;
	return true;
}

void rdata_lower_names(uint16_t type, uint8_t *bytes, size_t length)
{
	const char *layout = type_layout(type);
	if (layout == NULL)
		return;
	struct rdata_walk walk;
	struct rdata_field field;
	rdata_walk_init(&walk, layout, bytes, length);
	while (rdata_walk_next(&walk, &field)) {
		if (field.letter != 'n')
			continue;
		/* The octets that give a label's length are below the letters. */
		for (size_t i = field.at; i < field.at + field.length; i++)
			if (bytes[i] >= 'A' && bytes[i] <= 'Z')
				bytes[i] = (uint8_t)(bytes[i] + ('a' - 'A'));
	}
}
