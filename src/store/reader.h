/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the store: a handle that cannot write, one a process, opened after any fork. It opens
 * itself at the first use and again when it broke, so that a reader may start before the writer has
 * made the store. Every call that returns enum err may return ERR_UNAVAILABLE (the store cannot be
 * read now) or ERR_INTERNAL (it is damaged), besides what its comment says.
 *
 * What a visitor is given is valid until it returns. A visitor returns false to stop; it must not
 * call the reader.
 */
#ifndef COREGATE_STORE_READER_H
#define COREGATE_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/audit_row.h"
#include "dns/change.h"
#include "dns/name.h"
#include "dns/server.h"
#include "dns/zone.h"
#include "store/store.h"

struct reader;

/* NULL when there is no memory. The settings are copied. */
struct reader *reader_open(const struct store_settings *settings);

/* NULL is accepted. */
void reader_close(struct reader *reader);

/* ERR_OK when the store can be read and has the schema of this program. */
MUST_CHECK enum err reader_ping(struct reader *reader);

/* From reader_begin to reader_end all calls see one and the same state. Without them each call sees
 * the newest. A reader that holds a state keeps the write-ahead log from shrinking: end it soon.
 * reader_end may be called without reader_begin. */
MUST_CHECK enum err reader_begin(struct reader *reader);
void reader_end(struct reader *reader);

/* The id of the last change; 0 in an empty store. */
MUST_CHECK enum err reader_head_revision(struct reader *reader, uint64_t *ret_revision);

/* ---- zones ---- */

/* The zone that owner belongs to: the longest match. ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err reader_find_zone(
        struct reader *reader, const struct name *owner, struct zone *ret_zone);

/* The zone of exactly this name. ERR_NO_SUCH_ZONE. */
MUST_CHECK enum err reader_find_zone_exact(
        struct reader *reader, const struct name *name, struct zone *ret_zone);

typedef bool zone_visitor(void *context, const struct zone *zone);

/* All zones in canonical order, beginning after the name `after` (NULL: with the first). */
MUST_CHECK enum err reader_list_zones(
        struct reader *reader, const struct name *after, zone_visitor *visit, void *context);

/* The zones that a change after `revision` touched, oldest change first. */
MUST_CHECK enum err reader_list_dirty_zones(
        struct reader *reader, uint64_t revision, zone_visitor *visit, void *context);

/* The zones that a change after `revision` dropped and that are not there now: name, last serial
 * and the revision that dropped them; id and record_count are 0. Oldest first. */
MUST_CHECK enum err reader_list_gone_zones(
        struct reader *reader, uint64_t revision, zone_visitor *visit, void *context);

/* ---- RRsets ---- */

struct rrset_key {
	const struct zone *zone; /* from reader_find_zone */
	const struct name *owner;
	uint16_t type;
};

/* One RRset, its values in the arena. ERR_NOT_FOUND; ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err reader_find_rrset(struct reader *reader, struct arena *arena,
        const struct rrset_key *key, struct stored_rrset *ret_rrset);

/* Which RRsets to list; a member that is NULL or 0 does not restrict. zone is a zone's exact name;
 * of name and under at most one is set. A name can have records in several zones: at a zone cut the
 * parent holds NS and DS. */
struct record_filter {
	const struct name *zone;
	const struct name *name;
	const struct name *under; /* this name and all below it */
	uint16_t type;
	struct record_position from; /* begin with this RRset, or with the next when it is gone */
	size_t examine_max;          /* RRsets looked at in one call; 0: no limit */
};

typedef bool rrset_visitor(void *context, const struct stored_rrset *rrset);

/* Visits RRsets in canonical order: zones, within a zone owners, for an owner types by number.
 * Values are not skipped: the caller leaves out the first from.value_index values when the first
 * RRset is that of `from`. *ret_next says where to go on: not set at the end; the RRset that the
 * visitor stopped at, with value_index 0; or the first one not looked at when examine_max was
 * reached. An unknown zone gives no RRset and ERR_OK. */
MUST_CHECK enum err reader_list_rrsets(struct reader *reader, const struct record_filter *filter,
        rrset_visitor *visit, void *context, struct record_position *ret_next);

/* All RRsets of a zone as a zone file has them: the SOA first, then canonical order. To be called
 * between reader_begin and reader_end, with a zone found in between too. */
