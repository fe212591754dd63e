/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delegations of zones here in zones here. What a delegation is follows from the zones alone, so it
 * is worked out anew from them and compared with what is there: no order of changes can leave
 * another one.
 */
#include <string.h>

#include "dns/expiry.h"
#include "dns/type.h"
#include "store/apply.h"

bool type_is_delegation(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_A || type == TYPE_AAAA;
}

bool apply_find_child(struct apply *apply, const struct zone *parent, const struct name *name,
        struct zone *ret_child)
{
	struct key key;
	struct zone holder;
	key_of_name(name, &key);
	if (!db_find_zone(apply->db, &key, &holder) || name_is_equal(&holder.name, &parent->name) ||
	        !name_is_under(&holder.name, &parent->name))
		return false;
	*ret_child = holder;
	return true;
}

/* The zone above, that has or would have the delegation. */
static bool find_parent(struct apply *apply, const struct name *zone, struct zone *ret_parent)
{
	struct name above;
	struct key key;
	if (!name_parent(zone, &above))
		return false;
	key_of_name(&above, &key);
	return db_find_zone(apply->db, &key, ret_parent);
}

static enum err failure(const struct apply *apply)
{
	enum err err = apply_db_error(apply);
	return err != ERR_OK ? err : ERR_TOO_LARGE;
}

/* ---- what there is ---- */

struct rrset_list {
	size_t count;
	size_t room;
	struct rrset *rrsets;
};

static struct rrset *list_add(struct apply *apply, struct rrset_list *list)
{
	if (list->count == list->room) {
		size_t room = list->room * 2 + 8;
		struct rrset *rrsets = arena_calloc(apply->arena, room, sizeof(*rrsets));
		if (rrsets == NULL)
			return NULL;
		if (list->count > 0)
			memcpy(rrsets, list->rrsets, list->count * sizeof(*rrsets));
		list->rrsets = rrsets;
		list->room = room;
	}
	struct rrset *rrset = &list->rrsets[list->count++];
	*rrset = (struct rrset){ 0 };
	return rrset;
}

static bool list_has(const struct rrset_list *list, const struct rrset *rrset)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->rrsets[i].type == rrset->type &&
		        name_is_equal(&list->rrsets[i].owner, &rrset->owner))
			return true;
	}
	return false;
}

/* Owners and types of all that `parent` has of a delegation. */
static enum err list_present(struct apply *apply, const struct zone *parent,
        const struct name *zone, struct rrset_list *ret_list)
{
	struct key key;
	struct key end;
	struct rrset *rrset = NULL;
	enum err err = ERR_OK;
	key_of_name(zone, &key);
	key_end_of_tree(&key, &end);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_DELEGATION_AT);
	bind_int(statement, 1, parent->id);
	bind_key(statement, 2, &key);
	bind_key(statement, 3, &end);
	while (err == ERR_OK && db_step(apply->db, statement)) {
		rrset = list_add(apply, ret_list);
		if (rrset == NULL || !column_name(apply->db, statement, 0, &rrset->owner))
			err = ERR_TOO_LARGE;
		else
			rrset->type = (uint16_t)sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : err;
}

/* ---- what there should be ---- */

/* Below a cut that was made by hand, or below a DNAME, the parent has nothing to say. */
static bool is_hidden(struct apply *apply, const struct zone *parent, const struct name *zone)
{
	bool is_found = false;
	struct name at = *zone;
	while (!is_found && !name_is_equal(&at, &parent->name) && name_parent(&at, &at)) {
		struct key key;
		bool is_apex = name_is_equal(&at, &parent->name);
		key_of_name(&at, &key);
		sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CUTS_AT);
		bind_int(statement, 1, parent->id);
		bind_key(statement, 2, &key);
		while (db_step(apply->db, statement))
			is_found |= !is_apex || sqlite3_column_int64(statement, 0) == TYPE_DNAME;
	}
	return is_found;
}

static bool take_target(const struct rdata *value, struct name *ret_name)
{
	if (value->length == 0 || value->length > sizeof(ret_name->wire))
		return false;
	ret_name->length = (uint8_t)value->length;
	memcpy(ret_name->wire, value->bytes, value->length);
	return true;
}

/* Nobody can find a name server below the cut without its addresses (RFC 1034 section 4.2.1). */
static bool needs_glue(const struct rrset *ns, const struct name *zone)
{
	struct name target;
	for (size_t i = 0; i < ns->count; i++) {
		if (take_target(&ns->values[i], &target) && name_is_under(&target, zone))
			return true;
	}
	return false;
}

