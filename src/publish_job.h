/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Publishing one zone, in steps: its stored snapshot is compared with the file that is there, or
 * rendered and swapped in. Between the steps other zones may have their turn.
 */
#ifndef COREGATE_PUBLISH_JOB_H
#define COREGATE_PUBLISH_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/zone.h"
#include "publish/swap.h"
#include "publish/zone_file.h"
#include "store/reader.h"

/* RRsets of one step. */
#define PUBLISH_JOB_STEP 2000u

#define PUBLISH_JOB_FAILURE_BYTES 160

enum publish_job_state {
	PUBLISH_JOB_IDLE,
	PUBLISH_JOB_COMPARING,
	PUBLISH_JOB_WRITING,
	/* how it ended */
	PUBLISH_JOB_WRITTEN,
	PUBLISH_JOB_UNCHANGED, /* the file was right already */
	PUBLISH_JOB_NO_ZONE,   /* the store has no such zone */
	PUBLISH_JOB_FAILED,
};

struct publish_job {
	struct reader *reader; /* holds the snapshot while the job runs */
	struct arena *arena;   /* the SOA */
	char *memory;          /* of the zone file's writer */
	const struct swap *swap;
	enum publish_job_state state;
	struct zone zone; /* as of the snapshot */
	bool has_soa;
	struct record_position from;
	struct zone_file file;
	struct zone_file_match match; /* comparing */
	struct file_swap target;      /* writing */
	int put_errno;                /* why the file took no more */
	int64_t started_ms;
	int64_t cost_us;                         /* work so far, without the turns of others */
	char failure[PUBLISH_JOB_FAILURE_BYTES]; /* of FAILED */
};

/* False when memory is out. swap must outlive it. */
MUST_CHECK bool publish_job_init(
        struct publish_job *job, const struct store_settings *store, const struct swap *swap);
void publish_job_fini(struct publish_job *job);

/* Starts with a zone. must_compare: when the file there is right already, it is not written. */
void publish_job_begin(
        struct publish_job *job, const struct name *zone, bool must_compare, int64_t now_ms);

/* One step; returns true when the job has ended and its state says how. */
bool publish_job_step(struct publish_job *job);

/* Gives a running job up. */
void publish_job_abort(struct publish_job *job);

#endif
