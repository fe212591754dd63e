/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as an answer of the API: the walk over its text stays inside of it, finds the values
 * that the parser of core/json.h finds, and what is shown of it holds nothing that steers a
 * terminal.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/view.h"
#include "core/json.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct arena *arena, struct view view, const struct json *value)
{
	struct view_walk walk = view_walk(view);
	struct view name;
	struct view inner;
	if (json_kind(value) == JSON_STRING)
		assert(strcmp(view_text(arena, view), json_string(value)) == 0);
	assert(view_count(view) == json_count(value));
	for (const struct json *i = json_first(value); i != NULL; i = json_next(i)) {
		assert(view_step(&walk, &name, &inner));
		if (json_name(i) != NULL)
			assert(strcmp(view_text(arena, name), json_name(i)) == 0);
		compare(arena, inner, i);
	}
	assert(!view_step(&walk, &name, &inner));
}

static void show(struct arena *arena, struct view view)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	struct table table = { .file = file,
		.columns = "name record_type value zones:zones.zone soa" };
	if (file == NULL)
		abort();
	(void)table_print(&table, arena, view);
	(void)table_print_object(file, 40, arena, view);
	if (fclose(file) != 0)
		abort();
	for (size_t i = 0; i < length; i++)
		assert((unsigned char)text[i] >= 0x20 || text[i] == '\n');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	const struct json *root;
	const char *detail;
	struct view view;
	if (arena == NULL)
		arena = arena_open(ARENA_BYTES);
	/* A copy of exactly that size shows a read behind it. */
	char *text = malloc(size > 0 ? size : 1);
	if (arena == NULL || text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	bool is_parsed = json_parse(arena, text, size, &root, &detail) == ERR_OK;
	if (view_open(arena, text, size, &view) == ERR_OK) {
		show(arena, view);
		if (is_parsed)
			compare(arena, view, root);
	} else {
		assert(!is_parsed);
	}
	arena_reset(arena);
	free(text);
	return 0;
}
