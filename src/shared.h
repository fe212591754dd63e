/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all processes of the service share: made by the supervisor before it forks, inherited by
 * every child and by every child's successor.
 */
#ifndef COREGATE_SHARED_H
#define COREGATE_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/err.h"
#include "core/metrics.h"
#include "core/secret.h"
#include "limit/limit.h"
#include "publish/board.h"
#include "search/index.h"

/* The writer's own few words, and the key of cursors. */
struct shared_state {
	_Atomic uint64_t revocation_generation; /* moves after each committed revocation */
	_Atomic uint64_t zones_generation;      /* moves after zones were added or dropped */
	_Atomic int64_t writer_beat_ms;         /* steady clock of the writer's last turn */
	_Atomic int64_t writer_failing_ms;  /* wall clock since when commits fail; 0: they work */
	_Atomic uint32_t log_copied;        /* of the store's log, in frames; by the copier */
	_Atomic uint64_t index_epoch;       /* moves before a zone changes as a whole */
	_Atomic uint64_t indexed_epoch;     /* the index of searches was made since this one */
	uint8_t cursor_key[SEAL_KEY_BYTES]; /* random; cursors are good until the service ends */
};

/* The writer takes a turn at least this often; three missed ones and it counts as dead. */
#define WRITER_BEAT_MS 1000

struct shared {
	struct shared_state *state;
	struct metrics *metrics;
	struct limit_table *limits;
	struct board *board;
	struct search_index *index; /* NULL where the system does not give that much room */
	int log_fd;                 /* eventfd: the writer adds to it when the copier has work */
	int wake_fd; /* eventfd: the writer adds to it after each commit, the publisher waits on it
	              */
};

/* Maps the memory and lays it out; to be called after secret_init. rate_slots: room of the rate
 * table. ERR_UNAVAILABLE with errno. It lives as long as the service. */
MUST_CHECK enum err shared_open(size_t rate_slots, struct shared *ret_shared);

#endif
