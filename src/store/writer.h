/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing the store. Exactly one process writes: whoever holds the lock on path.lock. Changes are
 * applied in batches: each change as a whole or not at all, one durable commit for all.
 *
 * A batch: writer_begin_batch; for each change writer_apply and writer_put_audit; then
 * writer_commit_batch. Only after that may anybody be told of success.
 */
#ifndef COREGATE_STORE_WRITER_H
#define COREGATE_STORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/audit_row.h"
#include "dns/change.h"
#include "store/store.h"

struct writer;

/* Takes the lock, makes the database or brings its schema up to date, and opens it. The settings
 * are copied. ERR_OVERLOADED: another process holds the lock. ERR_UNAVAILABLE: it cannot be opened
 * or written. ERR_INTERNAL: it is damaged, or of a later version of this program. The reason is
 * logged. */
MUST_CHECK enum err writer_open(const struct store_settings *settings, struct writer **ret_writer);

/* Rolls back an open batch and gives the lock up. NULL is accepted. The -wal and -shm files stay,
 * so that readers go on. */
void writer_close(struct writer *writer);

/* Whether the batches from here on are on disk when their commit returns, as they are unless told.
 * One that is not is on disk with the next one that is. Between batches. ERR_UNAVAILABLE,
 * ERR_INTERNAL: it is as it was. */
MUST_CHECK enum err writer_set_durable(struct writer *writer, bool is_durable);

/* Starts a batch; opens the database again when it broke before. ERR_UNAVAILABLE, ERR_INTERNAL:
 * then there is no batch. */
MUST_CHECK enum err writer_begin_batch(struct writer *writer);

/* Applies all ops of a change in their order, or none. ERR_OK: *ret_outcome holds effects and
 * serials, in the arena. What is wrong with the change itself is returned and stands in
 * ret_outcome->err, detail, op_index and, for every op that cannot be done, faults; the batch goes
 * on without it. An op that cannot be done counts as not there for those after it. When the store
 * fails (disk full, …) ERR_UNAVAILABLE or ERR_INTERNAL is returned and writer_is_broken says true:
 * the whole batch must be rolled back.
 *
 * Each op needs a bound that covers its effect: for RRsets action, TTL and number of values
 * afterwards (an effect that changes nothing counts as an update); for OP_ZONE_ADD and OP_REVOKE
 * the action EFFECT_CREATE, for OP_ZONE_DROP EFFECT_DELETE. Rules between RRsets (CNAME, DNAME,
 * zone cuts) are held against the state after the last op, so that the order of ops does not matter
 * for them. A change that changes nothing has change_id 0, moves no serial and leaves no row. One
 * that only changes when values expire moves no serial either, but the RRset's revision.
 * With a key (change->idempotency) the answer is kept in the same transaction, unless it is a 5xx;
 * and a change whose key has an answer is not applied again: *ret_outcome is that answer, with
 * first_ms set, or ERR_IDEMPOTENCY_MISMATCH, or ERR_CONFLICT when it can no longer be read.
 * change->refused is not looked at.
 *
 * OP_REVERT asks for no bound: see struct reversion. It undoes the rows of history of its change,
 * the last one first, and is refused where the data is no longer as that change left it
 * (ERR_CONFLICT, one fault for each of the first REVERT_FAULTS_MAX places); ERR_NOT_FOUND when
 * there is nothing to undo. A zone that was made is dropped unless another change touched it since;
 * a zone that was dropped is made anew, its serial going on.
 *
 * A dry run answers the same and leaves nothing behind; its change_id is 0. */
#define REVERT_FAULTS_MAX 100u
MUST_CHECK enum err writer_apply(struct writer *writer, struct arena *arena,
        const struct change *change, int64_t now_ms, struct outcome *ret_outcome);

/* True when a call failed because of the store, not because of what was asked. Stays until the
 * batch is rolled back. */
bool writer_is_broken(const struct writer *writer);

/* The last audit row of the open batch or, without one in it, of the store. */
struct audit_head writer_audit_head(const struct writer *writer);

/* Adds the row with the seq after the head; it becomes the head. ERR_UNAVAILABLE, ERR_INTERNAL:
 * broken. */
MUST_CHECK enum err writer_put_audit(struct writer *writer, const struct audit_row *row);

/* Commits durably. On failure the batch is rolled back and nothing of it may be acknowledged. */
MUST_CHECK enum err writer_commit_batch(struct writer *writer);

/* Forgets the batch. */
void writer_rollback_batch(struct writer *writer);

/* Looks after the write-ahead log, between batches, when the answers are out. copied: frames of it
 * that checkpointer_copy said to have copied last; 0: nobody copies. True: the log has grown, and
 * checkpointer_copy should be called, elsewhere. When it is long, and most of it was copied, it
 * starts anew here; a log that nobody copies is copied here at last. Waits at most 10 ms for
 * readers. */
bool writer_checkpoint(struct writer *writer, uint32_t copied);

/* When the next value expires (wall clock); INT64_MAX: none does. Between batches. */
int64_t writer_next_expiry(struct writer *writer);

/* The change that drops what is due at now_ms, of at most `limit` RRsets, the longest due first;
 * in the arena. ERR_NOT_FOUND when nothing is. Between batches; to be applied like any other. */
MUST_CHECK enum err writer_find_due(struct writer *writer, struct arena *arena, int64_t now_ms,
        size_t limit, struct change *ret_change);

/* Forgets revocations and child tokens that expired before now_ms, and old answers, not more than
 * PRUNE_ROWS_MAX of these, as a batch of its own. *ret_more: there may be more. */
#define PRUNE_ROWS_MAX 2000
MUST_CHECK enum err writer_prune(struct writer *writer, int64_t now_ms, bool *ret_more);

/* Removes some rows that an import has left, as a batch of its own: those of one that was given up,
 * and those that made way for one. *ret_more: there may be more. An import that is not heard of for
 * IMPORT_QUIET_MS is given up here, and all that are under way by writer_open. */
#define PRUNE_LEFT_MAX   300
#define IMPORT_QUIET_MS  20000
#define IMPORT_STATE_ALL 1
MUST_CHECK enum err writer_prune_left(struct writer *writer, int64_t now_ms, bool *ret_more);

#endif
