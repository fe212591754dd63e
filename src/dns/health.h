/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The health monitor's last word on a server or a zone.
 */
#ifndef COREGATE_DNS_HEALTH_H
#define COREGATE_DNS_HEALTH_H

#include <stdint.h>

enum health_state {
	HEALTH_UNKNOWN,    /* never asked, or no answer */
	HEALTH_OK,         /* every CoreDNS answers what the store holds */
	HEALTH_DRIFT,      /* some CoreDNS answers something else */
	HEALTH_UNRESOLVED, /* some CoreDNS says that there is nothing of that name */
	HEALTH__MAX
};

enum health_kind { HEALTH_SERVER, HEALTH_ZONE, HEALTH_KIND__MAX };

struct health {
	enum health_state state;
	int64_t at_ms; /* wall, when that was found; 0: never asked */
};

/* "unknown", "ok", "drift", "unresolved". Static storage. */
const char *health_name(enum health_state state);

#endif
