/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TXT RDATA (RFC 1035 section 3.3.14) and the two ways to spell it: plain text, and one or more
 * quoted strings with escapes (presentation format).
 */
#ifndef COREGATE_DNS_TXT_H
#define COREGATE_DNS_TXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/rdata.h"

/* Parses a value: presentation format when it begins with a quotation mark, otherwise the text
 * itself (UTF-8 without control characters), split at 255 octets. ERR_INVALID_RECORD with a static
 * *ret_detail, ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err txt_parse(struct arena *arena, const char *text, size_t length,
        struct rdata *ret_rdata, const char **ret_detail);

/* Appends plain text where parsing it gives the same bytes, else presentation format. */
void txt_render(struct buf *buf, const struct rdata *rdata);

/* Appends presentation format; everything outside 0x20…0x7e as \DDD. */
void txt_render_quoted(struct buf *buf, const struct rdata *rdata);

/* The longest string, in characters as txt_render_quoted writes it, without its quotation marks. */
size_t txt_longest_string(const struct rdata *rdata);

#endif
