/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute.h"

#include "core/clock.h"

/* The publisher notes in shared memory what CoreDNS serves; who waits looks there so often. */
#define LOOK_MS 5

static int64_t now_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

static bool wants_to_wait(const struct exchange *x)
{
	return x->plan.kind == PLAN_CHANGE && x->prefer.has_wait && x->prefer.wait_s > 0 &&
	       x->outcome.change_id != 0;
}

/* A zone that was dropped is served no more once its file is gone. */
static bool is_drop_published(const struct board *board, const struct change *change)
{
	struct board_zone zone;
	for (size_t i = 0; i < change->op_count; i++) {
		const struct op *op = &change->ops[i];
		if (op->kind == OP_ZONE_DROP && board_find_zone(board, &op->zone, &zone))
			return false;
	}
	return true;
}

static bool is_served(const struct exchange *x)
{
	const struct board *board = x->pipeline->settings.shared->board;
	for (size_t i = 0; i < x->outcome.zone_count; i++) {
		const struct zone_serial *zone = &x->outcome.zones[i];
		if (!board_is_served(board, &zone->zone, zone->serial))
			return false;
	}
	return is_drop_published(board, &x->plan.change);
}

static void look_again(struct exchange *x)
{
	x->is_waiting = true;
	x->task->until_ms = now_ms() + LOOK_MS;
	x->task->wants_stop_too = true;
}

static enum err end_wait(struct exchange *x, enum await_state state)
{
	if (x->ask.may_wait)
		x->pipeline->wait_count--;
	x->await = state;
	return ERR_OK;
}

enum err execute_await(struct exchange *x)
{
	if (!wants_to_wait(x))
		return ERR_OK;
	uint32_t wait_s = x->prefer.wait_s < WAIT_MAX_S ? x->prefer.wait_s : WAIT_MAX_S;
	if (is_served(x))
		return end_wait(x, AWAIT_SERVED);
	x->ask.may_wait = x->pipeline->wait_count < WAITS_MAX;
	if (!x->ask.may_wait)
		return end_wait(x, AWAIT_PENDING);
	x->pipeline->wait_count++;
	x->ask.until_ms = now_ms() + (int64_t)wait_s * 1000;
	look_again(x);
	return ERR_OK;
}

enum err execute_await_go_on(struct exchange *x, enum task_event event)
{
	if (is_served(x))
		return end_wait(x, AWAIT_SERVED);
	if (event == TASK_STOP || now_ms() >= x->ask.until_ms)
		return end_wait(x, AWAIT_PENDING);
	look_again(x);
	return ERR_OK;
}
