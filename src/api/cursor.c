/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/cursor.h"

#include <string.h>

#include "core/buf.h"

#define CURSOR_VERSION   1
#define CURSOR_BYTES_MAX (1 + 2 * (1 + NAME_WIRE_MAX) + 2 + 4 + 1)

static const char *cursor_seal(
        struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES], const struct buf *packed)
{
	uint8_t sealed[CURSOR_BYTES_MAX + SEAL_EXTRA_BYTES];
	size_t length = packed->length + SEAL_EXTRA_BYTES;
	char *text = arena_alloc(arena, 2 * length + 1);
	if (text == NULL)
		return NULL;
	secret_seal(key, packed->bytes, packed->length, sealed);
	hex_render(sealed, length, text);
	return text;
}

static bool cursor_unseal(const char *text, const uint8_t key[static SEAL_KEY_BYTES],
        uint8_t ret_packed[static CURSOR_BYTES_MAX], struct decoder *ret_decoder)
{
	uint8_t sealed[CURSOR_BYTES_MAX + SEAL_EXTRA_BYTES];
	size_t length = strlen(text) / 2;
	if (length > sizeof(sealed) || !hex_parse(text, strlen(text), sealed, length) ||
	        !secret_unseal(key, sealed, length, ret_packed))
		return false;
	decoder_init(ret_decoder, ret_packed, length - SEAL_EXTRA_BYTES);
	return true;
}

const char *cursor_render(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        const struct record_position *position)
{
	uint8_t packed[CURSOR_BYTES_MAX];
	struct buf buf;
	buf_init_fixed(&buf, packed, sizeof(packed));
	buf_put_u8(&buf, CURSOR_VERSION);
	buf_put_u8(&buf, position->zone.length);
	buf_put(&buf, position->zone.wire, position->zone.length);
	buf_put_u8(&buf, position->owner.length);
	buf_put(&buf, position->owner.wire, position->owner.length);
	buf_put_u16(&buf, position->type);
	buf_put_u32(&buf, position->value_index);
	return cursor_seal(arena, key, &buf);
}

static bool cursor_parse_name(struct decoder *decoder, struct name *ret_name)
{
	uint8_t length = decoder_u8(decoder);
	const uint8_t *wire = decoder_bytes(decoder, length);
	return wire != NULL && (length == 0 || name_parse_wire(wire, length, ret_name));
}

enum err cursor_parse(const char *text, const uint8_t key[static SEAL_KEY_BYTES],
        struct record_position *ret_position)
{
	uint8_t packed[CURSOR_BYTES_MAX];
	struct decoder decoder;
	if (!cursor_unseal(text, key, packed, &decoder))
		return ERR_BAD_REQUEST;
	struct record_position position = { .is_set = true };
	if (decoder_u8(&decoder) != CURSOR_VERSION ||
	        !cursor_parse_name(&decoder, &position.zone) ||
	        !cursor_parse_name(&decoder, &position.owner))
		return ERR_BAD_REQUEST;
	position.type = decoder_u16(&decoder);
	position.value_index = decoder_u32(&decoder);
	if (!decoder_is_done(&decoder))
		return ERR_BAD_REQUEST;
	*ret_position = position;
	return ERR_OK;
}

const char *cursor_render_number(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        enum cursor_kind kind, uint64_t number)
{
	uint8_t packed[CURSOR_BYTES_MAX];
	struct buf buf;
	buf_init_fixed(&buf, packed, sizeof(packed));
	buf_put_u8(&buf, (uint8_t)kind);
	buf_put_u64(&buf, number);
	return cursor_seal(arena, key, &buf);
}

enum err cursor_parse_number(const char *text, const uint8_t key[static SEAL_KEY_BYTES],
        enum cursor_kind kind, uint64_t *ret_number)
{
	uint8_t packed[CURSOR_BYTES_MAX];
	struct decoder decoder;
	if (!cursor_unseal(text, key, packed, &decoder) || decoder_u8(&decoder) != kind)
		return ERR_BAD_REQUEST;
	uint64_t number = decoder_u64(&decoder);
	if (!decoder_is_done(&decoder))
		return ERR_BAD_REQUEST;
	*ret_number = number;
	return ERR_OK;
}
