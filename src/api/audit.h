/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GET /audit: pages of the audit log.
 */
#ifndef COREGATE_API_AUDIT_H
#define COREGATE_API_AUDIT_H

#include "api/plan.h"

plan_fn plan_audit;
answer_fn answer_audit;

#endif
