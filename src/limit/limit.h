/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rate limits in shared memory: one leaky bucket (GCRA) per subject, class and kind of work.
 *
 * A bucket is one number, the theoretical arrival time (TAT): the moment when all that was charged
 * has been paid back. A quota of q in w seconds pays back one unit every w/q seconds. A charge is
 * allowed when it does not move the TAT more than w seconds ahead of now. So a subject that was
 * idle may spend q at once, and in any t seconds never more than q + t * q / w.
 *
 * The table holds slots in neighbourhoods of LIMIT_WAYS. A key lives in its neighbourhood only. A
 * slot whose TAT has passed holds no debt and may go to another key. When all slots of the
 * neighbourhood hold the debts of others, a newcomer is allowed and nothing is recorded: a full
 * table is generous to newcomers and forgets nobody's debt.
 *
 * Every function but limit_init may be called by any number of processes at once. No locks: a
 * process that dies at any point leaves at worst one slot unused until the next start.
 */
#ifndef COREGATE_LIMIT_LIMIT_H
#define COREGATE_LIMIT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

#define LIMIT_WAYS 16u

/* Bounds of a quota: 1 … LIMIT_QUOTA_MAX units in 1 … LIMIT_WINDOW_MAX_S seconds. */
#define LIMIT_QUOTA_MAX    1000000000u
#define LIMIT_WINDOW_MAX_S 86400u

struct limit_table;

/* What is charged separately. */
enum limit_kind { LIMIT_REQUESTS, LIMIT_RECORDS, LIMIT_KIND__MAX };

struct limit_quota {
	uint32_t quota;
	uint32_t window_s;
};

struct limit_verdict {
	bool allowed;
	bool never;             /* the cost is above the whole quota: waiting does not help */
	uint32_t remaining;     /* what may be spent right now, after this charge */
	uint32_t reset_s;       /* until the whole quota is back; when refused: as retry_after_s */
	uint32_t retry_after_s; /* when refused: until the same charge is allowed; 0 if never */
};

/* Bytes of a table with room for slots buckets (rounded up to whole neighbourhoods). */
size_t limit_bytes(size_t slots);

/* Makes a table in limit_bytes(slots) bytes of zeroed memory, aligned to 64 bytes, which stays the
 * caller's. To be called once, before the memory is shared. */
struct limit_table *limit_init(void *zeroed_memory, size_t slots);

/* The name under which a subject is charged in a class. Equal inputs give equal keys in every
 * process; different ones give different keys for all that anyone can construct. */
uint64_t limit_key(const char *subject, const char *class_name, enum limit_kind kind);

/* What is to be charged to whom. */
struct limit_charge {
	uint64_t key; /* limit_key */
	struct limit_quota quota;
	uint32_t cost; /* units; 0 only looks */
};

/* Charges at now_ns (clock_steady_ns). A refused charge adds no debt. When time goes back, nobody
 * is held to more than one full window of debt. */
void limit_charge(struct limit_table *table, const struct limit_charge *charge, uint64_t now_ns,
        struct limit_verdict *ret_verdict);

/* What a class allows and what is left of it, for the two header fields of an answer. */
struct limit_state {
	const char *class_name; /* letters, digits, '.', '_' and '-' */
	struct limit_quota quotas[LIMIT_KIND__MAX];
	struct limit_verdict verdicts[LIMIT_KIND__MAX];
};

/* The name of the policy for a kind, as both header fields have it: default, default-records */
void limit_render_name(const struct limit_state *state, enum limit_kind kind, struct buf *buf);

/* The value of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10 section 3):
 * "default";q=600;w=60, "default-records";q=3000;w=60 */
void limit_render_policy(const struct limit_state *state, struct buf *buf);

/* The value of RateLimit (section 4), for the kind that matters in this answer:
 * "default";r=599;t=1 or "default-records";r=0;t=3 */
void limit_render_state(const struct limit_state *state, enum limit_kind kind, struct buf *buf);

#endif
