/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks CoreDNS servers over UDP which SOA serial they serve, until it is the wanted one. Many zones
 * at once, nothing blocks: the owner polls the descriptors and calls soa_poll_step.
 *
 * The first question goes out at once, the next after 5 ms, then each a quarter later than the one
 * before, up to 1 s, with jitter; with many zones waiting the questions are spread, so that one
 * server gets at most SOA_POLL_RATE of them a second.
 */
#ifndef COREGATE_PUBLISH_SOA_POLL_H
#define COREGATE_PUBLISH_SOA_POLL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "dns/name.h"

#define SOA_POLL_SERVERS  16u
#define SOA_POLL_FIRST_MS 5
#define SOA_POLL_MOST_MS  1000
#define SOA_POLL_RATE     2000

/* A server that leaves questions unanswered for so long counts as down. */
#define SOA_POLL_DOWN_MS 2000

struct soa_poll;

/* What the owner learns; context is the owner's. */
struct soa_poll_events {
	/* A server serves this serial; is_wanted: that ends the watch. */
	void (*served)(void *context, size_t server, const struct name *zone, uint32_t serial,
	        bool is_wanted);
	/* A server began to answer (error NULL), or stopped (a static sentence). */
	void (*changed)(void *context, size_t server, const char *error);
	/* An answer came after rtt_us. */
	void (*answered)(void *context, size_t server, uint32_t rtt_us);
	/* A question was sent; is_repeated: the one before was not answered. */
	void (*asked)(void *context, size_t server, bool is_repeated);
	/* A server answers, but does not serve the zone at all; only told for probes. */
	void (*missing)(void *context, size_t server, const struct name *zone);
	void *context;
};

/* Every event may call soa_poll_watch, soa_poll_forget and soa_poll_probe. */

/* Servers by address (publish/address.h). random fills bytes that cannot be predicted: query ids
 * and jitter. ERR_BAD_REQUEST for an address, ERR_UNAVAILABLE with errno. NULL is never returned on
 * ERR_OK. */
MUST_CHECK enum err soa_poll_open(const char *const *addresses, size_t count,
        void (*random)(void *ret_bytes, size_t length), const struct soa_poll_events *events,
        struct soa_poll **ret_poll);
void soa_poll_close(struct soa_poll *poll); /* NULL is accepted */

/* Watches a zone at every server until it serves serial or a later one; a watch that is there
 * already gets the new serial. False when there are too many watches or memory is out: try again
 * later. */
MUST_CHECK bool soa_poll_watch(
        struct soa_poll *poll, const struct name *zone, uint32_t serial, int64_t steady_ms);

/* Ends the watches of a zone. */
void soa_poll_forget(struct soa_poll *poll, const struct name *zone);

/* Asks every server once for a zone (the root when NULL), to see whether it answers and what it
 * serves. Told through served or missing. */
void soa_poll_probe(struct soa_poll *poll, const struct name *zone, int64_t steady_ms);

/* Descriptors to poll for input: writes SOA_POLL_SERVERS at most, returns how many. */
size_t soa_poll_fds(const struct soa_poll *poll, struct pollfd ret_fds[static SOA_POLL_SERVERS]);

/* When soa_poll_step must be called again, at the latest; INT64_MAX: only on input. */
int64_t soa_poll_due_ms(const struct soa_poll *poll);

/* Reads what has come and sends what is due. Microseconds, for the round-trip times. */
void soa_poll_step(struct soa_poll *poll, int64_t steady_us);

#endif
