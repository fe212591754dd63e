/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup_history.h"

#include <string.h>

#include "auth/policy.h"
#include "dns/expiry.h"
#include "dns/serial.h"
#include "dns/type.h"
#include "store/reader_history.h"

/* A page of a diff also ends after this much RDATA, so that any page fits the memory of a request.
 */
#define PAGE_BYTES_MAX ((size_t)256 * 1024)

/* And a page of the history after this many zones. */
#define PAGE_ZONES_MAX 5000u

/* ---- the zones of a change ---- */

struct zones_walk {
	const struct lookup *lookup;
	size_t room; /* 0: only count */
	size_t count;
	struct changed_zone *zones;
};

static bool take_zone(void *context, const struct changed_zone *zone)
{
	struct zones_walk *walk = context;
	if (!policy_may_read_zone(walk->lookup->token, &zone->name))
		return true;
	if (walk->zones != NULL && walk->count < walk->room)
		walk->zones[walk->count] = *zone;
	walk->count++;
	return true;
}

/* What was dropped is served no more when its file is gone, or something later is served. */
static bool is_zone_served(const struct lookup *lookup, const struct changed_zone *zone)
{
	struct board_zone shown;
	struct zone stored;
	bool is_there = reader_find_zone_exact(lookup->reader, &zone->name, &stored) == ERR_OK;
	if (!is_there)
		return !board_find_zone(lookup->board, &zone->name, &shown);
	bool was_dropped = (zone->actions & EFFECT_DELETE) != 0;
	return board_is_served(
	        lookup->board, &zone->name, was_dropped ? serial_next(zone->serial) : zone->serial);
}

static enum err tell_zone(
        const struct lookup *lookup, const struct changed_zone *zone, struct told_zone *ret_told)
{
	ret_told->name = zone->name;
	ret_told->serial = zone->serial;
	ret_told->is_served = is_zone_served(lookup, zone);
	return lookup_served(lookup, &zone->name, &ret_told->served);
}

/* Two rounds: most changes have one zone, some a thousand. */
static enum err tell_zones(const struct lookup *lookup, struct told_change *change)
{
	struct zones_walk walk = { .lookup = lookup };
	enum err err = reader_list_changed_zones(lookup->reader, change->id, take_zone, &walk);
	if (err != ERR_OK)
		return err;
	walk.room = walk.count;
	walk.count = 0;
	walk.zones = arena_calloc(lookup->arena, walk.room + 1, sizeof(*walk.zones));
	change->zones = arena_calloc(lookup->arena, walk.room + 1, sizeof(*change->zones));
	if (walk.zones == NULL || change->zones == NULL)
		return ERR_TOO_LARGE;
	err = reader_list_changed_zones(lookup->reader, change->id, take_zone, &walk);
	for (size_t i = 0; err == ERR_OK && i < walk.count; i++)
		err = tell_zone(lookup, &walk.zones[i], &change->zones[i]);
	change->zone_count = walk.count;
	return err;
}

/* ---- whether there is anything to see ---- */

struct scan_walk {
	const struct lookup *lookup;
	size_t rows; /* looked at */
	size_t rows_max;
	bool is_readable;
};

static bool may_read_effect(const struct lookup *lookup, const struct stored_effect *effect)
{
	return policy_may_read(lookup->token, &effect->zone, &effect->owner, effect->type);
}

static bool scan_effect(void *context, const struct stored_effect *effect)
{
	struct scan_walk *walk = context;
	walk->rows++;
	walk->is_readable = may_read_effect(walk->lookup, effect);
	return !walk->is_readable && walk->rows < walk->rows_max;
}

enum err lookup_is_visible(
        const struct lookup *lookup, uint64_t id, size_t *rows, bool *ret_visible)
{
	struct zones_walk zones = { .lookup = lookup };
	struct scan_walk scan = {
		.lookup = lookup,
		.rows = *rows,
		.rows_max = HISTORY_SCAN_MAX,
	};
	enum err err = reader_list_changed_zones(lookup->reader, id, take_zone, &zones);
	if (err == ERR_OK && zones.count > 0 && scan.rows < scan.rows_max)
		err = reader_list_effects(lookup->reader, id, 0, scan_effect, &scan);
	*rows = scan.rows;
	*ret_visible = scan.is_readable;
	return err;
}

/* ---- a part of the diff ---- */

struct diff_walk {
	const struct lookup *lookup;
	unsigned limit;
	size_t rows;
	size_t bytes;
	uint64_t last_seq; /* of the row before */
	struct told_change *change;
	enum err err;
};

