/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute.h"

#include <errno.h>

#include "core/clock.h"
#include "server/process.h"
#include "server/responder.h"

/* What the publisher may take beyond the client's own timeout before it counts as dead. */
#define MARGIN_MS 3000
/* A responder that waits looks so often whether it is to end. */
#define LOOK_MS 200
/* The publisher is replaced by a reload; then this responder is, too. */
#define REPEATS_MAX 2

static int64_t now_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

/* poll(2)'s contract; ECANCELED when this responder is to end. */
static int wait_until_stopping(int fd, int timeout_ms)
{
	while (!process_is_stopping()) {
		int ready = responder_wait(fd, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS);
		if (ready != 0 || timeout_ms <= LOOK_MS)
			return ready;
		timeout_ms -= LOOK_MS;
	}
	errno = ECANCELED;
	return -1;
}

static enum err ask_publisher(struct exchange *x, const struct verify_question *question)
{
	struct channel *publisher = &x->pipeline->publisher;
	struct buf message;
	buf_init(&message, x->arena, CHANNEL_INLINE_BYTES * 2);
	verify_question_pack(&message, question);
	if (buf_is_full(&message))
		return ERR_TOO_LARGE;
	const struct channel_bytes bytes = { .bytes = (const uint8_t *)message.bytes,
		.length = message.length };
	struct channel_bytes answer;
	/* An answer that comes at once is waited for even at the end. */
	publisher->wait = question->timeout_ms > 0 ? wait_until_stopping : responder_wait;
	enum err err = channel_call(
	        publisher, x->arena, &bytes, (int)question->timeout_ms + MARGIN_MS, &answer);
	if (err != ERR_OK)
		return err;
	err = verify_report_parse(x->arena, answer.bytes, answer.length, &x->verify);
	return err == ERR_BAD_REQUEST ? ERR_INTERNAL : err;
}

/* A question changes nothing, so it may be asked again when the publisher went away meanwhile. */
static enum err ask_until(struct exchange *x, int64_t until_ms)
{
	struct verify_question question = x->plan.verify;
	enum err err = ERR_UNAVAILABLE;
	for (unsigned i = 0; err == ERR_UNAVAILABLE && i <= REPEATS_MAX; i++) {
		int64_t left_ms = until_ms - now_ms();
		if (i > 0 && left_ms <= -MARGIN_MS)
			break; /* it is there, but does not answer */
		question.timeout_ms = left_ms > 0 && !process_is_stopping() ? (uint32_t)left_ms : 0;
		err = ask_publisher(x, &question);
	}
	return err;
}

enum err execute_verify(struct exchange *x)
{
	reader_end(x->pipeline->reader);
	struct waiters *waiters = &x->pipeline->settings.shared->state->waiters;
	struct waiter waiter;
	int64_t start_ms = now_ms();
	int64_t until_ms = start_ms + x->plan.verify.timeout_ms;
	/* A place is kept for longer than any wait lasts, so that it is never given away too soon.
	 */
	bool may_wait = until_ms > start_ms &&
	                waiters_enter(waiters, x->pipeline->settings.conf->responders, start_ms,
	                        until_ms + 3 * (int64_t)MARGIN_MS, &waiter);
	enum err err = ask_until(x, may_wait ? until_ms : start_ms);
	if (may_wait)
		waiters_leave(waiters, &waiter);
	return err;
}
