/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

/* What is out of bounds is poisoned this far ahead at least: all of a large arena would take the
 * sanitizer more memory than its program. */
#define AHEAD_BYTES ((size_t)64 * 1024)

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define GAP_BYTES               32
#define POISON(address, size)   ASAN_POISON_MEMORY_REGION(address, size)
#define UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
#define GAP_BYTES               0
#define POISON(address, size)   ((void)(address), (void)(size))
#define UNPOISON(address, size) ((void)(address), (void)(size))
#endif

#define ALIGN_BYTES _Alignof(max_align_t)

struct deferred {
	void (*fn)(void *);
	void *object;
	struct deferred *next;
};

struct arena {
	unsigned char *block;
	size_t cap_bytes;
	size_t used_bytes;
	size_t poisoned_bytes; /* of the block, from its start; what was handed out is not */
	size_t keep_bytes;
	struct deferred *deferred;
};

/* The struct itself stands before the block, in the same mapping. */
#define HEAD_BYTES ((sizeof(struct arena) + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1))

/* What stays resident between requests; an ordinary request fits. */
#define KEEP_BYTES ((size_t)128 * 1024)
#define PAGE_BYTES ((size_t)4096)

static void poison_ahead(struct arena *arena)
{
	size_t left_bytes = arena->cap_bytes - arena->used_bytes;
	if (arena->used_bytes + AHEAD_BYTES <= arena->poisoned_bytes)
		return;
	size_t length = left_bytes < 2 * AHEAD_BYTES ? left_bytes : 2 * AHEAD_BYTES;
	POISON(arena->block + arena->used_bytes, length);
	arena->poisoned_bytes = arena->used_bytes + length;
}

struct arena *arena_open(size_t cap_bytes)
{
	void *mapping = mmap(NULL, HEAD_BYTES + cap_bytes, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapping == MAP_FAILED)
		return NULL;
	struct arena *arena = mapping;
	arena->block = (unsigned char *)mapping + HEAD_BYTES;
	arena->cap_bytes = cap_bytes;
	arena_keep(arena, KEEP_BYTES);
	poison_ahead(arena);
	return arena;
}

/* It ends on a page: madvise takes no other beginning. */
void arena_keep(struct arena *arena, size_t keep_bytes)
{
	size_t pages = (keep_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
	arena->keep_bytes = (pages > 0 ? pages : 1) * PAGE_BYTES - HEAD_BYTES;
}

void arena_close(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	size_t cap_bytes = arena->cap_bytes;
	UNPOISON(arena->block, arena->poisoned_bytes);
	munmap(arena, HEAD_BYTES + cap_bytes);
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
	size_t start = (arena->used_bytes + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);
	size_t taken_bytes;
	if (__builtin_add_overflow(size_bytes, GAP_BYTES, &taken_bytes) ||
	        start > arena->cap_bytes || arena->cap_bytes - start < taken_bytes)
		return NULL;
	POISON(arena->block + arena->used_bytes, start - arena->used_bytes + taken_bytes);
	arena->used_bytes = start + taken_bytes;
	UNPOISON(arena->block + start, size_bytes);
	poison_ahead(arena);
	return arena->block + start;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes)
{
	size_t total_bytes;
	if (__builtin_mul_overflow(count, size_bytes, &total_bytes))
		return NULL;
	return arena_alloc(arena, total_bytes);
}

void *arena_dup(struct arena *arena, const void *bytes, size_t size_bytes)
{
	if (size_bytes == SIZE_MAX)
		return NULL;
	char *copy = arena_alloc(arena, size_bytes + 1);
	if (copy != NULL && size_bytes > 0)
		memcpy(copy, bytes, size_bytes);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
	return arena_dup(arena, string, strlen(string));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return NULL;
	char *string = arena_alloc(arena, (size_t)length + 1);
	if (string == NULL)
		return NULL;
	va_start(arguments, format);
	vsnprintf(string, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return string;
}

_Bool arena_defer(struct arena *arena, void (*fn)(void *), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));
	if (deferred == NULL)
		return 0;
	*deferred = (struct deferred){ .fn = fn, .object = object, .next = arena->deferred };
	arena->deferred = deferred;
	return 1;
}

void arena_reset(struct arena *arena)
{
	while (arena->deferred != NULL) {
		struct deferred *deferred = arena->deferred;
		arena->deferred = deferred->next;
		deferred->fn(deferred->object);
	}
	UNPOISON(arena->block, arena->used_bytes);
	size_t keep_bytes = arena->keep_bytes;
	size_t kept_bytes = arena->used_bytes < keep_bytes ? arena->used_bytes : keep_bytes;
	explicit_bzero(arena->block, kept_bytes);
	/* The kernel hands these pages back zeroed, which is also a wipe. */
	if (arena->used_bytes > keep_bytes &&
	        madvise(arena->block + keep_bytes, arena->used_bytes - keep_bytes, MADV_DONTNEED) !=
	                0)
		explicit_bzero(arena->block + keep_bytes, arena->used_bytes - keep_bytes);
	POISON(arena->block, arena->used_bytes);
	arena->used_bytes = 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used_bytes;
}
