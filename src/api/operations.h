/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /health, /ready, /metrics and /openapi.json as plans: the pipeline itself knows the answers.
 */
#ifndef COREGATE_API_OPERATIONS_H
#define COREGATE_API_OPERATIONS_H

#include "api/plan.h"

plan_fn plan_health;
plan_fn plan_ready;
plan_fn plan_metrics;
plan_fn plan_openapi;
plan_fn plan_token;

#endif
