/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One RDATA: from a client's text to canonical wire form and back. libzscanner parses, libknot
 * renders; the checks that they leave out are in dns/rdata_check.c (class IN only).
 */
#ifndef COREGATE_DNS_RDATA_H
#define COREGATE_DNS_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

struct rdata {
	uint16_t length;
	const uint8_t *bytes; /* canonical wire form: embedded names lower case */
	int64_t expires_ms;   /* wall clock: the value leaves its RRset then; 0: it stays */
};

/* Parses one value of a type, a NUL-terminated string, as the API takes it: presentation format,
 * names absolute with or without the final dot, "\# n hex" (RFC 3597), TXT as plain text or quoted
 * strings. Exactly one record comes of it, or ERR_INVALID_RECORD with a static *ret_detail;
 * ERR_TOO_LARGE when the arena is full. ret_rdata->bytes live in the arena. */
MUST_CHECK enum err rdata_parse(struct arena *arena, uint16_t type, const char *text,
        struct rdata *ret_rdata, const char **ret_detail);

/* Checks that wire bytes of a type are well formed and canonical (from the store or a message). */
bool rdata_is_valid(uint16_t type, const uint8_t *bytes, size_t length);

/* Appends the API's canonical spelling: names without the final dot, TXT as plain text where that
 * is lossless. Parsing it again gives the same bytes. */
void rdata_render(struct buf *buf, uint16_t type, const struct rdata *rdata);

/* Appends the zone file's spelling: one line, names absolute with the final dot, TXT in strings of
 * at most 255 octets, every octet outside 0x20…0x7e as \DDD. */
void rdata_render_zone(struct buf *buf, uint16_t type, const struct rdata *rdata);

/* The same for other readers than CoreDNS: names as name_render_portable spells them. */
void rdata_render_portable(struct buf *buf, uint16_t type, const struct rdata *rdata);

/* Canonical order (RFC 4034 section 6.3), as memcmp. */
int rdata_compare(const struct rdata *a, const struct rdata *b);

/* SOA RDATA as fields (RFC 1035 section 3.3.13). */
struct name;
struct soa {
	const struct name *mname;
	const struct name *rname;
	uint32_t serial;
	uint32_t refresh_s;
	uint32_t retry_s;
	uint32_t expire_s;
	uint32_t minimum_s;
};

/* Builds SOA RDATA in the arena; ERR_TOO_LARGE when it is full. */
MUST_CHECK enum err soa_render(struct arena *arena, const struct soa *soa, struct rdata *ret_rdata);

/* Reads SOA RDATA; the names are copied to the arena. False when it is not SOA RDATA. */
MUST_CHECK bool soa_parse(struct arena *arena, const struct rdata *rdata, struct soa *ret_soa);

/* Writes the serial into SOA RDATA in place (bytes of a SOA: the serial is 20 octets before the
 * end). */
void soa_put_serial(uint8_t *rdata_bytes, size_t length, uint32_t serial);

/* A mailbox ("hostmaster@example.com" or "hostmaster.example.com") as RNAME.
 * ERR_INVALID_NAME with a static *ret_detail. */
MUST_CHECK enum err soa_parse_contact(
        const char *text, size_t length, struct name *ret_name, const char **ret_detail);

#endif
