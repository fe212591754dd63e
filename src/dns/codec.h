/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pieces that changes and outcomes are packed from. Internal to dns/.
 */
#ifndef COREGATE_DNS_CODEC_H
#define COREGATE_DNS_CODEC_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/rrset.h"

/* A string as 32-bit length and bytes; NULL is packed as "". */
void codec_put_string(struct buf *buf, const char *string);

/* NUL-terminated in the arena. Marks the decoder failed for a string that holds a NUL octet or when
 * the arena is full. Never NULL. */
const char *codec_get_string(struct arena *arena, struct decoder *decoder);

/* A name as 8-bit length and wire form; length 0: no name. */
void codec_put_name(struct buf *buf, const struct name *name);
void codec_get_name(struct decoder *decoder, struct name *ret_name);

/* Values as 32-bit count, then of each the 16-bit length, the octets and the 64-bit time when it
 * expires. Read back they point into the message; each must be valid for the type, and all sorted
 * without duplicates. */
void codec_put_values(struct buf *buf, const struct rdata *values, size_t count);
struct rdata *codec_get_values(
        struct arena *arena, struct decoder *decoder, uint16_t type, size_t *ret_count);

/* Owner, type, TTL, values. */
void codec_put_rrset(struct buf *buf, const struct rrset *rrset);
void codec_get_rrset(struct arena *arena, struct decoder *decoder, struct rrset *ret_rrset);

/* ERR_OK when everything was read, else ERR_BAD_REQUEST. */
MUST_CHECK enum err codec_end(const struct decoder *decoder);

#endif
