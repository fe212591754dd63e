/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: one database handle with its prepared statements. The first failure sticks in the
 * handle; whoever drives it asks once with db_error.
 */
#ifndef COREGATE_STORE_DB_H
#define COREGATE_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/arena.h"
#include "core/err.h"
#include "dns/name.h"
#include "dns/server.h"
#include "dns/zone.h"
#include "store/store.h"

enum statement {
#define STATEMENT(name, text) STATEMENT_##name,
#include "store/statements.def"
#undef STATEMENT
	STATEMENT__MAX
};

struct db {
	sqlite3 *handle;
	bool is_reader; /* a first step that meets the writer's work is tried once more */
	int code;       /* the first failure since db_forget_error; SQLITE_OK when there was none */
	int logged_code; /* what the log has had already, so that a broken disk does not flood it */
	sqlite3_stmt *statements[STATEMENT__MAX];
};

/* Opens with SQLITE_OPEN_… flags and sets what readers and the writer share. False: see db_error. A
 * locked store is waited for until the caller sets another sqlite3_busy_timeout. */
bool db_open(struct db *db, const struct store_settings *settings, int flags);

/* The log outlives this handle: readers without the right to write could not make its files anew,
 * and every read would fail until the writer is back. */
void db_keep_log(struct db *db);

/* Also of a handle that is not open. */
void db_close(struct db *db);

/* Runs SQL that gives no rows; for opening and migrating only. */
bool db_run_script(struct db *db, const char *sql);

/* The integer that a pragma gives, or fallback on failure. */
int64_t db_pragma(struct db *db, const char *sql, int64_t fallback);

/* A statement ready for binding, or NULL after a failure. */
sqlite3_stmt *db_statement(struct db *db, enum statement which);

/* One step: true when there is a row. After the last row, or on failure, the statement is reset.
 * NULL is accepted and gives false. */
bool db_step(struct db *db, sqlite3_stmt *statement);

/* Steps a statement that gives no row; false on failure. */
bool db_run(struct db *db, sqlite3_stmt *statement);

/* db_statement and db_run, for a statement without parameters. */
bool db_run_plain(struct db *db, enum statement which);

/* Notes and logs a failure that SQLite did not report itself. Returns false. */
bool db_fail(struct db *db, int code, const char *what);

/* ERR_OK, ERR_UNAVAILABLE (may pass: full, busy, I/O) or ERR_INTERNAL (damaged, or a bug). */
enum err db_error(const struct db *db);

void db_forget_error(struct db *db);

/* Parameters count from 1. Memory must stay as it is until the statement was stepped.
 * A NULL text is the empty one. */
void bind_int(sqlite3_stmt *statement, int index, int64_t value);
void bind_text(sqlite3_stmt *statement, int index, const char *text);
void bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t length);

/* A name's sort key (name_render_key), or a bound made of one. */
struct key {
	size_t length;
	uint8_t bytes[NAME_KEY_BYTES + 1];
};

void key_of_name(const struct name *name, struct key *ret_key);

/* The first key after all keys of this name and of names below it. */
void key_end_of_tree(const struct key *key, struct key *ret_end);

/* The first key after this one. */
void key_successor(const struct key *key, struct key *ret_next);

void bind_key(sqlite3_stmt *statement, int index, const struct key *key);

/* A column's name key as a name; a damaged one is a failure of the database. */
bool column_name(struct db *db, sqlite3_stmt *statement, int column, struct name *ret_name);

/* A text column, never NULL. */
const char *column_text(sqlite3_stmt *statement, int column);

/* The zone in the row of one of the statements that select zones. */
bool db_zone_of_row(struct db *db, sqlite3_stmt *statement, struct zone *ret_zone);

/* Puts what the column `expires` of an RRset says into its values. False when it is damaged. */
bool db_expiry_of_row(sqlite3_stmt *statement, int column, struct rrset *rrset);

/* The zone of exactly this key, and the longest match of a key. False when there is none or on
 * failure. */
bool db_find_zone_exact(struct db *db, const struct key *key, struct zone *ret_zone);
bool db_find_zone(struct db *db, const struct key *key, struct zone *ret_zone);

/* The first zone that `which`, a statement of two keys, gives. */
bool db_find_zone_between(struct db *db, enum statement which, const struct key *start,
        const struct key *end, struct zone *ret_zone);

/* A registered server, all in the arena. ERR_NOT_FOUND; ERR_TOO_LARGE when the arena is full; else
 * as db_error. */
MUST_CHECK enum err db_find_server(
        struct db *db, struct arena *arena, const struct name *hostname, struct server *ret_server);

#endif
