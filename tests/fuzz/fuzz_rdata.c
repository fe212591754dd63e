/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two octets of type, then any bytes as a value: as text and as RDATA. What is accepted is valid,
 * and both spellings lead back to the same bytes; the zone file's is one line of printable ASCII.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/type.h"

#define ARENA_BYTES (8u * 1024 * 1024)
#define TEXT_BYTES  (1024u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena;

static void check_text(uint16_t type, const struct rdata *rdata, const char *text)
{
	struct rdata again;
	const char *detail;
	assert(text != NULL);
	assert(rdata_parse(arena, type, text, &again, &detail) == ERR_OK);
	assert(rdata_compare(rdata, &again) == 0);
}

static void check_rdata(uint16_t type, const struct rdata *rdata)
{
	struct buf buf;
	buf_init(&buf, arena, TEXT_BYTES);
	rdata_render(&buf, type, rdata);
	check_text(type, rdata, buf_string(&buf));
	buf_init(&buf, arena, TEXT_BYTES);
	rdata_render_zone(&buf, type, rdata);
	const char *text = buf_string(&buf);
	assert(text != NULL && strlen(text) == buf.length);
	for (size_t i = 0; i < buf.length; i++)
		assert(text[i] >= 0x20 && text[i] < 0x7f);
	/* TXT takes "\# …" as text. */
	if (!(type == TYPE_TXT || type == TYPE_SPF) || text[0] == '"')
		check_text(type, rdata, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *detail;
	if (size < 2 || size > 70000)
		return 0;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	assert(arena != NULL);
	arena_reset(arena);
	uint16_t type = (uint16_t)(data[0] << 8 | data[1]);
	if (type != TYPE_SOA && !type_is_writable(type, &detail))
		return 0;
	struct rdata rdata;
	const char *text = arena_dup(arena, data + 2, size - 2);
	assert(text != NULL);
	if (rdata_parse(arena, type, text, &rdata, &detail) == ERR_OK) {
		assert(rdata_is_valid(type, rdata.bytes, rdata.length));
		check_rdata(type, &rdata);
	}
	if (size - 2 <= UINT16_MAX && rdata_is_valid(type, data + 2, size - 2)) {
		rdata = (struct rdata){ .length = (uint16_t)(size - 2), .bytes = data + 2 };
		check_rdata(type, &rdata);
	}
	return 0;
}
