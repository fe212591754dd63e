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
	PLAN_CHANGE,     /* send plan.change to the writer */
	PLAN_RRSET,      /* find one RRset */
	PLAN_RECORDS,    /* a page of records */
	PLAN_ZONES,      /* a page of zones */
	PLAN_ZONE,       /* one zone */
	PLAN_VERIFY,     /* ask CoreDNS */
	PLAN_SERVERS,    /* a page of servers */
	PLAN_SERVER,     /* one server */
	PLAN_SERVER_OFF, /* a registration that is permitted or not, and not made */
	PLAN_OPERATION,  /* health, ready, metrics: no store, no token */
};

enum operation { OPERATION_HEALTH, OPERATION_READY, OPERATION_METRICS };

#define PAGE_LIMIT_DEFAULT   100u
#define PAGE_LIMIT_MAX       1000u
#define VERIFY_TIMEOUT_MAX_S 30u

/* Which records a page holds. Filters that are not set have has_… false or count 0. */
struct records_wanted {
	struct name zone;  /* length 0: any */
	struct name owner; /* exactly this owner; length 0: any */
	struct name under; /* this name and all below it; length 0: any */
	bool has_type;
	uint16_t type;
	const char *value;         /* API spelling, or NULL */
	const struct rdata *exact; /* value as RDATA when the type is given too, or NULL */
	unsigned limit;
	struct record_position after;
};

struct zones_wanted {
	unsigned limit;
	struct name after; /* length 0: from the start */
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
	struct change change; /* PLAN_CHANGE */
	bool verifies_change; /* PLAN_CHANGE of a server: then CoreDNS is asked for its records */
	struct name name; /* PLAN_RRSET: owner; PLAN_ZONE: the zone; PLAN_SERVER: the hostname */
	uint16_t type;    /* PLAN_RRSET */
	struct records_wanted records; /* PLAN_RECORDS */
	struct zones_wanted zones;     /* PLAN_ZONES */
	struct servers_wanted servers; /* PLAN_SERVERS */
	struct verify_question verify; /* PLAN_VERIFY; of a change the one at hand */
	enum operation operation;      /* PLAN_OPERATION */
};

/* What plan functions may look at. */
struct plan_input {
	struct arena *arena;
	const struct http_request *request;
	const struct http_segment *captures; /* the {parts} of the path, decoded, in order */
	struct precondition precondition;    /* If-Match, If-None-Match of the request */
	const uint8_t *cursor_key;           /* see api/cursor.h */
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

struct zone_details {
	struct zone zone;
	struct soa soa;
	uint32_t soa_ttl_s;
	size_t served_count;
	struct served_by *served;
	struct health health;
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
