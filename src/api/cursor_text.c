/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/cursor_text.h"

#include <string.h>

#define PACKED_MAX (1 + CURSOR_TEXT_MAX)

const char *cursor_text_render(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES],
        char list, const char *position)
{
	uint8_t packed[PACKED_MAX];
	uint8_t sealed[PACKED_MAX + SEAL_EXTRA_BYTES];
	size_t length = strlen(position);
	if (length > CURSOR_TEXT_MAX)
		return NULL;
	packed[0] = (uint8_t)list;
	memcpy(packed + 1, position, length);
	secret_seal(key, packed, 1 + length, sealed);
	char *text = arena_alloc(arena, 2 * (1 + length + SEAL_EXTRA_BYTES) + 1);
	if (text != NULL)
		hex_render(sealed, 1 + length + SEAL_EXTRA_BYTES, text);
	return text;
}

enum err cursor_text_parse(struct arena *arena, const uint8_t key[static SEAL_KEY_BYTES], char list,
        const char *text, const char **ret_position)
{
	uint8_t packed[PACKED_MAX];
	uint8_t sealed[PACKED_MAX + SEAL_EXTRA_BYTES];
	size_t length = strlen(text) / 2;
	if (length > sizeof(sealed) || length <= SEAL_EXTRA_BYTES ||
	        !hex_parse(text, strlen(text), sealed, length) ||
	        !secret_unseal(key, sealed, length, packed) || packed[0] != (uint8_t)list)
		return ERR_BAD_REQUEST;
	const char *position = arena_dup(arena, packed + 1, length - SEAL_EXTRA_BYTES - 1);
	if (position == NULL)
		return ERR_TOO_LARGE;
	*ret_position = position;
	return ERR_OK;
}
