/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /revocations: tokens that are no longer taken.
 */
#ifndef COREGATE_API_REVOCATIONS_H
#define COREGATE_API_REVOCATIONS_H

#include "api/plan.h"

plan_fn plan_revocations_list;
answer_fn answer_revocations_list;
plan_fn plan_revocation_add;
answer_fn answer_revocation_add;

#endif
