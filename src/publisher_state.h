/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the publisher process share: publisher.c is its loop, publisher_survey.c looks
 * at the store and the zone directory, publisher_notes.c takes what CoreDNS says.
 */
#ifndef COREGATE_PUBLISHER_STATE_H
#define COREGATE_PUBLISHER_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "core/err.h"
#include "publish/http_client.h"
#include "publish/ledger.h"
#include "publish/soa_poll.h"
#include "publish/swap.h"
#include "publish_job.h"
#include "publisher.h"
#include "publisher_monitor.h"
#include "publisher_verify.h"

/* Kinds of trouble that pass by themselves; the board shows the first that there is. */
enum trouble { TROUBLE_STORE, TROUBLE_DIRECTORY, TROUBLE_ZONES, TROUBLE__MAX };

#define PUBLISHER_FOLDERS 2u

/* Which folder stands under a name; zero: none. */
struct folder_identity {
	dev_t device;
	ino_t inode;
};

struct publisher {
	const struct publisher_context *context;
	struct swap swap;
	bool is_swap_ready;
	struct folder_identity folders[PUBLISHER_FOLDERS]; /* those this process began with */
	bool must_end; /* others stand in their place now, and only a new process may use them */
	dev_t directory_device; /* of the zone directory when it was last looked at */
	ino_t directory_inode;
	struct timespec directory_changed;
	struct ledger ledger;
	size_t failing_zones;
	struct publish_job small;
	struct publish_job large;
	bool is_large_running;
	struct name large_name;
	struct soa_poll *poll;
	struct http_client *http;          /* NULL: no endpoints */
	struct publisher_verify *verify;   /* NULL: nobody may ask */
	struct publisher_monitor *monitor; /* NULL: none */
	bool has_scanned;                  /* the whole store, once */
	uint64_t head_revision;            /* up to which the store was looked at */
	bool is_woken;
	int64_t turn_ms; /* steady clock at the beginning of this turn */
	int64_t scan_ms; /* not before */
	int64_t tick_ms;
	unsigned scan_failures;
	char troubles[TROUBLE__MAX][BOARD_TEXT_BYTES]; /* "": none */
	int64_t trouble_at_ms[TROUBLE__MAX];           /* wall */
};

/* ---- publisher_notes.c ---- */

/* Logged when it begins, not when it goes on. */
void trouble_put(struct publisher *p, enum trouble trouble, const char *format, ...)
        PRINTF_LIKE(3, 4);
void trouble_end(struct publisher *p, enum trouble trouble);

void note_served(
        void *publisher, size_t server, const struct name *zone, uint32_t serial, bool is_wanted);
void note_missing(void *publisher, size_t server, const struct name *zone);
void note_changed(void *publisher, size_t server, const char *error);
void note_answered(void *publisher, size_t server, uint32_t rtt_us);
void note_asked(void *publisher, size_t server, bool is_repeated);
void note_http(void *publisher, size_t url, uint32_t rtt_us, const char *error);

/* ---- publisher_survey.c ---- */

/* Asks the store what is new; all of it the first time, and when the store was replaced. */
void survey_scan(struct publisher *p);

/* Opens the directories, now or later. False when they can never work (logged). */
bool survey_open_directory(struct publisher *p);

/* Notes which folders this process has its rights for. */
void survey_note_folders(struct publisher *p);

/* Opens the directories when that failed before, and looks whether somebody took the zone directory
 * or files in it away: what is missing is published again. */
void survey_check_directory(struct publisher *p);

#endif
