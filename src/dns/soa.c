/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/rdata_check.h"
#include "dns/rdata_walk.h"
#include "dns/type.h"

#define SOA_NUMBERS_BYTES 20u

static void put_u32(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)(number >> 24);
	at[1] = (uint8_t)(number >> 16);
	at[2] = (uint8_t)(number >> 8);
	at[3] = (uint8_t)number;
}

enum err soa_render(struct arena *arena, const struct soa *soa, struct rdata *ret_rdata)
{
	size_t names = (size_t)soa->mname->length + soa->rname->length;
	uint8_t *bytes = arena_alloc(arena, names + SOA_NUMBERS_BYTES);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	memcpy(bytes, soa->mname->wire, soa->mname->length);
	memcpy(bytes + soa->mname->length, soa->rname->wire, soa->rname->length);
	put_u32(bytes + names, soa->serial);
	put_u32(bytes + names + 4, soa->refresh_s);
	put_u32(bytes + names + 8, soa->retry_s);
	put_u32(bytes + names + 12, soa->expire_s);
	put_u32(bytes + names + 16, soa->minimum_s);
	*ret_rdata = (struct rdata){
		.length = (uint16_t)(names + SOA_NUMBERS_BYTES),
		.bytes = bytes,
	};
	return ERR_OK;
}

bool soa_parse(struct arena *arena, const struct rdata *rdata, struct soa *ret_soa)
{
	if (rdata_check(TYPE_SOA, rdata->bytes, rdata->length) != NULL)
		return false;
	struct name *names = arena_calloc(arena, 2, sizeof(*names));
	if (names == NULL)
		return false;
	struct rdata_walk walk;
	struct rdata_field field;
	rdata_walk_init(&walk, type_layout(TYPE_SOA), rdata->bytes, rdata->length);
	for (size_t i = 0; i < 2 && rdata_walk_next(&walk, &field); i++) {
		names[i].length = (uint8_t)field.length;
		memcpy(names[i].wire, rdata->bytes + field.at, field.length);
	}
	struct decoder numbers;
	decoder_init(&numbers, rdata->bytes + walk.at, rdata->length - walk.at);
	*ret_soa = (struct soa){ .mname = &names[0], .rname = &names[1] };
	ret_soa->serial = decoder_u32(&numbers);
	ret_soa->refresh_s = decoder_u32(&numbers);
	ret_soa->retry_s = decoder_u32(&numbers);
	ret_soa->expire_s = decoder_u32(&numbers);
	ret_soa->minimum_s = decoder_u32(&numbers);
	return true;
}

void soa_put_serial(uint8_t *rdata_bytes, size_t length, uint32_t serial)
{
	if (length > SOA_NUMBERS_BYTES)
		put_u32(rdata_bytes + length - SOA_NUMBERS_BYTES, serial);
}

/* The part before the "@" is one label: its dots do not separate (RFC 1035 section 8). */
static enum err parse_mailbox(const char *text, size_t local_length, size_t length,
        struct name *ret_name, const char **ret_detail)
{
	char spelled[NAME_TEXT_BYTES];
	size_t out = 0;
	if (local_length == 0 || local_length > 63 || length - local_length > NAME_TEXT_BYTES / 2) {
		*ret_detail = "The part before the \"@\" is empty or longer than 63 octets, or the "
		              "address is too long";
		return ERR_INVALID_NAME;
	}
	for (size_t i = 0; i < local_length; i++) {
		if (text[i] == '.' || text[i] == '\\')
			spelled[out++] = '\\';
		spelled[out++] = text[i];
	}
	spelled[out++] = '.';
	memcpy(spelled + out, text + local_length + 1, length - local_length - 1);
	out += length - local_length - 1;
	return name_parse(spelled, out, ret_name, ret_detail);
}

enum err soa_parse_contact(
        const char *text, size_t length, struct name *ret_name, const char **ret_detail)
{
	const char *sign = length == 0 ? NULL : memchr(text, '@', length);
	if (sign == NULL)
		return name_parse(text, length, ret_name, ret_detail);
	if (sign + 1 == text + length) {
		*ret_detail = "There is no domain behind the \"@\"";
		return ERR_INVALID_NAME;
	}
	return parse_mailbox(text, (size_t)(sign - text), length, ret_name, ret_detail);
}
