/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys and passwords in files: written once with the right mode, read only when nobody else may.
 */
#ifndef COREGATE_AUTH_KEY_FILE_H
#define COREGATE_AUTH_KEY_FILE_H

#include <stddef.h>

#include "auth/key.h"
#include "core/err.h"

/* Reads a public key (k4.public and a newline). "-" is standard input. ERR_NOT_FOUND and
 * ERR_UNAVAILABLE (errno says why), ERR_BAD_REQUEST with a static *ret_detail. */
MUST_CHECK enum err key_file_read_public(
        const char *path, struct key *ret_public, const char **ret_detail);

/* Reads a secret key (k4.secret, or k4.secret-pw with password_path, which may be NULL). Both files
 * must belong to the user or root and be closed to group and others. The caller ends *ret_secret
 * with key_close. Errors as above; ERR_NOT_PERMITTED for a file that others can read. */
MUST_CHECK enum err key_file_read_secret(const char *path, const char *password_path,
        struct key **ret_secret, const char **ret_detail);

/* Writes a secret key to a new file of mode 0600 and its public key to path + ".pub" of mode 0644,
 * both durably; wrapped when password_path is not NULL. Neither file may exist: ERR_EXISTS.
 * On failure none of the two is left behind. */
MUST_CHECK enum err key_file_write(const struct key *secret, const char *path,
        const char *password_path, const char **ret_detail);

#endif
