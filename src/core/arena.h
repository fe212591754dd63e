/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory with the lifetime of a request (or of another unit of work): one block with a fixed cap,
 * handed out front to back, wiped and reset once. Not thread-safe; one arena belongs to one
 * process.
 *
 * The block is reserved address space: what was never used costs no memory. With AddressSanitizer
 * a poisoned gap follows each allocation, so that overruns inside the block are seen too.
 */
#ifndef COREGATE_CORE_ARENA_H
#define COREGATE_CORE_ARENA_H

#include <stddef.h>

#include "core/err.h"

struct arena;

/* Makes an arena that can hold cap_bytes. NULL when the address space cannot be had.
 * The caller owns it and ends it with arena_close. */
struct arena *arena_open(size_t cap_bytes);

/* How much stays resident from one reset to the next, 128 KiB unless told: fetching pages anew
 * costs more than wiping them. */
void arena_keep(struct arena *arena, size_t keep_bytes);

/* Runs what was deferred, wipes and unmaps. NULL is accepted. */
void arena_close(struct arena *arena);

/* size_bytes of zeroed memory, aligned for any type, valid until the next reset.
 * NULL at the cap: an error of the request (ERR_TOO_LARGE), not of the process. */
void *arena_alloc(struct arena *arena, size_t size_bytes);

/* count * size_bytes, zeroed; NULL on overflow or at the cap. */
void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes);

/* A copy of size_bytes bytes, followed by a NUL that does not count. NULL at the cap. */
void *arena_dup(struct arena *arena, const void *bytes, size_t size_bytes);

/* A NUL-terminated copy of a string. NULL at the cap. */
char *arena_strdup(struct arena *arena, const char *string);

/* A formatted string. NULL at the cap. */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Runs fn(object) at the next reset, last deferred first. False at the cap: then fn was not
 * taken over and the caller still owns object. */
MUST_CHECK _Bool arena_defer(struct arena *arena, void (*fn)(void *), void *object);

/* Runs what was deferred, wipes what was used and starts anew. Large blocks go back to the system.
 */
void arena_reset(struct arena *arena);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#endif
