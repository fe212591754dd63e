/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The op of a change that imports a zone, as it travels to the writer. A large import comes in
 * steps: slices of rows that nobody sees, and then the switch to them.
 */
#ifndef COREGATE_DNS_CHANGE_IMPORT_H
#define COREGATE_DNS_CHANGE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "dns/name.h"
#include "dns/rrset.h"

struct change;
struct outcome;

/* What an import does, in RRsets, and how many records the file has. */
struct import_counts {
	uint32_t records;
	uint32_t created;
	uint32_t updated;
	uint32_t deleted;
	uint32_t unchanged;
};

enum import_step {
	IMPORT_SMALL,  /* the other ops of the change are all of it */
	IMPORT_BEGIN,  /* the outcome has the import's id */
	IMPORT_SLICE,  /* more rows for it */
	IMPORT_SWITCH, /* the last rows; then the zone is made of all of them */
	IMPORT_GIVE_UP,
	IMPORT_STEP__MAX
};

struct import_order {
	enum import_step step;
	uint64_t id;         /* the number that its change will have */
	uint64_t revision;   /* the zone must be at it; 0: at any */
	uint32_t zone_count; /* zones below this one: so many there must be */
	struct import_counts counts;
	const uint8_t *rows; /* see import_row_pack */
	size_t length;
};

/* One row of a slice: an RRset as it will be, and what was there when it becomes another. */
struct import_row {
	bool is_changed;
	bool is_again; /* it was in a slice before, and that does not count */
	struct name owner;
	uint64_t revision;   /* of an RRset that is not changed */
	struct rrset before; /* type and, of a change, what was there */
	struct rrset after;  /* count 0: nothing */
};

void import_row_pack(struct buf *buf, const struct import_row *row);

/* False when the decoder failed: a row that is not well formed, or the arena is full. */
bool import_row_parse(struct arena *arena, struct decoder *decoder, struct import_row *ret_row);

void import_order_pack(struct buf *buf, const struct import_order *order);
struct import_order *import_order_parse(struct arena *arena, struct decoder *decoder);

/* The order of a change that is an import, or a step of one; NULL: it is none. */
const struct import_order *change_find_import(const struct change *change);

/* A step before the last one: nothing comes of it yet that anybody could see. */
bool change_is_import_step(const struct change *change);

/* What an outcome tells of an import; nothing when it is none. */
void import_result_pack(struct buf *buf, const struct outcome *outcome);
void import_result_parse(struct decoder *decoder, struct outcome *outcome);

#endif
