/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a text may be found: an index in memory that all processes share. One process writes it,
 * any number read it without a lock.
 *
 * The records in canonical order are cut into blocks of some RRsets; of each block the index keeps
 * where it begins and a filter: a set of bits that has those of every term (search/terms.h) of its
 * records. What a filter says no to is not there. What it says yes to has to be looked at, in the
 * store: the index never answers by itself. Bits are only added, so that a filter holds more than
 * it must when records go, and never less.
 */
#ifndef COREGATE_SEARCH_INDEX_H
#define COREGATE_SEARCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "dns/name.h"
#include "dns/rrset.h"
#include "search/place.h"
#include "search/terms.h"

struct search_index;

/* Shared memory that search_index_init lays out; it is touched only where there are records (about
 * 40 octets for each RRset). */
size_t search_index_bytes(void);
struct search_index *search_index_init(void *memory);

/* ---- the one that writes ---- */

/* Begins anew, beside the index that is in use. */
void search_build_begin(struct search_index *index);

/* The next RRset in canonical order. `text` is for its values. */
void search_build_add(struct search_index *index, const struct name *zone,
        const struct rrset *rrset, struct buf *text);

/* What was added since search_build_begin is the index from now on, right up to this revision. */
void search_build_end(struct search_index *index, uint64_t revision);

/* An RRset as a change left it; is_new: there was none before. Only once there is an index. */
struct search_effect {
	const struct name *zone;
	const struct rrset *rrset;
	bool is_new;
};
void search_index_put(
        struct search_index *index, const struct search_effect *effect, struct buf *text);

/* All changes up to this one have been put. */
void search_index_set_revision(struct search_index *index, uint64_t revision);

/* The last search_index_set_revision or search_build_end; 0 before them. */
uint64_t search_index_revision(const struct search_index *index);

/* False before the first search_build_end. */
bool search_index_is_built(const struct search_index *index);

/* True when so much is new that the blocks have become too large. */
bool search_index_is_overgrown(const struct search_index *index);

/* ---- those that read ---- */

/* One look at the index, for one request. */
struct search_view {
	const struct search_index *index;
	unsigned area;
	uint64_t generation;
	uint64_t revision;       /* changes up to this one are in it */
	const struct name *zone; /* only this zone matters, or NULL */
	const struct name *tree; /* only names at or below this one, or NULL */
	struct terms terms;
	uint32_t *marked; /* blocks to be looked at whatever their filters say */
	size_t marked_count;
	size_t marked_max;
};

/* From a place on, up to another that is not in it any more. */
struct search_run {
	struct place start;
	struct place end;
	bool has_end; /* false: to the end of all */
};

/* False when there is no index. The caller sets zone, tree and terms. */
bool search_view_open(const struct search_index *index, struct search_view *ret_view);

/* Has the block of a place looked at, too. The caller has given `marked` room for marked_max; false
 * when that is full. After the last one search_view_end_marks: false when the index was made anew
 * meanwhile. */
bool search_view_mark(struct search_view *view, const struct place *place);
bool search_view_end_marks(struct search_view *view);

/* The next blocks in a row that may hold what is wanted, at `from` or behind it.
 * SEARCH_STALE: the index was made anew meanwhile; the view is of no use any more. */
enum search_result { SEARCH_FOUND, SEARCH_END, SEARCH_STALE };
enum search_result search_view_next(
        const struct search_view *view, const struct place *from, struct search_run *ret_run);

#endif
