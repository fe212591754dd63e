/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/place.h"

#include <string.h>

void place_of(const struct name *zone, const struct name *owner, struct place *ret_place)
{
	ret_place->zone_length = (uint8_t)name_render_key(zone, ret_place->zone);
	ret_place->owner_length = (uint8_t)name_render_key(owner, ret_place->owner);
}

int place_compare_keys(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
	if (order != 0)
		return order;
	return (a_length > b_length) - (a_length < b_length);
}

int place_compare(const struct place *a, const struct place *b)
{
	int order = place_compare_keys(a->zone, a->zone_length, b->zone, b->zone_length);
	if (order != 0)
		return order;
	return place_compare_keys(a->owner, a->owner_length, b->owner, b->owner_length);
}