static enum err unpack_side(
        struct arena *arena, const struct packed_rrset *packed, struct rrset *rrset)
{
	if (packed->blob == NULL)
		return ERR_OK;
	const uint8_t *copy = arena_dup(arena, packed->blob, packed->length);
	if (copy == NULL)
		return ERR_TOO_LARGE;
	rrset->ttl_s = packed->ttl_s;
	enum err err = rrset_parse_values(arena, copy, packed->length, rrset);
	if (err != ERR_OK)
		return err;
	return rrset_parse_expiry(packed->expires, packed->expires_length, rrset) ? ERR_OK
	                                                                          : ERR_INTERNAL;
}

static enum effect_action action_of(const struct stored_effect *effect)
{
	if (effect->before.blob == NULL)
		return EFFECT_CREATE;
	return effect->after.blob == NULL ? EFFECT_DELETE : EFFECT_UPDATE;
}

static enum err tell_effect(
        struct arena *arena, const struct stored_effect *stored, struct effect *ret_effect)
{
	ret_effect->action = action_of(stored);
	ret_effect->zone = stored->zone;
	ret_effect->before = (struct rrset){ .owner = stored->owner, .type = stored->type };
	ret_effect->after = ret_effect->before;
	enum err err = unpack_side(arena, &stored->before, &ret_effect->before);
	return err != ERR_OK ? err : unpack_side(arena, &stored->after, &ret_effect->after);
}

static bool take_effect(void *context, const struct stored_effect *effect)
{
	struct diff_walk *walk = context;
	struct told_change *change = walk->change;
	bool is_full = change->effect_count == walk->limit || walk->bytes > PAGE_BYTES_MAX ||
	               walk->rows == LOOKUP_EXAMINE_MAX;
	bool is_readable = may_read_effect(walk->lookup, effect);
	if (is_full && (is_readable || walk->rows == LOOKUP_EXAMINE_MAX)) {
		change->next_seq = walk->last_seq;
		return false;
	}
	walk->rows++;
	walk->last_seq = effect->seq;
	if (!is_readable)
		return true;
	walk->bytes += effect->before.length + effect->after.length;
	walk->err =
	        tell_effect(walk->lookup->arena, effect, &change->effects[change->effect_count++]);
	return walk->err == ERR_OK;
}

static enum err tell_diff(
        const struct lookup *lookup, const struct change_wanted *wanted, struct told_change *change)
{
	struct diff_walk walk = {
		.lookup = lookup,
		.limit = wanted->limit,
		.last_seq = wanted->after_seq,
		.change = change,
	};
	change->effects = arena_calloc(lookup->arena, wanted->limit, sizeof(*change->effects));
	if (change->effects == NULL)
		return ERR_TOO_LARGE;
	enum err err = reader_list_effects(
	        lookup->reader, wanted->id, wanted->after_seq, take_effect, &walk);
	return err != ERR_OK ? err : walk.err;
}

static enum err tell_change(
        const struct lookup *lookup, uint64_t id, struct told_change *ret_change)
{
	struct stored_change stored;
	enum err err = reader_find_change(lookup->reader, lookup->arena, id, &stored);
	if (err != ERR_OK)
		return err;
	*ret_change = (struct told_change){
		.id = stored.id,
		.at_ms = stored.at_ms,
		.actor = stored.subject,
		.request_id = stored.request_id,
		.comment = stored.comment,
	};
	return tell_zones(lookup, ret_change);
}

enum err lookup_change(const struct lookup *lookup, const struct change_wanted *wanted,
        struct told_change *ret_change)
{
	size_t rows = 0;
	bool is_seen;
	enum err err = lookup_is_visible(lookup, wanted->id, &rows, &is_seen);
	if (err == ERR_OK && !is_seen && !wanted->is_own)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = tell_change(lookup, wanted->id, ret_change);
	return err != ERR_OK ? err : tell_diff(lookup, wanted, ret_change);
}

/* ---- the history ---- */

#define CHUNK 128u

/* Ids that pass the filters, a chunk at a time: a visitor must not read the store itself. */
struct history_walk {
	const struct history_wanted *wanted;
	size_t examined;
	bool is_over; /* nothing older is wanted */
	uint64_t last_id;
	size_t count;
	uint64_t ids[CHUNK];
};

static bool take_id(void *context, uint64_t id, int64_t at_ms, const char *subject)
{
	struct history_walk *walk = context;
	const struct history_wanted *wanted = walk->wanted;
	if (wanted->has_since && at_ms < wanted->since_ms) {
		walk->is_over = true;
		return false;
	}
	walk->last_id = id;
	walk->examined++;
	if (wanted->actor == NULL || strcmp(wanted->actor, subject) == 0)
		walk->ids[walk->count++] = id;
	return walk->count < CHUNK && walk->examined < HISTORY_EXAMINE_MAX;
}

struct history_fill {
	const struct lookup *lookup;
	struct history_walk walk;
	struct history_page *page;
	size_t rows;  /* looked at */
	size_t zones; /* told */
	bool is_done;
};

