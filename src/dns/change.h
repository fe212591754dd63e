/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A change as a value: what a client wants done, with everything the writer needs to do it or to
 * refuse it; and the outcome. Both travel between processes as bytes (change_pack, outcome_pack).
 */
#ifndef COREGATE_DNS_CHANGE_H
#define COREGATE_DNS_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/secret.h"
#include "dns/change_import.h"
#include "dns/name.h"
#include "dns/rrset.h"
#include "dns/server.h"

#define CHANGE_OPS_MAX         1000u
#define OP_BOUNDS_MAX          16u
#define PRECONDITION_ETAGS_MAX 8u
/* A and AAAA of the hostname, the PTRs of its addresses, and those of the addresses before. */
#define SERVER_PARTS_MAX (2u + 2u * SERVER_ADDRESSES_MAX)

enum op_kind {
	OP_RRSET_ADD,   /* adds values; ERR_EXISTS when one is there already */
	OP_RRSET_PUT,   /* creates or replaces the RRset */
	OP_RRSET_PATCH, /* drops `remove`, then adds values; what is missing or there already is no
	                   error */
	OP_RRSET_DROP,  /* drops the RRset; ERR_NOT_FOUND when there is none */
	OP_VALUE_DROP,  /* drops values; ERR_NOT_FOUND when one of them is not there */
	OP_ZONE_ADD,    /* a new zone: rrset is its SOA, apex_ns its NS RRset; ERR_EXISTS */
	OP_ZONE_DROP,   /* a zone with all its records; ERR_NO_SUCH_ZONE */
	OP_REVOKE,      /* a revocation */
	OP_REVERT,      /* undoes a change of the history; the only op of its change */
	OP_TOKEN_ISSUE, /* a child token; the store keeps whose child it is, never the token */
	OP_EXPIRE,      /* drops the values of zone and rrset whose time has come; the writer's own
	                 */
	OP_SERVER_PUT,  /* registers or moves a server; stands alone in its change */
	OP_SERVER_DROP, /* unregisters it; ERR_NOT_FOUND; alone as well */
	OP_ZONE_EDIT,   /* some members of a zone's SOA, and the TTL of its new records */
	OP_IMPORT, /* a step of an import of `zone`; alone but for IMPORT_SMALL, the first op */
	OP__MAX
};

/* What an effect does to an RRset or zone: the letters c, u, d of a grant. */
enum effect_action {
	EFFECT_NONE = 0,
	EFFECT_CREATE = 1,
	EFFECT_UPDATE = 2,
	EFFECT_DELETE = 4,
};

/* What one covering grant permits for an op. The writer knows the current state, so it is the
 * writer that holds the effect against these: one bound must cover the whole effect. */
struct bound {
	uint8_t actions; /* set of enum effect_action */
	uint32_t ttl_min_s;
	uint32_t ttl_max_s;
	uint32_t values_max; /* records per RRset afterwards */
};

enum precondition_kind {
	PRECONDITION_NONE,
	PRECONDITION_MATCH_ANY,  /* If-Match: * */
	PRECONDITION_MATCH,      /* If-Match: "r", … */
	PRECONDITION_NONE_EXIST, /* If-None-Match: * */
	PRECONDITION_NONE_MATCH, /* If-None-Match: "r", … */
};

/* RFC 9110 section 13.1. An entity tag is the revision that last changed the RRset; a tag that is
 * none of ours is left out, and an empty list matches nothing. */
struct precondition {
	enum precondition_kind kind;
	size_t count;
	uint64_t revisions[PRECONDITION_ETAGS_MAX];
};

enum revocation_kind {
	REVOCATION_TOKEN,   /* one token and its children: value is its jti */
	REVOCATION_SUBJECT, /* all tokens of a subject issued before before_ms */
	REVOCATION_KEY,     /* all tokens of a key id (k4.pid.…) issued before before_ms */
};

struct revocation {
	enum revocation_kind kind;
	const char *value;
	int64_t before_ms;  /* for subject and key */
	int64_t expires_ms; /* when the row may be forgotten; 0: never */
};

/* What OP_REVERT undoes. What a change did is fixed, and undoing it does just the opposite or
 * nothing: so whoever sends this has held every effect against the token, and no bound travels. */
