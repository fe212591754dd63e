/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/type.h"
#include "store/apply_server.h"

bool server_has_made(const struct server_work *work, const struct server_part_work *part,
        const struct rdata *value)
{
	const struct rrset *rrset = &part->order->rrset;
	const struct server_record *record =
	        server_find_record(&work->before, &rrset->owner, rrset->type, value);
	return record != NULL && record->is_made;
}

/* ---- telling ---- */

enum err server_put_entry(struct server_work *work, enum server_entry_kind kind,
        const struct name *zone, const struct rrset *rrset)
{
	struct outcome *outcome = work->apply->outcome;
	if (outcome->entries == NULL)
		outcome->entries = arena_calloc(
		        work->apply->arena, 2 * SERVER_PARTS_MAX, sizeof(*outcome->entries));
	if (outcome->entries == NULL || outcome->entry_count == 2 * SERVER_PARTS_MAX)
		return ERR_TOO_LARGE;
	outcome->entries[outcome->entry_count++] =
	        (struct server_entry){ .kind = kind, .zone = *zone, .rrset = *rrset };
	return ERR_OK;
}

static enum err put_present(
        struct server_work *work, enum server_entry_kind kind, const struct server_part_work *part)
{
	return server_put_entry(work, kind, &part->order->zone, &part->present);
}

bool server_part_is_address(const struct server_part_work *part)
{
	return part->order->rrset.type != TYPE_PTR;
}

/* ---- conflicts ---- */

static bool has_same_addresses(const struct server_work *work)
{
	size_t wanted = 0;
	size_t registered = 0;
	for (size_t i = 0; i < work->part_count; i++) {
		const struct rrset *rrset = &work->parts[i].order->rrset;
		for (size_t j = 0; server_part_is_address(&work->parts[i]) && j < rrset->count;
		        j++, wanted++) {
			if (server_find_record(&work->before, &rrset->owner, rrset->type,
			            &rrset->values[j]) == NULL)
				return false;
		}
	}
	for (size_t i = 0; i < work->before.record_count; i++)
		registered += work->before.records[i].type != TYPE_PTR;
	return wanted == registered;
}

/* What stands at the hostname; of a registration whose records were all taken away its own. */
static enum err list_addresses(struct server_work *work, const struct rrset *cname)
{
	enum err err = ERR_OK;
	struct outcome *outcome = work->apply->outcome;
	if (cname->count > 0)
		err = server_put_entry(work, SERVER_CONFLICT, &work->op->zone, cname);
	for (size_t i = 0; i < 2 && err == ERR_OK; i++) {
		if (work->parts[i].present.count > 0)
			err = put_present(work, SERVER_CONFLICT, &work->parts[i]);
	}
	for (size_t i = 0; i < work->before.record_count && outcome->entry_count == 0; i++) {
		struct server_record *record = &work->before.records[i];
		const struct rrset rrset = { .owner = record->owner,
			.type = record->type,
			.ttl_s = work->before.ttl_s,
			.count = 1,
			.values = &record->value };
		err = server_put_entry(work, SERVER_CONFLICT, &work->before.zone, &rrset);
	}
	return err;
}

static enum err refuse_conflict(struct server_work *work)
{
	return apply_refuse(work->apply, ERR_CONFLICT,
	        work->is_registered ? "the server %s is registered with other addresses"
	                            : "%s has records already that no registration made",
	        work->hostname);
}

/* *ret_conflict: nothing is to be done, and the outcome tells why. */
enum err server_check_addresses(struct server_work *work, bool *ret_conflict)
{
	const struct server_order *order = work->order;
	struct rrset cname = { .owner = work->op->rrset.owner, .type = TYPE_CNAME };
	uint64_t revision;
	if (order->is_move || order->on_conflict == SERVER_CONFLICT_REPLACE)
		return ERR_OK;
	enum err err = apply_load_rrset(work->apply, &work->parts[0].zone, &cname, &revision);
	if (err != ERR_OK)
		return err;
	bool is_conflict = work->is_registered ? !has_same_addresses(work)
	                                       : work->parts[0].present.count > 0 ||
	                                                 work->parts[1].present.count > 0;
	if (!is_conflict && cname.count == 0)
		return ERR_OK;
	*ret_conflict = true;
	return order->on_conflict == SERVER_CONFLICT_FAIL ? refuse_conflict(work)
	                                                  : list_addresses(work, &cname);
}

/* Whether a PTR RRset has a value that is neither the wanted one nor the registration's. */
static bool points_elsewhere(const struct server_work *work, const struct server_part_work *part)
{
	for (size_t i = 0; i < part->present.count; i++) {
		const struct rdata *value = &part->present.values[i];
		if (rrset_find_value(&part->order->rrset, value) == NULL &&
		        !server_has_made(work, part, value))
			return true;
	}
	return false;
}

bool server_may_create(const struct server_part *order)
{
	uint8_t actions = 0;
	for (size_t i = 0; i < order->bound_count; i++)
		actions |= order->bounds[i].actions;
	return (actions & (EFFECT_CREATE | EFFECT_UPDATE)) != 0;
}

static enum err refuse_reverse(
        struct server_work *work, enum err err, const struct server_part_work *part)
{
	char text[NAME_TEXT_BYTES];
	name_render(&part->order->rrset.owner, text);
	if (err == ERR_NO_SUCH_ZONE)
		return apply_refuse(
		        work->apply, err, "no zone here holds %s, for which a PTR is asked", text);
	if (err == ERR_NOT_PERMITTED)
		return apply_refuse(work->apply, err,
		        "no grant of the token covers the PTR of %s that is asked for", text);
	return apply_refuse(work->apply, err, "the PTR of %s points elsewhere", text);
}

static enum err check_reverse_of(
        struct server_work *work, struct server_part_work *part, bool *ret_conflict)
{
	static const struct {
		enum server_entry_kind kind;
		enum err err;
	} reasons[] = {
		{ SERVER_SKIPPED_NO_ZONE, ERR_NO_SUCH_ZONE },
		{ SERVER_SKIPPED_NOT_PERMITTED, ERR_NOT_PERMITTED },
		{ SERVER_SKIPPED_CONFLICT, ERR_CONFLICT },
	};
	const struct server_order *order = work->order;
	bool is_asked = order->ptr == SERVER_PTR_ALWAYS;
	size_t reason;
	if (part->order->zone.length == 0)
		reason = 0;
	else if (!server_may_create(part->order))
		reason = 1;
	else if (points_elsewhere(work, part) && order->on_conflict != SERVER_CONFLICT_REPLACE)
		reason = 2;
	else
		return ERR_OK;
	if (reason < 2 && is_asked)
		return refuse_reverse(work, reasons[reason].err, part);
	if (reason == 2 && order->on_conflict == SERVER_CONFLICT_FAIL)
		return refuse_reverse(work, ERR_CONFLICT, part);
	part->is_skipped = true;
	*ret_conflict |= reason == 2 && is_asked;
	return put_present(
	        work, reason == 2 && is_asked ? SERVER_CONFLICT : reasons[reason].kind, part);
}

enum err server_check_reverses(struct server_work *work, bool *ret_conflict)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < work->part_count && err == ERR_OK; i++) {
		struct server_part_work *part = &work->parts[i];
		if (!server_part_is_address(part) && part->order->rrset.count > 0)
			err = check_reverse_of(work, part, ret_conflict);
	}
	return err;
}
