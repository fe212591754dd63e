/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only door to the clocks. Everything else takes time as an argument.
 */
#ifndef COREGATE_CORE_CLOCK_H
#define COREGATE_CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wall clock: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX). */
int64_t clock_wall_ms(void);

/* A clock that never jumps back; only differences mean something. Nanoseconds. */
uint64_t clock_steady_ns(void);

/* "2026-11-23T11:36:42Z" and a NUL are CLOCK_TEXT_BYTES. */
#define CLOCK_TEXT_BYTES 32

/* RFC 3339 in UTC, whole seconds, ending in Z. */
void clock_render_rfc3339(int64_t wall_ms, char ret_text[static CLOCK_TEXT_BYTES]);

/* RFC 3339 section 5.6 with upper-case T and Z; a fraction is cut to milliseconds, an offset only
 * serves to find the instant. False when text (length bytes, no NUL needed) is anything else;
 * ret_wall_ms is untouched then. */
bool clock_parse_rfc3339(const char *text, size_t length, int64_t *ret_wall_ms);

#endif