struct reversion {
	uint64_t change_id;
	uint32_t record_count; /* for the rate limit */
};

/* A child token as its record has it. Strings are never NULL. */
struct issued_token {
	const char *token_id; /* jti */
	const char *subject;  /* sub */
	const char *key_id;   /* k4.pid.… of the key that signs it */
	const char *parents;  /* jti of the ancestors, oldest first, each with a space behind it */
	const char *claims;   /* its payload, JSON, for the audit log */
	int64_t parent_issued_ms; /* iat of its parent, which is the actor of the change */
	int64_t expires_ms;       /* exp: when the record may be forgotten */
};

/* What a registration does when the hostname is registered with other addresses, or has addresses
 * that no registration made. */
enum server_conflict {
	SERVER_CONFLICT_REPORT,  /* nothing is done; the outcome lists what is there */
	SERVER_CONFLICT_FAIL,    /* ERR_CONFLICT */
	SERVER_CONFLICT_REPLACE, /* what is there makes way */
};

/* Reverse names. A PTR that points elsewhere is somebody's decision: SERVER_PTR_AUTO leaves it and
 * says so; for SERVER_PTR_ALWAYS it is a conflict. */
enum server_ptr {
	SERVER_PTR_AUTO, /* where a zone is managed and the token covers it */
	SERVER_PTR_NEVER,
	SERVER_PTR_ALWAYS,
};

/* One RRset that a server op may touch: those it wants, and those of the registration before. */
struct server_part {
	struct name zone;   /* length 0: no zone here holds the owner */
	struct rrset rrset; /* owner, type and the wanted values; none: only to be taken away */
	size_t bound_count;
	struct bound bounds[OP_BOUNDS_MAX];
};

struct server_order {
	bool is_move; /* ERR_NOT_FOUND when it is not registered; other addresses are no conflict */
	enum server_conflict on_conflict;
	enum server_ptr ptr;
	size_t part_count;
	struct server_part *parts; /* for OP_SERVER_PUT the first two are the hostname's A, AAAA */
};

/* What OP_ZONE_EDIT changes: members of the SOA in the op's rrset, and what a zone has beside it.
 */
enum zone_member {
	ZONE_MNAME = 1,
	ZONE_RNAME = 2,
	ZONE_REFRESH = 4,
	ZONE_RETRY = 8,
	ZONE_EXPIRE = 16,
	ZONE_MINIMUM = 32, /* and with it the SOA's TTL */
	ZONE_TTL = 64,     /* the default TTL is ttl_s */
	ZONE_NO_TTL = 128, /* the default TTL is the configuration's */
};

struct zone_edit {
	uint8_t members; /* set of enum zone_member */
	uint32_t ttl_s;
};

struct op {
	enum op_kind kind;
	struct name
	        zone; /* the zone that was checked; the writer refuses when it is another by now */
	struct rrset rrset; /* owner, type, ttl_s, and the values to put or add */
	bool has_ttl; /* false: keep the present TTL; ttl_s is for a new RRset in a zone without a
	                 default of its own. OP_ZONE_ADD: apex_ns.ttl_s becomes that default */
	size_t remove_count;
	struct rdata *remove;
	struct rrset apex_ns;         /* OP_ZONE_ADD */
	struct zone_edit edit;        /* OP_ZONE_EDIT */
	struct revocation revocation; /* OP_REVOKE */
	struct reversion reversion;   /* OP_REVERT */
	struct issued_token issued;   /* OP_TOKEN_ISSUE */
	struct server_order *server;  /* OP_SERVER_…; rrset.owner is the hostname */
	struct import_order *import;  /* OP_IMPORT */
	struct precondition precondition;
	size_t bound_count;
	struct bound bounds[OP_BOUNDS_MAX];
};

/* A request that may come again: what it is called by the client, and what it said. The key is
 * one of its subject. */
struct idempotency {
	const char *key; /* NULL or "": it may not */
	uint8_t fingerprint[DIGEST_BYTES];
};

/* Whose request it is, and when it comes. */
struct asker {
	const char *subject;
	const struct idempotency *idempotency; /* with a key */
	int64_t now_ms;
};

