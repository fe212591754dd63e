/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup.h"

#include <string.h>

#include "auth/policy.h"
#include "dns/type.h"
#include "lookup_search.h"

enum err lookup_zone_of(
        const struct lookup *lookup, const struct name *owner, struct zone *ret_zone)
{
	enum err err = reader_find_zone(lookup->reader, owner, ret_zone);
	if (err == ERR_NO_SUCH_ZONE && !policy_reaches(lookup->token, owner))
		return ERR_NOT_PERMITTED;
	return err;
}

static enum err lookup_readable_zone(
        const struct lookup *lookup, const struct name *owner, uint16_t type, struct zone *ret_zone)
{
	enum err err = lookup_zone_of(lookup, owner, ret_zone);
	if (err == ERR_OK && !policy_may_read(lookup->token, &ret_zone->name, owner, type))
		return ERR_NOT_PERMITTED;
	return err;
}

enum err lookup_check_readable(const struct lookup *lookup, const struct name *owner, uint16_t type)
{
	struct zone zone;
	return lookup_readable_zone(lookup, owner, type, &zone);
}

enum err lookup_rrset(
        const struct lookup *lookup, const struct plan *plan, struct stored_rrset *ret_rrset)
{
	struct zone zone;
	enum err err = lookup_readable_zone(lookup, &plan->name, plan->type, &zone);
	if (err != ERR_OK)
		return err;
	const struct rrset_key key = { .zone = &zone, .owner = &plan->name, .type = plan->type };
	return reader_find_rrset(lookup->reader, lookup->arena, &key, ret_rrset);
}

/* ---- pages of records ---- */

/* A page also ends after this much RDATA, so that any page fits the memory of a request. */
#define PAGE_BYTES_MAX ((size_t)256 * 1024)

struct record_walk {
	const struct lookup *lookup;
	const struct records_wanted *wanted;
	struct record_page *page;
	struct record_position resume; /* set when the page filled up inside an RRset */
	size_t bytes;                  /* RDATA on the page so far */
	struct buf text;               /* of the value at hand */
	enum err err;
};

/* The name is that of all values, so it is looked at once. */
static bool owner_has_search(const struct record_walk *walk, const struct rrset *rrset)
{
	char text[NAME_TEXT_BYTES];
	return walk->wanted->search == NULL ||
	       strstr(name_render(&rrset->owner, text), walk->wanted->search) != NULL;
}

static bool value_has_search(
        struct record_walk *walk, const struct rrset *rrset, const struct rdata *value)
{
	const char *text = text_of_value(&walk->text, rrset->type, value);
	if (text == NULL)
		walk->err = ERR_TOO_LARGE;
	/* A text may hold any octet but zero: that one is written as an escape. */
	return text != NULL && strstr(text, walk->wanted->search) != NULL;
}

/* One text for all values: a page may look at more of them than there is memory for. */
static bool value_matches(
        struct record_walk *walk, const struct rrset *rrset, const struct rdata *value)
{
	const struct records_wanted *wanted = walk->wanted;
	if (wanted->exact != NULL)
		return rdata_compare(wanted->exact, value) == 0;
	if (wanted->value == NULL)
		return true;
	walk->text.length = 0;
	rdata_render(&walk->text, rrset->type, value);
	const char *text = buf_string(&walk->text);
	if (text == NULL)
		walk->err = ERR_TOO_LARGE;
	return text != NULL && strcmp(text, wanted->value) == 0;
}

static struct stored_rrset *stored_rrset_copy(
        struct arena *arena, const struct stored_rrset *stored)
{
	struct stored_rrset *copy = arena_dup(arena, stored, sizeof(*stored));
	if (copy == NULL)
		return NULL;
	size_t count = stored->rrset.count;
	copy->rrset.values = arena_calloc(arena, count + 1, sizeof(*copy->rrset.values));
	for (size_t i = 0; copy->rrset.values != NULL && i < count; i++) {
		struct rdata *value = &copy->rrset.values[i];
		*value = stored->rrset.values[i];
		value->bytes = arena_dup(arena, stored->rrset.values[i].bytes, value->length);
		if (value->bytes == NULL)
			return NULL;
	}
	return copy->rrset.values == NULL ? NULL : copy;
}

static bool position_is_rrset(
        const struct record_position *position, const struct stored_rrset *stored)
{
	return position->is_set && position->type == stored->rrset.type &&
	       name_is_equal(&position->owner, &stored->rrset.owner) &&
	       name_is_equal(&position->zone, &stored->zone.name);
}

static bool walk_stop(struct record_walk *walk, enum err err)
{
	walk->err = err;
	return false;
}

static bool walk_visit(void *context, const struct stored_rrset *stored)
{
	struct record_walk *walk = context;
	struct record_page *page = walk->page;
	const struct rrset *rrset = &stored->rrset;
	if (!policy_may_list(walk->lookup->token, &stored->zone.name, &rrset->owner, rrset->type))
		return true;
	const struct record_position *after = &walk->wanted->after;
	size_t first = position_is_rrset(after, stored) ? after->value_index : 0;
	struct stored_rrset *copy = NULL;
	bool is_found = owner_has_search(walk, rrset);
	for (size_t i = first; i < rrset->count; i++) {
		const struct rdata *value = &rrset->values[i];
		bool matches = (is_found || value_has_search(walk, rrset, value)) &&
		               value_matches(walk, rrset, value);
		if (walk->err != ERR_OK)
			return false;
		if (!matches)
			continue;
		if (page->count == walk->wanted->limit || walk->bytes > PAGE_BYTES_MAX) {
			walk->resume = (struct record_position){ .is_set = true,
				.zone = stored->zone.name,
				.owner = rrset->owner,
				.type = rrset->type,
				.value_index = (uint32_t)i };
			return false;
		}
		if (copy == NULL)
			copy = stored_rrset_copy(walk->lookup->arena, stored);
		if (copy == NULL)
			return walk_stop(walk, ERR_TOO_LARGE);
		page->rrsets[page->count] = copy;
		page->value_indexes[page->count++] = (uint32_t)i;
		walk->bytes += rrset->values[i].length;
	}
	return true;
}

