/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An import on its way: the sorted records of a file beside the RRsets of the zone, both in
 * canonical order, and what comes of each pair. One walk through both is a pass.
 */
#ifndef COREGATE_IMPORT_H
#define COREGATE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/faults.h"
#include "dns/change.h"
#include "dns/zone.h"
#include "dns/zone_text.h"
#include "import_rules.h"
#include "store/reader.h"

struct import {
	struct reader *reader;
	struct arena *arena;
	struct arena *scratch; /* one pair at a time */
	struct faults *faults;
	const struct zone_text *text;
	struct zone zone; /* as it was when the pass began, */
	uint64_t head;    /* at this change of the store */
	bool is_replace;
	size_t child_count; /* zones below this one: what they hold is theirs */
	struct name *children;
	size_t child; /* the next one that a pass can come to */
	bool has_apex_ns;
	struct import_counts counts;
	struct import_rules rules;
	bool checks; /* rules are held; a second pass over the same need not */
};

/* What comes of an RRset; lives until the sink returns. */
struct import_effect {
	enum effect_action action; /* EFFECT_NONE: it stays as it is */
	uint64_t revision;         /* of what is there */
	uint32_t line;             /* of the file; 0: the file has it not */
	struct rrset before;
	struct rrset after;
};

/* Takes one effect. False: it is full; the pass stops behind this one and can be gone on with. */
typedef bool import_sink(void *context, const struct import_effect *effect);

/* A pass: where it is. */
struct import_walk {
	size_t at; /* the next RRset of the file */
	struct record_position from;
	bool is_over; /* nothing is left of the zone */
	bool is_full; /* the sink said so */
	bool is_end;
	uint64_t revision; /* of the zone when it was looked at last */
};

/* Finds the zone and those below it. Within a snapshot of the reader. ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err import_look_at_zone(struct import *import, const struct name *zone);

/* Begins a pass: counts start anew. */
void import_walk_init(struct import *import, struct import_walk *ret_walk);

/* Goes on, until the sink is full or walk->is_end. Faults are noted and it goes on. ERR_CONFLICT:
 * the zone went away. */
MUST_CHECK enum err import_walk_some(
        struct import *import, struct import_walk *walk, import_sink *sink, void *context);

/* What comes of one RRset of the zone as it is now; its line is 0 when the file has none. */
MUST_CHECK enum err import_look_at(struct import *import, const struct name *owner, uint16_t type,
        import_sink *sink, void *context);

#endif
