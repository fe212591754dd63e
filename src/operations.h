/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What operators ask: /health, /ready, /metrics. No token is needed; nginx lets only listed
 * addresses reach /metrics.
 */
#ifndef COREGATE_OPERATIONS_H
#define COREGATE_OPERATIONS_H

#include "exchange.h"

/* Fills the response of a PLAN_OPERATION route. */
void operation_answer(struct exchange *x);

#endif