/* Naming a zone that the token may not list anything of tells nothing about it. */
enum err lookup_check_records(const struct lookup *lookup, const struct records_wanted *wanted)
{
	if (wanted->zone.length == 0)
		return policy_may_list_zone(lookup->token, NULL) ? ERR_OK : ERR_NOT_PERMITTED;
	if (!policy_may_list_zone(lookup->token, &wanted->zone))
		return ERR_NOT_PERMITTED;
	struct zone zone;
	return reader_find_zone_exact(lookup->reader, &wanted->zone, &zone);
}

enum err lookup_records(const struct lookup *lookup, const struct records_wanted *wanted,
        struct record_page *ret_page)
{
	struct record_page page = {
		.rrsets = arena_calloc(lookup->arena, wanted->limit, sizeof(*page.rrsets)),
		.value_indexes =
		        arena_calloc(lookup->arena, wanted->limit, sizeof(*page.value_indexes)),
	};
	if (page.rrsets == NULL || page.value_indexes == NULL)
		return ERR_TOO_LARGE;
	struct record_walk walk = { .lookup = lookup, .wanted = wanted, .page = &page };
	buf_init(&walk.text, lookup->arena, VALUE_TEXT_MAX);
	enum err err = lookup_list_rrsets(lookup, wanted, walk_visit, &walk, &page.next);
	if (err == ERR_OK)
		err = walk.err;
	if (err != ERR_OK)
		return err;
	if (walk.resume.is_set)
		page.next = walk.resume;
	*ret_page = page;
	return ERR_OK;
}

/* ---- zones ---- */

struct zone_walk {
	const struct lookup *lookup;
	unsigned limit;
	struct zone_page *page;
};

static bool zone_walk_visit(void *context, const struct zone *zone)
{
	struct zone_walk *walk = context;
	if (!policy_may_list_zone(walk->lookup->token, &zone->name))
		return true;
	if (walk->page->count == walk->limit) {
		walk->page->has_next = true;
		return false;
	}
	walk->page->zones[walk->page->count++] = *zone;
	return true;
}

enum err lookup_check_zones(const struct lookup *lookup)
{
	return policy_may_list_zone(lookup->token, NULL) ? ERR_OK : ERR_NOT_PERMITTED;
}

enum err lookup_zones(
        const struct lookup *lookup, const struct zones_wanted *wanted, struct zone_page *ret_page)
{
	struct zone_page page = {
		.zones = arena_calloc(lookup->arena, wanted->limit, sizeof(*page.zones)),
	};
	if (page.zones == NULL)
		return ERR_TOO_LARGE;
	struct zone_walk walk = { .lookup = lookup, .limit = wanted->limit, .page = &page };
	const struct name *after = wanted->after.length > 0 ? &wanted->after : NULL;
	enum err err = reader_list_zones(lookup->reader, after, zone_walk_visit, &walk);
	if (err == ERR_OK)
		*ret_page = page;
	return err;
}

static enum err lookup_soa(
        const struct lookup *lookup, const struct zone *zone, struct zone_details *details)
{
	const struct rrset_key key = { .zone = zone, .owner = &zone->name, .type = TYPE_SOA };
	struct stored_rrset stored;
	enum err err = reader_find_rrset(lookup->reader, lookup->arena, &key, &stored);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_INTERNAL : err;
	if (stored.rrset.count != 1 ||
	        !soa_parse(lookup->arena, &stored.rrset.values[0], &details->soa))
		return ERR_INTERNAL;
	details->soa_ttl_s = stored.rrset.ttl_s;
	return ERR_OK;
}

enum err lookup_served(
        const struct lookup *lookup, const struct name *zone, struct served_list *ret_served)
{
	size_t count = board_count_servers(lookup->board);
	struct board_zone shown;
	struct board_server server;
	struct served_by *items = arena_calloc(lookup->arena, count + 1, sizeof(*items));
	if (items == NULL)
		return ERR_TOO_LARGE;
	bool is_shown = board_find_zone(lookup->board, zone, &shown);
	for (size_t i = 0; i < count; i++) {
		board_get_server(lookup->board, i, &server);
		items[i].address = arena_strdup(lookup->arena, server.address);
		if (items[i].address == NULL)
			return ERR_TOO_LARGE;
		if (is_shown && shown.served[i].is_known) {
			items[i].serial = shown.served[i].serial;
			items[i].at_ms = shown.served[i].at_ms;
		}
	}
	*ret_served = (struct served_list){ .count = count, .items = items };
	return ERR_OK;
}

enum err lookup_zone(
        const struct lookup *lookup, const struct name *name, struct zone_details *ret_details)
{
	if (!policy_may_read_zone(lookup->token, name))
		return ERR_NOT_PERMITTED;
	struct zone_details details = { 0 };
	enum err err = reader_find_zone_exact(lookup->reader, name, &details.zone);
	if (err == ERR_OK)
		err = lookup_soa(lookup, &details.zone, &details);
	if (err == ERR_OK)
		err = lookup_served(lookup, name, &details.served);
	board_get_health(lookup->board, HEALTH_ZONE, name, &details.health);
	if (err == ERR_OK)
		*ret_details = details;
	return err;
}
