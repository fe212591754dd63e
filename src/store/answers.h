/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: what requests with an idempotency key were answered. The rows are written in the
 * transaction of their changes.
 */
#ifndef COREGATE_STORE_ANSWERS_H
#define COREGATE_STORE_ANSWERS_H

#include "core/arena.h"
#include "core/err.h"
#include "dns/change.h"
#include "store/db.h"

/* How long a key is remembered. */
#define ANSWERS_KEPT_MS ((int64_t)24 * 3600 * 1000)

/* The answer that a request of this subject and key got within the last ANSWERS_KEPT_MS, as
 * outcome_parse gives it, first_ms set. ERR_NOT_FOUND: none; ERR_IDEMPOTENCY_MISMATCH: to another
 * request; ERR_CONFLICT with a sentence in ret_outcome->detail: an earlier version of this program
 * kept it in a form that is not understood any more. ERR_UNAVAILABLE, ERR_INTERNAL: see db_error.
 */
MUST_CHECK enum err answers_find(
        struct db *db, struct arena *arena, const struct asker *asker, struct outcome *ret_outcome);

/* Whether a repeat of the change gets this answer: not when trying again may end otherwise by
 * itself, as an import does that the zone has moved under. */
bool answers_is_kept(const struct change *change, enum err err);

/* Keeps the answer; of an import without its effects, which the history has, however many they are.
 * ERR_TOO_LARGE, or what db_error says. */
MUST_CHECK enum err answers_put(struct db *db, struct arena *arena, const struct asker *asker,
        const struct outcome *outcome);

#endif
