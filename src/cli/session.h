/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A command that talks to the API: what was given to it, whom it calls, and how it tells what came.
 */
#ifndef COREGATE_CLI_SESSION_H
#define COREGATE_CLI_SESSION_H

#include <stdbool.h>

#include "cli/access.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/http_call.h"
#include "cli/remote.h"
#include "cli/request.h"
#include "cli/table.h"
#include "cli/view.h"
#include "core/arena.h"

#define SESSION_TIMEOUT_S 30

struct session {
	const struct remote_command *command;
	struct given given;
	struct access access;
	struct http_caller *caller;
	struct arena *arena; /* of the command */
	struct arena *page;  /* of one answer: session_send resets it */
	struct table table;
	bool is_json;
	bool is_quiet;
	bool has_printed; /* something of an answer is on standard output */
	unsigned standard_timeout_s;
	FILE *file;                 /* where the body of a 200 goes; NULL: into memory */
	http_progress_fn *progress; /* gets the session; NULL: nobody looks */
	unsigned shown_percent;     /* by progress */
};

/* An answer that was a success. It lives until the next session_send. */
struct reply {
	long status;
	struct view data;
	struct view next;      /* of a list */
	const char *change_id; /* "" when nothing was changed */
	const char *etag;      /* "" when there is none */
};

/* Sends a request, again where it may be sent again and the service asks for patience, and takes
 * the answer. COMMAND_OK with a reply; else the exit status, and the problem is told. */
int session_send(struct session *session, const struct request *request, struct reply *ret_reply);

/* Shows a success: the data as JSON, as a table or as an object, and the change. COMMAND_OK or
 * COMMAND_FAILED with a message. */
int session_show(struct session *session, const struct reply *reply);

/* What a success comes to: not served yet, not verified, not registered, or COMMAND_OK. Says so. */
int session_judge(struct session *session, const struct reply *reply);

/* Sends, shows and judges: the whole of most commands. */
int session_call(struct session *session, const struct request *request);

#endif
