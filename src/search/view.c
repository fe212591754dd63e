/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "search/area.h"
#include "search/index.h"

static const struct area *view_area(const struct search_view *view)
{
	return &view->index->areas[view->area];
}

/* Whether what was read since the view was opened can be trusted. */
static bool view_holds(const struct search_view *view)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&view_area(view)->generation) == view->generation;
}

bool search_view_open(const struct search_index *index, struct search_view *ret_view)
{
	unsigned current = index == NULL ? 0 : atomic_load(&index->current);
	if (current == 0)
		return false;
	*ret_view = (struct search_view){ .index = index, .area = current - 1 };
	const struct area *area = view_area(ret_view);
	ret_view->generation = atomic_load(&area->generation);
	ret_view->revision = atomic_load(&area->revision);
	return ret_view->generation != 0 && view_holds(ret_view);
}

static int compare_blocks(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
	return (first > second) - (first < second);
}

bool search_view_mark(struct search_view *view, const struct place *place)
{
	if (view->marked_count == view->marked_max)
		return false;
	view->marked[view->marked_count++] = area_find_block(view_area(view), place);
	return true;
}

bool search_view_end_marks(struct search_view *view)
{
	if (view->marked_count > 0)
		qsort(view->marked, view->marked_count, sizeof(*view->marked), compare_blocks);
	return view_holds(view);
}

/* ---- which blocks ---- */

/* A run is not longer: a page is often full before. */
#define RUN_BLOCKS_MAX 64u

/* A search under way: what the view wants, made ready for comparing. */
struct seeking {
	const struct search_view *view;
	const struct area *area;
	struct filter_bits bits[TERMS_MAX];
	struct place zone; /* its zone key, or nothing */
	struct place tree; /* its owner key, or nothing */
	uint32_t count;    /* of blocks */
};

static void seek_init(const struct search_view *view, struct seeking *seeking)
{
	const struct name root = { .length = 1 };
	seeking->view = view;
	seeking->area = view_area(view);
	for (size_t i = 0; i < view->terms.count; i++)
		seeking->bits[i] = filter_bits_of(view->terms.numbers[i]);
	place_of(view->zone != NULL ? view->zone : &root, &root, &seeking->zone);
	place_of(&root, view->tree != NULL ? view->tree : &root, &seeking->tree);
	uint32_t count = seeking->area->block_count;
	seeking->count = count < BLOCKS_MAX ? count : BLOCKS_MAX;
}

static bool has_bit(const _Atomic uint64_t *filter, uint32_t bit)
{
	return (atomic_load_explicit(&filter[bit / 64], memory_order_relaxed) >> (bit % 64) & 1) !=
	       0;
}

static bool filter_has_terms(const struct seeking *seeking, uint32_t block)
{
	const _Atomic uint64_t *filter = seeking->area->filters[block];
	for (size_t i = 0; i < seeking->view->terms.count; i++) {
		if (!has_bit(filter, seeking->bits[i].first) ||
		        !has_bit(filter, seeking->bits[i].second))
			return false;
	}
	return true;
}

static bool is_marked(const struct search_view *view, uint32_t block)
{
	return view->marked_count > 0 && bsearch(&block, view->marked, view->marked_count,
	                                         sizeof(block), compare_blocks) != NULL;
}

/* Whether owners from a to b, of one zone, can lie at or below the tree's top. */
static bool meets_tree(const struct seeking *seeking, const struct place *a, const struct place *b)
{
	const struct place *tree = &seeking->tree;
	bool is_before =
	        place_compare_keys(b->owner, b->owner_length, tree->owner, tree->owner_length) <= 0;
	bool is_behind = place_compare_keys(
	                         a->owner, a->owner_length, tree->owner, tree->owner_length) > 0 &&
	                 memcmp(a->owner, tree->owner, tree->owner_length) != 0;
	return !is_before && !is_behind;
}

static bool is_same_zone(const struct place *a, const struct place *b)
{
	return place_compare_keys(a->zone, a->zone_length, b->zone, b->zone_length) == 0;
}

/* Only when the filter has said yes: this costs more. */
static bool block_may_matter(const struct seeking *seeking, uint32_t block)
{
	if (seeking->view->tree == NULL || block + 1 >= seeking->count)
		return true;
	struct place start, end;
	area_get_place(seeking->area, block, &start);
	area_get_place(seeking->area, block + 1, &end);
	return !is_same_zone(&start, &end) || meets_tree(seeking, &start, &end);
}

static bool is_candidate(const struct seeking *seeking, uint32_t block)
{
	return (filter_has_terms(seeking, block) || is_marked(seeking->view, block)) &&
	       block_may_matter(seeking, block);
}

/* The first block behind those that can hold something of the zone. */
static uint32_t find_last_block(const struct seeking *seeking)
{
	if (seeking->view->zone == NULL)
		return seeking->count;
	struct place end = seeking->zone;
	memset(end.owner, 0xff, sizeof(end.owner));
	end.owner_length = NAME_KEY_BYTES;
	return area_find_block(seeking->area, &end) + 1;
}

/* A place to begin at: not before the zone. */
static const struct place *later_of(const struct place *a, const struct place *b)
{
	return place_compare(a, b) >= 0 ? a : b;
}

enum search_result search_view_next(
        const struct search_view *view, const struct place *from, struct search_run *ret_run)
{
	struct seeking seeking;
	seek_init(view, &seeking);
	const struct place *first = view->zone == NULL ? from : later_of(from, &seeking.zone);
	uint32_t block = area_find_block(seeking.area, first);
	uint32_t last = find_last_block(&seeking);
	while (block < last && !is_candidate(&seeking, block))
		block++;
	struct search_run run = { 0 };
	bool is_found = block < last;
	if (is_found) {
		area_get_place(seeking.area, block, &run.start);
		run.start = *later_of(first, &run.start);
		uint32_t most = last - block < RUN_BLOCKS_MAX ? last : block + RUN_BLOCKS_MAX;
		while (block < most && is_candidate(&seeking, block))
			block++;
		run.has_end = block < seeking.count;
		if (run.has_end)
			area_get_place(seeking.area, block, &run.end);
	}
	if (!view_holds(view))
		return SEARCH_STALE;
	if (!is_found)
		return SEARCH_END;
	*ret_run = run;
	return SEARCH_FOUND;
}
