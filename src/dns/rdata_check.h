/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RDATA on the wire, field by field: what it is made of (the layouts of dns/type.def) and the
 * checks that libzscanner leaves out, so that CoreDNS can load and pack whatever is stored.
 */
#ifndef COREGATE_DNS_RDATA_CHECK_H
#define COREGATE_DNS_RDATA_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* NULL when the bytes are well-formed canonical RDATA of the type, else a static sentence. */
const char *rdata_check(uint16_t type, const uint8_t *bytes, size_t length);

#endif
