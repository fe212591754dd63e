/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * If-Match and If-None-Match (RFC 9110 sections 8.8.3 and 13.1). Our entity tags are "<revision>",
 * decimal and strong.
 */
#ifndef COREGATE_HTTP_CONDITIONAL_H
#define COREGATE_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "dns/change.h"
#include "http/request.h"

/* The request's precondition. Both headers at once have a meaning in RFC 9110 (section 13.2.2), but
 * no use here: they are refused rather than half obeyed. If-Match compares strongly, so that a weak
 * tag matches nothing; If-None-Match weakly. ERR_BAD_REQUEST with *ret_detail for a header that is
 * not well formed, or that lists more of our tags than PRECONDITION_ETAGS_MAX. */
MUST_CHECK enum err precondition_parse(const struct http_request *request,
        struct precondition *ret_precondition, const char **ret_detail);

/* The same from the text of an If-Match alone, which also may be one tag without its quotes: for
 * preconditions that stand in a body. */
MUST_CHECK enum err precondition_parse_match(
        const char *text, struct precondition *ret_precondition, const char **ret_detail);

/* Of something that exists at this revision: True when a GET is to be answered with 304. */
bool precondition_is_fresh(const struct precondition *precondition, uint64_t revision);

/* Of something that exists at this revision: False when If-Match asks for another (412). */
bool precondition_is_met(const struct precondition *precondition, uint64_t revision);

#endif
