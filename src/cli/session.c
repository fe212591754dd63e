/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/trouble.h"

#define STATUS_ACCEPTED 202

/* ---- sending ---- */

static unsigned get_timeout(const struct session *session)
{
	int64_t waits = given_number(&session->given, "wait", 0) +
	                given_number(&session->given, "patience", 0);
	return (unsigned)(given_number(&session->given, "timeout", session->standard_timeout_s) +
	                  waits);
}

static void wait_for(const struct session *session, long status, unsigned seconds)
{
	struct timespec left = { .tv_sec = (time_t)seconds };
	if (!session->is_quiet && session->table.screen > 0)
		fprintf(stderr, "coregate: the service answers %ld; again in %u s\n", status,
		        seconds);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static bool send_once(struct session *session, const struct request *request,
        struct http_answer *ret_answer, char *ret_why)
{
	const char *headers[REQUEST_HEADERS_MAX + 2] = { session->access.authorization };
	memcpy(headers + 1, request->headers, request->header_count * sizeof(headers[0]));
	arena_reset(session->page);
	const struct http_call call = {
		.method = request->method,
		.url = arena_printf(session->page, "%s%s", session->access.base, request->path),
		.headers = headers,
		.body = request->body,
		.body_length = request->body_length,
		.timeout_s = get_timeout(session),
		.file = session->file,
		.progress = session->progress,
		.context = session,
	};
	if (call.url != NULL)
		return http_caller_call(session->caller, session->page, &call, ret_answer, ret_why);
	(void)snprintf(ret_why, HTTP_CALL_ERROR_BYTES, "memory cannot be had");
	return false;
}

static int take_reply(
        struct session *session, const struct http_answer *answer, struct reply *ret_reply)
{
	struct view root = { 0 };
	*ret_reply = (struct reply){ .status = answer->status };
	ret_reply->change_id = arena_strdup(session->page, answer->change_id);
	ret_reply->etag = arena_strdup(session->page, answer->etag);
	if (ret_reply->change_id == NULL || ret_reply->etag == NULL)
		return command_fail("memory cannot be had");
	if (session->file != NULL)
		return COMMAND_OK;
	if (view_open(session->page, answer->body, answer->length, &root) != ERR_OK ||
	        view_kind(view_find(root, "data")) == VIEW_NONE)
		return command_fail("the answer is no answer of the API: look at the address %s",
		        session->access.base);
	ret_reply->data = view_find(root, "data");
	ret_reply->next = view_find(root, "next");
	return COMMAND_OK;
}

/* A script reads the problem where it would have read the data. */
static int tell(const struct session *session, const struct http_answer *answer)
{
	if (session->is_json && !session->is_quiet && !session->has_printed &&
	        strcmp(answer->content_type, "application/problem+json") == 0)
		puts(answer->body);
	return trouble_tell(session->page, answer);
}

int session_send(struct session *session, const struct request *request, struct reply *ret_reply)
{
	char why[HTTP_CALL_ERROR_BYTES];
	struct http_answer answer;
	for (unsigned tries = 1;; tries++) {
		if (!send_once(session, request, &answer, why)) {
			(void)command_fail("%s: %s", session->access.base, why);
			return COMMAND_UNAVAILABLE;
		}
		unsigned seconds = trouble_patience(&answer, tries, request->is_repeatable);
		if (seconds == 0)
			break;
		wait_for(session, answer.status, seconds);
	}
	if (trouble_exit(answer.status) != COMMAND_OK)
		return tell(session, &answer);
	return take_reply(session, &answer, ret_reply);
}

/* ---- showing ---- */

static bool show_data(struct session *session, struct view data)
{
	struct view diff = view_find(data, "diff");
	struct table table = { .file = stdout, .screen = session->table.screen };
	if (session->table.columns != NULL && view_kind(diff) != VIEW_ARRAY)
		return table_print(&session->table, session->page, data);
	if (session->table.columns == NULL)
		return table_print_object(stdout, session->table.screen, session->page, data);
	/* A change told in place of what it changed. */
	table.columns = "action name record_type before after";
	return table_print(&table, session->page, diff);
}

int session_show(struct session *session, const struct reply *reply)
{
	bool is_shown = true;
	if (session->is_quiet)
		return COMMAND_OK;
	session->has_printed = true;
	if (session->is_json) {
		printf("%.*s\n", (int)reply->data.length, reply->data.text);
		return command_finish(stdout);
	}
	if (view_kind(reply->data) != VIEW_NULL)
		is_shown = show_data(session, reply->data);
	if (reply->change_id[0] != '\0')
		printf("change %s\n", reply->change_id);
	if (reply->etag[0] != '\0' && strcmp(session->command->method, "GET") == 0)
		printf("etag %s\n", reply->etag);
	return is_shown ? command_finish(stdout)
	                : command_fail("the answer is too large to be shown; --json shows it");
}

/* ---- judging ---- */

static bool is_false(struct view value)
{
	return view_kind(value) == VIEW_BOOL && !view_is_true(value);
}

static void say(const struct session *session, const char *sentence)
{
	if (!session->is_quiet)
		fprintf(stderr, "coregate: %s\n", sentence);
}

static int judge_registration(const struct session *session, struct view data)
{
	struct view conflict = view_find(data, "conflict");
	if (view_kind(conflict) == VIEW_OBJECT || view_count(conflict) > 0) {
		say(session, "the name has other addresses; it was not registered");
		return COMMAND_CONFLICT;
	}
	say(session, "it was not registered");
	return COMMAND_REFUSED;
}

int session_judge(struct session *session, const struct reply *reply)
{
	if (is_false(view_find(reply->data, "registered")))
		return judge_registration(session, reply->data);
	if (reply->status == STATUS_ACCEPTED) {
		say(session, "it is done, but not every CoreDNS serves it yet");
		return COMMAND_NOT_YET;
	}
	if (is_false(view_find(reply->data, "verified")) &&
	        (strcmp(session->command->group, "verify") == 0 ||
	                given_has(&session->given, "check"))) {
		say(session, "CoreDNS does not answer so");
		return COMMAND_NOT_YET;
	}
	return COMMAND_OK;
}

int session_call(struct session *session, const struct request *request)
{
	struct reply reply;
	int status = session_send(session, request, &reply);
	if (status == COMMAND_OK)
		status = session_show(session, &reply);
	return status == COMMAND_OK ? session_judge(session, &reply) : status;
}
