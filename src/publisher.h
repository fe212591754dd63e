/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publisher process: dirty zones → rendered from the stored snapshot → swapped in → asked of
 * each CoreDNS until served. It is the only one that touches CoreDNS's files and that speaks to
 * CoreDNS.
 */
#ifndef COREGATE_PUBLISHER_H
#define COREGATE_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

#include "publish/board.h"

/* Everything must stay valid while publisher_run runs. */
struct publisher_context {
	struct board *board; /* shared */
	int wake_fd;         /* eventfd, non-blocking: the writer adds to it after each commit */
	int stop_fd;         /* readable, or closed at its other end, when the process is to end */
	int listen_fd; /* SOCK_SEQPACKET socket where responders ask (dns/verify.h); -1: none */
	const char *store_path;     /* the database; opened here, read-only */
	const char *zone_dir;       /* what CoreDNS walks: absolute */
	const char *temp_dir;       /* same file system, outside zone_dir */
	const char *foreign_dir;    /* the same; gets db.* files that the store does not know */
	const char *const *servers; /* "127.0.0.1:1053": the DNS address of each CoreDNS */
	size_t server_count;        /* up to BOARD_SERVERS */
	const char *const *urls;    /* health, ready and metrics endpoints */
	size_t url_count;           /* up to BOARD_URLS */
	uint32_t publish_interval_ms;
	uint32_t monitor_interval_s; /* 0: no health monitor */
	uint32_t coredns_timeout_ms; /* of one question over HTTP */
	uint32_t coredns_retries;    /* of such a question */
	void (*on_ready)(
	        void); /* called once everything is set up, before publishing; may be NULL */
};

/* Runs until stop_fd says so; then what is committed is published once more, without waiting for
 * CoreDNS. Returns the process's exit status: 0, or 1 when the context cannot work (logged).
 * log_init and secret_init must have been called. A full disk, an unwritable directory, a store
 * that cannot be read, a dead CoreDNS: it keeps trying and says so on the board. */
int publisher_run(const struct publisher_context *context);

#endif
