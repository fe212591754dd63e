/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times on the command line: an instant, or a span from now on.
 */
#ifndef COREGATE_CLI_WHEN_H
#define COREGATE_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* "now", "90d" (from now; units s m h d w), or RFC 3339. False for anything else. */
bool when_parse(const char *text, int64_t now_ms, int64_t *ret_wall_ms);

#endif
