/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup_search.h"

#include <string.h>

#include "dns/type.h"

/* Effects of changes that the index has not yet: more of them, and the list does without it. */
#define FRESH_MAX 2000u

/* RRsets looked at for one page: they cost more here than in a list without a search. */
#define SEARCH_EXAMINE_MAX 8000u

/* What beginning a run costs, in RRsets looked at. */
#define RUN_COST 8u

/* ---- what to look for ---- */

/* A SOA is found by its names only, and without the type any value may be one. */
static enum err terms_put_wanted_value(
        const struct lookup *lookup, const struct records_wanted *wanted, struct terms *terms)
{
	struct buf text;
	bool is_whole = true;
	buf_init(&text, lookup->arena, VALUE_TEXT_MAX);
	if (wanted->exact != NULL) {
		if (text_of_value(&text, wanted->type, wanted->exact) == NULL)
			return ERR_TOO_LARGE;
	} else {
		buf_put_string(&text, wanted->value);
		if (buf_is_full(&text))
			return ERR_TOO_LARGE;
		size_t length = text_cut_soa(text.bytes, text.length);
		is_whole = length == text.length;
		text.length = length;
		text_fold(text.bytes, text.length);
	}
	if (is_whole)
		terms_put_value(terms, text.bytes, text.length);
	terms_put_text(terms, text.bytes, text.length);
	return ERR_OK;
}

static enum err terms_of(
        const struct lookup *lookup, const struct records_wanted *wanted, struct terms *ret_terms)
{
	ret_terms->count = 0;
	if (wanted->has_type)
		terms_put_type(ret_terms, wanted->type);
	if (wanted->search != NULL)
		terms_put_text(ret_terms, wanted->search, strlen(wanted->search));
	return wanted->value == NULL ? ERR_OK : terms_put_wanted_value(lookup, wanted, ret_terms);
}

/* ---- what the index has not yet ---- */

static bool mark_fresh(void *context, const struct fresh_rrset *effect)
{
	struct place place;
	place_of(&effect->zone, &effect->rrset.owner, &place);
	return search_view_mark(context, &place);
}

/* ERR_NOT_FOUND: the index is of no use now. */
static enum err view_put_fresh(const struct lookup *lookup, struct search_view *view)
{
	uint64_t head;
	enum err err = reader_head_revision(lookup->reader, &head);
	if (err != ERR_OK || head <= view->revision)
		return err;
	view->marked_max = FRESH_MAX;
	view->marked = arena_calloc(lookup->arena, FRESH_MAX, sizeof(*view->marked));
	if (view->marked == NULL)
		return ERR_NOT_FOUND;
	const struct fresh_after after = {
		.revision = view->revision,
		.seq = INT64_MAX,
		.count_max = FRESH_MAX,
	};
	err = reader_list_fresh(lookup->reader, &after, mark_fresh, view);
	if (err != ERR_OK)
		return err;
	bool is_usable = view->marked_count < FRESH_MAX && search_view_end_marks(view);
	return is_usable ? ERR_OK : ERR_NOT_FOUND;
}

/* ERR_NOT_FOUND: do without. */
static enum err view_open(const struct lookup *lookup, const struct records_wanted *wanted,
        struct search_view *ret_view)
{
	struct terms terms;
	enum err err = terms_of(lookup, wanted, &terms);
	if (err != ERR_OK)
		return err;
	if (wanted->owner.length > 0 || terms.count == 0 ||
	        !search_view_open(lookup->index, ret_view))
		return ERR_NOT_FOUND;
	ret_view->terms = terms;
	ret_view->zone = wanted->zone.length > 0 ? &wanted->zone : NULL;
	ret_view->tree = wanted->under.length > 0 ? &wanted->under : NULL;
	return view_put_fresh(lookup, ret_view);
}

/* ---- the list ---- */

struct walk {
	rrset_visitor *visit;
	void *context;
	struct search_run run;
	uint16_t type; /* 0: any; RRsets of others count as looked at, too */
	size_t visited;
	bool is_stopped; /* by the visitor */
	bool is_at_end;  /* of the run */
};

