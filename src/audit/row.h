/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a change and its outcome to the row of the audit log, and a row as a line of JSON.
 */
#ifndef COREGATE_AUDIT_ROW_H
#define COREGATE_AUDIT_ROW_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/audit_row.h"
#include "dns/change.h"

/* What an attempt was: the change, what came of it, and when. */
struct audit_attempt {
	const struct change *change;
	const struct outcome *outcome; /* of a refused change: err and detail of the refusal */
	int64_t at_ms;
};

/* Makes the row after head, numbered and chained. Its texts lie in the arena or in the change.
 * A body that would be longer than 4 MiB says so instead; the effects are in the store anyway.
 * ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err audit_make_row(struct arena *arena, const struct audit_head *head,
        const struct audit_attempt *attempt, struct audit_row *ret_row);

/* Appends the row as one JSON object without line breaks, hash in hexadecimal. */
void audit_render_row(struct buf *buf, const struct audit_row *row);

#endif
