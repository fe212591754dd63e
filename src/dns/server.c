/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/server.h"

#include <assert.h>
#include <string.h>

#include "dns/codec.h"
#include "dns/type.h"

#define IPV4_BYTES 4u
#define IPV6_BYTES 16u

/* Hostname and 16 addresses with a PTR each; anything beyond is damage. */
#define RECORDS_MAX (2u * SERVER_ADDRESSES_MAX)

static void append_label(struct name *name, const char *text, size_t length)
{
	name->wire[name->length++] = (uint8_t)length;
	memcpy(name->wire + name->length, text, length);
	name->length = (uint8_t)(name->length + length);
}

static void append_number(struct name *name, unsigned number)
{
	char digits[3];
	size_t length = 0;
	if (number >= 100)
		digits[length++] = (char)('0' + number / 100);
	if (number >= 10)
		digits[length++] = (char)('0' + number / 10 % 10);
	digits[length++] = (char)('0' + number % 10);
	append_label(name, digits, length);
}

void name_reverse(const struct rdata *address, struct name *ret_name)
{
	static const char hex[] = "0123456789abcdef";
	bool is_ipv4 = address->length == IPV4_BYTES;
	struct name name = { 0 };
	assert(is_ipv4 || address->length == IPV6_BYTES);
	for (size_t i = address->length; i-- > 0;) {
		unsigned octet = address->bytes[i];
		if (is_ipv4) {
			append_number(&name, octet);
			continue;
		}
		append_label(&name, &hex[octet & 15u], 1);
		append_label(&name, &hex[octet >> 4], 1);
	}
	append_label(&name, is_ipv4 ? "in-addr" : "ip6", is_ipv4 ? 7 : 3);
	append_label(&name, "arpa", 4);
	name.wire[name.length++] = 0;
	*ret_name = name;
}

const struct server_record *server_find_record(const struct server *server,
        const struct name *owner, uint16_t type, const struct rdata *value)
{
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		if (record->type == type && name_is_equal(&record->owner, owner) &&
		        rdata_compare(&record->value, value) == 0)
			return record;
	}
	return NULL;
}

void server_pack_records(struct buf *buf, const struct server *server)
{
	for (size_t i = 0; i < server->record_count; i++) {
		const struct server_record *record = &server->records[i];
		buf_put_u8(buf, record->is_made);
		codec_put_name(buf, &record->owner);
		buf_put_u16(buf, record->type);
		codec_put_values(buf, &record->value, 1);
	}
}

static bool record_parse(
        struct arena *arena, struct decoder *decoder, struct server_record *ret_record)
{
	size_t count = 0;
	uint8_t is_made = decoder_u8(decoder);
	ret_record->is_made = is_made == 1;
	codec_get_name(decoder, &ret_record->owner);
	ret_record->type = decoder_u16(decoder);
	const struct rdata *value = codec_get_values(arena, decoder, ret_record->type, &count);
	if (decoder->failed || is_made > 1 || count != 1 || ret_record->owner.length == 0)
		return false;
	ret_record->value = *value;
	return true;
}

enum err server_parse_records(
        struct arena *arena, const void *blob, size_t length, struct server *server)
{
	struct decoder decoder;
	decoder_init(&decoder, blob, length);
	struct server_record *records = arena_calloc(arena, RECORDS_MAX, sizeof(*records));
	if (records == NULL)
		return ERR_TOO_LARGE;
	size_t count = 0;
	while (!decoder_is_done(&decoder)) {
		if (count == RECORDS_MAX || !record_parse(arena, &decoder, &records[count]))
			return ERR_INTERNAL;
		count++;
	}
	server->records = records;
	server->record_count = count;
	return ERR_OK;
}
