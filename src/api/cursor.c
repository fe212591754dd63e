/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/cursor.h"

#include <string.h>

#include "core/buf.h"
#include "core/secret.h"

#define CURSOR_VERSION   1
#define CURSOR_BYTES_MAX (1 + 2 * (1 + NAME_WIRE_MAX) + 2 + 4 + 1)

const char *cursor_render(struct arena *arena, const struct record_position *position)
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
	char *text = arena_alloc(arena, 2 * buf.length + 1);
	if (text != NULL)
		hex_render(packed, buf.length, text);
	return text;
}

static bool cursor_parse_name(struct decoder *decoder, struct name *ret_name)
{
	uint8_t length = decoder_u8(decoder);
	const uint8_t *wire = decoder_bytes(decoder, length);
	return wire != NULL && (length == 0 || name_parse_wire(wire, length, ret_name));
}

enum err cursor_parse(const char *text, struct record_position *ret_position)
{
	uint8_t packed[CURSOR_BYTES_MAX];
	size_t text_length = strlen(text);
	if (text_length % 2 != 0 || text_length / 2 > sizeof(packed) ||
	        !hex_parse(text, text_length, packed, text_length / 2))
		return ERR_BAD_REQUEST;
	struct decoder decoder;
	decoder_init(&decoder, packed, text_length / 2);
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
