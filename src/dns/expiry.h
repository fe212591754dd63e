/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the values of an RRset expire: rdata's expires_ms, as a whole and as bytes. What a value is
 * does not depend on it: dns/rrset.h leaves it out of every comparison.
 */
#ifndef COREGATE_DNS_EXPIRY_H
#define COREGATE_DNS_EXPIRY_H

#include "dns/rrset.h"

/* How far ahead a value may expire: ten years, leap days included. */
#define EXPIRY_AHEAD_MAX_MS ((int64_t)3653 * 86400 * 1000)

/* Lets all values expire at this time; 0: they stay. */
void rrset_put_expiry(struct rrset *rrset, int64_t expires_ms);

/* The time of the value that goes first; 0 when all stay. */
int64_t rrset_next_expiry(const struct rrset *rrset);

/* Whether not one value stays. False without values. */
bool rrset_is_passing(const struct rrset *rrset);

/* Of RRsets with the same values: whether each expires at the same time. */
bool rrset_is_same_expiry(const struct rrset *a, const struct rrset *b);

/* The times, 64 bits of each value in order; nothing at all when all stay. */
void rrset_pack_expiry(struct buf *buf, const struct rrset *rrset);

/* Back into the values that are there. False when the blob does not belong to them. */
MUST_CHECK bool rrset_parse_expiry(const void *blob, size_t length, struct rrset *rrset);

#endif
