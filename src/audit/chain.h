/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash chain of the audit log: each row's hash covers its content and the hash before it
 * (BLAKE2b-256), and the head is kept apart. So an edit, a missing row, another order and a missing
 * tail all show. Somebody who can write the whole store can also make a new chain: only a head that
 * was noted elsewhere shows that.
 */
#ifndef COREGATE_AUDIT_CHAIN_H
#define COREGATE_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/audit_row.h"

/* The hash of a row after a row with the hash previous; row->hash does not count. arena holds the
 * serialised row. ERR_TOO_LARGE when it is full. */
MUST_CHECK enum err audit_hash(struct arena *arena, const uint8_t previous[static DIGEST_BYTES],
        const struct audit_row *row, uint8_t ret_hash[static DIGEST_BYTES]);

/* Checking a chain: init, each row in order, then end. */
struct audit_check {
	struct audit_head at; /* the last good row */
	bool has_noted;
	struct audit_head noted; /* a head from elsewhere that must be part of the chain */
	bool noted_was_met;
	uint64_t bad_seq;   /* the first row that is wrong, when reason is set */
	const char *reason; /* NULL: all good so far; static storage */
};

/* noted: a head that was written down elsewhere, or NULL. */
void audit_check_init(struct audit_check *check, const struct audit_head *noted);

/* Takes the next row; false when the chain is broken (now or before). arena is scratch memory and
 * is reset. */
bool audit_check_row(struct audit_check *check, struct arena *arena, const struct audit_row *row);

/* After the last row: head is what the store says the last row is. False when the chain is broken.
 */
bool audit_check_end(struct audit_check *check, const struct audit_head *head);

/* "SEQ:HASH" with 64 hexadecimal digits. ERR_BAD_REQUEST. */
MUST_CHECK enum err audit_parse_head(const char *text, struct audit_head *ret_head);

/* The same back; a NUL ends it. */
#define AUDIT_HEAD_TEXT_BYTES 96
char *audit_render_head(const struct audit_head *head, char ret_text[static AUDIT_HEAD_TEXT_BYTES]);

#endif
