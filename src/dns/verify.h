/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The question whether CoreDNS answers as expected, and what each CoreDNS said. Responders ask,
 * the publisher (the only process that speaks to CoreDNS) answers; both travel as bytes.
 */
#ifndef COREGATE_DNS_VERIFY_H
#define COREGATE_DNS_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/query.h"
#include "dns/rdata.h"

#define VERIFY_SERVERS_MAX 16u
#define VERIFY_VALUES_MAX  256u

struct verify_question {
	struct name owner;
	uint16_t type;
	bool has_expect; /* false: any record of that type will do */
	struct rdata expect;
	uint32_t timeout_ms; /* 0: one attempt */
};

/* The last word of one CoreDNS. */
struct verify_server {
	const char *address; /* "127.0.0.1:1053" */
	bool has_answered;
	bool is_verified;
	uint8_t rcode; /* RFC 1035 section 4.1.1; only when it answered */
	uint32_t rtt_us;
	size_t value_count; /* records of that owner and type; a chased CNAME's too */
	struct rdata *values;
};

struct verify_report {
	bool is_verified; /* every server answers as expected */
	uint32_t attempts;
	size_t server_count;
	struct verify_server *servers;
};

/* Bytes and back, as in dns/change.h: parsing checks everything again. No bytes at all stand for a
 * report that could not be made because there are too many questions: ERR_OVERLOADED. */
void verify_question_pack(struct buf *buf, const struct verify_question *question);
MUST_CHECK enum err verify_question_parse(
        const void *bytes, size_t length, struct verify_question *ret_question);
void verify_report_pack(struct buf *buf, uint16_t type, const struct verify_report *report);
MUST_CHECK enum err verify_report_parse(
        struct arena *arena, const void *bytes, size_t length, struct verify_report *ret_report);

/* Puts what an answer says to the question into a server's part of the report, all but its address
 * and time: the records of the type at the question's owner, or where the CNAMEs in the answer lead
 * (RFC 1034 section 3.6.2), in canonical order, each once, VERIFY_VALUES_MAX at most. It is
 * verified when the expected value, or any when none is, is among them. Of an answer with another
 * code than NOERROR, with damaged records, or with too many for the arena, only the code is taken.
 * The values live in the arena. */
void verify_take_answer(struct arena *arena, const struct verify_question *question,
        const struct answer *answer, struct verify_server *server);

/* "NOERROR", "NXDOMAIN", …, "RCODE11" for those without a name. Static storage. */
const char *verify_rcode_name(uint8_t rcode);

#endif
