/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/codec.h"

#include <string.h>

void codec_put_string(struct buf *buf, const char *string)
{
	size_t length = string == NULL ? 0 : strlen(string);
	buf_put_u32(buf, (uint32_t)length);
	if (length > 0)
		buf_put(buf, string, length);
}

const char *codec_get_string(struct arena *arena, struct decoder *decoder)
{
	uint32_t length = decoder_u32(decoder);
	const uint8_t *bytes = decoder_bytes(decoder, length);
	if (bytes == NULL || memchr(bytes, '\0', length) != NULL) {
		decoder->failed = true;
		return "";
	}
	char *string = arena_dup(arena, bytes, length);
	if (string == NULL) {
		decoder->failed = true;
		return "";
	}
	return string;
}

void codec_put_name(struct buf *buf, const struct name *name)
{
	buf_put_u8(buf, name->length);
	buf_put(buf, name->wire, name->length);
}

void codec_get_name(struct decoder *decoder, struct name *ret_name)
{
	uint8_t length = decoder_u8(decoder);
	const uint8_t *wire = decoder_bytes(decoder, length);
	ret_name->length = 0;
	if (length > 0 && (wire == NULL || !name_parse_wire(wire, length, ret_name)))
		decoder->failed = true;
}

void codec_put_values(struct buf *buf, const struct rdata *values, size_t count)
{
	buf_put_u32(buf, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		buf_put_u16(buf, values[i].length);
		buf_put(buf, values[i].bytes, values[i].length);
		buf_put_u64(buf, (uint64_t)values[i].expires_ms);
	}
}

struct rdata *codec_get_values(
        struct arena *arena, struct decoder *decoder, uint16_t type, size_t *ret_count)
{
	uint32_t count = decoder_u32(decoder);
	*ret_count = 0;
	if (decoder->failed || count == 0)
		return NULL;
	struct rdata *values =
	        count > RRSET_VALUES_MAX ? NULL : arena_calloc(arena, count, sizeof(*values));
	if (values == NULL) {
		decoder->failed = true;
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		values[i].length = decoder_u16(decoder);
		values[i].bytes = decoder_bytes(decoder, values[i].length);
		values[i].expires_ms = (int64_t)decoder_u64(decoder);
		if (decoder->failed || values[i].expires_ms < 0 ||
		        !rdata_is_valid(type, values[i].bytes, values[i].length) ||
		        (i > 0 && rdata_compare(&values[i - 1], &values[i]) >= 0)) {
			decoder->failed = true;
			return NULL;
		}
	}
	*ret_count = count;
	return values;
}

void codec_put_rrset(struct buf *buf, const struct rrset *rrset)
{
	codec_put_name(buf, &rrset->owner);
	buf_put_u16(buf, rrset->type);
	buf_put_u32(buf, rrset->ttl_s);
	codec_put_values(buf, rrset->values, rrset->count);
}

void codec_get_rrset(struct arena *arena, struct decoder *decoder, struct rrset *ret_rrset)
{
	codec_get_name(decoder, &ret_rrset->owner);
	ret_rrset->type = decoder_u16(decoder);
	ret_rrset->ttl_s = decoder_u32(decoder);
	if (ret_rrset->ttl_s > TTL_MAX)
		decoder->failed = true;
	ret_rrset->values = codec_get_values(arena, decoder, ret_rrset->type, &ret_rrset->count);
}

enum err codec_end(const struct decoder *decoder)
{
	return decoder_is_done(decoder) ? ERR_OK : ERR_BAD_REQUEST;
}
