/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repeat.h"

#include <string.h>

#include "execute_told.h"
#include "http/idempotency.h"
#include "permit_server.h"

#define LINE_BYTES_MAX ((size_t)64 * 1024)

/* Every piece ends with a NUL, which none of them holds: no two requests look the same. */
static enum err put_fingerprint(struct exchange *x)
{
	const struct http_request *request = &x->request;
	struct buf line;
	buf_init(&line, x->arena, LINE_BYTES_MAX);
	buf_put(&line, request->method_text, strlen(request->method_text) + 1);
	for (size_t i = 0; i < request->segment_count; i++)
		buf_put(&line, request->segments[i].text, request->segments[i].length + 1);
	buf_put_char(&line, '\0');
	for (size_t i = 0; i < request->query_count; i++) {
		const struct http_query *query = &request->query[i];
		buf_put(&line, query->name, strlen(query->name) + 1);
		buf_put(&line, query->value, strlen(query->value) + 1);
	}
	buf_put_char(&line, '\0');
	if (buf_is_full(&line))
		return ERR_TOO_LARGE;
	digest_blake2b(line.bytes, line.length, request->body, request->body_length,
	        x->idempotency.fingerprint);
	return ERR_OK;
}

enum err repeat_find(struct exchange *x)
{
	if (!x->route->is_change || x->request.idempotency_key == NULL)
		return ERR_OK;
	enum err err = idempotency_parse(
	        x->arena, x->request.idempotency_key, &x->idempotency.key, &x->detail);
	if (err == ERR_OK)
		err = put_fingerprint(x);
	if (err != ERR_OK)
		return err;
	const struct asker asker = {
		.subject = x->token->subject,
		.idempotency = &x->idempotency,
		.now_ms = x->now_ms,
	};
	struct outcome *outcome = arena_alloc(x->arena, sizeof(*outcome));
	if (outcome == NULL)
		return ERR_TOO_LARGE;
	err = reader_find_answer(x->pipeline->reader, x->arena, &asker, outcome);
	if (err == ERR_OK)
		x->repeat = outcome;
	else if (err == ERR_CONFLICT)
		x->detail = outcome->detail;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err repeat_permit(enum err permission)
{
	return permission == ERR_NO_SUCH_ZONE ? ERR_OK : permission;
}

enum err repeat_answer(struct exchange *x)
{
	metrics_add(x->pipeline->settings.shared->metrics, METRIC_REPEATS, 1);
	x->writer_knows = true;
	x->outcome = *x->repeat;
	/* What is at fault now, a zone that has gone, was not then. */
	faults_init(&x->faults, x->arena);
	/* What is kept is whole: this token may be another one, and read less. */
	permit_server_entries(x->token, &x->outcome);
	return execute_take_outcome(x);
}
