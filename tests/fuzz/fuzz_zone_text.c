/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as the text of a zone file. What is accepted is in order, valid, and comes back as it
 * was when it is written as an export writes it.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dns/type.h"
#include "dns/zone_text.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define TEXT_BYTES  ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena;

static enum err parse(const char *bytes, size_t length, struct zone_text *ret_text)
{
	static struct faults faults;
	const char *detail;
	struct name zone;
	faults_init(&faults, arena);
	enum err err = name_parse("example.com", 11, &zone, &detail);
	assert(err == ERR_OK);
	const struct zone_text_settings settings = {
		.zone = &zone,
		.default_ttl_s = 300,
		.ttl_max_s = TTL_MAX,
		.bytes_max = TEXT_BYTES,
	};
	const struct zone_text_source source = { .bytes = bytes, .length = length };
	err = zone_text_parse(arena, &settings, &source, &faults, ret_text);
	assert(err == ERR_TOO_LARGE || (err == ERR_OK) == (faults.count == 0));
	return err;
}

static void render(
        struct buf *buf, const struct zone_text *text, const struct zone_text_rrset *rrset)
{
	char owner_text[NAME_TEXT_BYTES];
	char type_text[TYPE_TEXT_BYTES];
	uint8_t key[2 * NAME_KEY_BYTES];
	struct name owner;
	memcpy(key, text->zone_key, text->zone_key_length);
	memcpy(key + text->zone_key_length, rrset->key, rrset->key_length);
	bool is_name = name_parse_key(key, text->zone_key_length + rrset->key_length, &owner);
	assert(is_name);
	for (size_t i = 0; i < rrset->count; i++) {
		struct rdata value;
		struct zone_text_rrset one;
		bool is_there = zone_text_get_one(text, rrset->first + i, &one);
		assert(is_there);
		zone_text_get_values(text, &one, &value);
		assert(rdata_is_valid(rrset->type, value.bytes, value.length));
		buf_printf(buf, "%s %u IN %s ", name_render_portable(&owner, owner_text),
		        (unsigned)rrset->ttl_s, type_render_zone(rrset->type, type_text));
		rdata_render_portable(buf, rrset->type, &value);
		buf_put_char(buf, '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone_text text;
	static struct zone_text again;
	struct zone_text_rrset rrset;
	struct buf buf;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	assert(arena != NULL);
	arena_reset(arena);
	if (parse((const char *)data, size, &text) != ERR_OK)
		return 0;
	buf_init(&buf, arena, ARENA_BYTES / 4);
	for (size_t at = 0; zone_text_get(&text, at, &rrset); at += rrset.count)
		render(&buf, &text, &rrset);
	if (buf_is_full(&buf) || parse(buf.bytes, buf.length, &again) == ERR_TOO_LARGE)
		return 0;
	assert(again.count == text.count);
	return 0;
}
