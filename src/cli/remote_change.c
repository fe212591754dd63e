/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A change with its diff. A large diff comes in pages, inside of the change; it is shown as one.
 */
#include "cli/remote_run.h"

#include <string.h>

/* The document so far, while its diff is still open. */
struct telling {
	struct session *session;
	const char *path;   /* of the first page */
	const char *rest;   /* with --json: what follows the diff's elements in the first page */
	const char *cursor; /* of the next page; NULL: there is none */
	struct table table; /* of the diff */
};

static void take_cursor(struct telling *telling, const struct reply *reply)
{
	bool has_next = view_kind(reply->next) == VIEW_STRING;
	/* The next call resets the page. */
	telling->cursor = has_next ? view_text(telling->session->arena, reply->next) : NULL;
}

/* Up to the bracket that ends the diff; the rest waits for the other elements. */
static int open_document(struct telling *telling, struct view data, struct view diff)
{
	const char *bracket = diff.text + diff.length - 1;
	telling->rest = arena_dup(
	        telling->session->arena, bracket, data.length - (size_t)(bracket - data.text));
	if (telling->rest == NULL)
		return command_fail("memory cannot be had");
	fwrite(data.text, 1, (size_t)(bracket - data.text), stdout);
	telling->session->has_printed = true;
	return COMMAND_OK;
}

static int show_more(struct telling *telling, struct view diff)
{
	struct session *session = telling->session;
	if (session->is_quiet || view_count(diff) == 0)
		return COMMAND_OK;
	if (session->is_json) {
		printf(",%.*s", (int)diff.length - 2, diff.text + 1);
		return COMMAND_OK;
	}
	return table_print(&telling->table, session->page, diff)
	               ? COMMAND_OK
	               : command_fail("the answer is too large to be shown; --json shows it");
}

static int tell_rest(struct telling *telling)
{
	int status = COMMAND_OK;
	while (status == COMMAND_OK && telling->cursor != NULL) {
		struct request request;
		struct reply reply;
		struct buf path;
		buf_init(&path, telling->session->arena, REQUEST_URL_MAX);
		buf_put_string(&path, telling->path);
		request_put_parameter(&path, "cursor", telling->cursor);
		request_get(buf_string(&path), &request);
		if (request.path == NULL)
			return command_fail("the request is too large");
		status = session_send(telling->session, &request, &reply);
		if (status != COMMAND_OK)
			return status;
		status = show_more(telling, view_find(reply.data, "diff"));
		take_cursor(telling, &reply);
	}
	return status;
}

static int tell(struct telling *telling, const struct reply *reply)
{
	struct session *session = telling->session;
	struct view diff = view_find(reply->data, "diff");
	take_cursor(telling, reply);
	bool is_paged = telling->cursor != NULL && view_count(diff) > 0;
	int status = is_paged && session->is_json && !session->is_quiet
	                     ? open_document(telling, reply->data, diff)
	                     : session_show(session, reply);
	if (status == COMMAND_OK && is_paged)
		status = tell_rest(telling);
	if (status != COMMAND_OK || telling->rest == NULL)
		return status;
	puts(telling->rest);
	return command_finish(stdout);
}

int run_change_show(struct session *session)
{
	struct telling telling = { .session = session,
		.table = { .file = stdout,
		        .screen = session->table.screen,
		        .columns = "action name record_type zone before after" } };
	struct request request;
	struct reply reply;
	struct buf path;
	int status = request_build(session->command, &session->given, &request);
	if (status != COMMAND_OK)
		return status;
	buf_init(&path, session->arena, REQUEST_URL_MAX);
	buf_put_string(&path, request.path);
	request_put_parameter(&path, "limit", "1000");
	telling.path = request.path = buf_string(&path);
	if (request.path == NULL)
		return command_fail("the request is too large");
	status = session_send(session, &request, &reply);
	return status == COMMAND_OK ? tell(&telling, &reply) : status;
}
