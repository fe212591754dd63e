/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/zone_text_check.h"

#include <string.h>

#include "dns/type.h"

#define RECORD_HEAD_BYTES 10u /* type, class, TTL, length */

static bool is_singleton(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SOA;
}

static void check_ttls(
        const struct zone_text *text, const struct zone_text_rrset *rrset, struct faults *faults)
{
	for (size_t i = rrset->first + 1; i < rrset->first + rrset->count; i++) {
		if (zone_text_ttl(text, i) == rrset->ttl_s)
			continue;
		faults_add_line(faults, text->entries[i].line, ERR_INVALID_TTL,
		        "The TTL is another than in line %u, of the same name and type",
		        (unsigned)rrset->line);
		return;
	}
}

static size_t wire_size(const struct zone_text *text, const struct zone_text_rrset *rrset)
{
	/* The owner in wire form has the octets of its key and the root label. */
	size_t each = text->zone_key_length + rrset->key_length + 1 + RECORD_HEAD_BYTES;
	size_t size = 0;
	struct rdata value;
	for (size_t i = 0; i < rrset->count; i++) {
		const struct zone_text_rrset one = { .first = rrset->first + i, .count = 1 };
		zone_text_get_values(text, &one, &value);
		size += each + value.length;
	}
	return size;
}

static void check_size(
        const struct zone_text *text, const struct zone_text_rrset *rrset, struct faults *faults)
{
	uint32_t line = text->entries[rrset->first + rrset->count - 1].line;
	if (rrset->count > 1 && is_singleton(rrset->type))
		faults_add_line(faults, line, ERR_INVALID_RECORD,
		        "Line %u has a record of this name and type already; there can be one only",
		        (unsigned)rrset->line);
	else if (rrset->count > RRSET_VALUES_MAX)
		faults_add_line(faults, line, ERR_INVALID_RECORD,
		        "The RRset has more than %u records", RRSET_VALUES_MAX);
	else if (wire_size(text, rrset) > RRSET_WIRE_MAX)
		faults_add_line(faults, line, ERR_INVALID_RECORD,
		        "The RRset does not fit a DNS message (more than %u octets)",
		        RRSET_WIRE_MAX);
}

void zone_text_check(const struct zone_text *text, struct faults *faults)
{
	struct zone_text_rrset rrset;
	for (size_t at = 0; zone_text_get(text, at, &rrset); at += rrset.count) {
		check_ttls(text, &rrset, faults);
		check_size(text, &rrset, faults);
		if (rrset.type == TYPE_SOA && rrset.key_length > 0)
			faults_add_line(faults, rrset.line, ERR_CONFLICT,
			        "Only the zone's own name has a SOA");
		if (rrset.type == TYPE_DS && rrset.key_length == 0)
			faults_add_line(faults, rrset.line, ERR_CONFLICT,
			        "A DS of the zone's own name belongs into the parent zone");
		if (faults->count >= FAULTS_MAX)
			return;
	}
}
