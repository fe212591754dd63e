/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/change_import.h"

#include <string.h>

#include "dns/change.h"
#include "dns/codec.h"
#include "dns/type.h"

#define ROW_CHANGED 1u
#define ROW_AGAIN   2u

static void counts_pack(struct buf *buf, const struct import_counts *counts)
{
	buf_put_u32(buf, counts->records);
	buf_put_u32(buf, counts->created);
	buf_put_u32(buf, counts->updated);
	buf_put_u32(buf, counts->deleted);
	buf_put_u32(buf, counts->unchanged);
}

static struct import_counts counts_parse(struct decoder *decoder)
{
	struct import_counts counts;
	counts.records = decoder_u32(decoder);
	counts.created = decoder_u32(decoder);
	counts.updated = decoder_u32(decoder);
	counts.deleted = decoder_u32(decoder);
	counts.unchanged = decoder_u32(decoder);
	return counts;
}

/* ---- rows ---- */

void import_row_pack(struct buf *buf, const struct import_row *row)
{
	const struct rrset *present = row->after.count > 0 ? &row->after : &row->before;
	buf_put_u8(buf,
	        (uint8_t)((row->is_changed ? ROW_CHANGED : 0) | (row->is_again ? ROW_AGAIN : 0)));
	codec_put_name(buf, &row->owner);
	buf_put_u16(buf, present->type);
	buf_put_u64(buf, row->revision);
	buf_put_u32(buf, row->after.ttl_s);
	codec_put_values(buf, row->after.values, row->after.count);
	if (!row->is_changed)
		return;
	buf_put_u32(buf, row->before.ttl_s);
	codec_put_values(buf, row->before.values, row->before.count);
}

static void side_parse(
        struct arena *arena, struct decoder *decoder, uint16_t type, struct rrset *rrset)
{
	rrset->type = type;
	rrset->ttl_s = decoder_u32(decoder);
	rrset->values = codec_get_values(arena, decoder, type, &rrset->count);
	decoder->failed |= rrset->ttl_s > TTL_MAX;
}

bool import_row_parse(struct arena *arena, struct decoder *decoder, struct import_row *ret_row)
{
	const char *detail;
	uint8_t flags = decoder_u8(decoder);
	*ret_row = (struct import_row){
		.is_changed = (flags & ROW_CHANGED) != 0,
		.is_again = (flags & ROW_AGAIN) != 0,
	};
	codec_get_name(decoder, &ret_row->owner);
	uint16_t type = decoder_u16(decoder);
	ret_row->revision = decoder_u64(decoder);
	side_parse(arena, decoder, type, &ret_row->after);
	ret_row->before.type = type;
	if (ret_row->is_changed)
		side_parse(arena, decoder, type, &ret_row->before);
	if (ret_row->owner.length == 0 || (type != TYPE_SOA && !type_is_writable(type, &detail)))
		decoder->failed = true;
	ret_row->after.owner = ret_row->owner;
	ret_row->before.owner = ret_row->owner;
	return !decoder->failed;
}

/* ---- the op ---- */

void import_order_pack(struct buf *buf, const struct import_order *order)
{
	buf_put_u8(buf, (uint8_t)order->step);
	buf_put_u64(buf, order->id);
	buf_put_u64(buf, order->revision);
	buf_put_u32(buf, order->zone_count);
	counts_pack(buf, &order->counts);
	buf_put_u32(buf, (uint32_t)order->length);
	buf_put(buf, order->rows, order->length);
}

struct import_order *import_order_parse(struct arena *arena, struct decoder *decoder)
{
	struct import_order *order = arena_alloc(arena, sizeof(*order));
	if (order == NULL) {
		decoder->failed = true;
		return NULL;
	}
	uint8_t step = decoder_u8(decoder);
	decoder->failed |= step >= IMPORT_STEP__MAX;
	order->step = step;
	order->id = decoder_u64(decoder);
	order->revision = decoder_u64(decoder);
	order->zone_count = decoder_u32(decoder);
	order->counts = counts_parse(decoder);
	order->length = decoder_u32(decoder);
	order->rows = decoder_bytes(decoder, order->length);
	return order;
}

const struct import_order *change_find_import(const struct change *change)
{
	return change->op_count > 0 && change->ops[0].kind == OP_IMPORT ? change->ops[0].import
	                                                                : NULL;
}

bool change_is_import_step(const struct change *change)
{
	const struct import_order *order = change_find_import(change);
	return order != NULL && order->step != IMPORT_SMALL && order->step != IMPORT_SWITCH;
}

/* ---- the outcome: what is kept of others, of now and of before, has nothing there ---- */

void import_result_pack(struct buf *buf, const struct outcome *outcome)
{
	if (!outcome->is_import)
		return;
	buf_put_u64(buf, outcome->import_id);
	counts_pack(buf, &outcome->import);
}

void import_result_parse(struct decoder *decoder, struct outcome *outcome)
{
	if (decoder->failed || decoder->at == decoder->length)
		return;
	outcome->is_import = true;
	outcome->import_id = decoder_u64(decoder);
	outcome->import = counts_parse(decoder);
}
