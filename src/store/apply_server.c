/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Servers: what is there decides what a registration does, so the decision is made here, in the one
 * process that writes. Of two registrations at once one finds the other.
 */
#include "store/apply_server.h"

#include <string.h>

#include "dns/type.h"

/* ---- what there is ---- */

static enum err load_part(struct server_work *work, struct server_part_work *part)
{
	struct apply *apply = work->apply;
	const struct server_part *order = part->order;
	struct key key;
	uint64_t revision;
	key_of_name(&order->rrset.owner, &key);
	bool is_found = db_find_zone(apply->db, &key, &part->zone);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	if (is_found != (order->zone.length > 0) ||
	        (is_found && !name_is_equal(&part->zone.name, &order->zone)))
		return apply_refuse(
		        apply, ERR_UNAVAILABLE, "the zones have just changed; try again");
	part->present.owner = order->rrset.owner;
	part->present.type = order->rrset.type;
	part->effect->zone = order->zone;
	part->effect->before = part->effect->after = part->present;
	return is_found ? apply_load_rrset(apply, &part->zone, &part->present, &revision) : ERR_OK;
}

static enum err load_parts(struct server_work *work, struct effect *effects)
{
	work->part_count = work->order->part_count;
	work->parts = arena_calloc(work->apply->arena, work->part_count + 1, sizeof(*work->parts));
	if (work->parts == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < work->part_count; i++) {
		work->parts[i].order = &work->order->parts[i];
		work->parts[i].effect = &effects[i];
		enum err err = load_part(work, &work->parts[i]);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

static const struct server_part_work *find_part(
        const struct server_work *work, const struct name *owner, uint16_t type)
{
	for (size_t i = 0; i < work->part_count; i++) {
		const struct rrset *rrset = &work->parts[i].order->rrset;
		if (rrset->type == type && name_is_equal(&rrset->owner, owner))
			return &work->parts[i];
	}
	return NULL;
}

/* The order was made with a look at the registration; another may have come in between. */
static enum err check_parts_are_complete(const struct server_work *work)
{
	for (size_t i = 0; i < work->before.record_count; i++) {
		const struct server_record *record = &work->before.records[i];
		if (find_part(work, &record->owner, record->type) == NULL)
			return apply_refuse(work->apply, ERR_UNAVAILABLE,
			        "the registration of %s has just changed; try again",
			        work->hostname);
	}
	return ERR_OK;
}

static enum err load_server(struct server_work *work)
{
	struct apply *apply = work->apply;
	const struct op *op = work->op;
	name_render(&op->rrset.owner, work->hostname);
	enum err err = db_find_server(apply->db, apply->arena, &op->rrset.owner, &work->before);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	work->is_registered = err == ERR_OK;
	if (!precondition_holds(&op->precondition, work->before.revision))
		return apply_refuse(apply, ERR_PRECONDITION_FAILED,
		        "the server %s is not in the state that the request requires",
		        work->hostname);
	if (!work->is_registered && (op->kind == OP_SERVER_DROP || work->order->is_move))
		return apply_refuse(apply, ERR_NOT_FOUND, "there is no server %s", work->hostname);
	return ERR_OK;
}

static enum err prepare(
        struct server_work *work, struct apply *apply, const struct op *op, struct effect *effect)
{
	*work = (struct server_work){ .apply = apply, .op = op, .order = op->server };
	if (op->server == NULL || apply->change->op_count != 1)
		return apply_refuse(apply, ERR_BAD_REQUEST, "a server stands alone in a change");
	effect->zone = op->zone;
	effect->before = (struct rrset){ .owner = op->rrset.owner, .type = TYPE_A };
	effect->after = effect->before;
	enum err err = load_server(work);
	return err == ERR_OK ? load_parts(work, effect + 1) : err;
}

/* ---- doing it ---- */

/* Under `replace` whatever else stands at a wanted place makes way, else only what was made. */
static bool takes_all(const struct server_work *work, const struct server_part_work *part)
{
	return work->op->kind == OP_SERVER_PUT &&
	       work->order->on_conflict == SERVER_CONFLICT_REPLACE &&
	       (server_part_is_address(part) || part->order->rrset.count > 0);
}

static enum err make_patch(
        struct server_work *work, const struct server_part_work *part, struct op *patch)
{
	struct arena *arena = work->apply->arena;
	const struct rrset *wanted = &part->order->rrset;
	const struct rrset *present = &part->present;
	*patch = (struct op){ .kind = OP_RRSET_PATCH, .zone = part->order->zone };
	patch->rrset = *wanted;
	patch->rrset.ttl_s = work->after.ttl_s;
	patch->rrset.count = 0;
	patch->rrset.values = arena_calloc(arena, wanted->count + 1, sizeof(struct rdata));
	patch->remove = arena_calloc(arena, present->count + 1, sizeof(struct rdata));
	if (patch->rrset.values == NULL || patch->remove == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < wanted->count; i++) {
		if (rrset_find_value(present, &wanted->values[i]) == NULL)
			patch->rrset.values[patch->rrset.count++] = wanted->values[i];
	}
	for (size_t i = 0; i < present->count; i++) {
		const struct rdata *value = &present->values[i];
		if (rrset_find_value(wanted, value) == NULL &&
		        (takes_all(work, part) || server_has_made(work, part, value)))
			patch->remove[patch->remove_count++] = *value;
	}
	patch->has_ttl =
	        wanted->count > 0 &&
	        (present->count == 0 || (work->op->has_ttl && present->ttl_s != work->after.ttl_s));
	patch->bound_count = part->order->bound_count;
	memcpy(patch->bounds, part->order->bounds, sizeof(patch->bounds));
	return ERR_OK;
}

static enum err apply_part(struct server_work *work, struct server_part_work *part)
{
	struct op patch;
	if (part->is_skipped || part->order->zone.length == 0)
		return ERR_OK;
	enum err err = make_patch(work, part, &patch);
	if (err != ERR_OK)
		return err;
	if (patch.rrset.count + patch.remove_count == 0 && !patch.has_ttl)
		return ERR_OK;
	return apply_rrset_op(work->apply, &patch, part->effect);
}

static enum err apply_parts(struct server_work *work)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < work->part_count && err == ERR_OK; i++)
		err = apply_part(work, &work->parts[i]);
	return err;
}

