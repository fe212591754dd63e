/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/transfer.h"

#include "api/input.h"
#include "api/shape.h"

#define ZONE_FILE_TYPE "text/dns" /* RFC 4027 */

enum err plan_zone_export(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	if (!input_parse_name(input, "{zone}", input->captures[0].text, &ret_plan->name) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_EXPORT;
	return ERR_OK;
}

/* The text itself follows the head, see execute_export.h. */
void answer_zone_export(const struct answer_input *input, struct http_response *response)
{
	response->content_type = ZONE_FILE_TYPE;
	response->is_streamed = true;
	shape_put_etag(input->arena, response, input->zone->zone.revision);
}
