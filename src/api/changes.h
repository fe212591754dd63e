/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /changes: many changes of records at once, all or none, in one zone or several.
 *
 * Of a dry run every fault is told, those of the body and those that only the writer can see: ops
 * that are at fault already are left out of the plan, and the others are tried. plan_changes_add
 * is ERR_OK then although input->faults is not empty.
 */
#ifndef COREGATE_API_CHANGES_H
#define COREGATE_API_CHANGES_H

#include "api/plan.h"

enum err plan_changes_add(const struct plan_input *input, struct plan *ret_plan);

#endif
