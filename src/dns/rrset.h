/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An RRset (RFC 2181 section 5): all records of one owner name and type, with one TTL.
 */
#ifndef COREGATE_DNS_RRSET_H
#define COREGATE_DNS_RRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/rdata.h"

#define TTL_MAX 2147483647u /* RFC 2181 section 8 */

/* An RRset must fit a DNS message over TCP together with its question: the sum of its records. */
#define RRSET_WIRE_MAX   65000u
#define RRSET_VALUES_MAX 4096u

struct rrset {
	struct name owner;
	uint16_t type;
	uint32_t ttl_s;
	size_t count;
	struct rdata *values; /* canonical order, no duplicates; lives in an arena */
};

/* Sorts values canonically and finds duplicates. Returns the index, in the order given, of the
 * first value that repeats an earlier one, or count when there is none. With duplicates the
 * values are left as they were. (Of more than RRSET_VALUES_MAX values, which callers refuse, both
 * the index and what is left are in sorted order.) */
size_t rrset_sort(struct rdata *values, size_t count);

/* Where value stands among the sorted values; NULL when it is not there. */
const struct rdata *rrset_find_value(const struct rrset *rrset, const struct rdata *value);

/* Octets of all records on the wire: for each the owner, 10 octets and the RDATA. */
size_t rrset_wire_size(const struct rrset *rrset);

/* Same type, TTL and values; the owner does not count. */
bool rrset_is_same_data(const struct rrset *a, const struct rrset *b);

/* The values as one blob: for each a 16-bit length and the octets. */
void rrset_pack_values(struct buf *buf, const struct rrset *rrset);

/* How many values a blob holds; false when its last one is cut off. */
MUST_CHECK bool rrset_count_values(const void *blob, size_t length, size_t *ret_count);

/* Back from the blob into rrset->values and ->count (pointing into blob, which must outlive them).
 * ERR_INTERNAL when the blob is damaged, ERR_TOO_LARGE when the arena is full. */
MUST_CHECK enum err rrset_parse_values(
        struct arena *arena, const void *blob, size_t length, struct rrset *rrset);

#endif