MUST_CHECK enum err reader_each_rrset_of_zone(
        struct reader *reader, const struct zone *zone, rrset_visitor *visit, void *context);

/* ---- what changes have left ---- */

/* An RRset as one effect of a change left it; its TTL is not told. */
struct fresh_rrset {
	uint64_t revision;
	uint64_t seq; /* within the change, from 1 */
	struct name zone;
	struct rrset rrset;
	bool is_new; /* there was none before */
};

typedef bool fresh_visitor(void *context, const struct fresh_rrset *fresh);

/* Those that come after effect `seq` of change `revision`, at most count_max. */
struct fresh_after {
	uint64_t revision;
	int64_t seq; /* 0: from the first of that change */
	size_t count_max;
};

/* What effects have left, in the order in which they happened; one that left nothing is not told.
 */
MUST_CHECK enum err reader_list_fresh(struct reader *reader, const struct fresh_after *after,
        fresh_visitor *visit, void *context);
/* ---- servers ---- */

/* A registered server, all in the arena. ERR_NOT_FOUND; ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err reader_find_server(struct reader *reader, struct arena *arena,
        const struct name *hostname, struct server *ret_server);

/* A member that is NULL does not restrict. */
struct server_filter {
	const struct name *after; /* begin after this hostname */
	const struct name *under; /* this name and all below it */
};

typedef bool server_visitor(void *context, const struct name *hostname, const struct name *zone);

/* Registered servers in canonical order of their hostnames. */
MUST_CHECK enum err reader_list_servers(struct reader *reader, const struct server_filter *filter,
        server_visitor *visit, void *context);

MUST_CHECK enum err reader_count_servers(struct reader *reader, uint64_t *ret_count);

/* ---- revocations ---- */

/* Whether a token is revoked: by its jti or that of an ancestor (REVOCATION_TOKEN; issued_ms does
 * not count), or by its subject or key id when it was issued before the cut-off. */
MUST_CHECK enum err reader_is_revoked(struct reader *reader, enum revocation_kind kind,
        const char *value, int64_t issued_ms, bool *ret_revoked);

typedef bool revocation_visitor(void *context, const struct revocation *revocation, int64_t at_ms);

/* All revocations, oldest first; at_ms is when each was made. */
MUST_CHECK enum err reader_list_revocations(
        struct reader *reader, revocation_visitor *visit, void *context);

/* The same from the one after `after` on (NULL: from the first): as given to the visitor before. */
struct revocation_mark {
	int64_t at_ms;
	enum revocation_kind kind;
	const char *value;
};
MUST_CHECK enum err reader_list_revocations_after(struct reader *reader,
        const struct revocation_mark *after, revocation_visitor *visit, void *context);

/* ---- child tokens ---- */

/* The ancestors of a child token that was issued here (jti, each with a space behind it, in the
 * arena) and its end. ERR_NOT_FOUND when it was not, or has ended. */
MUST_CHECK enum err reader_find_issued(struct reader *reader, struct arena *arena,
        const char *token_id, const char **ret_parents, int64_t *ret_expires_ms);
/* ---- answers to requests that may come again ---- */

/* What a request of this subject and key was answered: see store/answers.h. ERR_NOT_FOUND,
 * ERR_IDEMPOTENCY_MISMATCH, ERR_CONFLICT (with detail), ERR_TOO_LARGE. */
MUST_CHECK enum err reader_find_answer(struct reader *reader, struct arena *arena,
        const struct asker *asker, struct outcome *ret_outcome);

/* ---- audit ---- */

typedef bool audit_visitor(void *context, const struct audit_row *row);

/* Audit rows after the one numbered `seq`, in order of their numbers. */
MUST_CHECK enum err reader_list_audit(
        struct reader *reader, uint64_t seq, audit_visitor *visit, void *context);

/* The same, of one subject only. */
MUST_CHECK enum err reader_list_audit_of(struct reader *reader, const char *subject, uint64_t seq,
        audit_visitor *visit, void *context);

/* The number of the first row that is not older than since_ms; 0 when there is none. A clock that
 * was set back may hide rows before it, when that concerned more than ten thousand of them. */
MUST_CHECK enum err reader_find_audit_since(
        struct reader *reader, int64_t since_ms, uint64_t *ret_seq);

MUST_CHECK enum err reader_audit_head(struct reader *reader, struct audit_head *ret_head);

#endif
