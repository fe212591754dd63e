/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/verify.h"

#include <stdlib.h>
#include <string.h>

#include "dns/type.h"

#define TIMEOUT_MAX_MS 30000u
#define CHAIN_MAX      16u /* CNAMEs in a row; a circle ends here, too */

void verify_question_pack(struct buf *buf, const struct verify_question *question)
{
	buf_put_u8(buf, question->owner.length);
	buf_put(buf, question->owner.wire, question->owner.length);
	buf_put_u16(buf, question->type);
	buf_put_u32(buf, question->timeout_ms);
	buf_put_u8(buf, question->has_expect);
	if (!question->has_expect)
		return;
	buf_put_u16(buf, question->expect.length);
	buf_put(buf, question->expect.bytes, question->expect.length);
}

enum err verify_question_parse(
        const void *bytes, size_t length, struct verify_question *ret_question)
{
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	struct verify_question question = { 0 };
	uint8_t owner_length = decoder_u8(&decoder);
	const uint8_t *owner = decoder_bytes(&decoder, owner_length);
	question.type = decoder_u16(&decoder);
	question.timeout_ms = decoder_u32(&decoder);
	question.has_expect = decoder_u8(&decoder) == 1;
	if (question.has_expect) {
		question.expect.length = decoder_u16(&decoder);
		question.expect.bytes = decoder_bytes(&decoder, question.expect.length);
	}
	if (!decoder_is_done(&decoder) || question.timeout_ms > TIMEOUT_MAX_MS ||
	        !name_parse_wire(owner, owner_length, &question.owner))
		return ERR_BAD_REQUEST;
	*ret_question = question;
	return ERR_OK;
}

static void verify_server_pack(struct buf *buf, const struct verify_server *server)
{
	size_t address_length = strlen(server->address);
	buf_put_u16(buf, (uint16_t)address_length);
	buf_put(buf, server->address, address_length);
	buf_put_u8(buf, server->has_answered);
	buf_put_u8(buf, server->is_verified);
	buf_put_u8(buf, server->rcode);
	buf_put_u32(buf, server->rtt_us);
	buf_put_u16(buf, (uint16_t)server->value_count);
	for (size_t i = 0; i < server->value_count; i++) {
		buf_put_u16(buf, server->values[i].length);
		buf_put(buf, server->values[i].bytes, server->values[i].length);
	}
}

void verify_report_pack(struct buf *buf, uint16_t type, const struct verify_report *report)
{
	buf_put_u16(buf, type);
	buf_put_u8(buf, report->is_verified);
	buf_put_u32(buf, report->attempts);
	buf_put_u8(buf, (uint8_t)report->server_count);
	for (size_t i = 0; i < report->server_count; i++)
		verify_server_pack(buf, &report->servers[i]);
}

static enum err verify_server_parse(struct arena *arena, struct decoder *decoder, uint16_t type,
        struct verify_server *ret_server)
{
	uint16_t address_length = decoder_u16(decoder);
	const uint8_t *address = decoder_bytes(decoder, address_length);
	ret_server->has_answered = decoder_u8(decoder) == 1;
	ret_server->is_verified = decoder_u8(decoder) == 1;
	ret_server->rcode = decoder_u8(decoder);
	ret_server->rtt_us = decoder_u32(decoder);
	ret_server->value_count = decoder_u16(decoder);
	if (decoder->failed || ret_server->value_count > VERIFY_VALUES_MAX)
		return ERR_BAD_REQUEST;
	ret_server->address = arena_dup(arena, address, address_length);
	ret_server->values =
	        arena_calloc(arena, ret_server->value_count + 1, sizeof(*ret_server->values));
	if (ret_server->address == NULL || ret_server->values == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < ret_server->value_count; i++) {
		struct rdata *value = &ret_server->values[i];
		value->length = decoder_u16(decoder);
		value->bytes = decoder_bytes(decoder, value->length);
		if (decoder->failed || !rdata_is_valid(type, value->bytes, value->length))
			return ERR_BAD_REQUEST;
	}
	return ERR_OK;
}