/* Values expire where they were written; what is copied from there follows. */
static enum err add_copy(struct apply *apply, const struct zone *holder, const struct name *owner,
        uint16_t type, struct rrset_list *list)
{
	uint64_t revision;
	struct rrset *rrset = list_add(apply, list);
	if (rrset == NULL)
		return ERR_TOO_LARGE;
	rrset->owner = *owner;
	rrset->type = type;
	enum err err = apply_load_rrset(apply, holder, rrset, &revision);
	if (err == ERR_OK)
		rrset_put_expiry(rrset, 0);
	if (rrset->count == 0)
		list->count--;
	return err;
}

static enum err add_glue(struct apply *apply, const struct zone *zone, const struct rrset *ns,
        struct rrset_list *list)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < ns->count && err == ERR_OK; i++) {
		struct name target;
		struct zone holder;
		struct key key;
		if (!take_target(&ns->values[i], &target) || !name_is_under(&target, &zone->name))
			continue;
		key_of_name(&target, &key);
		if (!db_find_zone(apply->db, &key, &holder))
			continue;
		err = add_copy(apply, &holder, &target, TYPE_A, list);
		if (err == ERR_OK)
			err = add_copy(apply, &holder, &target, TYPE_AAAA, list);
	}
	return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : err;
}

static enum err list_wanted(struct apply *apply, const struct zone *parent, const struct zone *zone,
        struct rrset_list *ret_list)
{
	if (is_hidden(apply, parent, &zone->name))
		return apply_db_error(apply);
	enum err err = add_copy(apply, zone, &zone->name, TYPE_NS, ret_list);
	if (err != ERR_OK || ret_list->count == 0)
		return err;
	const struct rrset ns = ret_list->rrsets[0];
	return add_glue(apply, zone, &ns, ret_list);
}

/* ---- making it so ---- */

/* Only at the end of a change, when nobody holds a touched zone: one op can lead to many zones. */
static bool need_room(struct apply *apply)
{
	if (apply->zone_count < apply->zone_room)
		return true;
	size_t room = apply->zone_room * 2 + 8;
	struct touched_zone *zones = arena_calloc(apply->arena, room, sizeof(*zones));
	if (zones == NULL)
		return false;
	memcpy(zones, apply->zones, apply->zone_count * sizeof(*zones));
	apply->zones = zones;
	apply->zone_room = room;
	return true;
}

/* wanted->count 0: nothing is to be there. */
static enum err put_rrset(
        struct apply *apply, const struct zone *parent, const struct rrset *wanted)
{
	struct rrset present = { .owner = wanted->owner, .type = wanted->type };
	uint64_t revision;
	enum err err = apply_load_rrset(apply, parent, &present, &revision);
	if (err != ERR_OK)
		return err;
	bool is_same = present.count == wanted->count &&
	               (wanted->count == 0 || (rrset_is_same_data(&present, wanted) &&
	                                              rrset_is_same_expiry(&present, wanted)));
	if (is_same)
		return ERR_OK;
	if (!need_room(apply))
		return ERR_TOO_LARGE;
	struct touched_zone *touched = apply_touch_zone(apply, parent);
	touched->zone.record_count += wanted->count;
	touched->zone.record_count -= present.count;
	const struct history history = {
		.zone = &touched->zone,
		.before = &present,
		.after = wanted,
	};
	if (!apply_need_change_row(apply) || !apply_write_rrset(apply, &touched->zone, wanted) ||
	        !apply_put_history(apply, &history))
		return failure(apply);
	return ERR_OK;
}

static enum err put_all(struct apply *apply, const struct zone *parent, const struct name *zone,
        const struct rrset_list *wanted)
{
	struct rrset_list present = { 0 };
	enum err err = list_present(apply, parent, zone, &present);
	for (size_t i = 0; i < present.count && err == ERR_OK; i++) {
		if (!list_has(wanted, &present.rrsets[i]))
			err = put_rrset(apply, parent, &present.rrsets[i]);
	}
	for (size_t i = 0; i < wanted->count && err == ERR_OK; i++)
		err = put_rrset(apply, parent, &wanted->rrsets[i]);
	return err;
}

enum err apply_drop_delegation(struct apply *apply, const struct name *zone)
{
	struct zone parent;
	const struct rrset_list nothing = { 0 };
	if (!find_parent(apply, zone, &parent))
		return apply_db_error(apply);
	return put_all(apply, &parent, zone, &nothing);
}

