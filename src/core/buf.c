/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_ROOM_BYTES 512

void buf_init(struct buf *buf, struct arena *arena, size_t ceiling_bytes)
{
	*buf = (struct buf){ .arena = arena, .ceiling_bytes = ceiling_bytes };
}

void buf_init_fixed(struct buf *buf, void *memory, size_t room_bytes)
{
	*buf = (struct buf){ .bytes = memory, .room = room_bytes, .ceiling_bytes = room_bytes };
}

static bool buf_grow(struct buf *buf, size_t needed_bytes)
{
	size_t room = buf->room > 0 ? buf->room : FIRST_ROOM_BYTES;
	while (room < needed_bytes)
		room *= 2;
	if (room > buf->ceiling_bytes)
		room = buf->ceiling_bytes;
	if (buf->arena == NULL || room < needed_bytes)
		return false;
	char *bytes = arena_alloc(buf->arena, room);
	if (bytes == NULL)
		return false;
	if (buf->length > 0)
		memcpy(bytes, buf->bytes, buf->length);
	buf->bytes = bytes;
	buf->room = room;
	return true;
}

/* Room for length more bytes and a final NUL, or NULL with the buffer marked full. */
static char *buf_reserve(struct buf *buf, size_t length)
{
	if (buf->full || length >= buf->ceiling_bytes ||
	        buf->length > buf->ceiling_bytes - length - 1) {
		buf->full = true;
		return NULL;
	}
	size_t needed_bytes = buf->length + length + 1;
	if (needed_bytes > buf->room && !buf_grow(buf, needed_bytes)) {
		buf->full = true;
		return NULL;
	}
	return buf->bytes + buf->length;
}

void buf_put(struct buf *buf, const void *bytes, size_t length)
{
	char *place = buf_reserve(buf, length);
	if (place == NULL || length == 0)
		return;
	memcpy(place, bytes, length);
	buf->length += length;
}

void buf_put_string(struct buf *buf, const char *string)
{
	buf_put(buf, string, strlen(string));
}

void buf_put_char(struct buf *buf, char character)
{
	char *place = buf_reserve(buf, 1);
	if (place == NULL)
		return;
	*place = character;
	buf->length++;
}

void buf_put_uint(struct buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_put(buf, digits + at, sizeof(digits) - at);
}

void buf_put_int(struct buf *buf, int64_t number)
{
	if (number < 0)
		buf_put_char(buf, '-');
	buf_put_uint(buf, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	char *place = length < 0 ? NULL : buf_reserve(buf, (size_t)length);
	if (place == NULL) {
		buf->full = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(place, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buf->length += (size_t)length;
}

static void buf_put_big_endian(struct buf *buf, uint64_t number, size_t width)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
	buf_put(buf, bytes, width);
}

void buf_put_u8(struct buf *buf, uint8_t number)
{
	buf_put_big_endian(buf, number, 1);
}

void buf_put_u16(struct buf *buf, uint16_t number)
{
	buf_put_big_endian(buf, number, 2);
}

void buf_put_u32(struct buf *buf, uint32_t number)
{
	buf_put_big_endian(buf, number, 4);
}

void buf_put_u64(struct buf *buf, uint64_t number)
{
	buf_put_big_endian(buf, number, 8);
}

bool buf_is_full(const struct buf *buf)
{
	return buf->full;
}

const char *buf_string(struct buf *buf)
{
	char *place = buf_reserve(buf, 0);
	if (place == NULL)
		return NULL;
	*place = '\0';
	return buf->bytes;
}

void decoder_init(struct decoder *decoder, const void *bytes, size_t length)
{
	*decoder = (struct decoder){ .bytes = bytes, .length = length };
}

const uint8_t *decoder_bytes(struct decoder *decoder, size_t length)
{
	if (decoder->failed || decoder->length - decoder->at < length) {
		decoder->failed = true;
		return NULL;
	}
	const uint8_t *bytes = decoder->bytes + decoder->at;
	decoder->at += length;
	return bytes;
}

static uint64_t decoder_big_endian(struct decoder *decoder, size_t width)
{
	const uint8_t *bytes = decoder_bytes(decoder, width);
	uint64_t number = 0;
	for (size_t i = 0; bytes != NULL && i < width; i++)
		number = number << 8 | bytes[i];
	return number;
}

uint8_t decoder_u8(struct decoder *decoder)
{
	return (uint8_t)decoder_big_endian(decoder, 1);
}

uint16_t decoder_u16(struct decoder *decoder)
{
	return (uint16_t)decoder_big_endian(decoder, 2);
}

uint32_t decoder_u32(struct decoder *decoder)
{
	return (uint32_t)decoder_big_endian(decoder, 4);
}

uint64_t decoder_u64(struct decoder *decoder)
{
	return decoder_big_endian(decoder, 8);
}

bool decoder_is_done(const struct decoder *decoder)
{
	return !decoder->failed && decoder->at == decoder->length;
}