enum err verify_report_parse(
        struct arena *arena, const void *bytes, size_t length, struct verify_report *ret_report)
{
	if (length == 0)
		return ERR_OVERLOADED;
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	uint16_t type = decoder_u16(&decoder);
	struct verify_report report = { 0 };
	report.is_verified = decoder_u8(&decoder) == 1;
	report.attempts = decoder_u32(&decoder);
	report.server_count = decoder_u8(&decoder);
	if (decoder.failed || report.server_count > VERIFY_SERVERS_MAX)
		return ERR_BAD_REQUEST;
	report.servers = arena_calloc(arena, report.server_count + 1, sizeof(*report.servers));
	if (report.servers == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < report.server_count; i++) {
		enum err err = verify_server_parse(arena, &decoder, type, &report.servers[i]);
		if (err != ERR_OK)
			return err;
	}
	if (!decoder_is_done(&decoder))
		return ERR_BAD_REQUEST;
	*ret_report = report;
	return ERR_OK;
}

/* ---- what an answer says ---- */

static const struct answer_record *find_record(
        const struct answer_record *records, size_t count, const struct name *owner, uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (records[i].type == type && name_is_equal(&records[i].owner, owner))
			return &records[i];
	return NULL;
}

/* Moves owner to where the records of the type are. False when the answer does not lead there. */
static bool follow_chain(
        const struct answer_record *records, size_t count, uint16_t type, struct name *owner)
{
	for (unsigned i = 0; i <= CHAIN_MAX; i++) {
		if (find_record(records, count, owner, type) != NULL)
			return true;
		const struct answer_record *alias = find_record(records, count, owner, TYPE_CNAME);
		if (alias == NULL ||
		        !name_parse_wire(alias->rdata.bytes, alias->rdata.length, owner))
			return false;
	}
	return false;
}

static int compare_values(const void *a, const void *b)
{
	return rdata_compare(a, b);
}

/* Sorted, each once; returns how many there are. */
static size_t pick_values(const struct answer_record *records, size_t count, uint16_t type,
        const struct name *owner, struct rdata *ret_values)
{
	size_t picked = 0;
	for (size_t i = 0; i < count; i++) {
		const struct rdata *value = &records[i].rdata;
		if (records[i].type == type && name_is_equal(&records[i].owner, owner) &&
		        rdata_is_valid(type, value->bytes, value->length))
			ret_values[picked++] = *value;
	}
	qsort(ret_values, picked, sizeof(*ret_values), compare_values);
	size_t kept = 0;
	for (size_t i = 0; i < picked; i++)
		if (kept == 0 || rdata_compare(&ret_values[kept - 1], &ret_values[i]) != 0)
			ret_values[kept++] = ret_values[i];
	return kept;
}

static bool is_expected(
        const struct verify_question *question, const struct rdata *values, size_t count)
{
	if (!question->has_expect)
		return count > 0;
	return count > 0 &&
	       bsearch(&question->expect, values, count, sizeof(*values), compare_values) != NULL;
}

void verify_take_answer(struct arena *arena, const struct verify_question *question,
        const struct answer *answer, struct verify_server *server)
{
	struct answer_record *records;
	size_t count;
	server->has_answered = true;
	server->is_verified = false;
	server->rcode = answer->rcode;
	server->value_count = 0;
	server->values = NULL;
	if (answer->rcode != RCODE_NOERROR ||
	        answer_parse_records(arena, answer, &records, &count) != ERR_OK)
		return;
	struct name owner = question->owner;
	struct rdata *values = arena_calloc(arena, count + 1, sizeof(*values));
	if (values == NULL || !follow_chain(records, count, question->type, &owner))
		return;
	count = pick_values(records, count, question->type, &owner, values);
	server->is_verified = is_expected(question, values, count);
	server->values = values;
	server->value_count = count < VERIFY_VALUES_MAX ? count : VERIFY_VALUES_MAX;
}

const char *verify_rcode_name(uint8_t rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RCODE11",
		"RCODE12", "RCODE13", "RCODE14", "RCODE15" };
	return names[rcode & 0x0f];
}
