/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DNS messages (RFC 1035 section 4) as far as asking CoreDNS needs them: one question, its answer.
 * No I/O: over TCP the caller adds and takes off the two octets of length.
 */
#ifndef COREGATE_DNS_QUERY_H
#define COREGATE_DNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/rdata.h"

/* Header, question, and an OPT record (RFC 6891) that allows answers of QUERY_ANSWER_BYTES. */
#define QUERY_BYTES_MAX    (12 + NAME_WIRE_MAX + 4 + 11)
#define QUERY_ANSWER_BYTES 1232

struct question {
	const struct name *name;
	uint16_t type;
	uint16_t id;
};

/* Renders a question of class IN without recursion. Returns its length. */
size_t query_render(const struct name *name, uint16_t type, uint16_t id,
        uint8_t ret_query[static QUERY_BYTES_MAX]);

#define RCODE_NOERROR  0
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* An answer, its records still in the message. */
struct answer {
	uint8_t rcode;
	bool is_authoritative;
	bool is_truncated; /* ask again over TCP */
	uint16_t record_count;
	const uint8_t *bytes; /* the message */
	size_t length;
	size_t at; /* where the answer section begins */
};

struct answer_record {
	struct name owner;
	uint16_t type;
	uint32_t ttl_s;
	struct rdata rdata; /* canonical; in the arena */
};

/* Reads the header of a message and holds it against the question. ERR_BAD_REQUEST when it is not
 * the answer to it; *ret_answer points into bytes. */
MUST_CHECK enum err answer_parse(const uint8_t *bytes, size_t length,
        const struct question *question, struct answer *ret_answer);

/* All records of the answer section. ERR_BAD_REQUEST when it is damaged, ERR_TOO_LARGE when the
 * arena is full. */
MUST_CHECK enum err answer_parse_records(struct arena *arena, const struct answer *answer,
        struct answer_record **ret_records, size_t *ret_count);

/* The serial of the zone's SOA record in the answer section. False when there is none. */
MUST_CHECK bool answer_find_serial(
        const struct answer *answer, const struct name *zone, uint32_t *ret_serial);

#endif
