/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup_history.h"

#include "auth/policy.h"
#include "dns/type.h"
#include "store/reader_history.h"

struct reversion_walk {
	const struct lookup *lookup;
	size_t zone_room;
	size_t zone_count;
	struct changed_zone *zones;
	bool has_others; /* some zone was only changed */
	bool is_permitted;
	uint64_t records;
};

/* ---- zones ---- */

static bool count_zone(void *context, const struct changed_zone *zone)
{
	struct reversion_walk *walk = context;
	walk->zone_room++;
	walk->has_others |= zone->actions == EFFECT_NONE;
	return true;
}

static bool permit_zone(void *context, const struct changed_zone *zone)
{
	struct reversion_walk *walk = context;
	const struct token *token = walk->lookup->token;
	if (walk->zone_count < walk->zone_room)
		walk->zones[walk->zone_count++] = *zone;
	if (zone->actions == EFFECT_NONE)
		return true;
	if ((zone->actions & EFFECT_CREATE) != 0)
		walk->is_permitted &= policy_may_admin(token, ADM_ZONE_DELETE, &zone->name);
	if ((zone->actions & EFFECT_DELETE) != 0)
		walk->is_permitted &= policy_may_admin(token, ADM_ZONE_CREATE, &zone->name);
	walk->records++;
	return walk->is_permitted;
}

/* ---- rows ---- */

/* Rows of a zone that was made or dropped need no grant. Nor does a delegation: it is in the zone
 * above, and follows from what is undone in the zone below. */
static bool needs_no_grant(const struct reversion_walk *walk, const struct stored_effect *effect)
{
	bool is_delegation =
	        effect->type == TYPE_NS || effect->type == TYPE_A || effect->type == TYPE_AAAA;
	for (size_t i = 0; i < walk->zone_count; i++) {
		const struct changed_zone *zone = &walk->zones[i];
		bool is_own = name_is_equal(&zone->name, &effect->zone);
		if (is_own && zone->actions != EFFECT_NONE)
			return true;
		if (!is_own && is_delegation && name_is_under(&effect->owner, &zone->name) &&
		        name_is_under(&zone->name, &effect->zone))
			return true;
	}
	return false;
}

/* What undoing does is fixed: from `after` back to `before`. */
static uint8_t opposite_action(const struct stored_effect *effect)
{
	if (effect->before.blob == NULL)
		return EFFECT_DELETE;
	return effect->after.blob == NULL ? EFFECT_CREATE : EFFECT_UPDATE;
}

static bool is_covered(
        const struct lookup *lookup, const struct stored_effect *effect, size_t values)
{
	struct bound bounds[OP_BOUNDS_MAX];
	uint8_t action = opposite_action(effect);
	uint32_t ttl_s = effect->before.ttl_s;
	size_t count =
	        policy_cover(lookup->token, &effect->zone, &effect->owner, effect->type, bounds);
	for (size_t i = 0; i < count; i++) {
		if ((bounds[i].actions & action) == 0)
			continue;
		if (values == 0 || (ttl_s >= bounds[i].ttl_min_s && ttl_s <= bounds[i].ttl_max_s &&
		                           values <= bounds[i].values_max))
			return true;
	}
	return false;
}

static bool permit_effect(void *context, const struct stored_effect *effect)
{
	struct reversion_walk *walk = context;
	size_t values = 0;
	if (needs_no_grant(walk, effect))
		return true;
	walk->is_permitted =
	        (effect->before.blob == NULL ||
	                rrset_count_values(effect->before.blob, effect->before.length, &values)) &&
	        is_covered(walk->lookup, effect, values);
	walk->records += values > 0 ? values : 1;
	return walk->is_permitted;
}

static enum err permit_all(struct reversion_walk *walk, uint64_t id)
{
	struct reader *reader = walk->lookup->reader;
	enum err err = reader_list_changed_zones(reader, id, count_zone, walk);
	if (err != ERR_OK)
		return err;
	walk->zones = arena_calloc(walk->lookup->arena, walk->zone_room + 1, sizeof(*walk->zones));
	if (walk->zones == NULL)
		return ERR_TOO_LARGE;
	err = reader_list_changed_zones(reader, id, permit_zone, walk);
	if (err == ERR_OK && walk->is_permitted && walk->has_others)
		err = reader_list_effects(reader, id, 0, permit_effect, walk);
	return err;
}

enum err lookup_reversion(const struct lookup *lookup, uint64_t change_id, uint32_t *record_count)
{
	struct reversion_walk walk = { .lookup = lookup, .is_permitted = true };
	size_t rows = 0;
	bool is_seen;
	enum err err = lookup_is_visible(lookup, change_id, &rows, &is_seen);
	if (err == ERR_OK && !is_seen)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = permit_all(&walk, change_id);
	if (err != ERR_OK)
		return err;
	if (!walk.is_permitted)
		return ERR_NOT_PERMITTED;
	uint64_t sum = *record_count + walk.records;
	*record_count = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
	return ERR_OK;
}
