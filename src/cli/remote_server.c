/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Does CoreDNS serve what a server's registration made?
 */
#include "cli/remote_run.h"

#include <string.h>

#define ANSWERS_MAX ((size_t)4 << 20)

/* One question for each record, and what came of all of them. */
struct inquiry {
	struct session *session;
	struct buf document; /* a list of {name, record_type, value, verified, rcode, servers} */
	struct json_writer writer;
	bool is_verified;
};

static const char *copy_text(struct session *session, struct view object, const char *name)
{
	const char *text = view_text(session->arena, view_find(object, name));
	return text != NULL ? text : "";
}

static int ask(struct inquiry *inquiry, const char *const texts[3])
{
	static const char *const parameters[] = { "name", "record_type", "expect" };
	struct session *session = inquiry->session;
	const char *patience = given_find(&session->given, "patience");
	struct request request;
	struct reply reply;
	struct buf path;
	buf_init(&path, session->arena, REQUEST_URL_MAX);
	buf_put_string(&path, "/verify");
	for (size_t i = 0; i < 3; i++)
		request_put_parameter(&path, parameters[i], texts[i]);
	if (patience != NULL)
		request_put_parameter(&path, "timeout", patience);
	request_get(buf_string(&path), &request);
	if (request.path == NULL)
		return command_fail("memory cannot be had");
	int status = session_send(session, &request, &reply);
	if (status != COMMAND_OK)
		return status;
	inquiry->is_verified &= view_is_true(view_find(reply.data, "verified"));
	/* The answer has all but what was asked. */
	json_open_object(&inquiry->writer, NULL);
	json_put_string(&inquiry->writer, "name", texts[0]);
	json_put_string(&inquiry->writer, "record_type", texts[1]);
	json_put_string(&inquiry->writer, "value", texts[2]);
	struct view_walk walk = view_walk(reply.data);
	struct view name;
	struct view value;
	while (view_step(&walk, &name, &value)) {
		const char *member = view_text(session->page, name);
		const char *text = arena_dup(session->page, value.text, value.length);
		if (member != NULL && text != NULL)
			json_put_raw(&inquiry->writer, member, text);
	}
	json_close_object(&inquiry->writer);
	return COMMAND_OK;
}

/* The texts of all records, three each, kept from the page that the next answer replaces. */
static const char **copy_records(struct session *session, struct view records, size_t *ret_count)
{
	struct view_walk walk = view_walk(records);
	struct view name;
	struct view record;
	size_t count = view_count(records);
	const char **texts = arena_calloc(session->arena, 3 * count + 1, sizeof(*texts));
	for (size_t i = 0; texts != NULL && view_step(&walk, &name, &record); i += 3) {
		texts[i] = copy_text(session, record, "name");
		texts[i + 1] = copy_text(session, record, "record_type");
		texts[i + 2] = copy_text(session, record, "value");
	}
	*ret_count = count;
	return texts;
}

static int finish(struct inquiry *inquiry)
{
	struct session *session = inquiry->session;
	struct reply reply = { .status = 200, .change_id = "", .etag = "" };
	json_close_array(&inquiry->writer);
	const char *text = buf_string(&inquiry->document);
	if (text == NULL)
		return command_fail("the answers are too large to be shown");
	reply.data = (struct view){ text, strlen(text) };
	int status = session_show(session, &reply);
	if (status == COMMAND_OK && !inquiry->is_verified) {
		if (!session->is_quiet)
			fputs("coregate: CoreDNS does not answer so\n", stderr);
		return COMMAND_NOT_YET;
	}
	return status;
}

int run_server_verify(struct session *session)
{
	struct inquiry inquiry = { .session = session, .is_verified = true };
	struct request request;
	struct reply reply;
	size_t count;
	struct given given = session->given;
	/* How long to ask is the verification's, not the question which records there are. */
	memset(given.counts, 0, sizeof(given.counts));
	int status = request_build(session->command, &given, &request);
	if (status == COMMAND_OK)
		status = session_send(session, &request, &reply);
	if (status != COMMAND_OK)
		return status;
	const char **texts = copy_records(session, view_find(reply.data, "records"), &count);
	if (texts == NULL || count == 0)
		return command_fail(texts == NULL ? "memory cannot be had"
		                                  : "the registration made no records");
	buf_init(&inquiry.document, session->arena, ANSWERS_MAX);
	json_writer_init(&inquiry.writer, &inquiry.document);
	json_open_array(&inquiry.writer, NULL);
	for (size_t i = 0; i < count && status == COMMAND_OK; i++)
		status = ask(&inquiry, &texts[3 * i]);
	return status == COMMAND_OK ? finish(&inquiry) : status;
}
