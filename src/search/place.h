/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a record stands in the canonical order of all records: by its zone, then by its owner.
 */
#ifndef COREGATE_SEARCH_PLACE_H
#define COREGATE_SEARCH_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

/* Sort keys (name_render_key). Both empty: before everything. */
struct place {
	uint8_t zone_length;
	uint8_t owner_length;
	uint8_t zone[NAME_KEY_BYTES];
	uint8_t owner[NAME_KEY_BYTES];
};

void place_of(const struct name *zone, const struct name *owner, struct place *ret_place);

/* As memcmp. */
int place_compare(const struct place *a, const struct place *b);

/* Of two sort keys. */
int place_compare_keys(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length);

#endif
