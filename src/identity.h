/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who asks, and how much they have asked already: tokens, revocations and rate limits, joined.
 */
#ifndef COREGATE_IDENTITY_H
#define COREGATE_IDENTITY_H

#include "exchange.h"

/* The verifier of a responder; revocations come from its reader. NULL when there is no memory. */
struct verifier *identity_open_verifier(struct pipeline *pipeline);

/* Sets x->token, or fails as verifier_check does. */
MUST_CHECK enum err identity_identify(struct exchange *x);

/* Charges the token's subject in its class. ERR_RATE_LIMITED; ERR_TOO_LARGE when no waiting will
 * help. */
MUST_CHECK enum err identity_charge(struct exchange *x, enum limit_kind kind, uint32_t cost);

/* Charges the records that the planned change touches. */
MUST_CHECK enum err identity_charge_records(struct exchange *x);

/* RateLimit-Policy and RateLimit. */
void identity_put_limit_headers(struct exchange *x);

#endif