static enum err delegate(struct apply *apply, const struct zone *zone)
{
	struct zone parent;
	struct rrset_list wanted = { 0 };
	if (!find_parent(apply, &zone->name, &parent))
		return apply_db_error(apply);
	enum err err = list_wanted(apply, &parent, zone, &wanted);
	return err == ERR_OK ? put_all(apply, &parent, &zone->name, &wanted) : err;
}

/* The zones directly below a name: what is below those is theirs. */
static enum err delegate_children(struct apply *apply, const struct name *name)
{
	struct key after;
	struct key end;
	struct zone child;
	enum err err = ERR_OK;
	key_of_name(name, &after);
	key_end_of_tree(&after, &end);
	while (err == ERR_OK &&
	        db_find_zone_between(apply->db, STATEMENT_ZONE_BELOW, &after, &end, &child)) {
		struct key key;
		err = delegate(apply, &child);
		key_of_name(&child.name, &key);
		key_end_of_tree(&key, &after);
	}
	return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : err;
}

/* Addresses that have changed in a zone may be glue of it, and of each zone above it. */
static enum err delegate_upwards(struct apply *apply, struct zone zone)
{
	struct zone parent;
	enum err err = ERR_OK;
	while (err == ERR_OK && find_parent(apply, &zone.name, &parent)) {
		struct rrset ns = { .owner = zone.name, .type = TYPE_NS };
		uint64_t revision;
		err = apply_load_rrset(apply, &zone, &ns, &revision);
		if (err == ERR_OK && needs_glue(&ns, &zone.name))
			err = delegate(apply, &zone);
		zone = parent;
	}
	return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : err;
}

static enum err delegate_touched(struct apply *apply, const struct touched_zone *touched)
{
	const struct zone *zone = &touched->zone;
	struct zone above;
	bool is_new_or_gone = touched->actions != EFFECT_NONE;
	enum err err = ERR_OK;
	if (!touched->is_gone && (is_new_or_gone || touched->has_new_ns))
		err = delegate(apply, zone);
	if (err == ERR_OK && (is_new_or_gone || touched->has_new_cuts))
		err = delegate_children(apply, &zone->name);
	if (err != ERR_OK || !(is_new_or_gone || touched->has_new_addresses))
		return err;
	if (!touched->is_gone)
		return delegate_upwards(apply, *zone);
	if (find_parent(apply, &zone->name, &above))
		return delegate_upwards(apply, above);
	return apply_db_error(apply);
}

enum err apply_delegate_all(struct apply *apply)
{
	/* Those that come in meanwhile are touched by their delegations only. */
	size_t count = apply->zone_count;
	enum err err = ERR_OK;
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		const struct touched_zone touched = apply->zones[i];
		err = delegate_touched(apply, &touched);
	}
	return err;
}

/* ---- what the history brings back ---- */

bool apply_was_zone(struct apply *apply, const struct name *name, uint64_t change_id)
{
	struct key key;
	key_of_name(name, &key);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CHANGE_ZONE_LAST);
	bind_key(statement, 1, &key);
	bind_int(statement, 2, (int64_t)change_id);
	if (!db_step(apply->db, statement))
		return false;
	bool was_touched = (uint64_t)sqlite3_column_int64(statement, 0) == change_id;
	bool was_dropped = (sqlite3_column_int64(statement, 1) & EFFECT_DELETE) != 0;
	sqlite3_reset(statement);
	return was_touched || !was_dropped;
}

static bool find_cut_after(
        struct apply *apply, const struct zone *zone, const struct key *after, struct name *ret_cut)
{
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_CUTS_IN);
	bind_int(statement, 1, zone->id);
	bind_key(statement, 2, after);
	if (!db_step(apply->db, statement))
		return false;
	bool is_good = column_name(apply->db, statement, 0, ret_cut);
	sqlite3_reset(statement);
	return is_good;
}

enum err apply_drop_stale_delegations(
        struct apply *apply, const struct zone *zone, uint64_t change_id)
{
	struct key key;
	struct zone there;
	struct name cut;
	enum err err = ERR_OK;
	key_of_name(&zone->name, &key);
	while (err == ERR_OK && find_cut_after(apply, zone, &key, &cut)) {
		key_of_name(&cut, &key);
		if (!db_find_zone_exact(apply->db, &key, &there) &&
		        apply_was_zone(apply, &cut, change_id))
			err = apply_drop_delegation(apply, &cut);
	}
	return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : err;
}
