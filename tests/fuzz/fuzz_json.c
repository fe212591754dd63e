/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a JSON text: what is accepted must be written and parsed again to the same text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"

#define ARENA_BYTES   ((size_t)64 * 1024 * 1024)
#define CEILING_BYTES ((size_t)8 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct json_writer *writer, const struct json *value, const char *name)
{
	int64_t number = 0;
	bool flag = false;
	switch (json_kind(value)) {
	case JSON_ARRAY:
	case JSON_OBJECT:
		if (json_kind(value) == JSON_ARRAY)
			json_open_array(writer, name);
		else
			json_open_object(writer, name);
		for (const struct json *i = json_first(value); i != NULL; i = json_next(i))
			write_value(writer, i, json_name(i));
		if (json_kind(value) == JSON_ARRAY)
			json_close_array(writer);
		else
			json_close_object(writer);
		break;
	case JSON_STRING:
		json_put_string(writer, name, json_string(value));
		break;
	case JSON_NUMBER:
		if (json_integer(value, -(INT64_C(1) << 53), INT64_C(1) << 53, &number))
			json_put_int(writer, name, number);
		else
			json_put_null(writer, name);
		break;
	case JSON_BOOL:
		assert(json_bool(value, &flag));
		json_put_bool(writer, name, flag);
		break;
	case JSON_NULL:
		json_put_null(writer, name);
		break;
	}
}

static struct buf rewrite(struct arena *arena, const char *text, size_t length, bool must_parse)
{
	struct buf buf;
	struct json_writer writer;
	const struct json *root = NULL;
	const char *detail = NULL;
	buf_init(&buf, arena, CEILING_BYTES);
	enum err err = json_parse(arena, text, length, &root, &detail);
	assert((err == ERR_OK) == (detail == NULL));
	assert(!must_parse || err == ERR_OK);
	json_writer_init(&writer, &buf);
	if (err == ERR_OK)
		write_value(&writer, root, NULL);
	return buf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	if (arena == NULL)
		abort();
	struct buf first = rewrite(arena, (const char *)data, size, false);
	if (first.length > 0 && !buf_is_full(&first)) {
		struct buf second = rewrite(arena, first.bytes, first.length, true);
		assert(second.length == first.length);
		assert(memcmp(second.bytes, first.bytes, first.length) == 0);
	}
	arena_reset(arena);
	return 0;
}
