/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stored zone as the text of a zone file (RFC 1035 section 5), in one spelling: SOA first, one
 * record a line, absolute owner, explicit TTL and class, no directives. The text streams through a
 * sink, so that memory does not grow with the zone.
 */
#ifndef COREGATE_PUBLISH_ZONE_FILE_H
#define COREGATE_PUBLISH_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "dns/name.h"
#include "dns/rrset.h"

/* The longest line that can be written: the longest RDATA with each octet as \DDD, and more. */
#define ZONE_FILE_LINE_BYTES   (1024u * 1024u)
#define ZONE_FILE_FLUSH_BYTES  (128u * 1024u)
#define ZONE_FILE_MEMORY_BYTES (ZONE_FILE_FLUSH_BYTES + ZONE_FILE_LINE_BYTES)

/* Where the text goes, in pieces. put returns false to stop the rendering. */
struct zone_file_sink {
	bool (*put)(void *context, const char *bytes, size_t length);
	void *context;
};

struct zone_file {
	struct zone_file_sink sink;
	char *memory; /* ZONE_FILE_MEMORY_BYTES, the caller's */
	size_t used_bytes;
	uint64_t record_count;
	bool is_stopped;  /* the sink said so */
	bool is_portable; /* set by who is no CoreDNS: names as any reader of zone files takes them
	                   */
};

/* Starts a zone file that goes to sink. memory (ZONE_FILE_MEMORY_BYTES) must outlive it; it may
 * serve one file after another. */
void zone_file_init(struct zone_file *file, char *memory, struct zone_file_sink sink);

/* Puts all records of an RRset. The first RRset must be the SOA with one value; it gets its minimum
 * as TTL, for CoreDNS takes the TTL of the SOA as that of negative answers. ERR_INTERNAL for
 * anything else in that place, a second SOA, or RDATA that is no SOA; ERR_UNAVAILABLE when the sink
 * stopped. */
MUST_CHECK enum err zone_file_put(struct zone_file *file, const struct rrset *rrset);

/* Hands the rest to the sink. ERR_INTERNAL when there was no SOA; ERR_UNAVAILABLE as above. */
MUST_CHECK enum err zone_file_finish(struct zone_file *file);

/* A sink that writes to a descriptor. context: pointer to the int. errno says why it stopped. */
bool zone_file_put_fd(void *fd, const char *bytes, size_t length);

/* A sink that compares with what can be read from a descriptor, and stops at the first difference.
 */
struct zone_file_match {
	int fd;
	bool is_different;
};
bool zone_file_put_match(void *match, const char *bytes, size_t length);

/* After zone_file_finish: true when the file had the same bytes and nothing behind them. */
bool zone_file_is_match(const struct zone_file_match *match);

#endif
