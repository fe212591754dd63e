/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row of the audit log as a value: what store/ keeps and audit/ makes, chains and checks.
 */
#ifndef COREGATE_DNS_AUDIT_ROW_H
#define COREGATE_DNS_AUDIT_ROW_H

#include <stdint.h>

#include "core/secret.h"
#include "dns/change.h"

/* Strings are never NULL. */
struct audit_row {
	uint64_t seq; /* 1, 2, 3, … without a gap */
	int64_t at_ms;
	struct actor actor;
	const char *request_id;
	const char *request; /* "PUT /records/www.example.com/A" */
	const char *outcome; /* a slug of core/err.def */
	uint32_t status;     /* its HTTP status */
	uint64_t change_id;  /* 0 when nothing changed */
	const char
	        *body; /* JSON: the effects with before and after, or what was tried and why not */
	uint8_t hash[DIGEST_BYTES]; /* over the row and the hash before it */
};

/* The last row, kept apart from the rows so that a missing tail shows. seq 0 and zeros at first. */
struct audit_head {
	uint64_t seq;
	uint8_t hash[DIGEST_BYTES];
};

#endif
