/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The question whether a text is a spelling of RDATA: what dns/rdata_render.c asks dns/rdata.c.
 */
#ifndef COREGATE_DNS_RDATA_SPELL_H
#define COREGATE_DNS_RDATA_SPELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/rdata.h"

/* True when parsing the text as a value of the type (not TXT or SPF) gives these bytes. */
bool rdata_is_spelled(
        uint16_t type, const struct rdata *rdata, const char *text, size_t text_length);

#endif