static bool walk_visit(void *context, const struct stored_rrset *stored)
{
	struct walk *walk = context;
	struct place place;
	if (walk->run.has_end) {
		place_of(&stored->zone.name, &stored->rrset.owner, &place);
		walk->is_at_end = place_compare(&place, &walk->run.end) >= 0;
	}
	if (walk->is_at_end)
		return false;
	walk->visited++;
	if (walk->type != 0 && walk->type != stored->rrset.type)
		return true;
	walk->is_stopped = !walk->visit(walk->context, stored);
	return !walk->is_stopped;
}

static struct record_filter filter_of(const struct records_wanted *wanted)
{
	return (struct record_filter){
		.zone = wanted->zone.length > 0 ? &wanted->zone : NULL,
		.name = wanted->owner.length > 0 ? &wanted->owner : NULL,
		.under = wanted->under.length > 0 ? &wanted->under : NULL,
		.type = wanted->has_type ? wanted->type : 0,
		.from = wanted->after,
		.examine_max = LOOKUP_EXAMINE_MAX,
	};
}

static void place_of_position(const struct record_position *position, struct place *ret_place)
{
	*ret_place = (struct place){ 0 };
	if (position->is_set)
		place_of(&position->zone, &position->owner, ret_place);
}

/* Where to go on: at the position that is given already, or where the run begins behind it. */
static enum err move_to_run(const struct search_run *run, struct record_position *from)
{
	struct place place;
	place_of_position(from, &place);
	if (place_compare(&place, &run->start) >= 0)
		return ERR_OK;
	*from = (struct record_position){ .is_set = true };
	bool is_good = name_parse_key(run->start.zone, run->start.zone_length, &from->zone) &&
	               name_parse_key(run->start.owner, run->start.owner_length, &from->owner);
	return is_good ? ERR_OK : ERR_INTERNAL;
}

/* From run to run. ERR_OK: it is over and *ret_next is set. ERR_NOT_FOUND: the index is of no use
 * any more; go on at filter->from without it. */
static enum err list_runs(const struct lookup *lookup, const struct search_view *view,
        struct record_filter *filter, struct walk *walk, struct record_position *ret_next)
{
	size_t left = SEARCH_EXAMINE_MAX;
	filter->type = 0; /* the walk has to see where a run ends */
	for (;;) {
		struct place from;
		place_of_position(&filter->from, &from);
		enum search_result result = search_view_next(view, &from, &walk->run);
		if (result == SEARCH_STALE)
			return ERR_NOT_FOUND;
		*ret_next = (struct record_position){ 0 };
		if (result == SEARCH_END)
			return ERR_OK;
		enum err err = move_to_run(&walk->run, &filter->from);
		if (err != ERR_OK)
			return err;
		filter->examine_max = left;
		walk->visited = 0;
		walk->is_at_end = false;
		err = reader_list_rrsets(lookup->reader, filter, walk_visit, walk, ret_next);
		if (err != ERR_OK || !walk->is_at_end)
			return err;
		filter->from = *ret_next;
		if (left <= walk->visited + RUN_COST)
			return ERR_OK;
		left -= walk->visited + RUN_COST;
	}
}

enum err lookup_list_rrsets(const struct lookup *lookup, const struct records_wanted *wanted,
        rrset_visitor *visit, void *context, struct record_position *ret_next)
{
	struct record_filter filter = filter_of(wanted);
	struct walk walk = { .visit = visit, .context = context, .type = filter.type };
	struct search_view view;
	enum err err = view_open(lookup, wanted, &view);
	if (err == ERR_OK)
		err = list_runs(lookup, &view, &filter, &walk, ret_next);
	if (err != ERR_NOT_FOUND)
		return err;
	filter.examine_max = LOOKUP_EXAMINE_MAX;
	filter.type = walk.type;
	return reader_list_rrsets(lookup->reader, &filter, visit, context, ret_next);
}
