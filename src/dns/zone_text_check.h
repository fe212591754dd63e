/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the records of a zone file say against each other. Internal to dns/.
 */
#ifndef COREGATE_DNS_ZONE_TEXT_CHECK_H
#define COREGATE_DNS_ZONE_TEXT_CHECK_H

#include "core/faults.h"
#include "dns/zone_text.h"

/* Of each RRset: one TTL (RFC 2181 section 5.2), how many values and how large, and whether the
 * zone's own name may or must hold it. The text is sorted. */
void zone_text_check(const struct zone_text *text, struct faults *faults);

/* The TTL of one entry. */
uint32_t zone_text_ttl(const struct zone_text *text, size_t index);

#endif
