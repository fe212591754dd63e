/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes of records. One call of /records says most of them. What it cannot say (several values at
 * once, a comment, a dry run) is a change, which has the same members.
 */
#include "cli/remote_run.h"

#include <string.h>

enum { WORD_NAME, WORD_TYPE, WORD_VALUE };

#define CHANGES_PATH "/changes"

/* Its values stand behind name and type. */
static void put_values(struct json_writer *writer, const struct given *given)
{
	if (given->word_count == WORD_VALUE)
		return;
	json_open_array(writer, "values");
	for (size_t i = WORD_VALUE; i < given->word_count; i++)
		json_put_string(writer, NULL, given->words[i]);
	json_close_array(writer);
}

/* The tag as a header would have it, in quotes. */
static void put_condition(
        struct arena *arena, struct json_writer *writer, const struct given *given)
{
	const char *tag = given_find(given, "if-match");
	if (tag == NULL)
		return;
	bool is_spelt = strcmp(tag, "*") == 0 || strchr(tag, '"') != NULL;
	const char *text = is_spelt ? tag : arena_printf(arena, "\"%s\"", tag);
	json_put_string(writer, "if_match", text != NULL ? text : tag);
}

static int change(struct session *session, const char *action)
{
	const struct given *given = &session->given;
	struct request request;
	struct buf body;
	struct json_writer writer;
	buf_init(&body, session->arena, REQUEST_BODY_MAX);
	json_writer_init(&writer, &body);
	json_open_object(&writer, NULL);
	json_open_array(&writer, "changes");
	json_open_object(&writer, NULL);
	json_put_string(&writer, "action", action);
	json_put_string(&writer, "name", given->words[WORD_NAME]);
	json_put_string(&writer, "record_type", given->words[WORD_TYPE]);
	put_values(&writer, given);
	request_put_members(&writer, given, "ttl expires");
	put_condition(session->arena, &writer, given);
	json_close_object(&writer);
	json_close_array(&writer);
	request_put_members(&writer, given, "dry-run comment");
	json_close_object(&writer);
	int status = request_post(CHANGES_PATH, &body, given, "wait", &request);
	return status == COMMAND_OK ? session_call(session, &request) : status;
}

static bool needs_change(const struct session *session)
{
	return given_has(&session->given, "dry-run") || given_has(&session->given, "comment");
}

int run_record_add(struct session *session)
{
	if (needs_change(session) || session->given.word_count > WORD_VALUE + 1)
		return change(session, "create");
	return run_call(session);
}

int run_record_set(struct session *session)
{
	return needs_change(session) ? change(session, "upsert") : run_call(session);
}

int run_record_remove(struct session *session)
{
	if (needs_change(session) || session->given.word_count > WORD_VALUE + 1)
		return change(session, "delete");
	return run_call(session);
}
