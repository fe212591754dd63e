/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plan carried out: permitted, sent to the writer, looked up in the store, or asked of CoreDNS.
 */
#ifndef COREGATE_EXECUTE_H
#define COREGATE_EXECUTE_H

#include "exchange.h"

/* Finds the zone and the covering grants of every op of the planned change. ERR_NOT_PERMITTED,
 * ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err execute_permit(struct exchange *x);

/* Sends the change to the writer and takes its outcome. */
MUST_CHECK enum err execute_change(struct exchange *x);

/* Sends any change; x->outcome is set when the writer answered. */
MUST_CHECK enum err execute_send(struct exchange *x, struct change *change);

/* Carries out a plan that only reads. */
MUST_CHECK enum err execute_lookup(struct exchange *x);

/* Lets the publisher ask every CoreDNS. When half of the responders wait already, or this one is
 * asked to stop, CoreDNS is asked once only, as with a timeout of 0. ERR_OVERLOADED: there are too
 * many questions. */
MUST_CHECK enum err execute_verify(struct exchange *x);

/* ---- execute_server.c: what a registration made is asked of CoreDNS after the commit ---- */

/* Puts the next question into x->plan.verify; false when there is none (any more). */
bool server_verify_next(struct exchange *x);

/* Takes x->verify, the report on that question, or the error it came to: the change is made, so
 * that is no failure of the request. */
void server_verify_take(struct exchange *x, enum err err);

/* All of them, until one is not answered as expected. */
MUST_CHECK enum err execute_server_verify(struct exchange *x);

#endif
