/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Single characters of text: hexadecimal digits and UTF-8 (RFC 3629).
 */
#ifndef COREGATE_CORE_TEXT_H
#define COREGATE_CORE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* 0 to 15 for a hexadecimal digit of any case, -1 for anything else. */
int hex_value(char digit);

/* Length of the UTF-8 sequence at bytes, of which left (at least 1) can be read; 0 when there is
 * none: overlong forms, surrogates and what is above U+10FFFF are none. */
size_t utf8_sequence_length(const char *bytes, size_t left);

/* Writes a code point (at most U+10FFFF) as 1 to 4 bytes; returns what follows them. */
char *utf8_put(char *out, uint32_t point);

#endif
