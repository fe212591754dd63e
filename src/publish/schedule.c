/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/schedule.h"

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t schedule_rested_ms(int64_t ended_ms, int64_t cost_ms)
{
	return ended_ms + SCHEDULE_REST_FACTOR * cost_ms;
}

void schedule_mark(struct schedule *schedule, int64_t now_ms)
{
	if (!schedule->is_dirty)
		schedule->marked_ms = now_ms;
	schedule->is_dirty = true;
}

int64_t schedule_due_ms(const struct schedule *schedule)
{
	if (!schedule->is_dirty)
		return INT64_MAX;
	return most(schedule->not_before_ms, schedule->marked_ms);
}

void schedule_done(struct schedule *schedule, int64_t started_ms, int64_t ended_ms, int64_t cost_ms,
        int64_t interval_ms)
{
	schedule->is_dirty = false;
	schedule->failures = 0;
	schedule->not_before_ms =
	        most(started_ms + interval_ms, schedule_rested_ms(ended_ms, cost_ms));
}

void schedule_failed(struct schedule *schedule, int64_t now_ms, uint32_t random)
{
	schedule->is_dirty = true;
	schedule->failures++;
	schedule->not_before_ms = now_ms + backoff_ms(schedule->failures, SCHEDULE_RETRY_MS,
	                                           SCHEDULE_MOST_MS, random);
}

int64_t backoff_ms(unsigned failures, int64_t first_ms, int64_t most_ms, uint32_t random)
{
	int64_t wait_ms = first_ms;
	for (unsigned i = 1; i < failures && wait_ms < most_ms; i++)
		wait_ms *= 2;
	if (wait_ms > most_ms)
		wait_ms = most_ms;
	return wait_ms - (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
}
