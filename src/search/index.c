/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _DEFAULT_SOURCE
#include "search/index.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "search/area.h"

/* Made anew when this many RRsets and half of what there was have come. */
#define GROWTH_MIN 2048u

size_t search_index_bytes(void)
{
	return sizeof(struct search_index);
}

struct search_index *search_index_init(void *memory)
{
	return memory; /* fresh shared memory is zero, and that is an index without an area */
}

static struct area *area_in_use(struct search_index *index)
{
	unsigned current = atomic_load(&index->current);
	return current == 0 ? NULL : &index->areas[current - 1];
}

static struct area *area_to_fill(struct search_index *index)
{
	return &index->areas[atomic_load(&index->current) == 1 ? 1 : 0];
}

/* ---- keys and filters ---- */

void area_get_place(const struct area *area, uint32_t block, struct place *ret_place)
{
	const uint8_t *key = area->keys + area->key_offsets[block];
	ret_place->zone_length = key[0];
	ret_place->owner_length = key[1];
	memcpy(ret_place->zone, key + 2, ret_place->zone_length);
	memcpy(ret_place->owner, key + 2 + ret_place->zone_length, ret_place->owner_length);
}

uint32_t area_find_block(const struct area *area, const struct place *place)
{
	uint32_t low = 0, high = area->block_count < BLOCKS_MAX ? area->block_count : BLOCKS_MAX;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		struct place start;
		area_get_place(area, middle, &start);
		if (place_compare(&start, place) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void filter_put(_Atomic uint64_t *filter, uint32_t term)
{
	const struct filter_bits bits = filter_bits_of(term);
	const uint32_t both[] = { bits.first, bits.second };
	for (size_t i = 0; i < 2; i++) {
		uint64_t mask = UINT64_C(1) << (both[i] % 64);
		_Atomic uint64_t *word = &filter[both[i] / 64];
		/* One process writes, so that looking first is no race. */
		if ((atomic_load_explicit(word, memory_order_relaxed) & mask) == 0)
			atomic_fetch_or_explicit(word, mask, memory_order_relaxed);
	}
}

static void filter_put_text(_Atomic uint64_t *filter, const char *text, size_t length)
{
	for (size_t i = 0; i + TERM_OCTETS <= length; i++)
		filter_put(filter, term_of_octets(text + i));
}

static void filter_put_value(_Atomic uint64_t *filter, const char *text, size_t length)
{
	filter_put(filter, term_of_value(text, length));
	filter_put_text(filter, text, length);
}

static void filter_fill(_Atomic uint64_t *filter)
{
	for (size_t i = 0; i < FILTER_WORDS; i++)
		atomic_store_explicit(&filter[i], UINT64_MAX, memory_order_relaxed);
}

/* Returns the octets of all texts. */
static size_t filter_put_rrset(
        _Atomic uint64_t *filter, const struct rrset *rrset, struct buf *text)
{
	char name[NAME_TEXT_BYTES];
	size_t octets = strlen(name_render(&rrset->owner, name));
	filter_put(filter, term_of_type(rrset->type));
	text_fold(name, octets);
	filter_put_text(filter, name, octets);
	for (size_t i = 0; i < rrset->count; i++) {
		const char *value = text_of_value(text, rrset->type, &rrset->values[i]);
		if (value ==
		        NULL) /* never with VALUE_TEXT_MAX; then better too much than too little */
			filter_fill(filter);
		else
			filter_put_value(filter, value, text->length);
		octets += text->length;
	}
	return octets;
}

/* ---- making it ---- */

void search_build_begin(struct search_index *index)
{
	struct area *area = area_to_fill(index);
	atomic_store(&area->generation, 0);
	/* Gives the memory back; where the kernel cannot, it is wiped. */
	if (madvise(area, sizeof(*area), MADV_REMOVE) != 0)
		memset(area->filters, 0, (size_t)area->block_count * sizeof(area->filters[0]));
	area->rrsets = 0;
	area->rrsets_added = 0;
	area->block_count = 0;
	area->keys_used = 0;
}

static void area_open_block(struct area *area, const struct place *place)
{
	/* The first one begins before everything. */
	struct place start = { 0 };
	if (area->block_count > 0)
		start = *place;
	uint8_t *key = area->keys + area->keys_used;
	key[0] = start.zone_length;
	key[1] = start.owner_length;
	memcpy(key + 2, start.zone, start.zone_length);
	memcpy(key + 2 + start.zone_length, start.owner, start.owner_length);
	area->key_offsets[area->block_count++] = area->keys_used;
	area->keys_used += 2u + start.zone_length + start.owner_length;
	area->block_rrsets = 0;
	area->block_octets = 0;
}

static bool area_needs_block(const struct area *area, const struct place *place)
{
	if (area->block_count == 0)
		return true;
	if (area->block_count == BLOCKS_MAX || area->keys_used >= KEYS_BYTES)
		return false;
	bool is_full =
	        area->block_rrsets >= BLOCK_RRSETS || area->block_octets >= BLOCK_TEXT_OCTETS;
	return is_full && place_compare(place, &area->last) != 0;
}

void search_build_add(struct search_index *index, const struct name *zone,
        const struct rrset *rrset, struct buf *text)
{
	struct area *area = area_to_fill(index);
	struct place place;
	place_of(zone, &rrset->owner, &place);
	if (area_needs_block(area, &place))
		area_open_block(area, &place);
	area->last = place;
	area->rrsets++;
	area->block_rrsets++;
	size_t octets = filter_put_rrset(area->filters[area->block_count - 1], rrset, text);
	if (octets > BLOCK_TEXT_OCTETS)
		octets = BLOCK_TEXT_OCTETS;
	area->block_octets += (uint32_t)octets;
}

void search_build_end(struct search_index *index, uint64_t revision)
{
	struct area *old = area_in_use(index);
	struct area *area = area_to_fill(index);
	if (area->block_count == 0)
		area_open_block(area, &(struct place){ 0 });
	atomic_store(&area->revision, revision);
	atomic_store(&area->generation, ++index->last_generation);
	atomic_store(&index->current, area == &index->areas[0] ? 1 : 2);
	if (old != NULL) {
		atomic_store(&old->generation, 0);
		(void)madvise(old, sizeof(*old), MADV_REMOVE);
	}
}

/* ---- keeping it ---- */

void search_index_put(
        struct search_index *index, const struct search_effect *effect, struct buf *text)
{
	struct area *area = area_in_use(index);
	assert(area != NULL);
	struct place place;
	place_of(effect->zone, &effect->rrset->owner, &place);
	(void)filter_put_rrset(area->filters[area_find_block(area, &place)], effect->rrset, text);
	area->rrsets_added += effect->is_new;
}

void search_index_set_revision(struct search_index *index, uint64_t revision)
{
	atomic_store(&area_in_use(index)->revision, revision);
}

uint64_t search_index_revision(const struct search_index *index)
{
	unsigned current = index == NULL ? 0 : atomic_load(&index->current);
	return current == 0 ? 0 : atomic_load(&index->areas[current - 1].revision);
}

bool search_index_is_built(const struct search_index *index)
{
	return atomic_load(&index->current) != 0;
}

bool search_index_is_overgrown(const struct search_index *index)
{
	unsigned current = atomic_load(&index->current);
	if (current == 0)
		return false;
	const struct area *area = &index->areas[current - 1];
	return area->rrsets_added > GROWTH_MIN + area->rrsets / 2;
}
