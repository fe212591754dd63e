/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attempts that were refused before the writer heard of them: it keeps a row of each.
 */
#ifndef COREGATE_AUDIT_ATTEMPT_H
#define COREGATE_AUDIT_ATTEMPT_H

#include "exchange.h"

/* Tells the writer of a refused attempt. One that was refused by the rate limit is only counted and
 * logged: a flood must not turn into writes. When the writer cannot be told, that is counted
 * (coregate_audit_attempts_lost_total) and logged; the answer to the client stays what it is. The
 * request waits for the writer, and is gone on with when that has answered. */
void audit_attempt(struct exchange *x);
void audit_attempt_go_on(struct exchange *x, enum task_event event);

#endif
