/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone_cache.h"

#include <stdbool.h>

/* FNV-1a: names are short, and an entry that is pushed out costs only a look-up. */
static struct zone_cache_entry *find_entry(struct zone_cache *cache, const struct name *parent)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < parent->length; i++)
		hash = (hash ^ parent->wire[i]) * 16777619u;
	return &cache->entries[hash % ZONE_CACHE_ENTRIES];
}

struct first_zone {
	const struct name *parent;
	bool is_below;
};

static bool note_first(void *context, const struct zone *zone)
{
	struct first_zone *first = context;
	first->is_below = name_is_under(&zone->name, first->parent);
	return false;
}

/* In canonical order a name's descendants follow it directly. */
static enum err has_zone_below(struct reader *reader, const struct name *parent, bool *ret_is_below)
{
	struct first_zone first = { .parent = parent };
	enum err err = reader_list_zones(reader, parent, note_first, &first);
	*ret_is_below = first.is_below;
	return err;
}

enum err zone_cache_find(struct zone_cache *cache, struct reader *reader, uint64_t generation,
        const struct name *owner, struct name *ret_zone)
{
	struct name parent;
	if (!name_parent(owner, &parent))
		parent = *owner;
	struct zone_cache_entry *entry = find_entry(cache, &parent);
	if (entry->generation == generation + 1 && name_is_equal(&entry->parent, &parent)) {
		*ret_zone = entry->zone;
		return ERR_OK;
	}
	struct zone zone;
	bool is_below = true;
	enum err err = reader_find_zone(reader, owner, &zone);
	if (err == ERR_OK)
		err = has_zone_below(reader, &parent, &is_below);
	if (err != ERR_OK)
		return err;
	if (!is_below)
		*entry = (struct zone_cache_entry){ generation + 1, parent, zone.name };
	*ret_zone = zone.name;
	return ERR_OK;
}
