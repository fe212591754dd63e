/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /verify: does CoreDNS answer as expected?
 */
#ifndef COREGATE_API_VERIFY_H
#define COREGATE_API_VERIFY_H

#include "api/plan.h"

plan_fn plan_verify;
answer_fn answer_verify;

#endif