static bool is_page_full(const struct history_fill *fill)
{
	return fill->page->count == fill->walk.wanted->limit || fill->zones > PAGE_ZONES_MAX;
}

/* Goes on after the change that was looked at last. */
static void end_page(struct history_fill *fill, uint64_t next_id)
{
	fill->page->next_id = next_id;
	fill->is_done = true;
}

static enum err fill_from_chunk(struct history_fill *fill)
{
	const struct lookup *lookup = fill->lookup;
	struct history_page *page = fill->page;
	for (size_t i = 0; i < fill->walk.count && !fill->is_done; i++) {
		uint64_t id = fill->walk.ids[i];
		bool is_seen;
		enum err err = lookup_is_visible(lookup, id, &fill->rows, &is_seen);
		if (err != ERR_OK)
			return err;
		if (!is_seen && fill->rows >= HISTORY_SCAN_MAX) {
			end_page(fill, id);
		} else if (is_seen && is_page_full(fill)) {
			end_page(fill, page->changes[page->count - 1].id);
		} else if (is_seen) {
			struct told_change *told = &page->changes[page->count++];
			err = tell_change(lookup, id, told);
			if (err != ERR_OK)
				return err;
			fill->zones += told->zone_count;
		}
	}
	return ERR_OK;
}

static enum err fill_page(struct history_fill *fill, struct history_filter *filter)
{
	struct history_walk *walk = &fill->walk;
	while (!fill->is_done) {
		walk->count = 0;
		uint64_t before = walk->last_id;
		enum err err = reader_list_history(fill->lookup->reader, filter, take_id, walk);
		if (err == ERR_OK)
			err = fill_from_chunk(fill);
		if (err != ERR_OK)
			return err;
		bool is_at_end = walk->is_over || walk->last_id == before ||
		                 (walk->count < CHUNK && walk->examined < HISTORY_EXAMINE_MAX);
		if (!fill->is_done && !is_at_end && walk->examined >= HISTORY_EXAMINE_MAX)
			end_page(fill, walk->last_id);
		fill->is_done |= is_at_end;
		filter->before_id = walk->last_id;
	}
	return ERR_OK;
}

enum err lookup_history(const struct lookup *lookup, const struct history_wanted *wanted,
        struct history_page *ret_page)
{
	const struct name *zone = wanted->zone.length > 0 ? &wanted->zone : NULL;
	if (!policy_may_read_zone(lookup->token, zone))
		return ERR_NOT_PERMITTED;
	struct history_page page = {
		.changes = arena_calloc(lookup->arena, wanted->limit, sizeof(*page.changes)),
	};
	if (page.changes == NULL)
		return ERR_TOO_LARGE;
	struct history_filter filter = {
		.before_id = wanted->before_id,
		.zone = zone,
		.name = wanted->owner.length > 0 ? &wanted->owner : NULL,
		.subject = wanted->actor,
	};
	struct history_fill fill = {
		.lookup = lookup,
		.walk = { .wanted = wanted, .last_id = wanted->before_id },
		.page = &page,
	};
	enum err err = fill_page(&fill, &filter);
	if (err == ERR_OK)
		*ret_page = page;
	return err;
}

/* ---- what is not in the history ---- */

static void tell_outcome_effects(
        const struct lookup *lookup, const struct outcome *outcome, struct told_change *change)
{
	for (size_t i = 0; i < outcome->effect_count; i++) {
		const struct effect *effect = &outcome->effects[i];
		const struct rrset *present =
		        effect->after.count > 0 ? &effect->after : &effect->before;
		if (effect->action != EFFECT_NONE && policy_may_read(lookup->token, &effect->zone,
		                                             &present->owner, present->type))
			change->effects[change->effect_count++] = *effect;
	}
}

enum err lookup_outcome(
        const struct lookup *lookup, const struct outcome *outcome, struct told_change *ret_change)
{
	struct told_change change = {
		.effects = arena_calloc(
		        lookup->arena, outcome->effect_count + 1, sizeof(*change.effects)),
		.zones =
		        arena_calloc(lookup->arena, outcome->zone_count + 1, sizeof(*change.zones)),
	};
	if (change.effects == NULL || change.zones == NULL)
		return ERR_TOO_LARGE;
	tell_outcome_effects(lookup, outcome, &change);
	for (size_t i = 0; i < outcome->zone_count; i++) {
		struct told_zone *zone = &change.zones[change.zone_count];
		if (!policy_may_read_zone(lookup->token, &outcome->zones[i].zone))
			continue;
		zone->name = outcome->zones[i].zone;
		zone->serial = outcome->zones[i].serial;
		change.zone_count++;
	}
	*ret_change = change;
	return ERR_OK;
}
