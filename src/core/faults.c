/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/faults.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_BYTES 512

void faults_init(struct faults *faults, struct arena *arena)
{
	faults->arena = arena;
	faults->count = 0;
	faults->room = FAULTS_INLINE;
	faults->items = faults->first;
}

static bool make_room(struct faults *faults)
{
	if (faults->count < faults->room)
		return true;
	if (faults->count == FAULTS_MAX)
		return false;
	size_t room = faults->room * 8 < FAULTS_MAX ? faults->room * 8 : FAULTS_MAX;
	struct fault *items = arena_calloc(faults->arena, room, sizeof(*items));
	if (items == NULL)
		return false;
	memcpy(items, faults->items, faults->count * sizeof(*items));
	faults->items = items;
	faults->room = room;
	return true;
}

PRINTF_LIKE(3, 0)
static void add(
        struct faults *faults, const struct fault *fault, const char *format, va_list arguments)
{
	if (!make_room(faults))
		return;
	char detail[DETAIL_BYTES];
	vsnprintf(detail, sizeof(detail), format, arguments);
	const char *pointer = arena_strdup(faults->arena, fault->pointer);
	const char *detail_copy = arena_strdup(faults->arena, detail);
	struct fault *item = &faults->items[faults->count++];
	*item = *fault;
	item->pointer = pointer != NULL ? pointer : "";
	item->detail = detail_copy != NULL ? detail_copy : err_sentence(fault->err);
}

enum err faults_add(
        struct faults *faults, enum err err, const char *pointer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(faults, &(struct fault){ .pointer = pointer, .err = err }, format, arguments);
	va_end(arguments);
	return err;
}

enum err faults_add_line(
        struct faults *faults, unsigned line, enum err err, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(faults, &(struct fault){ .pointer = "", .line = line, .err = err }, format, arguments);
	va_end(arguments);
	return err;
}

enum err faults_err(const struct faults *faults)
{
	return faults->count == 0 ? ERR_OK : faults->items[0].err;
}
