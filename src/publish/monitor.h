/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The health monitor: asks every CoreDNS for what the store holds of a server or a zone, judges the
 * answers and notes the state on the board. A drift is logged when it begins and when it ends. Who
 * is to be checked and when, its owner decides. Nothing blocks; time is an argument.
 */
#ifndef COREGATE_PUBLISH_MONITOR_H
#define COREGATE_PUBLISH_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "dns/rrset.h"
#include "dns/server.h"
#include "publish/board.h"

#define MONITOR_CHECKS_MAX 32u /* at once */
#define MONITOR_PARTS_MAX  (2u + SERVER_ADDRESSES_MAX)

struct monitor;

struct monitor_settings {
	struct board *board;
	const char *const *addresses; /* publish/address.h; must stay valid */
	size_t count;
	int64_t round_ms; /* how long an answer is waited for, once; then it is asked again */
	void (*random)(void *ret_bytes, size_t length);
	/* Whether the zone is still published and served with this serial: else what was answered
	 * meanwhile says nothing. */
	bool (*is_current)(void *context, const struct name *zone, uint32_t serial);
	/* A drift has begun in this zone. */
	void (*drifts)(void *context, const struct name *zone);
	void *context;
};

/* One RRset as the store has it. */
struct monitor_part {
	const struct name *zone;
	uint32_t serial; /* of the zone */
	const struct rrset *rrset;
};

struct monitor_subject {
	enum health_kind kind;
	const struct name *name;
	uint16_t round;          /* see board_put_health */
	enum health_state known; /* HEALTH_DRIFT: the store itself lacks something */
	size_t part_count;       /* 1 to MONITOR_PARTS_MAX */
	const struct monitor_part *parts;
};

/* ERR_BAD_REQUEST for an address, ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err monitor_open(
        const struct monitor_settings *settings, struct monitor **ret_monitor);
void monitor_close(struct monitor *monitor); /* NULL is accepted */

/* Whether one more check may begin. */
bool monitor_has_room(const struct monitor *monitor);

/* Begins a check; everything is copied. There must be room. */
void monitor_check(
        struct monitor *monitor, const struct monitor_subject *subject, int64_t steady_ms);

/* Notes a state that is known without asking. */
void monitor_note(
        struct monitor *monitor, const struct monitor_subject *subject, enum health_state state);

/* The subject is still there, but cannot be judged now: its state stays. */
void monitor_keep(struct monitor *monitor, const struct monitor_subject *subject);

/* The descriptor to poll for input, when monitor_step must be called at the latest, and the step.
 */
int monitor_fd(const struct monitor *monitor);
int64_t monitor_due_ms(const struct monitor *monitor);
void monitor_step(struct monitor *monitor, int64_t steady_us);

#endif
