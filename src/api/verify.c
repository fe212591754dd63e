/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/verify.h"

#include "api/input.h"
#include "api/shape.h"

static bool verify_is_complete(const struct plan_input *input)
{
	static const char *const allowed[] = { "name", "record_type", "expect", "timeout", NULL };
	static const char *const required[] = { "name", "record_type" };
	http_query_check(input->request, allowed, input->faults);
	for (size_t i = 0; i < 2; i++)
		if (input_query(input, required[i]) == NULL)
			faults_add(input->faults, ERR_BAD_REQUEST,
			        i == 0 ? "?name" : "?record_type", "This parameter is missing.");
	return faults_err(input->faults) == ERR_OK;
}

enum err plan_verify(const struct plan_input *input, struct plan *ret_plan)
{
	if (!verify_is_complete(input))
		return faults_err(input->faults);
	struct verify_question question = { 0 };
	unsigned timeout_s = 0;
	bool ok = input_query_number(input, "timeout", VERIFY_TIMEOUT_MAX_S, &timeout_s);
	ok &= input_parse_name(input, "?name", input_query(input, "name"), &question.owner);
	ok &= input_parse_type(
	        input, "?record_type", input_query(input, "record_type"), &question.type);
	if (!ok)
		return faults_err(input->faults);
	const char *expect = input_query(input, "expect");
	if (expect != NULL &&
	        !input_parse_value(input, "?expect", question.type, expect, &question.expect))
		return faults_err(input->faults);
	question.has_expect = expect != NULL;
	question.timeout_ms = timeout_s * 1000;
	ret_plan->kind = PLAN_VERIFY;
	ret_plan->name = question.owner;
	ret_plan->type = question.type;
	ret_plan->verify = question;
	return ERR_OK;
}

static void verify_put_values(const struct answer_input *input, struct json_writer *writer,
        const struct verify_server *server)
{
	json_open_array(writer, "answers");
	for (size_t i = 0; server != NULL && i < server->value_count; i++) {
		const char *text = shape_value(input->arena, input->plan->type, &server->values[i]);
		if (text != NULL)
			json_put_string(writer, NULL, text);
	}
	json_close_array(writer);
}

static void verify_put_rcode(struct json_writer *writer, const struct verify_server *server)
{
	if (server != NULL && server->has_answered)
		json_put_string(writer, "rcode", verify_rcode_name(server->rcode));
	else
		json_put_null(writer, "rcode");
}

static void verify_put_server(const struct answer_input *input, struct json_writer *writer,
        const struct verify_server *server)
{
	json_open_object(writer, NULL);
	json_put_string(writer, "address", server->address);
	json_put_bool(writer, "verified", server->is_verified);
	verify_put_rcode(writer, server);
	if (server->has_answered)
		json_put_raw(writer, "rtt_ms",
		        arena_printf(input->arena, "%.3f", (double)server->rtt_us / 1000));
	else
		json_put_null(writer, "rtt_ms");
	verify_put_values(input, writer, server);
	json_close_object(writer);
}

/* What the answer says as a whole is what the first server that disagrees said, else the first. */
static const struct verify_server *verify_find_speaker(const struct verify_report *report)
{
	for (size_t i = 0; i < report->server_count; i++)
		if (!report->servers[i].is_verified)
			return &report->servers[i];
	return report->server_count > 0 ? &report->servers[0] : NULL;
}

void answer_verify(const struct answer_input *input, struct http_response *response)
{
	const struct verify_report *report = input->verify;
	const struct verify_server *speaker = verify_find_speaker(report);
	struct json_writer writer;
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_bool(&writer, "verified", report->is_verified);
	verify_put_values(input, &writer, speaker);
	verify_put_rcode(&writer, speaker);
	json_open_array(&writer, "servers");
	for (size_t i = 0; i < report->server_count; i++)
		verify_put_server(input, &writer, &report->servers[i]);
	json_close_array(&writer);
	json_put_int(&writer, "attempts", report->attempts);
	json_close_object(&writer);
	shape_close(&writer);
}
