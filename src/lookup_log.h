/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads of what coregate keeps about itself: revocations and the audit log.
 */
#ifndef COREGATE_LOOKUP_LOG_H
#define COREGATE_LOOKUP_LOG_H

#include "lookup.h"

/* A page of revocations, for tokens with token.revoke. ERR_NOT_PERMITTED; ERR_TOO_LARGE. */
MUST_CHECK enum err lookup_revocations(const struct lookup *lookup,
        const struct revocations_wanted *wanted, struct revocation_page *ret_page);

/* A page of the audit log, for tokens with audit.read; its text lies in arena, which must have room
 * for the largest row. A page may be shorter than its limit and still have a next one. */
MUST_CHECK enum err lookup_audit(const struct lookup *lookup, struct arena *arena,
        const struct audit_wanted *wanted, struct audit_page *ret_page);

#endif
