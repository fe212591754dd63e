/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a record is found by: its text as the API shows it, without regard to case, cut into pieces
 * of three octets; each value as a whole; and its type. A record that contains a text has all terms
 * of that text, so that whatever lacks one of them need not be looked at.
 */
#ifndef COREGATE_SEARCH_TERMS_H
#define COREGATE_SEARCH_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "dns/rdata.h"

#define TERM_OCTETS    3u
#define TERMS_MAX      64u
#define VALUE_TEXT_MAX ((size_t)512 * 1024) /* the longest text of a value */

/* What is looked for: every term of it. Terms past TERMS_MAX are left out, which finds no less. */
struct terms {
	size_t count;
	uint32_t numbers[TERMS_MAX];
};

/* The terms of three octets and of a whole value, which are folded already, and that of a type. */
uint32_t term_of_octets(const char *octets);
uint32_t term_of_value(const char *text, size_t length);
uint32_t term_of_type(uint16_t type);

/* Letters A-Z of ASCII become small; all else stays. */
void text_fold(char *text, size_t length);

/* Adds all terms of a folded text; one that is shorter than TERM_OCTETS has none. */
void terms_put_text(struct terms *terms, const char *text, size_t length);
void terms_put_value(struct terms *terms, const char *text, size_t length);
void terms_put_type(struct terms *terms, uint16_t type);

/* The folded text of a value in `text`, which is emptied first; NULL when it is full. Of a SOA only
 * the two names: its serial moves without a change of the record. */
const char *text_of_value(struct buf *text, uint16_t type, const struct rdata *value);

/* Cuts a text as that of a SOA is cut; returns the length that is left. */
size_t text_cut_soa(const char *text, size_t length);

#endif
