/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plan carried out: permitted, sent to the writer, looked up in the store, or asked of CoreDNS.
 */
#ifndef COREGATE_EXECUTE_H
#define COREGATE_EXECUTE_H

#include "exchange.h"

/* How this request reads the store. */
struct lookup execute_lookup_of(const struct exchange *x);

/* Finds the zone and the covering grants of every op of the planned change. ERR_NOT_PERMITTED,
 * ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err execute_permit(struct exchange *x);

/* The request waits for an answer on the channel, until until_ms of the steady clock. */
void execute_wait(struct exchange *x, const struct channel *channel, int64_t until_ms);

/* Sends the change to the writer; then takes its outcome. */
MUST_CHECK enum err execute_change(struct exchange *x);
MUST_CHECK enum err execute_change_go_on(struct exchange *x, enum task_event event);

/* Sends any change, and waits; takes the answer: x->outcome is set when the writer gave one. */
MUST_CHECK enum err execute_send(struct exchange *x, struct change *change);
MUST_CHECK enum err execute_receive(struct exchange *x, enum task_event event);

/* Sends any change; and waits for its outcome, here and now: only for a responder that nobody else
 * waits for. Bytes lie in the arena. ERR_UNAVAILABLE: it may have been made or not. */
MUST_CHECK enum err execute_call_begin(
        struct exchange *x, struct arena *arena, struct change *change);
MUST_CHECK enum err execute_call_end(
        struct exchange *x, struct arena *arena, struct outcome *ret_outcome);
MUST_CHECK enum err execute_call(struct exchange *x, struct arena *arena, struct change *change,
        struct outcome *ret_outcome);

/* The error of a change, with the words for one of which nobody knows what became. */
enum err execute_unconfirmed(struct exchange *x, enum err err);

/* Carries out a plan that only reads. */
MUST_CHECK enum err execute_lookup(struct exchange *x);

/* So many requests of a responder may wait for CoreDNS, so that there is room for others. */
#define WAITS_MAX (RESPONDER_TASKS_MAX / 2)

/* The longest "Prefer: wait". */
#define WAIT_MAX_S 30u

/* Waits until every CoreDNS serves what was changed, as long as the client wants to (RFC 7240
 * section 4.3), into x->await. Not at all when WAITS_MAX requests wait already or the responder is
 * to end: then the change is pending. Never fails. */
MUST_CHECK enum err execute_await(struct exchange *x);
MUST_CHECK enum err execute_await_go_on(struct exchange *x, enum task_event event);

/* Lets the publisher ask every CoreDNS; then takes its report. When half of the requests that this
 * responder can have under way wait for CoreDNS already, or it is asked to stop, CoreDNS is asked
 * once only, as with a timeout of 0. ERR_OVERLOADED: there are too many questions. */
MUST_CHECK enum err execute_verify(struct exchange *x);
MUST_CHECK enum err execute_verify_go_on(struct exchange *x, enum task_event event);

/* ---- execute_server.c: what a registration made is asked of CoreDNS after the commit ---- */

/* Puts the next question into x->plan.verify; false when there is none (any more). */
bool server_verify_next(struct exchange *x);

/* Takes x->verify, the report on that question, or the error it came to: the change is made, so
 * that is no failure of the request. */
void server_verify_take(struct exchange *x, enum err err);

/* All of them, until one is not answered as expected. */
MUST_CHECK enum err execute_server_verify(struct exchange *x);
MUST_CHECK enum err execute_server_verify_go_on(struct exchange *x, enum task_event event);

#endif
