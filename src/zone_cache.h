/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which zone a name belongs to, remembered: the zones of a service change seldom, and looking one
 * up costs a write more than all else that a responder does for it. What is remembered is that all
 * names directly below some name belong to one zone, so that many names need one entry.
 */
#ifndef COREGATE_ZONE_CACHE_H
#define COREGATE_ZONE_CACHE_H

#include <stdint.h>

#include "core/err.h"
#include "dns/name.h"
#include "store/reader.h"

#define ZONE_CACHE_ENTRIES 64u

/* Zeroed: nothing is known. */
struct zone_cache {
	struct zone_cache_entry {
		uint64_t generation; /* of the zones, plus one; 0: empty */
		struct name parent;
		struct name zone;
	} entries[ZONE_CACHE_ENTRIES];
};

/* The name of the zone that owner belongs to, as reader_find_zone tells it. generation: moves
 * whenever a zone was added or dropped; to be read before this is called. */
MUST_CHECK enum err zone_cache_find(struct zone_cache *cache, struct reader *reader,
        uint64_t generation, const struct name *owner, struct name *ret_zone);

#endif
