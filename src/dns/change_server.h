/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of changes and outcomes that concern servers, as bytes and back. Internal to dns/.
 */
#ifndef COREGATE_DNS_CHANGE_SERVER_H
#define COREGATE_DNS_CHANGE_SERVER_H

#include "dns/change.h"

/* Bounds as 8-bit count and each. Returns how many there are. */
void bounds_pack(struct buf *buf, const struct bound *bounds, size_t count);
size_t bounds_parse(struct decoder *decoder, struct bound ret_bounds[static OP_BOUNDS_MAX]);

/* NULL marks the decoder failed: not well formed, or the arena is full. */
void server_order_pack(struct buf *buf, const struct server_order *order);
struct server_order *server_order_parse(struct arena *arena, struct decoder *decoder);

/* The hostname's A and AAAA come first, one of them with a value. */
bool server_order_is_complete(const struct op *op);

void server_entries_pack(struct buf *buf, const struct outcome *outcome);
void server_entries_parse(struct arena *arena, struct decoder *decoder, struct outcome *outcome);

#endif
