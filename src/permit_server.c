/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "permit_server.h"

#include "auth/policy.h"
#include "dns/type.h"

static struct server_part *find_part(
        const struct server_order *order, const struct name *owner, uint16_t type)
{
	for (size_t i = 0; i < order->part_count; i++) {
		struct server_part *part = &order->parts[i];
		if (part->rrset.type == type && name_is_equal(&part->rrset.owner, owner))
			return part;
	}
	return NULL;
}

/* What the registration has and the order does not want is to be taken away. */
static void add_present(struct op *op, const struct server *server)
{
	struct server_order *order = op->server;
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		if (order->part_count == SERVER_PARTS_MAX ||
		        find_part(order, &record->owner, record->type) != NULL)
			continue;
		struct rrset *rrset = &order->parts[order->part_count++].rrset;
		rrset->owner = record->owner;
		rrset->type = record->type;
		rrset->ttl_s = op->rrset.ttl_s;
	}
}

static enum err cover_part(const struct lookup *lookup, struct server_part *part)
{
	struct zone zone;
	const struct rrset *rrset = &part->rrset;
	enum err err = reader_find_zone(lookup->reader, &rrset->owner, &zone);
	if (err != ERR_OK)
		return err == ERR_NO_SUCH_ZONE ? ERR_OK : err;
	part->zone = zone.name;
	part->bound_count =
	        policy_cover(lookup->token, &zone.name, &rrset->owner, rrset->type, part->bounds);
	return ERR_OK;
}

static bool is_registered_with(const struct server *server, const struct rrset *rrset)
{
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		if (record->is_made && record->type == rrset->type &&
		        name_is_equal(&record->owner, &rrset->owner))
			return true;
	}
	return false;
}

/* Whether a part without a covering grant stops the whole. */
static bool needs_grant(const struct server_part *part, const struct server *server)
{
	if (part->zone.length == 0)
		return false;
	if (part->rrset.type == TYPE_PTR)
		return part->rrset.count == 0;
	return part->rrset.count > 0 || is_registered_with(server, &part->rrset);
}

/* The hostname's own zone, where it is or was. */
static enum err find_zone(const struct lookup *lookup, const struct server *server, struct op *op)
{
	struct zone zone;
	enum err err = lookup_zone_of(lookup, &op->rrset.owner, &zone);
	if (err == ERR_OK)
		op->zone = zone.name;
	else if (op->kind == OP_SERVER_DROP && server->zone.length > 0 && err != ERR_UNAVAILABLE)
		op->zone = server->zone;
	else
		return err;
	struct bound bounds[OP_BOUNDS_MAX];
	size_t count = policy_cover(lookup->token, &op->zone, &op->rrset.owner, TYPE_A, bounds) +
	               policy_cover(lookup->token, &op->zone, &op->rrset.owner, TYPE_AAAA, bounds);
	return count > 0 ? ERR_OK : ERR_NOT_PERMITTED;
}

enum err permit_server_op(const struct lookup *lookup, struct op *op)
{
	struct server server = { 0 };
	enum err err = reader_find_server(lookup->reader, lookup->arena, &op->rrset.owner, &server);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	err = find_zone(lookup, &server, op);
	if (err != ERR_OK)
		return err;
	add_present(op, &server);
	for (size_t i = 0; i < op->server->part_count; i++) {
		struct server_part *part = &op->server->parts[i];
		err = cover_part(lookup, part);
		if (err != ERR_OK)
			return err;
		if (part->bound_count == 0 && needs_grant(part, &server))
			return ERR_NOT_PERMITTED;
	}
	return ERR_OK;
}

void permit_server_entries(const struct token *token, struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->entry_count; i++) {
		struct server_entry *entry = &outcome->entries[i];
		if (entry->kind != SERVER_RECORD && !policy_may_read(token, &entry->zone,
		                                            &entry->rrset.owner, entry->rrset.type))
			entry->rrset.count = 0;
	}
}
