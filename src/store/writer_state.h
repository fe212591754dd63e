/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: what the writer keeps while it runs.
 */
#ifndef COREGATE_STORE_WRITER_STATE_H
#define COREGATE_STORE_WRITER_STATE_H

#include "dns/audit_row.h"
#include "store/db.h"
#include "store/store.h"

struct writer {
	struct db db;
	struct store_settings settings;
	char path[4096];
	int lock_fd;
	bool is_open; /* the handle; the lock is held as long as the writer lives */
	bool is_in_batch;
	bool is_lax;            /* commits need not be on disk when they return */
	int wal_frames;         /* in the write-ahead log after the last commit */
	int wal_frames_again;   /* it does not start anew before it is that long */
	bool is_short_of_space; /* the disk was full: the log must start anew instead of growing */
	uint64_t revision;      /* of the last change in this batch, or in the store */
	struct audit_head audit;
};

#endif
