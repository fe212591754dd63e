/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "dns/expiry.h"
#include "dns/type.h"
#include "store/apply.h"

/* One op while it is worked on. */
struct work {
	struct apply *apply;
	const struct op *op;
	struct zone zone;
	uint64_t revision; /* of the RRset before; 0 when there is none */
	struct rrset before;
	struct rrset after;
	char owner[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
};

#define REFUSE(work, err, format, ...)                                                             \
	apply_refuse((work)->apply, err, format, (work)->owner, (work)->type, ##__VA_ARGS__)

/* What expires is where it was written, even if a zone below was made since. */
static enum err find_zone(struct work *work)
{
	struct apply *apply = work->apply;
	const struct op *op = work->op;
	bool is_exact = op->kind == OP_EXPIRE;
	struct key key;
	key_of_name(is_exact ? &op->zone : &op->rrset.owner, &key);
	bool is_found = is_exact ? db_find_zone_exact(apply->db, &key, &work->zone)
	                         : db_find_zone(apply->db, &key, &work->zone);
	if (apply_db_error(apply) != ERR_OK)
		return apply_db_error(apply);
	if (!is_found || !name_is_equal(&work->zone.name, &op->zone))
		return apply_refuse(
		        apply, ERR_UNAVAILABLE, "the zones have just changed; try again");
	apply_take_touched(apply, &work->zone);
	return ERR_OK;
}

enum err apply_load_rrset(
        struct apply *apply, const struct zone *zone, struct rrset *rrset, uint64_t *ret_revision)
{
	struct key owner;
	key_of_name(&rrset->owner, &owner);
	sqlite3_stmt *statement = db_statement(apply->db, STATEMENT_RRSET_FIND);
	bind_int(statement, 1, zone->id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, rrset->type);
	if (!db_step(apply->db, statement))
		return apply_db_error(apply);
	rrset->ttl_s = (uint32_t)sqlite3_column_int64(statement, 0);
	size_t length = (size_t)sqlite3_column_bytes(statement, 1);
	uint8_t *blob = arena_dup(apply->arena, sqlite3_column_blob(statement, 1), length);
	*ret_revision = (uint64_t)sqlite3_column_int64(statement, 2);
	enum err err = blob == NULL ? ERR_TOO_LARGE
	                            : rrset_parse_values(apply->arena, blob, length, rrset);
	bool is_good = err == ERR_OK && rrset->count > 0 && db_expiry_of_row(statement, 3, rrset);
	sqlite3_reset(statement);
	if (err == ERR_TOO_LARGE)
		return err;
	if (!is_good) {
		db_fail(apply->db, SQLITE_CORRUPT, "reading an RRset");
		return apply_db_error(apply);
	}
	if (rrset->type == TYPE_SOA)
		soa_put_serial(
		        (uint8_t *)rrset->values[0].bytes, rrset->values[0].length, zone->serial);
	return ERR_OK;
}

static enum err load_before(struct work *work)
{
	work->before.owner = work->op->rrset.owner;
	work->before.type = work->op->rrset.type;
	return apply_load_rrset(work->apply, &work->zone, &work->before, &work->revision);
}

/* ---- what each kind of op makes of `before` ---- */

static uint32_t ttl_after(const struct work *work)
{
	if (!work->op->has_ttl && work->before.count > 0)
		return work->before.ttl_s;
	return !work->op->has_ttl && work->zone.has_ttl ? work->zone.ttl_s : work->op->rrset.ttl_s;
}

static enum err start_after(struct work *work, size_t room)
{
	work->after = (struct rrset){
		.owner = work->op->rrset.owner,
		.type = work->op->rrset.type,
		.ttl_s = ttl_after(work),
		.values = arena_calloc(work->apply->arena, room + 1, sizeof(struct rdata)),
	};
	return work->after.values != NULL ? ERR_OK : ERR_TOO_LARGE;
}

static void append(struct rrset *rrset, const struct rdata *value)
{
	rrset->values[rrset->count++] = *value;
}

static enum err sort_after(struct work *work)
{
	if (rrset_sort(work->after.values, work->after.count) == work->after.count)
		return ERR_OK;
	return REFUSE(work, ERR_INVALID_RECORD, "%s %s: a value is given twice");
}

static enum err plan_put(struct work *work)
{
	const struct rrset *wanted = &work->op->rrset;
	if (wanted->count == 0)
		return REFUSE(work, ERR_INVALID_RECORD, "%s %s: at least one value is needed");
	enum err err = start_after(work, wanted->count);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < wanted->count; i++)
		append(&work->after, &wanted->values[i]);
	return sort_after(work);
}

static enum err plan_add(struct work *work)
{
	const struct rrset *wanted = &work->op->rrset;
	if (wanted->count == 0)
		return REFUSE(work, ERR_EMPTY_CHANGE, "%s %s: there is no value to add");
	enum err err = start_after(work, work->before.count + wanted->count);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < work->before.count; i++)
		append(&work->after, &work->before.values[i]);
	for (size_t i = 0; i < wanted->count; i++) {
		if (rrset_find_value(&work->before, &wanted->values[i]) != NULL)
			return REFUSE(work, ERR_EXISTS, "%s %s has this value already");
		append(&work->after, &wanted->values[i]);
	}
	return sort_after(work);
}

