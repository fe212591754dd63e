/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is checked by the health monitor, and when: all zones and all registered servers in turn,
 * spread evenly over the interval.
 */
#ifndef COREGATE_PUBLISHER_MONITOR_H
#define COREGATE_PUBLISHER_MONITOR_H

#include <stdint.h>

struct publisher;
struct publisher_monitor;

/* NULL when it cannot work (logged). */
struct publisher_monitor *publisher_monitor_open(struct publisher *p);
void publisher_monitor_close(struct publisher_monitor *monitor); /* NULL is accepted */

/* A descriptor to poll for input. */
int publisher_monitor_fd(const struct publisher_monitor *monitor);

/* When publisher_monitor_step must be called again, at the latest. */
int64_t publisher_monitor_due_ms(const struct publisher_monitor *monitor);

void publisher_monitor_step(struct publisher_monitor *monitor, int64_t steady_us);

#endif
