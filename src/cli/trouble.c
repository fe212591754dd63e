/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/trouble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/plain.h"
#include "cli/view.h"

static const struct {
	long status;
	int exit;
} exits[] = {
	{ 400, COMMAND_INVALID },
	{ 401, COMMAND_REFUSED },
	{ 403, COMMAND_REFUSED },
	{ 404, COMMAND_NOT_FOUND },
	{ 405, COMMAND_INVALID },
	{ 409, COMMAND_CONFLICT },
	{ 412, COMMAND_CONFLICT },
	{ 413, COMMAND_INVALID },
	{ 415, COMMAND_INVALID },
	{ 422, COMMAND_INVALID },
	{ 429, COMMAND_UNAVAILABLE },
	{ 502, COMMAND_UNAVAILABLE },
	{ 503, COMMAND_UNAVAILABLE },
	{ 504, COMMAND_UNAVAILABLE },
};

int trouble_exit(long status)
{
	if (status >= 200 && status < 300)
		return COMMAND_OK;
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		if (exits[i].status == status)
			return exits[i].exit;
	}
	return COMMAND_FAILED;
}

unsigned trouble_patience(const struct http_answer *answer, unsigned tries, bool is_repeatable)
{
	bool asks = answer->status == 429 || (answer->status == 503 && is_repeatable);
	if (!asks || tries >= TROUBLE_TRIES)
		return 0;
	/* Without a number of seconds (a date, or nothing) one is as good as any. */
	char *end;
	unsigned long seconds = strtoul(answer->retry_after, &end, 10);
	if (end == answer->retry_after || *end != '\0' || seconds == 0)
		return 1;
	return seconds <= TROUBLE_WAIT_MAX_S ? (unsigned)seconds : 0;
}

static const char *get_text(struct arena *arena, struct view object, const char *name)
{
	struct view value = view_find(object, name);
	if (view_kind(value) != VIEW_STRING)
		return NULL;
	return plain_text(arena, view_text(arena, value));
}

static void tell_faults(struct arena *arena, struct view errors)
{
	struct view_walk walk = view_walk(errors);
	struct view name;
	struct view fault;
	while (view_step(&walk, &name, &fault)) {
		const char *pointer = get_text(arena, fault, "pointer");
		const char *detail = get_text(arena, fault, "detail");
		if (pointer == NULL || detail == NULL)
			continue;
		struct view line = view_find(fault, "line");
		if (view_kind(line) == VIEW_NUMBER) {
			const char *number = view_text(arena, line);
			fprintf(stderr, "  line %s: %s\n", number != NULL ? number : "?", detail);
			continue;
		}
		fprintf(stderr, "  %s%s%s\n", pointer[0] == '/' ? pointer + 1 : pointer,
		        *pointer != '\0' ? ": " : "", detail);
	}
}

/* With faults the title says what kind, and they say the rest; else the detail says all. */
static bool tell_problem(struct arena *arena, struct view problem)
{
	struct view errors = view_find(problem, "errors");
	bool has_faults = view_count(errors) > 0;
	const char *sentence = get_text(arena, problem, has_faults ? "title" : "detail");
	const char *code = get_text(arena, problem, "code");
	const char *id = get_text(arena, problem, "request_id");
	struct view status = view_find(problem, "status");
	if (sentence == NULL)
		sentence = get_text(arena, problem, "title");
	if (sentence == NULL)
		return false;
	size_t length = strlen(sentence);
	length -= length > 0 && sentence[length - 1] == '.';
	fprintf(stderr, "coregate: %.*s (%s", (int)length, sentence,
	        code != NULL ? code : "no code");
	/* Whoever runs the service finds more under that id. */
	if (id != NULL && status.length > 0 && status.text[0] == '5')
		fprintf(stderr, ", request %s", id);
	fputs(")\n", stderr);
	tell_faults(arena, errors);
	return true;
}

int trouble_tell(struct arena *arena, const struct http_answer *answer)
{
	struct view problem;
	int status = trouble_exit(answer->status);
	if (strcmp(answer->content_type, "application/problem+json") == 0 &&
	        view_open(arena, answer->body, answer->length, &problem) == ERR_OK &&
	        tell_problem(arena, problem))
		return status != COMMAND_OK ? status : COMMAND_FAILED;
	(void)command_fail("the answer is no answer of the API, with status %ld", answer->status);
	return status != COMMAND_OK ? status : COMMAND_FAILED;
}
