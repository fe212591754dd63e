/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/problem.h"

#include <inttypes.h>
#include <string.h>

#include "core/json.h"

#define TYPES "https://iana.org/assignments/http-problem-types#"

static const char *problem_type(enum err err)
{
	if (err_status(err) == 429)
		return TYPES "quota-exceeded";
	return err_status(err) == 503 ? TYPES "temporary-reduced-capacity" : "about:blank";
}

static void put_authenticate(const struct problem *problem, struct http_response *response)
{
	const char *error =
	        err_status(problem->err) == 403 ? "insufficient_scope" : "invalid_token";
	/* Section 3.1: a request without a token learns of no error. */
	if (problem->err == ERR_NO_TOKEN) {
		response_put_header(response, "WWW-Authenticate", "Bearer realm=\"dns\"");
		return;
	}
	response_put_header(response, "WWW-Authenticate",
	        arena_printf(response->body.arena,
	                "Bearer realm=\"dns\", error=\"%s\", error_description=\"%s\"", error,
	                err_sentence(problem->err)));
}

static void put_headers(const struct problem *problem, struct http_response *response)
{
	int64_t retry_after_s = problem->retry_after_s < 1 ? 1 : problem->retry_after_s;
	switch (err_status(problem->err)) {
	case 401:
	case 403:
		put_authenticate(problem, response);
		break;
	case 405:
		response_put_header(response, "Allow", problem->allow);
		break;
	case 429:
	case 503:
		response_put_header(response, "Retry-After",
		        arena_printf(response->body.arena, "%" PRId64, retry_after_s));
		break;
	default:
		break;
	}
}

/* Folders tell what is wrong as a clause; a client reads a sentence. A clause that begins with a
 * name
 * ("www.example.com cannot …") keeps its first letter. */
static void put_sentence(struct json_writer *writer, struct buf *scratch, const char *clause)
{
	size_t length = strlen(clause);
	size_t word = strcspn(clause, " ");
	bool is_name = word < length && memchr(clause, '.', word) != NULL;
	buf_init(scratch, scratch->arena, length + 3);
	buf_put(scratch, clause, length);
	if (length > 0 && strchr(".!?", clause[length - 1]) == NULL)
		buf_put_char(scratch, '.');
	if (buf_is_full(scratch)) {
		json_put_string(writer, "detail", clause);
		return;
	}
	if (!is_name && scratch->length > 0 && clause[0] >= 'a' && clause[0] <= 'z')
		scratch->bytes[0] = (char)(clause[0] - 'a' + 'A');
	json_put_bytes(writer, "detail", scratch->bytes, scratch->length);
}

static void put_detail(const struct problem *problem, struct json_writer *writer)
{
	char text[128];
	struct buf buf;
	struct buf sentence = { .arena = writer->buf->arena };
	size_t fault_count = problem->faults == NULL ? 0 : problem->faults->count;
	buf_init_fixed(&buf, text, sizeof(text));
	if (problem->detail != NULL)
		put_sentence(writer, &sentence, problem->detail);
	else if (fault_count == 1)
		put_sentence(writer, &sentence, problem->faults->items[0].detail);
	else if (fault_count > 1)
		buf_printf(&buf, "%zu things are wrong with the request; errors lists them.",
		        fault_count);
	else
		buf_printf(&buf, "%s.", err_sentence(problem->err));
	if (buf.length > 0)
		json_put_bytes(writer, "detail", buf.bytes, buf.length);
}

static void put_faults(const struct faults *faults, struct json_writer *writer)
{
	json_open_array(writer, "errors");
	for (size_t i = 0; i < faults->count; i++) {
		json_open_object(writer, NULL);
		json_put_string(writer, "pointer", faults->items[i].pointer);
		if (faults->items[i].line != 0)
			json_put_int(writer, "line", faults->items[i].line);
		json_put_string(writer, "code", err_slug(faults->items[i].err));
		if (faults->items[i].axis != NULL)
			json_put_string(writer, "axis", faults->items[i].axis);
		struct buf sentence = { .arena = writer->buf->arena };
		put_sentence(writer, &sentence, faults->items[i].detail);
		json_close_object(writer);
	}
	json_close_array(writer);
}

void problem_render(
        const struct problem *problem, const char *request_id, struct http_response *response)
{
	struct json_writer writer;
	response->status = err_status(problem->err);
	response->content_type = "application/problem+json";
	put_headers(problem, response);
	json_writer_init(&writer, &response->body);
	json_open_object(&writer, NULL);
	json_put_string(&writer, "type", problem_type(problem->err));
	json_put_string(&writer, "title", err_sentence(problem->err));
	json_put_int(&writer, "status", response->status);
	put_detail(problem, &writer);
	json_put_bool(&writer, "success", false);
	json_put_string(&writer, "code", err_slug(problem->err));
	json_put_string(&writer, "request_id", request_id);
	if (problem->err == ERR_RATE_LIMITED && problem->violated_policy != NULL) {
		json_open_array(&writer, "violated-policies");
		json_put_string(&writer, NULL, problem->violated_policy);
		json_close_array(&writer);
	}
	if (problem->faults != NULL && problem->faults->count > 0)
		put_faults(problem->faults, &writer);
	json_close_object(&writer);
}
