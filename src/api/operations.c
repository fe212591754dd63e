/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/operations.h"

static enum err plan_operation(
        const struct plan_input *input, enum operation operation, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	ret_plan->kind = PLAN_OPERATION;
	ret_plan->operation = operation;
	return faults_err(input->faults);
}

enum err plan_health(const struct plan_input *input, struct plan *ret_plan)
{
	return plan_operation(input, OPERATION_HEALTH, ret_plan);
}

enum err plan_ready(const struct plan_input *input, struct plan *ret_plan)
{
	return plan_operation(input, OPERATION_READY, ret_plan);
}

enum err plan_token(const struct plan_input *input, struct plan *ret_plan)
{
	return plan_operation(input, OPERATION_TOKEN, ret_plan);
}

enum err plan_metrics(const struct plan_input *input, struct plan *ret_plan)
{
	return plan_operation(input, OPERATION_METRICS, ret_plan);
}

enum err plan_openapi(const struct plan_input *input, struct plan *ret_plan)
{
	return plan_operation(input, OPERATION_OPENAPI, ret_plan);
}
