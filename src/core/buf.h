/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A text or byte buffer that grows inside an arena up to its own ceiling. Overflow is sticky: put
 * what there is to put, then ask once with buf_is_full.
 */
#ifndef COREGATE_CORE_BUF_H
#define COREGATE_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

struct buf {
	struct arena *arena;
	char *bytes;
	size_t length;
	size_t room;
	size_t ceiling_bytes;
	bool full;
};

/* An empty buffer that may grow to ceiling_bytes in arena. */
void buf_init(struct buf *buf, struct arena *arena, size_t ceiling_bytes);

/* An empty buffer over room_bytes of the caller's memory; it does not grow. */
void buf_init_fixed(struct buf *buf, void *memory, size_t room_bytes);

/* Each appends; past the ceiling nothing is appended and the buffer is full for good. */
void buf_put(struct buf *buf, const void *bytes, size_t length);
void buf_put_string(struct buf *buf, const char *string);
void buf_put_char(struct buf *buf, char character);
void buf_put_uint(struct buf *buf, uint64_t number);
void buf_put_int(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Big-endian integers, for binary messages. */
void buf_put_u8(struct buf *buf, uint8_t number);
void buf_put_u16(struct buf *buf, uint16_t number);
void buf_put_u32(struct buf *buf, uint32_t number);
void buf_put_u64(struct buf *buf, uint64_t number);

/* True when something did not fit. */
bool buf_is_full(const struct buf *buf);

/* The content as a NUL-terminated string inside the buffer, valid until the next put;
 * NULL when the buffer is full. */
const char *buf_string(struct buf *buf);

/* Reads back what buf_put_u* wrote. Past the end every read gives zero and `failed` stays set. */
struct decoder {
	const uint8_t *bytes;
	size_t length;
	size_t at;
	bool failed;
};

void decoder_init(struct decoder *decoder, const void *bytes, size_t length);
uint8_t decoder_u8(struct decoder *decoder);
uint16_t decoder_u16(struct decoder *decoder);
uint32_t decoder_u32(struct decoder *decoder);
uint64_t decoder_u64(struct decoder *decoder);
/* length bytes in place, or NULL past the end. */
const uint8_t *decoder_bytes(struct decoder *decoder, size_t length);
/* True when everything was read and nothing failed. */
bool decoder_is_done(const struct decoder *decoder);

#endif
