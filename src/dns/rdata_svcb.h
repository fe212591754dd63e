/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parameters of SVCB and HTTPS records (RFC 9460).
 */
#ifndef COREGATE_DNS_RDATA_SVCB_H
#define COREGATE_DNS_RDATA_SVCB_H

#include <stddef.h>
#include <stdint.h>

/* NULL when RDATA that follows the layout of SVCB has well-formed parameters, else a static
 * sentence. */
const char *rdata_svcb_check(const uint8_t *bytes, size_t length);

#endif