/* Who asks, as the audit keeps it. Strings are never NULL; "" when there is none. */
struct actor {
	const char *subject;
	const char *token_id; /* jti */
	const char *key_id;   /* k4.pid.… */
	const char *address;
};

struct change {
	struct actor actor;
	const char *request_id;
	const char *request; /* "PUT /records/www.example.com/A" */
	const char *comment;
	struct idempotency idempotency;
	enum err
	        refused; /* not ERR_OK: only the audit learns of this attempt, nothing is applied */
	const char *refused_detail;
	bool is_dry_run; /* what would come of it; nothing is done and nothing written down */
	bool is_brief;   /* effects are not sent back: the sender reads them from the history */
	size_t op_count;
	struct op *ops;
};

/* What an op did. before and after have count 0 where there was or is nothing. */
struct effect {
	enum effect_action action;
	struct name zone;
	struct rrset before;
	struct rrset after;
	uint64_t revision;      /* of the RRset afterwards: its entity tag; 0 when it is gone */
	uint32_t deleted_count; /* records that went */
};

struct zone_serial {
	struct name zone;
	uint32_t serial;
};

enum server_result {
	SERVER_NONE,       /* no server op, or it conflicts: see the entries */
	SERVER_UNCHANGED,  /* it is registered so already */
	SERVER_REGISTERED, /* it is new */
	SERVER_UPDATED,
	SERVER_RESULT__MAX
};

enum server_entry_kind {
	SERVER_RECORD,                /* a record of the registration */
	SERVER_CONFLICT,              /* an RRset that stands in the way */
	SERVER_SKIPPED_CONFLICT,      /* a PTR RRset that points elsewhere and was left alone */
	SERVER_SKIPPED_NO_ZONE,       /* no PTR: no zone here holds the reverse name */
	SERVER_SKIPPED_NOT_PERMITTED, /* no PTR: the token does not cover it */
	SERVER_ENTRY__MAX
};

struct server_entry {
	enum server_entry_kind kind;
	struct name zone;
	struct rrset rrset;
};

/* What is wrong with one op. */
struct op_fault {
	uint32_t op_index;
	enum err err;
	const char *detail;
};

struct outcome {
	enum err err;        /* of the fault that is told first: one of permission, if any */
	const char *detail;  /* for people; "" when err says enough */
	uint32_t op_index;   /* the op at fault */
	uint64_t change_id;  /* 0 when nothing changed */
	int64_t first_ms;    /* a repeat: when it was answered first; 0: this is the first time */
	size_t effect_count; /* one for each op, in order; 0 on failure, and of a brief change.
	                        After that of a server op one for each of its parts */
	struct effect *effects;
	size_t zone_count; /* zones whose serial moved */
	struct zone_serial *zones;
	size_t fault_count; /* on failure: every op that cannot be done, in order */
	struct op_fault *faults;
	enum server_result server_result; /* of an OP_SERVER_PUT */
	size_t entry_count;
	struct server_entry *entries;
	bool is_import;     /* of an OP_IMPORT: */
	uint64_t import_id; /* of its IMPORT_BEGIN */
	struct import_counts import;
};

/* More faults of one change are not told. */
#define OUTCOME_FAULTS_MAX CHANGE_OPS_MAX
/* True when one bound of the op covers all of an effect that leaves `after`. Nothing changed counts
 * as an update: it tells what is there. */
bool op_is_covered(const struct op *op, enum effect_action action, const struct rrset *after);

/* How many effects the change can have at most. */
size_t change_count_effects(const struct change *change);

/* Records an op touches, for the rate limit: values added and removed, at least 1. */
size_t change_count_records(const struct change *change);

/* Bytes and back. Parsing checks every name, type, RDATA and bound again: ERR_BAD_REQUEST for
 * anything not well formed, or when the arena is full. What is parsed points into bytes
 * and arena; both must outlive it. */
void change_pack(struct buf *buf, const struct change *change);
MUST_CHECK enum err change_parse(
        struct arena *arena, const void *bytes, size_t length, struct change *ret_change);
void outcome_pack(struct buf *buf, const struct outcome *outcome);
MUST_CHECK enum err outcome_parse(
        struct arena *arena, const void *bytes, size_t length, struct outcome *ret_outcome);

#endif
