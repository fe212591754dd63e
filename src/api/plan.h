/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a route wants done, as a value. api/ writes and reads nothing itself: a plan function turns
 * a request into a plan, the pipeline carries it out, an answer function gives the result its
 * shape.
 */
#ifndef COREGATE_API_PLAN_H
#define COREGATE_API_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/faults.h"
#include "dns/change.h"
#include "dns/health.h"
#include "dns/name.h"
#include "dns/server.h"
#include "dns/verify.h"
#include "dns/zone.h"
#include "http/request.h"
#include "http/response.h"

enum plan_kind {
	PLAN_CHANGE,      /* send plan.change to the writer */
	PLAN_RRSET,       /* find one RRset */
	PLAN_RECORDS,     /* a page of records */
	PLAN_ZONES,       /* a page of zones */
	PLAN_ZONE,        /* one zone */
	PLAN_EXPORT,      /* a whole zone as a zone file */
	PLAN_VERIFY,      /* ask CoreDNS */
	PLAN_CHANGE_OF,   /* one change of the history */
	PLAN_HISTORY,     /* a page of the history */
	PLAN_REVOCATIONS, /* a page of revocations */
	PLAN_AUDIT,       /* a page of the audit log */
	PLAN_SERVERS,     /* a page of servers */
	PLAN_SERVER,      /* one server */
	PLAN_SERVER_OFF,  /* a registration that is permitted or not, and not made */
	PLAN_OPERATION,   /* health, ready, metrics, the token itself: nothing is looked up */
};

enum operation {
	OPERATION_HEALTH,
	OPERATION_READY,
	OPERATION_METRICS,
	OPERATION_OPENAPI,
	OPERATION_TOKEN
};

#define PAGE_LIMIT_DEFAULT   100u
#define PAGE_LIMIT_MAX       1000u
#define VERIFY_TIMEOUT_MAX_S 30u
#define SEARCH_OCTETS_MIN    3u /* shorter texts are everywhere */
#define SEARCH_OCTETS_MAX    255u

/* Which records a page holds. Filters that are not set have has_… false or count 0. */
struct records_wanted {
	struct name zone;  /* length 0: any */
	struct name owner; /* exactly this owner; length 0: any */
	struct name under; /* this name and all below it; length 0: any */
	bool has_type;
	uint16_t type;
	const char *value;         /* API spelling, or NULL */
	const struct rdata *exact; /* value as RDATA when the type is given too, or NULL */
	const char *search;        /* in the name or the value; small letters; or NULL */
	unsigned limit;
	struct record_position after;
};

struct zones_wanted {
	unsigned limit;
	struct name after; /* length 0: from the start */
};

/* A change of the history, and which part of its diff. */
struct change_wanted {
	uint64_t id;
	uint64_t after_seq; /* 0: from the start */
	unsigned limit;
	bool is_own; /* the one just made: its maker may know that it is there */
};

/* Which changes a page of the history holds. */
struct history_wanted {
	struct name zone;  /* length 0: any */
	struct name owner; /* that something was done to; length 0: any */
	const char *actor; /* NULL: anybody */
	bool has_since;
	int64_t since_ms;
	unsigned limit;
	uint64_t before_id; /* 0: from the newest */
};

/* Where the ops of a change come from, for faults that only later stages see. */
struct op_places {
	const char *pointer; /* NULL: the request is one op, and the problem's detail says enough */
	uint32_t *indexes; /* of each op, the index below pointer; NULL: pointer is all there is */
};

/* What is asked of a child token, see api/tokens.h. */
struct token_wanted;

/* A place in the list of revocations; value NULL: the beginning. */
struct revocations_wanted {
	unsigned limit;
	int64_t after_at_ms;
	enum revocation_kind after_kind;
	const char *after_value;
};

struct audit_wanted {
	unsigned limit;
	uint64_t after; /* the number of the last row that was seen; 0: none */
	bool has_since;
	int64_t since_ms;
	const char *actor; /* only this subject's; NULL: everybody's */
};

struct servers_wanted {
	struct name zone;  /* length 0: any */
	struct name under; /* this name and all below it; length 0: any */
	bool has_state;
	enum health_state state;
	unsigned limit;
	struct name after; /* length 0: from the start */
};

