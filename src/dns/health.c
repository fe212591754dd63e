/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/health.h"

const char *health_name(enum health_state state)
{
	static const char *const names[HEALTH__MAX] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok",
		[HEALTH_DRIFT] = "drift",
		[HEALTH_UNRESOLVED] = "unresolved",
	};
	return (unsigned)state < HEALTH__MAX ? names[state] : names[HEALTH_UNKNOWN];
}
