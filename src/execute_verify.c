/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute.h"

#include "core/clock.h"
#include "server/process.h"

/* What the publisher may take beyond the client's own timeout before it counts as dead. */
#define MARGIN_MS 3000
/* The publisher is replaced by a reload; then this responder is, too. */
#define REPEATS_MAX 2

static int64_t now_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

static enum err ask_publisher(struct exchange *x)
{
	int64_t left_ms = x->ask.until_ms - now_ms();
	struct verify_question question = x->plan.verify;
	question.timeout_ms = left_ms > 0 && !process_is_stopping() ? (uint32_t)left_ms : 0;
	struct buf message;
	buf_init(&message, x->arena, CHANNEL_INLINE_BYTES * 2);
	verify_question_pack(&message, &question);
	if (buf_is_full(&message))
		return ERR_TOO_LARGE;
	const struct channel_bytes bytes = { .bytes = (const uint8_t *)message.bytes,
		.length = message.length };
	enum err err = channel_send(&x->seat->publisher, &bytes);
	if (err != ERR_OK)
		return err;
	execute_wait(x, &x->seat->publisher, now_ms() + question.timeout_ms + MARGIN_MS);
	/* An answer that comes at once is waited for even at the end. */
	x->task->wants_stop_too = question.timeout_ms > 0;
	return ERR_OK;
}

static enum err take_report(struct exchange *x)
{
	struct channel_bytes answer;
	enum err err = channel_receive(&x->seat->publisher, x->arena, &answer);
	if (err != ERR_OK)
		return err;
	err = verify_report_parse(x->arena, answer.bytes, answer.length, &x->verify);
	return err == ERR_BAD_REQUEST ? ERR_INTERNAL : err;
}

static enum err leave(struct exchange *x, enum err err)
{
	if (x->ask.may_wait && !x->is_waiting)
		x->pipeline->wait_count--;
	return err;
}

enum err execute_verify(struct exchange *x)
{
	struct pipeline *pipeline = x->pipeline;
	reader_end(pipeline->reader);
	x->ask = (struct ask){ 0 };
	x->ask.may_wait = x->plan.verify.timeout_ms > 0 && pipeline->wait_count < WAITS_MAX;
	x->ask.until_ms = now_ms();
	if (x->ask.may_wait) {
		pipeline->wait_count++;
		x->ask.until_ms += x->plan.verify.timeout_ms;
	}
	return leave(x, ask_publisher(x));
}

/* A question changes nothing, so it may be asked again when the publisher went away meanwhile. */
enum err execute_verify_go_on(struct exchange *x, enum task_event event)
{
	if (event == TASK_READABLE) {
		enum err err = take_report(x);
		if (err != ERR_UNAVAILABLE)
			return leave(x, err);
	}
	channel_fini(&x->seat->publisher);
	/* It is there, but does not answer. */
	if (event == TASK_TIMEOUT || x->ask.repeats++ == REPEATS_MAX)
		return leave(x, ERR_UNAVAILABLE);
	return leave(x, ask_publisher(x));
}