struct plan {
	enum plan_kind kind;
	struct change change;    /* PLAN_CHANGE */
	struct op_places places; /* PLAN_CHANGE */
	bool is_told;            /* PLAN_CHANGE: the answer is the change as the history has it */
	struct change_wanted wanted;   /* PLAN_CHANGE_OF */
	struct history_wanted history; /* PLAN_HISTORY */
	struct name name; /* PLAN_RRSET: owner; PLAN_ZONE, PLAN_EXPORT, an import: the zone */
	uint16_t type;    /* PLAN_RRSET */
	struct records_wanted records;           /* PLAN_RECORDS */
	struct zones_wanted zones;               /* PLAN_ZONES */
	struct verify_question verify;           /* PLAN_VERIFY */
	enum operation operation;                /* PLAN_OPERATION */
	struct revocations_wanted revocations;   /* PLAN_REVOCATIONS */
	struct audit_wanted audit;               /* PLAN_AUDIT */
	const struct token_wanted *token_wanted; /* PLAN_CHANGE of OP_TOKEN_ISSUE */
	const char *token;                       /* the same, once it is signed */
	bool verifies_change; /* PLAN_CHANGE of a server: then CoreDNS is asked for its records */
	struct servers_wanted servers; /* PLAN_SERVERS */
	bool is_import;                /* PLAN_CHANGE: the body is a zone file for `name` */
	bool is_replace;               /* of an import: records that the file has not go */
};

/* What plan functions may look at. */
struct plan_input {
	struct arena *arena;
	const struct http_request *request;
	const struct http_segment *captures; /* the {parts} of the path, decoded, in order */
	struct precondition precondition;    /* If-Match, If-None-Match of the request */
	const uint8_t *cursor_key;           /* see api/cursor.h */
	int64_t now_ms; /* wall clock when the request came; of a repeat, when it first came */
	uint32_t default_ttl_s;
	uint32_t ttl_min_s;
	uint32_t ttl_max_s;
	bool auto_register; /* of the configuration */
	struct faults *faults;
};

/* ---- results, as the pipeline hands them to answer functions ---- */

struct record_page {
	size_t count;
	struct stored_rrset **rrsets; /* RRset of each record */
	uint32_t *value_indexes;      /* which value of it */
	struct record_position next;  /* is_set: there may be more */
};

struct zone_page {
	size_t count;
	struct zone *zones;
	bool has_next;
};

/* What one CoreDNS serves of a zone; at_ms 0: nothing yet. */
struct served_by {
	const char *address;
	uint32_t serial;
	int64_t at_ms;
};

struct served_list {
	size_t count;
	struct served_by *items;
};

struct zone_details {
	struct zone zone;
	struct soa soa;
	uint32_t soa_ttl_s;
	struct served_list served;
	struct health health;
};

/* A zone as a change left it. */
struct told_zone {
	struct name name;
	uint32_t serial;
	bool is_served; /* that serial or a later one, by every CoreDNS */
	struct served_list served;
};

/* A change as the token may see it. */
struct told_change {
	uint64_t id; /* 0: a dry run, or nothing changed */
	int64_t at_ms;
	const char *actor;
	const char *request_id;
	const char *comment;
	size_t zone_count;
	struct told_zone *zones;
	size_t effect_count; /* without a diff: 0 */
	struct effect *effects;
	uint64_t next_seq; /* 0: there is no more */
};

struct history_page {
	size_t count;
	struct told_change *changes;
	uint64_t next_id; /* 0: there is no more */
};

struct revocation_row {
	struct revocation revocation;
	int64_t at_ms;
};

struct revocation_page {
	size_t count;
	struct revocation_row *rows;
	bool has_next;
};

/* A page of the audit log: its rows as JSON, separated by commas. */
struct audit_page {
	const char *rows;
	uint64_t next; /* the number of its last row when there may be more, else 0 */
};

struct server_details {
	struct server server; /* without the records that the token may not read */
	struct health health;
};

struct server_page {
	size_t count;
	struct server_details *servers;
	struct name next; /* the last one looked at; length 0: there are no more */
};

struct answer_input {
	struct arena *arena;
	const struct http_request *request;
	const struct plan *plan;
	const uint8_t *cursor_key;
	/* exactly the one that belongs to plan->kind is set */
	const struct outcome *outcome;
	bool may_read; /* with outcome: what the first effect left may be shown whole */
	const struct stored_rrset *rrset;
	const struct record_page *records;
	const struct zone_page *zones;
	const struct zone_details *zone;
	const struct verify_report *verify;
	const struct told_change *change; /* also of a plan that is_told; NULL: it is not known */
	const struct history_page *history;
	const struct revocation_page *revocations;
	const struct audit_page *audit;
	const struct server_page *servers;
	const struct server_details *server;
	bool has_verified; /* with outcome: CoreDNS was asked for what the change made */
	bool is_verified;
};

/* ERR_OK and a whole plan; else an error, with faults in input->faults where fields are at fault.
 */
typedef enum err plan_fn(const struct plan_input *input, struct plan *ret_plan);

/* Fills status, headers and body. */
typedef void answer_fn(const struct answer_input *input, struct http_response *response);

#endif
