/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publisher's socket: responders ask here what CoreDNS answers (dns/verify.h), for they have no
 * way to speak to it themselves. One question at a time on a connection; nothing blocks.
 */
#ifndef COREGATE_PUBLISHER_VERIFY_H
#define COREGATE_PUBLISHER_VERIFY_H

#include <stdint.h>

#include "publisher.h"

struct publisher_verify;

/* NULL when it cannot work (logged). */
struct publisher_verify *publisher_verify_open(const struct publisher_context *context);
void publisher_verify_close(struct publisher_verify *verify); /* NULL is accepted */

/* A descriptor to poll for input. */
int publisher_verify_fd(const struct publisher_verify *verify);

/* When publisher_verify_step must be called again, at the latest. */
int64_t publisher_verify_due_ms(const struct publisher_verify *verify);

void publisher_verify_step(struct publisher_verify *verify, int64_t steady_us);

#endif
