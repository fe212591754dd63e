/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/type.h"
#include "store/reader.h"
#include "store/reader_state.h"

/* The scratch arena is reset when a row has left this much in it. */
#define SCRATCH_KEEP_BYTES ((size_t)64 * 1024)

/* A listing under way. */
struct listing {
	struct reader *reader;
	const struct record_filter *filter;
	rrset_visitor *visit;
	void *context;
	struct record_position next;
	bool is_over; /* the visitor or examine_max stopped it */
	size_t examined;
	struct key from_zone;  /* no zone before this one */
	struct key from_owner; /* in every zone: no owner before this, */
	struct key end_owner;  /* and none from this on */
	struct key tree;       /* of name or under */
	struct key tree_end;
	bool has_tree;
};

/* A bound above every key: labels hold no such octet. */
static const struct key key_last = { .length = 2, .bytes = { 0xff, 0xff } };

static int key_compare(const struct key *a, const struct key *b)
{
	size_t length = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->bytes, b->bytes, length);
	if (order != 0)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}

static void init_bounds(struct listing *listing)
{
	const struct record_filter *filter = listing->filter;
	const struct name *tree = filter->name != NULL ? filter->name : filter->under;
	listing->end_owner = key_last;
	if (filter->from.is_set)
		key_of_name(&filter->from.zone, &listing->from_zone);
	if (tree == NULL)
		return;
	listing->has_tree = true;
	key_of_name(tree, &listing->tree);
	key_end_of_tree(&listing->tree, &listing->tree_end);
	listing->from_owner = listing->tree;
	if (filter->name != NULL)
		key_successor(&listing->tree, &listing->end_owner);
	else
		listing->end_owner = listing->tree_end;
}

/* ---- which zones ---- */

/* The first zone not before `start` that can hold something of the tree: an ancestor of its name,
 * the root first, the name itself, then (for `under`) the zones below it. */
static bool find_zone_of_tree(
        struct listing *listing, const struct key *start, struct zone *ret_zone)
{
	const struct key *tree = &listing->tree;
	struct key ancestor = { .length = 0 };
	for (size_t i = 0; i <= tree->length; i++) {
		bool is_whole = i == 0 || tree->bytes[i - 1] == 0x00;
		if (is_whole) {
			memcpy(ancestor.bytes, tree->bytes, i);
			ancestor.length = i;
		}
		if (is_whole && key_compare(&ancestor, start) >= 0 &&
		        db_find_zone_exact(&listing->reader->db, &ancestor, ret_zone))
			return true;
	}
	if (listing->filter->name != NULL)
		return false;
	const struct key *first = key_compare(start, tree) > 0 ? start : tree;
	return db_find_zone_between(
	        &listing->reader->db, STATEMENT_ZONE_NEXT, first, &listing->tree_end, ret_zone);
}

static bool find_next_zone(struct listing *listing, const struct key *start, struct zone *ret_zone)
{
	const struct record_filter *filter = listing->filter;
	struct db *db = &listing->reader->db;
	if (filter->zone != NULL) {
		struct key only;
		key_of_name(filter->zone, &only);
		return key_compare(&only, start) >= 0 && db_find_zone_exact(db, &only, ret_zone);
	}
	if (listing->has_tree)
		return find_zone_of_tree(listing, start, ret_zone);
	return db_find_zone_between(db, STATEMENT_ZONE_NEXT, start, &key_last, ret_zone);
}

/* ---- the rows of a zone ---- */

/* Where to begin in a zone: at the position, when it is in this zone and not before the filter. */
static void bind_range(
        const struct listing *listing, const struct zone *zone, sqlite3_stmt *statement)
{
	const struct record_position *from = &listing->filter->from;
	struct key owner = listing->from_owner;
	int64_t type = 0;
	if (from->is_set && name_is_equal(&from->zone, &zone->name)) {
		struct key position;
		key_of_name(&from->owner, &position);
		int order = key_compare(&position, &owner);
		if (order >= 0)
			type = from->type;
		if (order > 0)
			owner = position;
	}
	bind_int(statement, 1, zone->id);
	/* The keys of this frame are gone when the statement runs: SQLite takes copies. */
	if (statement != NULL)
		sqlite3_bind_blob64(statement, 2, owner.bytes, owner.length, SQLITE_TRANSIENT);
	bind_int(statement, 3, type);
	bind_key(statement, 4, &listing->end_owner);
}

