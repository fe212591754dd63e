/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/schedule.h"

void schedule_mark(struct schedule *schedule)
{
	schedule->is_dirty = true;
}

int64_t schedule_due_ms(const struct schedule *schedule)
{
	return schedule->is_dirty ? schedule->not_before_ms : INT64_MAX;
}

void schedule_done(struct schedule *schedule, int64_t started_ms, int64_t ended_ms, int64_t cost_ms,
        int64_t interval_ms)
{
	int64_t gathered_ms = started_ms + interval_ms;
	int64_t rested_ms = ended_ms + SCHEDULE_REST_FACTOR * cost_ms;
	schedule->is_dirty = false;
	schedule->failures = 0;
	schedule->not_before_ms = gathered_ms > rested_ms ? gathered_ms : rested_ms;
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
