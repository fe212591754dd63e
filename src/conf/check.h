/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What no option can show on its own: how they fit together, and to the file system.
 */
#ifndef COREGATE_CONF_CHECK_H
#define COREGATE_CONF_CHECK_H

#include <stdbool.h>

#include "conf/conf.h"
#include "core/buf.h"

/* True for what may name a block. */
bool conf_is_name(const char *name);

/* False with a sentence in problem and the line to blame (0: none) when something does not fit. */
MUST_CHECK bool conf_check(const struct conf *conf, struct buf *problem, unsigned *ret_line);

#endif
