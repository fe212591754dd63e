/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as the answer of a DNS server. Its id and question are made to fit, so that its records
 * are reached.
 */
#include <assert.h>
#include <stdint.h>

#include "dns/query.h"

#define ARENA_BYTES (4u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct name name;
	const char *detail;
	if (size < 2)
		return 0;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	assert(arena != NULL);
	arena_reset(arena);
	if (name_parse("example.com", 11, &name, &detail) != ERR_OK)
		return 0;
	struct question question = { .name = &name, .type = 6 };
	question.id = (uint16_t)(data[0] << 8 | data[1]);
	struct answer answer;
	struct answer_record *records;
	size_t count;
	uint32_t serial;
	if (answer_parse(data, size, &question, &answer) != ERR_OK)
		return 0;
	bool has_serial = answer_find_serial(&answer, &name, &serial);
	enum err err = answer_parse_records(arena, &answer, &records, &count);
	if (err == ERR_OK && has_serial)
		assert(count > 0);
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		assert(name_parse_wire(records[i].owner.wire, records[i].owner.length, &name));
		assert(rdata_compare(&records[i].rdata, &records[i].rdata) == 0);
	}
	return 0;
}
