/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: the schema and how an older one becomes the present one.
 */
#ifndef COREGATE_STORE_SCHEMA_H
#define COREGATE_STORE_SCHEMA_H

#include "store/db.h"

/* The version that this program reads and writes (PRAGMA user_version). */
int64_t schema_version(void);

/* Brings the database to the present version in one transaction. False on failure, see db_error:
 * also when the database is of a later version, or of another program. */
bool schema_migrate(struct db *db);

#endif
