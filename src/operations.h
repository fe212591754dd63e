/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is answered without looking anything up: /health, /ready, /metrics for operators, without a
 * token (nginx lets only listed addresses reach /metrics); and /token.
 */
#ifndef COREGATE_OPERATIONS_H
#define COREGATE_OPERATIONS_H

#include "exchange.h"

/* Fills the response of a PLAN_OPERATION route. */
void operation_answer(struct exchange *x);

/* The one of /token, in operations_token.c: what the request's own token may do. */
void operation_token(struct exchange *x);

#endif