static void note_position(struct listing *listing, const struct stored_rrset *rrset)
{
	listing->is_over = true;
	listing->next = (struct record_position){
		.is_set = true,
		.zone = rrset->zone.name,
		.owner = rrset->rrset.owner,
		.type = rrset->rrset.type,
	};
}

/* One row of owner_key, type, ttl, data, revision, expires. */
static enum err look_at_row(
        struct listing *listing, sqlite3_stmt *statement, struct stored_rrset *rrset)
{
	struct reader *reader = listing->reader;
	rrset->rrset.type = (uint16_t)sqlite3_column_int64(statement, 1);
	bool is_wanted = listing->filter->type == 0 || listing->filter->type == rrset->rrset.type;
	size_t examine_max = listing->filter->examine_max;
	bool is_enough = examine_max != 0 && listing->examined == examine_max;
	listing->examined++;
	if (!is_wanted && !is_enough)
		return ERR_OK;
	if (!column_name(&reader->db, statement, 0, &rrset->rrset.owner))
		return ERR_INTERNAL;
	if (is_enough) {
		note_position(listing, rrset);
		return ERR_OK;
	}
	if (arena_used(reader->scratch) > SCRATCH_KEEP_BYTES)
		arena_reset(reader->scratch);
	const struct row_source source = {
		.arena = reader->scratch,
		.statement = statement,
		.column = 2,
	};
	enum err err = reader_take_row(reader, &source, rrset);
	if (err == ERR_OK && !listing->visit(listing->context, rrset))
		note_position(listing, rrset);
	return err;
}

static enum err list_zone(struct listing *listing, const struct zone *zone)
{
	struct db *db = &listing->reader->db;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_RRSETS_FROM);
	bind_range(listing, zone, statement);
	struct stored_rrset rrset = { .zone = *zone };
	enum err err = ERR_OK;
	while (err == ERR_OK && !listing->is_over && db_step(db, statement))
		err = look_at_row(listing, statement, &rrset);
	sqlite3_reset(statement);
	return err;
}

static enum err list_zones(struct listing *listing)
{
	struct key start = listing->from_zone;
	struct zone zone;
	enum err err = ERR_OK;
	while (err == ERR_OK && !listing->is_over && find_next_zone(listing, &start, &zone)) {
		err = list_zone(listing, &zone);
		struct key done;
		key_of_name(&zone.name, &done);
		key_successor(&done, &start);
	}
	return err;
}

enum err reader_list_rrsets(struct reader *reader, const struct record_filter *filter,
        rrset_visitor *visit, void *context, struct record_position *ret_next)
{
	/* Several statements: they must see one state. */
	bool is_own_snapshot = !reader->is_in_snapshot;
	enum err err = is_own_snapshot ? reader_begin(reader) : reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct listing listing = {
		.reader = reader,
		.filter = filter,
		.visit = visit,
		.context = context,
	};
	init_bounds(&listing);
	arena_reset(reader->scratch);
	err = list_zones(&listing);
	if (err == ERR_OK)
		err = db_error(&reader->db);
	if (is_own_snapshot)
		reader_end(reader);
	if (err == ERR_OK)
		*ret_next = listing.next;
	return err;
}

/* ---- a whole zone ---- */

struct zone_walk {
	rrset_visitor *visit;
	void *context;
	uint16_t left_out; /* was given already */
};

static bool visit_rest(void *context, const struct stored_rrset *rrset)
{
	const struct zone_walk *walk = context;
	return rrset->rrset.type == walk->left_out || walk->visit(walk->context, rrset);
}

enum err reader_each_rrset_of_zone(
        struct reader *reader, const struct zone *zone, rrset_visitor *visit, void *context)
{
	const struct rrset_key soa_key = { .zone = zone, .owner = &zone->name, .type = TYPE_SOA };
	struct stored_rrset soa;
	arena_reset(reader->scratch);
	enum err err = reader_find_rrset(reader, reader->scratch, &soa_key, &soa);
	if (err != ERR_OK || !visit(context, &soa))
		return err;
	struct zone_walk walk = { .visit = visit, .context = context, .left_out = TYPE_SOA };
	const struct record_filter filter = { .zone = &zone->name };
	struct record_position next;
	return reader_list_rrsets(reader, &filter, visit_rest, &walk, &next);
}
