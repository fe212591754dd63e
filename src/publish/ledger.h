/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the publisher knows of each zone, and which zone is next. Data and decisions only; time is
 * an argument (milliseconds of the steady clock).
 */
#ifndef COREGATE_PUBLISH_LEDGER_H
#define COREGATE_PUBLISH_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/zone.h"
#include "publish/board.h"
#include "publish/heap.h"
#include "publish/schedule.h"

/* A zone with so many records is rendered in steps, between which small ones have their turn. All
 * such zones share one budget, a fifth of a core, which goes to the zone that waits longest. */
#define LEDGER_LARGE_RECORDS 10000u

#define LEDGER_MARKS   16u
#define LEDGER_MARK_MS 25 /* changes closer to each other than this share a mark */

enum ledger_queue {
	LEDGER_SMALL,   /* zones with something new, and zones that are gone */
	LEDGER_LARGE,   /* large zones */
	LEDGER_COMPARE, /* small zones whose file is only to be compared with the store */
	LEDGER_QUEUE__MAX
};

/* A change that waits to be served everywhere. */
struct ledger_mark {
	uint32_t serial;
	int64_t at_ms;
};

struct ledger_zone {
	struct heap_node work;    /* in its queue, by when it is due */
	struct heap_node pending; /* by the oldest mark */
	struct ledger_zone *next_in_bucket;
	struct ledger_zone *next; /* all zones, a ring */
	struct ledger_zone *previous;
	struct board_zone seen; /* as the board shows it; seen.name is the key */
	uint64_t revision;      /* the newest seen in the store */
	uint64_t record_count;
	bool is_gone;      /* not in the store any more */
	bool must_compare; /* the file may not be what it should be */
	bool needs_watch;  /* CoreDNS should be asked, but there was no room */
	bool is_listed;    /* for a full scan */
	struct schedule schedule;
	unsigned mark_count;
	struct ledger_mark marks[LEDGER_MARKS]; /* oldest first */
};

struct ledger {
	struct heap queues[LEDGER_QUEUE__MAX];
	struct heap pending;
	int64_t large_rested_ms; /* no large zone before */
	struct ledger_zone **buckets;
	struct ledger_zone *any; /* somewhere in the ring; NULL: no zones */
	size_t count;
};

/* False when memory is out. */
MUST_CHECK bool ledger_init(struct ledger *ledger);
void ledger_fini(struct ledger *ledger);

/* NULL when it is not known. */
struct ledger_zone *ledger_find(const struct ledger *ledger, const struct name *name);

/* The zone of that name, a new one if needed; NULL when memory is out. */
struct ledger_zone *ledger_put(struct ledger *ledger, const struct name *name);

/* Forgets a zone. */
void ledger_drop(struct ledger *ledger, struct ledger_zone *zone);

/* The store has this version of the zone: what is new is queued and marked. */
void ledger_note_stored(
        struct ledger *ledger, struct ledger_zone *zone, const struct zone *stored, int64_t now_ms);

/* The zone is gone from the store: its removal is queued and marked. */
void ledger_note_gone(struct ledger *ledger, struct ledger_zone *zone, int64_t now_ms);

/* The file may be wrong: comparing it is queued. */
void ledger_note_doubt(struct ledger *ledger, struct ledger_zone *zone, int64_t now_ms);

/* Puts a zone where its schedule says, after that was changed. */
void ledger_queue(struct ledger *ledger, struct ledger_zone *zone);

/* Work of cost_ms for a large zone ended: the next one waits until the budget allows it. */
void ledger_spend(struct ledger *ledger, int64_t ended_ms, int64_t cost_ms);

/* The zone of a queue that is due first, if it is due now; it stays queued. */
struct ledger_zone *ledger_next(
        const struct ledger *ledger, enum ledger_queue queue, int64_t now_ms);

/* When the next zone of any queue is due; INT64_MAX: none. */
int64_t ledger_due_ms(const struct ledger *ledger);

/* Drops the marks that seen.published_serial and all of the server_count servers have reached; the
 * board counts each with its age. */
void ledger_settle(struct ledger *ledger, struct ledger_zone *zone, size_t server_count,
        int64_t now_ms, struct board *board);

/* Zones with marks, and the time of the oldest mark (0 when there is none). */
size_t ledger_pending(const struct ledger *ledger, int64_t *ret_since_ms);

#endif
