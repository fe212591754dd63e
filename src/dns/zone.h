/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Zones and pages of records as values: what a read gives.
 */
#ifndef COREGATE_DNS_ZONE_H
#define COREGATE_DNS_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"

struct zone {
	int64_t id; /* the store's own; never shown */
	struct name name;
	uint32_t serial;
	uint64_t revision;     /* the last change that touched it */
	uint64_t record_count; /* records, the SOA included */
	bool has_ttl;          /* records that name no TTL get ttl_s; else the configuration's */
	uint32_t ttl_s;
};

/* An RRset as stored. */
struct stored_rrset {
	struct zone zone;
	struct rrset rrset; /* a SOA carries the present serial */
	uint64_t revision;  /* its entity tag */
};

/* Where a page of records ended: the last record given. */
struct record_position {
	bool is_set;
	struct name zone;
	struct name owner;
	uint16_t type;
	uint32_t value_index; /* the next value of that RRset */
};

#endif
