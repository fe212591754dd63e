/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What each process may still ask of the kernel once it is set up: no new privileges, an allow-list
 * of system calls (seccomp(2)), and paths (landlock(7)) where the kernel knows that.
 */
#ifndef COREGATE_SERVER_SANDBOX_H
#define COREGATE_SERVER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

enum sandbox_role {
	SANDBOX_RESPONDER, /* opens nothing for writing, makes no socket but unix ones */
	SANDBOX_WRITER,    /* writes files; makes no socket but unix ones */
	SANDBOX_PUBLISHER, /* writes files; may speak to the network as a client */
};

#define SANDBOX_PATHS_MAX 32

struct sandbox_settings {
	enum sandbox_role role;
	/* Files and folders (with all below) for landlock; a path that is not there is skipped.
	 * With read_count and write_count 0 landlock is left out. Libraries, /etc, /proc, /dev and
	 * time zones can always be read. */
	const char *read_paths[SANDBOX_PATHS_MAX];
	size_t read_count;
	const char *write_paths[SANDBOX_PATHS_MAX]; /* read and written */
	size_t write_count;
	bool kills; /* for debugging: what is not allowed ends the process instead of failing */
};

/* Narrows this process for good. What is refused fails with EPERM, opening for writing with EACCES
 * (so that SQLite falls back to reading). In a build with AddressSanitizer what its leak check
 * needs stays allowed. ERR_UNAVAILABLE: the kernel cannot do it; nothing may be assumed then. */
MUST_CHECK enum err sandbox_apply(const struct sandbox_settings *settings);

#endif
