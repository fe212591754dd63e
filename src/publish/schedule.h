/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When a zone is published: decisions only, time is an argument (milliseconds of the steady clock).
 *
 * The first change of a quiet zone goes out at once; what follows within the interval is gathered.
 * A rendering that took d is followed by a rest of 4·d, so that one zone takes a fifth of a core at
 * most; large zones share one such rest (see ledger.h). After failures the zone waits, each time
 * twice as long, with jitter.
 */
#ifndef COREGATE_PUBLISH_SCHEDULE_H
#define COREGATE_PUBLISH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_REST_FACTOR 4
#define SCHEDULE_RETRY_MS    100
#define SCHEDULE_MOST_MS     5000

struct schedule {
	bool is_dirty;
	unsigned failures;     /* in a row */
	int64_t marked_ms;     /* since when it is dirty */
	int64_t not_before_ms; /* rest after a rendering, or wait after a failure */
};

/* There is something new. */
void schedule_mark(struct schedule *schedule, int64_t now_ms);

/* When the zone is to be published, not before it was marked: of zones that may go now the one that
 * has waited longest is due first. INT64_MAX when there is nothing new. */
int64_t schedule_due_ms(const struct schedule *schedule);

/* A publication that began at started_ms and cost cost_ms of work is done; what was marked since it
 * began must be marked again by the caller. */
void schedule_done(struct schedule *schedule, int64_t started_ms, int64_t ended_ms, int64_t cost_ms,
        int64_t interval_ms);

/* Until when to rest after work of cost_ms that ended at ended_ms. */
int64_t schedule_rested_ms(int64_t ended_ms, int64_t cost_ms);

/* It failed at now_ms; the zone stays dirty. random: any number, for jitter. */
void schedule_failed(struct schedule *schedule, int64_t now_ms, uint32_t random);

/* The wait after so many failures in a row (at least 1): first_ms doubled each time up to most_ms,
 * of which a random part of up to a half is taken off. */
int64_t backoff_ms(unsigned failures, int64_t first_ms, int64_t most_ms, uint32_t random);

#endif
