/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Record types. dns/type.def is the one place where a type is named: its number, how clients may
 * use it, and the extra checks of its RDATA. Types that are not listed there work as libzscanner
 * and RFC 3597 (TYPE65280) define them.
 */
#ifndef COREGATE_DNS_TYPE_H
#define COREGATE_DNS_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define TYPE_TEXT_BYTES 16

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_DNAME = 39,
	TYPE_DS = 43,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_SPF = 99,
};

/* A mnemonic in any case or TYPEn (RFC 3597); TYPE1 is A. ERR_UNSUPPORTED_TYPE when it is neither
 * or is no type of data (ANY, AXFR, OPT, …). */
MUST_CHECK enum err type_parse(const char *text, size_t length, uint16_t *ret_type);

/* The mnemonic in upper case, or TYPEn. Returns ret_text. */
char *type_render(uint16_t type, char ret_text[static TYPE_TEXT_BYTES]);

/* The name of the type as zone files spell it: TYPEn where CoreDNS 1.11.1 may not know the
 * mnemonic. Goes with rdata_render_zone. Returns ret_text. */
char *type_render_zone(uint16_t type, char ret_text[static TYPE_TEXT_BYTES]);

/* True when zone files spell the RDATA of a type as \# n hex (RFC 3597). */
bool type_is_generic(uint16_t type);

/* The fields of a type's RDATA, in the letters that dns/type.def explains; NULL when the type is
 * not listed there. Static storage. */
const char *type_layout(uint16_t type);

/* False for what clients may not write as records: SOA (edited through its zone), RRSIG, NSEC,
 * NSEC3, NSEC3PARAM (CoreDNS refuses the zone), and what is not data. *ret_detail: a static
 * sentence. */
bool type_is_writable(uint16_t type, const char **ret_detail);

/* True for the types that "*" in a grant does not cover and that must be named:
 * SOA NS DS DNSKEY CDS CDNSKEY DNAME CAA. */
bool type_is_protected(uint16_t type);

#endif