/* ---- the registration itself ---- */

static void note_records(struct server_work *work, const struct server_part_work *part)
{
	const struct rrset *wanted = &part->order->rrset;
	for (size_t i = 0; i < wanted->count; i++) {
		bool was_made = server_has_made(work, part, &wanted->values[i]);
		if (part->is_skipped && !was_made)
			continue;
		work->after.records[work->after.record_count++] = (struct server_record){
			.owner = wanted->owner,
			.type = wanted->type,
			.is_made = was_made || takes_all(work, part) ||
			           rrset_find_value(&part->present, &wanted->values[i]) == NULL,
			.value = wanted->values[i],
		};
	}
}

static enum err note_after(struct server_work *work)
{
	const struct op *op = work->op;
	const struct zone *zone = &work->parts[0].zone; /* of the hostname */
	uint32_t new_ttl_s = !op->has_ttl && zone->has_ttl ? zone->ttl_s : op->rrset.ttl_s;
	bool keeps_ttl = work->is_registered && !op->has_ttl;
	work->after = work->before;
	work->after.hostname = op->rrset.owner;
	work->after.zone = op->zone;
	work->after.ttl_s = keeps_ttl ? work->before.ttl_s : new_ttl_s;
	work->after.record_count = 0;
	work->after.records =
	        arena_calloc(work->apply->arena, SERVER_PARTS_MAX, sizeof(*work->after.records));
	if (work->after.records == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < work->part_count; i++)
		note_records(work, &work->parts[i]);
	return ERR_OK;
}

static bool is_same_server(const struct server_work *work)
{
	const struct server *before = &work->before;
	const struct server *after = &work->after;
	if (!work->is_registered || before->record_count != after->record_count ||
	        before->ttl_s != after->ttl_s)
		return false;
	for (size_t i = 0; i < after->record_count; i++) {
		const struct server_record *record = &after->records[i];
		const struct server_record *old =
		        server_find_record(before, &record->owner, record->type, &record->value);
		if (old == NULL || old->is_made != record->is_made)
			return false;
	}
	return true;
}

