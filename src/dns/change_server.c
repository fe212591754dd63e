/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/change_server.h"

#include "dns/codec.h"
#include "dns/type.h"

/* ---- bounds ---- */

static void bound_pack(struct buf *buf, const struct bound *bound)
{
	buf_put_u8(buf, bound->actions);
	buf_put_u32(buf, bound->ttl_min_s);
	buf_put_u32(buf, bound->ttl_max_s);
	buf_put_u32(buf, bound->values_max);
}

void bounds_pack(struct buf *buf, const struct bound *bounds, size_t count)
{
	buf_put_u8(buf, (uint8_t)count);
	for (size_t i = 0; i < count; i++)
		bound_pack(buf, &bounds[i]);
}

static void bound_parse(struct decoder *decoder, struct bound *ret_bound)
{
	ret_bound->actions = decoder_u8(decoder);
	ret_bound->ttl_min_s = decoder_u32(decoder);
	ret_bound->ttl_max_s = decoder_u32(decoder);
	ret_bound->values_max = decoder_u32(decoder);
	if ((ret_bound->actions & ~(EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE)) != 0)
		decoder->failed = true;
}

size_t bounds_parse(struct decoder *decoder, struct bound ret_bounds[static OP_BOUNDS_MAX])
{
	uint8_t count = decoder_u8(decoder);
	if (count > OP_BOUNDS_MAX)
		decoder->failed = true;
	for (size_t i = 0; !decoder->failed && i < count; i++)
		bound_parse(decoder, &ret_bounds[i]);
	return count;
}

/* ---- orders ---- */

void server_order_pack(struct buf *buf, const struct server_order *order)
{
	buf_put_u8(buf, order->is_move);
	buf_put_u8(buf, (uint8_t)order->on_conflict);
	buf_put_u8(buf, (uint8_t)order->ptr);
	buf_put_u8(buf, (uint8_t)order->part_count);
	for (size_t i = 0; i < order->part_count; i++) {
		const struct server_part *part = &order->parts[i];
		codec_put_name(buf, &part->zone);
		codec_put_rrset(buf, &part->rrset);
		bounds_pack(buf, part->bounds, part->bound_count);
	}
}

static bool part_is_complete(const struct server_part *part)
{
	uint16_t type = part->rrset.type;
	return (type == TYPE_A || type == TYPE_AAAA || type == TYPE_PTR) &&
	       part->rrset.owner.length > 0 &&
	       (part->zone.length == 0 || name_is_under(&part->rrset.owner, &part->zone));
}

struct server_order *server_order_parse(struct arena *arena, struct decoder *decoder)
{
	struct server_order *order = arena_calloc(arena, 1, sizeof(*order));
	struct server_part *parts = arena_calloc(arena, SERVER_PARTS_MAX, sizeof(*parts));
	uint8_t is_move = decoder_u8(decoder);
	uint8_t on_conflict = decoder_u8(decoder);
	uint8_t ptr = decoder_u8(decoder);
	uint8_t count = decoder_u8(decoder);
	if (order == NULL || parts == NULL || is_move > 1 ||
	        on_conflict > SERVER_CONFLICT_REPLACE || ptr > SERVER_PTR_ALWAYS ||
	        count > SERVER_PARTS_MAX) {
		decoder->failed = true;
		return NULL;
	}
	for (size_t i = 0; !decoder->failed && i < count; i++) {
		codec_get_name(decoder, &parts[i].zone);
		codec_get_rrset(arena, decoder, &parts[i].rrset);
		parts[i].bound_count = bounds_parse(decoder, parts[i].bounds);
		if (!part_is_complete(&parts[i]))
			decoder->failed = true;
	}
	*order = (struct server_order){ is_move, on_conflict, ptr, count, parts };
	return order;
}

bool server_order_is_complete(const struct op *op)
{
	const struct server_order *order = op->server;
	if (order->part_count < 2)
		return false;
	const struct rrset *a = &order->parts[0].rrset;
	const struct rrset *aaaa = &order->parts[1].rrset;
	return a->type == TYPE_A && aaaa->type == TYPE_AAAA && a->count + aaaa->count > 0 &&
	       name_is_equal(&a->owner, &op->rrset.owner) &&
	       name_is_equal(&aaaa->owner, &op->rrset.owner);
}

/* ---- entries of an outcome ---- */

void server_entries_pack(struct buf *buf, const struct outcome *outcome)
{
	buf_put_u8(buf, (uint8_t)outcome->server_result);
	buf_put_u32(buf, (uint32_t)outcome->entry_count);
	for (size_t i = 0; i < outcome->entry_count; i++) {
		buf_put_u8(buf, (uint8_t)outcome->entries[i].kind);
		codec_put_name(buf, &outcome->entries[i].zone);
		codec_put_rrset(buf, &outcome->entries[i].rrset);
	}
}

void server_entries_parse(struct arena *arena, struct decoder *decoder, struct outcome *outcome)
{
	uint8_t result = decoder_u8(decoder);
	uint32_t count = decoder_u32(decoder);
	if (result >= SERVER_RESULT__MAX || count > 2 * SERVER_PARTS_MAX) {
		decoder->failed = true;
		return;
	}
	outcome->server_result = result;
	outcome->entries = arena_calloc(arena, (size_t)count + 1, sizeof(*outcome->entries));
	if (outcome->entries == NULL)
		decoder->failed = true;
	for (uint32_t i = 0; !decoder->failed && i < count; i++) {
		uint8_t kind = decoder_u8(decoder);
		if (kind >= SERVER_ENTRY__MAX)
			decoder->failed = true;
		outcome->entries[i].kind = kind;
		codec_get_name(decoder, &outcome->entries[i].zone);
		codec_get_rrset(arena, decoder, &outcome->entries[i].rrset);
	}
	outcome->entry_count = count;
}
