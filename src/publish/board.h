/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publish board: what is published and served, in shared memory. The publisher is the only one
 * that writes it; every other process reads it without locks, also while it is written.
 *
 * Two clocks: *_ms with "at" is wall time for people; "steady" is clock_steady_ns() / 1000000,
 * which all processes of a machine share, for ages.
 */
#ifndef COREGATE_PUBLISH_BOARD_H
#define COREGATE_PUBLISH_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "dns/health.h"
#include "dns/name.h"

#define BOARD_ZONES      65536u /* zones beyond this are published but not shown */
#define BOARD_SERVERS    16u    /* CoreDNS servers, by DNS address */
#define BOARD_URLS       48u    /* HTTP endpoints of CoreDNS servers */
#define BOARD_TEXT_BYTES 192u   /* an address, URL or sentence with its NUL; longer ones are cut */

/* The publisher beats at least this often; three missed beats and it counts as dead. */
#define BOARD_BEAT_MS 1000

struct board;

/* Bytes of memory that a board needs. Most of it is never touched. */
size_t board_bytes(void);

/* Makes a board of zeroed memory (page-aligned, MAP_SHARED for several processes); the memory stays
 * the caller's and needs no end. */
struct board *board_init(void *zeroed_memory);

/* ---- reading, in any process ---- */

struct board_served {
	bool is_known; /* the server has answered for this zone */
	uint32_t serial;
	int64_t at_ms; /* when it was first seen to serve this serial */
};

struct board_zone {
	struct name name;
	uint32_t wanted_serial;    /* the newest that the publisher has seen in the store */
	uint32_t published_serial; /* in the zone's file; means something when published_at_ms is
	                              not 0 */
	int64_t published_at_ms;
	uint64_t revision;                         /* the store's revision of what was published */
	struct board_served served[BOARD_SERVERS]; /* in the order of the servers */
};

struct board_server {
	char address[BOARD_TEXT_BYTES];
	bool is_up;                   /* answers DNS queries */
	int64_t at_ms;                /* since when that is so */
	uint32_t rtt_us;              /* of the last answer */
	char error[BOARD_TEXT_BYTES]; /* why it is not up; "" when it is */
};

struct board_url {
	char url[BOARD_TEXT_BYTES];
	bool is_up; /* answered 200 */
	int64_t at_ms;
	uint32_t rtt_us;
	char error[BOARD_TEXT_BYTES];
};

size_t board_count_servers(const struct board *board);
void board_get_server(const struct board *board, size_t index, struct board_server *ret_server);
size_t board_count_urls(const struct board *board);
void board_get_url(const struct board *board, size_t index, struct board_url *ret_url);

/* What is known of a zone. False when the publisher has not seen it yet; ret_zone is untouched. */
bool board_find_zone(
        const struct board *board, const struct name *zone, struct board_zone *ret_zone);

/* True when the serial, or a later one (RFC 1982), is served by every server. With no server
 * configured: when it is published. For a request that waits until its change is served. */
bool board_is_served(const struct board *board, const struct name *zone, uint32_t serial);

/* The health monitor's last word. HEALTH_UNKNOWN with at_ms 0 when there is none. */
void board_get_health(const struct board *board, enum health_kind kind, const struct name *name,
        struct health *ret_health);

/* What /ready shows. */
struct board_health {
	bool is_publisher_alive;
	int64_t beat_age_ms;    /* -1: it has never beaten */
	bool is_current;        /* the oldest pending change is younger than the limit */
	int64_t pending_age_ms; /* 0: nothing is pending */
	uint32_t pending_zones;
	bool is_every_server_up;
	char failure[BOARD_TEXT_BYTES]; /* why publishing fails now, "" when it does not */
	int64_t failure_at_ms;          /* since when */
};

/* steady_ms: now. behind_limit_ms: how old a change that is not yet served everywhere may be.
 * Details of the servers: board_get_server, board_get_url. Never blocks, never fails. */
void board_check(const struct board *board, int64_t steady_ms, int64_t behind_limit_ms,
        struct board_health *ret_health);

/* Appends the Prometheus text of everything here (names begin with coregate_). with_zones: also the
 * serials of the first BOARD_METRIC_ZONES zones, about 64 bytes each. */
#define BOARD_METRIC_ZONES 2000u
void board_render_metrics(
        const struct board *board, int64_t steady_ms, bool with_zones, struct buf *buf);

/* ---- writing, only in the publisher ---- */

/* Forgets zones, servers and failure (counters stay) and names the servers and URLs anew: at the
 * start of a publisher, also after one that was killed in the middle of writing. Those beyond
 * BOARD_SERVERS and BOARD_URLS are left out. */
void board_begin(struct board *board, const char *const *addresses, size_t address_count,
        const char *const *urls, size_t url_count);

void board_beat(struct board *board, int64_t steady_ms);

/* Puts or replaces a zone. False when the board is full. */
bool board_put_zone(struct board *board, const struct board_zone *zone);
void board_drop_zone(struct board *board, const struct name *zone);

void board_put_server(struct board *board, size_t index, const struct board_server *server);
void board_put_url(struct board *board, size_t index, const struct board_url *url);

/* zones that wait, and since when (steady) the oldest change does; since_steady_ms counts only when
 * zones is not 0. */
void board_put_pending(struct board *board, uint32_t zones, int64_t since_steady_ms);

/* Notes what was found in a round of the monitor, and returns the state before (HEALTH_UNKNOWN when
 * there was none). What the table has no room for is not shown. */
#define BOARD_HEALTHS 131072u
enum health_state board_put_health(struct board *board, enum health_kind kind,
        const struct name *name, const struct health *health, uint16_t round);

/* Forgets what was not found again in this round or the one before: it is gone. */
void board_sweep_health(struct board *board, uint16_t round);

/* Why publishing fails, in one sentence; NULL: it works (again). */
void board_put_failure(struct board *board, const char *sentence, int64_t at_ms);

/* One change served everywhere: milliseconds since the publisher saw it. */
void board_count_served(struct board *board, int64_t lag_ms);

enum board_counter {
	BOARD_PUBLISHED,  /* files swapped in */
	BOARD_UNCHANGED,  /* files that were right already */
	BOARD_REMOVED,    /* files of zones that are gone */
	BOARD_SET_ASIDE,  /* files that were not ours */
	BOARD_FAILED,     /* attempts that failed */
	BOARD_SOA_ASKED,  /* queries sent */
	BOARD_SOA_MISSED, /* queries that were not answered in time */
	BOARD_COUNTER__MAX
};
void board_count(struct board *board, enum board_counter counter);

#endif