static enum err plan_patch(struct work *work)
{
	const struct op *op = work->op;
	if (op->rrset.count == 0 && op->remove_count == 0 && !op->has_ttl)
		return REFUSE(work, ERR_EMPTY_CHANGE, "%s %s: there is nothing to do");
	if (op->rrset.count == 0 && work->before.count == 0)
		return REFUSE(work, ERR_NOT_FOUND, "there is no %s %s");
	enum err err = start_after(work, work->before.count + op->rrset.count);
	if (err != ERR_OK)
		return err;
	struct rrset *after = &work->after;
	const struct rrset removed = { .count = op->remove_count, .values = op->remove };
	for (size_t i = 0; i < work->before.count; i++) {
		if (rrset_find_value(&removed, &work->before.values[i]) == NULL)
			append(after, &work->before.values[i]);
	}
	/* Appending does not disturb the search: it looks at the sorted part that stays. */
	const struct rrset kept = *after;
	for (size_t i = 0; i < op->rrset.count; i++) {
		const struct rdata *value = &op->rrset.values[i];
		const struct rdata *present = rrset_find_value(&kept, value);
		if (present == NULL)
			append(after, value);
		else
			after->values[present - kept.values].expires_ms = value->expires_ms;
	}
	return sort_after(work);
}

/* What is not due, because it was renewed meanwhile, stays. */
static enum err plan_expire(struct work *work)
{
	enum err err = start_after(work, work->before.count);
	if (err != ERR_OK)
		return err;
	work->after.ttl_s = work->before.ttl_s;
	for (size_t i = 0; i < work->before.count; i++) {
		int64_t at_ms = work->before.values[i].expires_ms;
		if (at_ms == 0 || at_ms > work->apply->now_ms)
			append(&work->after, &work->before.values[i]);
	}
	return ERR_OK;
}

static enum err plan_drop(struct work *work)
{
	if (work->before.count == 0)
		return REFUSE(work, ERR_NOT_FOUND, "there is no %s %s");
	return start_after(work, 0);
}

/* The values to drop stand on either side; all of them must be there. */
static enum err plan_value_drop(struct work *work)
{
	const struct op *op = work->op;
	const struct rrset dropped = {
		.count = op->remove_count + op->rrset.count,
		.values = op->remove_count > 0 ? op->remove : op->rrset.values,
	};
	if (dropped.count == 0 || (op->remove_count > 0 && op->rrset.count > 0))
		return REFUSE(work, ERR_BAD_REQUEST, "%s %s: name the values to drop");
	for (size_t i = 0; i < dropped.count; i++) {
		if (rrset_find_value(&work->before, &dropped.values[i]) == NULL)
			return REFUSE(work, ERR_NOT_FOUND, "there is no %s %s with this value");
	}
	enum err err = start_after(work, work->before.count);
	if (err != ERR_OK)
		return err;
	work->after.ttl_s = work->before.ttl_s;
	for (size_t i = 0; i < work->before.count; i++) {
		if (rrset_find_value(&dropped, &work->before.values[i]) == NULL)
			append(&work->after, &work->before.values[i]);
	}
	return ERR_OK;
}

