/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of a zone file (RFC 1035 section 5) as sorted records, in little memory: libzscanner
 * reads it, and each record is held against the same rules as one that comes by itself. $ORIGIN and
 * $TTL count; $INCLUDE and $GENERATE are refused.
 */
#ifndef COREGATE_DNS_ZONE_TEXT_H
#define COREGATE_DNS_ZONE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/faults.h"
#include "dns/name.h"
#include "dns/rrset.h"

/* One record; the rest of it stands in the blob. */
struct zone_text_entry {
	uint64_t order; /* the first octets of its owner's key, behind the zone's */
	uint32_t at;
	uint32_t line;
};

struct zone_text {
	struct arena *arena;
	struct name zone;
	uint8_t zone_key[NAME_KEY_BYTES];
	size_t zone_key_length;
	uint32_t ttl_min_s;
	uint32_t ttl_max_s;
	uint8_t *blob;
	size_t blob_length;
	size_t blob_room;
	struct zone_text_entry *entries;
	size_t count; /* a record that is there twice counts once */
	size_t room;
};

struct zone_text_settings {
	const struct name *zone;
	uint32_t default_ttl_s; /* of a record that has none, before any $TTL */
	uint32_t ttl_min_s;
	uint32_t ttl_max_s;
	size_t bytes_max; /* memory for what the text says, of the arena */
};

struct zone_text_source {
	const char *bytes;
	size_t length;
};

/* Reads a text, sorts its records and checks what can be told from them alone. What is wrong goes
 * into faults with its line, at most FAULTS_MAX of them; then faults_err of that is returned. A SOA
 * has serial 0. ERR_TOO_LARGE: bytes_max are used up, or the arena.
 * One text at a time. */
MUST_CHECK enum err zone_text_parse(struct arena *arena, const struct zone_text_settings *settings,
        const struct zone_text_source *source, struct faults *faults, struct zone_text *ret_text);

/* An RRset of the text, its entries in a row. */
struct zone_text_rrset {
	size_t first;
	size_t count;
	uint16_t type;
	uint32_t ttl_s;
	uint32_t line;      /* of one of its records */
	const uint8_t *key; /* of its owner, behind the zone's */
	size_t key_length;
};

/* The RRset that begins at entry `first`; false at the end. In the order of keys, then types. */
bool zone_text_get(const struct zone_text *text, size_t first, struct zone_text_rrset *ret_rrset);

/* The same of a single entry, wherever it stands in its RRset. */
bool zone_text_get_one(const struct zone_text *text, size_t index, struct zone_text_rrset *ret_one);

/* Its values, into rrset->values, which have room for them; they point into the text. */
void zone_text_get_values(
        const struct zone_text *text, const struct zone_text_rrset *found, struct rdata *values);

#endif
