/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: what a reader keeps, and how each of its calls begins and ends.
 */
#ifndef COREGATE_STORE_READER_STATE_H
#define COREGATE_STORE_READER_STATE_H

#include "core/arena.h"
#include "store/db.h"
#include "store/store.h"

struct reader {
	struct db db;
	struct store_settings settings;
	char path[4096];
	bool is_open;
	bool is_in_snapshot;
	struct arena *scratch; /* for one row at a time */
};

/* Opens when needed and forgets the failure of the last call. */
MUST_CHECK enum err reader_enter(struct reader *reader);

/* What the call comes to. After a failure outside a snapshot the handle is closed, so that the next
 * call opens it anew. */
enum err reader_leave(struct reader *reader);

/* Fills a stored RRset from columns ttl, data, revision, expires that begin at `column`. The values
 * lie in memory of `arena` when `copies`, else in the row; a SOA gets the zone's serial. */
struct row_source {
	struct arena *arena;
	sqlite3_stmt *statement;
	int column;
	bool copies;
};
MUST_CHECK enum err reader_take_row(
        struct reader *reader, const struct row_source *source, struct stored_rrset *rrset);

#endif