/* may_need: without any of these actions in a bound the op is refused before it can tell what is
 * there. */
static const struct {
	enum err (*plan)(struct work *work);
	uint8_t may_need;
} kinds[OP__MAX] = {
	[OP_RRSET_ADD] = { plan_add, EFFECT_CREATE | EFFECT_UPDATE },
	[OP_RRSET_PUT] = { plan_put, EFFECT_CREATE | EFFECT_UPDATE },
	[OP_RRSET_PATCH] = { plan_patch, EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE },
	[OP_RRSET_DROP] = { plan_drop, EFFECT_DELETE },
	[OP_VALUE_DROP] = { plan_value_drop, EFFECT_UPDATE | EFFECT_DELETE },
	[OP_EXPIRE] = { plan_expire, EFFECT_DELETE },
};

/* ---- holding it against what is allowed ---- */

static enum effect_action action_of(const struct work *work)
{
	if (work->before.count == 0)
		return work->after.count == 0 ? EFFECT_NONE : EFFECT_CREATE;
	if (work->after.count == 0)
		return EFFECT_DELETE;
	return rrset_is_same_data(&work->before, &work->after) &&
	                       rrset_is_same_expiry(&work->before, &work->after)
	               ? EFFECT_NONE
	               : EFFECT_UPDATE;
}

static bool has_bound(const struct op *op, uint8_t actions)
{
	for (size_t i = 0; i < op->bound_count; i++) {
		if ((op->bounds[i].actions & actions) != 0)
			return true;
	}
	return false;
}

/* Whether a refusal tells which values an RRset has, to somebody who may not change them. */
static bool tells_values(const struct work *work, enum err err)
{
	return (err == ERR_EXISTS || err == ERR_NOT_FOUND) && work->before.count > 0 &&
	       !has_bound(work->op, EFFECT_UPDATE);
}

static bool is_singleton(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SOA;
}

static enum err check_size(struct work *work)
{
	const struct rrset *after = &work->after;
	if (after->count > 1 && is_singleton(after->type))
		return REFUSE(work, ERR_INVALID_RECORD, "%s %s can have one value only");
	if (after->count > RRSET_VALUES_MAX)
		return REFUSE(work, ERR_INVALID_RECORD, "%s %s would have more than %u values",
		        RRSET_VALUES_MAX);
	if (rrset_wire_size(after) > RRSET_WIRE_MAX)
		return REFUSE(work, ERR_INVALID_RECORD,
		        "%s %s would not fit a DNS message (more than %u octets)", RRSET_WIRE_MAX);
	if (after->count > 0 && after->ttl_s > TTL_MAX)
		return REFUSE(work, ERR_INVALID_TTL, "%s %s: the TTL is above %u", TTL_MAX);
	return ERR_OK;
}

/* A zone without its SOA or its apex NS is refused by every server. */
static enum err check_apex(struct work *work)
{
	bool is_apex = name_is_equal(&work->after.owner, &work->zone.name);
	uint16_t type = work->after.type;
	bool is_needed = is_apex && (type == TYPE_NS || type == TYPE_SOA);
	if (is_needed && work->after.count == 0)
		return REFUSE(work, ERR_CONFLICT, "%s %s is needed: it is the zone's own");
	if (is_needed && rrset_is_passing(&work->after))
		return REFUSE(work, ERR_CONFLICT,
		        "%s %s is needed: one value at least must stay for good");
	if (type == TYPE_SOA && !is_apex)
		return REFUSE(work, ERR_CONFLICT, "%s %s: only a zone's own name has one");
	if (type == TYPE_DS && is_apex && work->after.count > 0)
		return REFUSE(work, ERR_CONFLICT, "%s %s belongs into the parent zone");
	return ERR_OK;
}