static enum err write_server(struct server_work *work)
{
	struct apply *apply = work->apply;
	const struct server *server = &work->after;
	struct buf records;
	struct key host;
	struct key zone;
	key_of_name(&server->hostname, &host);
	key_of_name(&server->zone, &zone);
	buf_init(&records, apply->arena, (size_t)64 * 1024);
	server_pack_records(&records, server);
	if (buf_is_full(&records))
		return ERR_TOO_LARGE;
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_SERVER_PUT);
	bind_key(statement, 1, &host);
	bind_key(statement, 2, &zone);
	bind_int(statement, 3, server->ttl_s);
	bind_int(statement, 4, (int64_t)apply->revision);
	bind_int(statement, 5, apply->now_ms);
	bind_int(statement, 6, apply->now_ms);
	bind_text(statement, 7, apply->change->actor.subject);
	bind_blob(statement, 8, records.bytes, records.length);
	return apply_need_change_row(apply) && db_run(apply->db, statement) ? ERR_OK
	                                                                    : apply_db_error(apply);
}

static enum err list_records(struct server_work *work)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < work->part_count && err == ERR_OK; i++) {
		const struct server_part_work *part = &work->parts[i];
		const struct effect *effect = part->effect;
		struct rrset rrset = part->order->rrset;
		bool is_there = !part->is_skipped;
		for (size_t j = 0; part->is_skipped && j < rrset.count; j++)
			is_there |= server_has_made(work, part, &rrset.values[j]);
		rrset.ttl_s =
		        effect->action != EFFECT_NONE ? effect->after.ttl_s : part->present.ttl_s;
		if (rrset.count > 0 && is_there)
			err = server_put_entry(work, SERVER_RECORD, &part->order->zone, &rrset);
	}
	return err;
}

static enum err finish_put(struct server_work *work, struct effect *effect)
{
	bool is_changed = work->apply->has_change_row || !is_same_server(work);
	effect->revision = is_changed ? work->apply->revision : work->before.revision;
	work->apply->outcome->server_result = !work->is_registered ? SERVER_REGISTERED
	                                      : is_changed         ? SERVER_UPDATED
	                                                           : SERVER_UNCHANGED;
	if (is_changed) {
		effect->action = work->is_registered ? EFFECT_UPDATE : EFFECT_CREATE;
		enum err err = write_server(work);
		if (err != ERR_OK)
			return err;
	}
	return list_records(work);
}

enum err apply_server_put(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct server_work work;
	bool is_conflict = false;
	enum err err = prepare(&work, apply, op, effect);
	if (err == ERR_OK && work.part_count < 2)
		err = apply_refuse(apply, ERR_BAD_REQUEST, "a server needs an address");
	if (err == ERR_OK && !server_may_create(&op->server->parts[0]) &&
	        !server_may_create(&op->server->parts[1]))
		err = apply_refuse(
		        apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
	if (err == ERR_OK)
		err = server_check_addresses(&work, &is_conflict);
	if (err == ERR_OK && !is_conflict)
		err = server_check_reverses(&work, &is_conflict);
	if (err != ERR_OK || is_conflict)
		return err;
	err = check_parts_are_complete(&work);
	if (err == ERR_OK)
		err = note_after(&work);
	if (err == ERR_OK)
		err = apply_parts(&work);
	return err == ERR_OK ? finish_put(&work, effect) : err;
}

enum err apply_server_drop(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct server_work work;
	struct key host;
	enum err err = prepare(&work, apply, op, effect);
	if (err == ERR_OK)
		err = check_parts_are_complete(&work);
	if (err == ERR_OK)
		err = apply_parts(&work);
	if (err != ERR_OK)
		return err;
	key_of_name(&op->rrset.owner, &host);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_SERVER_DROP);
	bind_key(statement, 1, &host);
	if (!apply_need_change_row(apply) || !db_run(apply->db, statement))
		return apply_db_error(apply);
	effect->action = EFFECT_DELETE;
	for (size_t i = 0; i < work.part_count; i++)
		effect->deleted_count += work.parts[i].effect->deleted_count;
	return ERR_OK;
}
