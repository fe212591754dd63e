/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a change, an outcome, the values of an RRset. What is accepted packs to the same
 * bytes again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dns/change.h"

#define ARENA_BYTES (16u * 1024 * 1024)
#define PACK_BYTES  (4u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bytes(const struct buf *buf, const uint8_t *data, size_t size)
{
	assert(!buf_is_full(buf));
	assert(buf->length == size);
	assert(memcmp(buf->bytes, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct change change;
	struct outcome outcome;
	struct rrset rrset = { 0 };
	struct buf buf;
	if (size == 0 || size > PACK_BYTES / 2)
		return 0;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	assert(arena != NULL);
	arena_reset(arena);
	if (change_parse(arena, data, size, &change) == ERR_OK) {
		assert(change_count_records(&change) > 0);
		buf_init(&buf, arena, PACK_BYTES);
		change_pack(&buf, &change);
		check_bytes(&buf, data, size);
	}
	if (outcome_parse(arena, data, size, &outcome) == ERR_OK) {
		buf_init(&buf, arena, PACK_BYTES);
		outcome_pack(&buf, &outcome);
		check_bytes(&buf, data, size);
	}
	if (rrset_parse_values(arena, data, size, &rrset) == ERR_OK) {
		buf_init(&buf, arena, PACK_BYTES);
		rrset_pack_values(&buf, &rrset);
		check_bytes(&buf, data, size);
	}
	return 0;
}
