/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attempts that were refused before the writer heard of them: it keeps a row of each.
 */
#ifndef COREGATE_AUDIT_ATTEMPT_H
#define COREGATE_AUDIT_ATTEMPT_H

#include "exchange.h"

/* Tells the writer of a refused attempt. One that was refused by the rate limit is only counted and
 * logged: a flood must not turn into writes. When the writer cannot be told, that is counted
 * (coregate_audit_attempts_lost_total) and logged; the answer to the client stays what it is. */
void audit_attempt(struct exchange *x);

#endif
