/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "store/db.h"

struct checkpointer {
	struct db db;
	struct store_settings settings;
	char path[4096];
	bool is_open;
};

/* It syncs as the writer does, and never copies on its own account. */
static const char checkpointer_pragmas[] = "PRAGMA synchronous = FULL;"
                                           "PRAGMA wal_autocheckpoint = 0;";

struct checkpointer *checkpointer_open(const struct store_settings *settings)
{
	struct checkpointer *checkpointer = calloc(1, sizeof(*checkpointer));
	if (checkpointer == NULL)
		return NULL;
	checkpointer->settings = *settings;
	int length = snprintf(checkpointer->path, sizeof(checkpointer->path), "%s", settings->path);
	checkpointer->settings.path = checkpointer->path;
	if (length >= 0 && (size_t)length < sizeof(checkpointer->path))
		return checkpointer;
	log_error("store: the path is too long");
	free(checkpointer);
	return NULL;
}

static void give_up(struct checkpointer *checkpointer)
{
	db_close(&checkpointer->db);
	checkpointer->is_open = false;
}

void checkpointer_close(struct checkpointer *checkpointer)
{
	if (checkpointer == NULL)
		return;
	give_up(checkpointer);
	free(checkpointer);
}

static bool open_database(struct checkpointer *checkpointer)
{
	struct db *db = &checkpointer->db;
	if (!db_open(db, &checkpointer->settings, SQLITE_OPEN_READWRITE))
		return false;
	db_keep_log(db);
	return db_run_script(db, checkpointer_pragmas);
}

enum err checkpointer_copy(struct checkpointer *checkpointer, uint32_t *ret_frames)
{
	struct db *db = &checkpointer->db;
	if (!checkpointer->is_open)
		checkpointer->is_open = open_database(checkpointer);
	int copied = 0;
	int code = checkpointer->is_open ? sqlite3_wal_checkpoint_v2(db->handle, NULL,
	                                           SQLITE_CHECKPOINT_PASSIVE, NULL, &copied)
	                                 : db->code;
	if ((code & 0xff) == SQLITE_BUSY)
		return ERR_UNAVAILABLE;
	if (code != SQLITE_OK) {
		db_fail(db, code, "copying the log into the database");
		enum err err = db_error(db);
		give_up(checkpointer);
		return err;
	}
	/* -1: a database without a log, which no writer has opened. */
	*ret_frames = copied > 0 ? (uint32_t)copied : 0;
	db_forget_error(db);
	return ERR_OK;
}
