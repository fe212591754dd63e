/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/cursor_text.h"
#include "api/input.h"
#include "api/shape.h"
#include "core/clock.h"

#define CURSOR_LIST 'a'

static void parse_cursor(const struct plan_input *input, struct audit_wanted *wanted)
{
	const char *cursor = input_query(input, "cursor");
	const char *position;
	if (cursor == NULL)
		return;
	if (cursor_text_parse(input->arena, input->cursor_key, CURSOR_LIST, cursor, &position) ==
	        ERR_OK)
		wanted->after = strtoull(position, NULL, 10);
	else
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
}

static void parse_since(const struct plan_input *input, struct audit_wanted *wanted)
{
	const char *since = input_query(input, "since");
	if (since == NULL)
		return;
	wanted->has_since = clock_parse_rfc3339(since, strlen(since), &wanted->since_ms);
	if (!wanted->has_since)
		faults_add(input->faults, ERR_BAD_REQUEST, "?since",
		        "This must be a time such as 2027-01-31T00:00:00Z.");
}

enum err plan_audit(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "since", "actor", "limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct audit_wanted wanted = {
		.limit = PAGE_LIMIT_DEFAULT,
		.actor = input_query(input, "actor"),
	};
	parse_cursor(input, &wanted);
	parse_since(input, &wanted);
	if (!input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_AUDIT;
	ret_plan->audit = wanted;
	return ERR_OK;
}

void answer_audit(const struct answer_input *input, struct http_response *response)
{
	const struct audit_page *page = input->audit;
	const char *next = NULL;
	if (page->next != 0) {
		const char *position = arena_printf(input->arena, "%" PRIu64, page->next);
		if (position != NULL)
			next = cursor_text_render(
			        input->arena, input->cursor_key, CURSOR_LIST, position);
	}
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_array(&writer, "data");
	if (page->rows[0] != '\0')
		json_put_raw(&writer, NULL, page->rows);
	json_close_array(&writer);
	shape_close_list(&writer, next);
	shape_put_next_link(input, response, "/audit", next);
}
