/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Confines a process to paths (landlock(7)), where the kernel can. Part of the sandbox.
 */
#ifndef COREGATE_SERVER_LANDLOCK_H
#define COREGATE_SERVER_LANDLOCK_H

#include "core/err.h"
#include "server/sandbox.h"

/* Version of landlock in the running kernel; 0: none. */
int landlock_version(void);

/* Confines this process to the paths of settings and to what every process has to read. Needs
 * no_new_privs. ERR_UNAVAILABLE with errno; ERR_OK and nothing done where there is no landlock. */
MUST_CHECK enum err landlock_apply(const struct sandbox_settings *settings);

#endif