static enum err check_result(struct work *work, enum effect_action action)
{
	if (!op_is_covered(work->op, action, &work->after))
		return apply_refuse(
		        work->apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
	enum err err = check_size(work);
	return err != ERR_OK ? err : check_apex(work);
}

/* ---- and doing it ---- */

static uint32_t count_deleted(const struct rrset *before, const struct rrset *after)
{
	uint32_t deleted = 0;
	for (size_t i = 0; i < before->count; i++) {
		if (after->count == 0 || rrset_find_value(after, &before->values[i]) == NULL)
			deleted++;
	}
	return deleted;
}

/* Only when values expire has changed: nothing of that is in the zone, so its serial rests. */
static enum err write_expiry(struct work *work, struct effect *effect)
{
	struct apply *apply = work->apply;
	const struct history history = {
		.zone = &apply_hold_zone(apply, &work->zone)->zone,
		.before = &work->before,
		.after = &work->after,
	};
	if (!apply_need_change_row(apply) || !apply_write_rrset(apply, &work->zone, &work->after) ||
	        !apply_put_history(apply, &history))
		return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : ERR_TOO_LARGE;
	effect->revision = apply->revision;
	return ERR_OK;
}

static enum err write_result(struct work *work, struct effect *effect)
{
	struct apply *apply = work->apply;
	if (rrset_is_same_data(&work->before, &work->after))
		return write_expiry(work, effect);
	struct touched_zone *touched = apply_touch_zone(apply, &work->zone);
	touched->zone.record_count += work->after.count;
	touched->zone.record_count -= work->before.count;
	if (work->after.type == TYPE_SOA)
		soa_put_serial((uint8_t *)work->after.values[0].bytes, work->after.values[0].length,
		        touched->zone.serial);
	const struct history history = {
		.zone = &touched->zone,
		.before = &work->before,
		.after = &work->after,
	};
	struct key owner;
	key_of_name(&work->after.owner, &owner);
	apply_note_written(apply, touched, &owner, work->after.type);
	if (!apply_need_change_row(apply) ||
	        !apply_write_rrset(apply, &touched->zone, &work->after) ||
	        !apply_put_history(apply, &history))
		return apply_db_error(apply) != ERR_OK ? apply_db_error(apply) : ERR_TOO_LARGE;
	effect->revision = work->after.count > 0 ? apply->revision : 0;
	return ERR_OK;
}

/* A SOA in an op carries no serial of its own: the zone's counts. The bytes are copied, because
 * they may be the sender's. */
static enum err take_zone_serial(struct work *work)
{
	if (work->after.type != TYPE_SOA || work->after.count == 0)
		return ERR_OK;
	struct rdata *value = &work->after.values[0];
	uint8_t *bytes = arena_dup(work->apply->arena, value->bytes, value->length);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	soa_put_serial(bytes, value->length, work->zone.serial);
	value->bytes = bytes;
	return ERR_OK;
}

static enum err prepare(struct work *work)
{
	const struct op *op = work->op;
	name_render(&op->rrset.owner, work->owner);
	type_render(op->rrset.type, work->type);
	enum err err = find_zone(work);
	if (err == ERR_OK && !has_bound(op, kinds[op->kind].may_need))
		err = apply_refuse(
		        work->apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
	if (err == ERR_OK)
		err = load_before(work);
	if (err == ERR_OK && !precondition_holds(&op->precondition, work->revision))
		err = REFUSE(work, ERR_PRECONDITION_FAILED,
		        "%s %s is not in the state that the request requires");
	return err;
}

enum err apply_rrset_op(struct apply *apply, const struct op *op, struct effect *effect)
{
	struct work work = { .apply = apply, .op = op };
	enum err err = prepare(&work);
	if (err == ERR_OK)
		err = kinds[op->kind].plan(&work);
	if (err == ERR_OK)
		err = take_zone_serial(&work);
	if (tells_values(&work, err))
		err = apply_refuse(
		        apply, ERR_NOT_PERMITTED, "no grant of the token covers this change");
	if (err != ERR_OK)
		return err;
	enum effect_action action = action_of(&work);
	err = check_result(&work, action);
	if (err != ERR_OK)
		return err;
	effect->action = action;
	effect->zone = work.zone.name;
	effect->deleted_count = count_deleted(&work.before, &work.after);
	effect->revision = work.revision;
	effect->before = work.before;
	effect->after = work.after;
	if (action == EFFECT_NONE)
		return ERR_OK;
	if (apply->is_lone)
		err = rules_check_effect(apply, effect);
	return err == ERR_OK ? write_result(&work, effect) : err;
}
