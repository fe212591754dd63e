/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory that CoreDNS walks, and how its files are swapped: whole, durably, one rename each.
 * CoreDNS reads the directory recursively, so unfinished files live outside it.
 */
#ifndef COREGATE_PUBLISH_SWAP_H
#define COREGATE_PUBLISH_SWAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/file.h"
#include "dns/name.h"

#define SWAP_PATH_BYTES 4096

struct swap {
	char zone_dir[SWAP_PATH_BYTES]; /* what CoreDNS walks */
	char temp_dir[SWAP_PATH_BYTES]; /* unfinished files; same file system, not below zone_dir */
	char foreign_dir[SWAP_PATH_BYTES]; /* where files go that are not ours; the same rules */
};

/* Sets the directories (absolute paths) and makes those that are missing. Files that a killed
 * publisher left in temp_dir are removed. ERR_BAD_REQUEST when a path is too long, or temp_dir or
 * foreign_dir lies below zone_dir or on another file system; ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err swap_init(
        struct swap *swap, const char *zone_dir, const char *temp_dir, const char *foreign_dir);

/* False for a zone whose name cannot be the name of a file: it must not be created. The root, a
 * name with "/" in it (RFC 2317) or longer than a file name may be. */
bool swap_can_hold(const struct name *zone);

/* The path of a zone's file: <zone_dir>/db.<zone>. False when there cannot be one. */
MUST_CHECK bool swap_render_path(
        const struct swap *swap, const struct name *zone, char ret_path[static SWAP_PATH_BYTES]);

/* Opens the temporary file of a zone; file_swap_commit or file_swap_abort (core/file.h) ends it.
 * Missing directories are made again. ERR_UNAVAILABLE with errno; ERR_INVALID_NAME. */
MUST_CHECK enum err swap_open(
        const struct swap *swap, const struct name *zone, struct file_swap *ret_file);

/* Removes a zone's file durably; a missing one is no error. ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err swap_remove(const struct swap *swap, const struct name *zone);

/* Calls each for the file name of everything in zone_dir that CoreDNS takes for a zone ("db.…"),
 * until it returns false. ret_zone is NULL when the name is not one that swap_render_path makes.
 * each may remove the file. ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err swap_list(const struct swap *swap,
        bool (*each)(void *context, const char *file_name, const struct name *zone), void *context);

/* Moves a file from zone_dir to foreign_dir, under a name that is free there. Nothing is ever
 * overwritten. ERR_UNAVAILABLE with errno. */
MUST_CHECK enum err swap_set_aside(const struct swap *swap, const char *file_name);

#endif
