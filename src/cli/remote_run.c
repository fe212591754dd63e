/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/remote_run.h"

#include <string.h>

#define PAGE_MAX 1000

int run_call(struct session *session)
{
	struct request request;
	int status = request_build(session->command, &session->given, &request);
	return status == COMMAND_OK ? session_call(session, &request) : status;
}

/* ---- lists ---- */

/* Where a list is. */
struct listing {
	struct session *session;
	const char *path;
	int64_t left;      /* rows that may still come */
	bool is_open;      /* the bracket of the document is printed */
	bool has_elements; /* in the document, so that a comma is needed */
};

static void put_page_parameters(const struct listing *listing, const char *cursor, struct buf *path)
{
	char limit[32];
	int64_t wanted = listing->left < PAGE_MAX ? listing->left : PAGE_MAX;
	(void)snprintf(limit, sizeof(limit), "%lld", (long long)wanted);
	buf_put_string(path, listing->path);
	request_put_parameter(path, "limit", limit);
	if (cursor != NULL)
		request_put_parameter(path, "cursor", cursor);
}

/* All pages make one document: their elements, without their brackets. */
static void show_elements(struct listing *listing, struct view data)
{
	if (!listing->is_open)
		putchar('[');
	listing->is_open = true;
	if (view_count(data) == 0)
		return;
	if (listing->has_elements)
		putchar(',');
	fwrite(data.text + 1, 1, data.length - 2, stdout);
	listing->has_elements = true;
}

static int show_page(struct listing *listing, const struct reply *reply)
{
	struct session *session = listing->session;
	session->has_printed = true;
	if (session->is_quiet)
		return COMMAND_OK;
	if (session->is_json)
		show_elements(listing, reply->data);
	else if (!table_print(&session->table, session->page, reply->data))
		return command_fail("the answer is too large to be shown; --json shows it");
	return command_finish(stdout);
}

static const char *get_next(struct listing *listing, const struct reply *reply)
{
	listing->left -= (int64_t)view_count(reply->data);
	if (listing->left <= 0 || view_kind(reply->next) != VIEW_STRING)
		return NULL;
	return view_text(listing->session->page, reply->next);
}

/* The cursor lies in the page's arena, which the next call resets: it is put into the path first.
 */
static int list_pages(struct listing *listing)
{
	struct session *session = listing->session;
	const char *cursor = NULL;
	int status = COMMAND_OK;
	do {
		struct reply reply;
		struct request request;
		struct buf path;
		struct arena *arena = arena_open(2 * REQUEST_URL_MAX);
		if (arena == NULL)
			return command_fail("memory cannot be had");
		buf_init(&path, arena, REQUEST_URL_MAX);
		put_page_parameters(listing, cursor, &path);
		request_get(buf_string(&path), &request);
		if (request.path == NULL)
			status = command_fail("the request is too large");
		if (status == COMMAND_OK)
			status = session_send(session, &request, &reply);
		arena_close(arena);
		if (status == COMMAND_OK)
			status = show_page(listing, &reply);
		cursor = status == COMMAND_OK ? get_next(listing, &reply) : NULL;
	} while (cursor != NULL);
	return status;
}

int run_list(struct session *session)
{
	struct request request;
	struct listing listing = { .session = session,
		.left = given_number(&session->given, "limit", INT64_MAX) };
	int status = request_build(session->command, &session->given, &request);
	if (status != COMMAND_OK)
		return status;
	listing.path = request.path;
	status = list_pages(&listing);
	if (status != COMMAND_OK || !session->is_json || session->is_quiet)
		return status;
	puts("]");
	return command_finish(stdout);
}
