/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db.h"

#include <assert.h>
#include <string.h>

#include "core/log.h"
#include "store/wal_file.h"

static const char *const texts[STATEMENT__MAX] = {
#define STATEMENT(name, text) [STATEMENT_##name] = text,
#include "store/statements.def"
#undef STATEMENT
};

/* Who opens the store may meet another process that brings its log into order. */
#define OPEN_WAIT_MS 2000

/* For every handle. Untrusted schema: no function of SQLite runs because a file says so. */
static const char shared_pragmas[] = "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA foreign_keys = ON;"
                                     "PRAGMA cell_size_check = ON;";

bool db_fail(struct db *db, int code, const char *what)
{
	if (db->code == SQLITE_OK)
		db->code = code;
	if (db->logged_code != code)
		log_error("store: %s: %s (%d)", what,
		        db->handle != NULL && sqlite3_extended_errcode(db->handle) == code
		                ? sqlite3_errmsg(db->handle)
		                : sqlite3_errstr(code),
		        code);
	db->logged_code = code;
	return false;
}

enum err db_error(const struct db *db)
{
	switch (db->code & 0xff) {
	case SQLITE_OK:
		return ERR_OK;
	case SQLITE_BUSY:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
	case SQLITE_INTERRUPT:
	case SQLITE_IOERR:
	case SQLITE_LOCKED:
	case SQLITE_NOLFS:
	case SQLITE_NOMEM:
	case SQLITE_PERM:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
		return ERR_UNAVAILABLE;
	default:
		return ERR_INTERNAL;
	}
}

void db_forget_error(struct db *db)
{
	db->code = SQLITE_OK;
}

bool db_run_script(struct db *db, const char *sql)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? true : db_fail(db, code, "setting up");
}

/* Before SQLite's first use in a process; later calls do nothing. One process is one thread. */
static void configure_library(void)
{
	static bool is_done;
	if (is_done)
		return;
	is_done = true;
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool db_open(struct db *db, const struct store_settings *settings, int flags)
{
	int logged_code = db->logged_code;
	*db = (struct db){ .logged_code = logged_code };
	db->is_reader = (flags & SQLITE_OPEN_READONLY) != 0;
	configure_library();
	int code = sqlite3_open_v2(settings->path, &db->handle,
	        flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	        db->is_reader ? NULL : wal_file_vfs());
	if (code != SQLITE_OK)
		return db_fail(db, code, "opening");
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(db->handle, OPEN_WAIT_MS);
	size_t mmap_bytes = settings->mmap_bytes != 0 ? settings->mmap_bytes : STORE_MMAP_BYTES;
	char pragma[64];
	sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA mmap_size = %lld", (long long)mmap_bytes);
	return db_run_script(db, shared_pragmas) && db_run_script(db, pragma);
}

void db_keep_log(struct db *db)
{
	int on = 1;
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < STATEMENT__MAX; i++)
		sqlite3_finalize(db->statements[i]);
	memset(db->statements, 0, sizeof(db->statements));
	sqlite3_close(db->handle);
	db->handle = NULL;
}

int64_t db_pragma(struct db *db, const char *sql, int64_t fallback)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
	if (code != SQLITE_OK) {
		db_fail(db, code, sql);
		return fallback;
	}
	int64_t value = fallback;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	else if (code != SQLITE_DONE)
		db_fail(db, code, sql);
	sqlite3_finalize(statement);
	return value;
}

sqlite3_stmt *db_statement(struct db *db, enum statement which)
{
	if (db->code != SQLITE_OK)
		return NULL;
	if (db->statements[which] != NULL)
		return db->statements[which];
	int code = sqlite3_prepare_v3(db->handle, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
	        &db->statements[which], NULL);
	if (code != SQLITE_OK)
		db_fail(db, code, "preparing a statement");
	return db->statements[which];
}

static bool is_passing(int code)
{
	int primary = code & 0xff;
	return primary == SQLITE_READONLY || primary == SQLITE_BUSY;
}

bool db_step(struct db *db, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return false;
	bool is_first = !sqlite3_stmt_busy(statement);
	int code = sqlite3_step(statement);
	/* A handle that cannot write may meet the log while the writer starts it anew. */
	if (is_first && db->is_reader && is_passing(code)) {
		sqlite3_reset(statement);
		code = sqlite3_step(statement);
	}
	if (code == SQLITE_ROW)
		return true;
	/* A failure is noted before the reset, while the handle still knows its words. */
	if (code != SQLITE_DONE)
		db_fail(db, code, "running a statement");
	sqlite3_reset(statement);
	return false;
}

bool db_run(struct db *db, sqlite3_stmt *statement)
{
	bool has_row = db_step(db, statement);
	assert(!has_row);
	return !has_row && db->code == SQLITE_OK;
}

bool db_run_plain(struct db *db, enum statement which)
{
	return db_run(db, db_statement(db, which));
}
