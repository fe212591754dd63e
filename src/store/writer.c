/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/log.h"
#include "store/answers.h"
#include "store/schema.h"
#include "store/writer_state.h"

/* The log, in frames of a page. From LOG_COPY on somebody is asked to copy it (checkpoint.h). From
 * LOG_LONG on it should start anew, as soon as little is left to copy, because a long log costs
 * readers their time; from LOG_LONGEST on whatever it takes. Readers are waited for only a moment,
 * and after that not again before the log is longer by LOG_AGAIN. */
#define LOG_COPY    1000
#define LOG_LONG    4000
#define LOG_LITTLE  400
#define LOG_LONGEST 7000
#define LOG_AGAIN   200
#define LOG_WAIT_MS 10

/* Nobody else writes, but readers hold the writer's lock for a moment: when they open the store,
 * and when they look at the log's index just while it changes. */
#define LOCK_WAIT_MS 2000

/* FULL: a commit is on disk when it returns. Checkpoints are ours to time: after the answers. Rows
 * of an import stand under a zone and a change that are not there yet (docs/adr/0010). */
static const char writer_pragmas[] = "PRAGMA synchronous = FULL;"
                                     "PRAGMA foreign_keys = OFF;"
                                     "PRAGMA wal_autocheckpoint = 0;"
                                     "PRAGMA journal_size_limit = 67108864;"
                                     "PRAGMA cache_size = -32768;";

static int note_wal_frames(void *context, sqlite3 *handle, const char *name, int frames)
{
	(void)handle;
	(void)name;
	((struct writer *)context)->wal_frames = frames;
	return SQLITE_OK;
}

static bool set_wal_mode(struct db *db)
{
	sqlite3_stmt *statement;
	int code =
	        sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_fail(db, code, "choosing the journal");
	code = sqlite3_step(statement);
	bool is_wal = code == SQLITE_ROW &&
	              strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
	int end = sqlite3_finalize(statement);
	if (is_wal)
		return true;
	return db_fail(db, end != SQLITE_OK ? end : SQLITE_CANTOPEN, "choosing the journal");
}

static bool open_database(struct writer *writer)
{
	struct db *db = &writer->db;
	bool is_good = db_open(db, &writer->settings, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (is_good)
		sqlite3_busy_timeout(db->handle, LOCK_WAIT_MS);
	is_good = is_good && set_wal_mode(db) && db_run_script(db, writer_pragmas);
	if (is_good && writer->settings.pages_max != 0) {
		char pragma[64];
		snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count = %u",
		        writer->settings.pages_max);
		db_pragma(db, pragma, 0);
	}
	if (is_good) {
		db_keep_log(db);
		sqlite3_wal_hook(db->handle, note_wal_frames, writer);
	}
	writer->is_open = is_good && db->code == SQLITE_OK && schema_migrate(db);
	writer->is_lax = false;
	if (!writer->is_open)
		db_close(db);
	return writer->is_open;
}

static bool load_meta(struct writer *writer)
{
	struct db *db = &writer->db;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_META_FIND);
	bind_text(statement, 1, "revision");
	if (!db_step(db, statement))
		return db_fail(db, SQLITE_CORRUPT, "reading the head");
	writer->revision = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	bind_text(statement, 1, "audit");
	if (!db_step(db, statement))
		return db_fail(db, SQLITE_CORRUPT, "reading the head");
	writer->audit.seq = (uint64_t)sqlite3_column_int64(statement, 0);
	const void *hash = sqlite3_column_blob(statement, 1);
	bool is_good = sqlite3_column_bytes(statement, 1) == DIGEST_BYTES;
	if (is_good)
		memcpy(writer->audit.hash, hash, DIGEST_BYTES);
	sqlite3_reset(statement);
	return is_good ? true : db_fail(db, SQLITE_CORRUPT, "reading the head");
}

static enum err take_lock(struct writer *writer)
{
	char path[sizeof(writer->path) + sizeof(".lock")];
	snprintf(path, sizeof(path), "%s.lock", writer->path);
	writer->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->lock_fd < 0) {
		log_error("store: %s: %s", path, strerror(errno));
		return ERR_UNAVAILABLE;
	}
	if (flock(writer->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno == EWOULDBLOCK)
		return ERR_OVERLOADED;
	log_error("store: locking %s: %s", path, strerror(errno));
	return ERR_UNAVAILABLE;
}

/* Whoever stages an import has heard of it that the writer is gone, and gives it up. */
static const char leave_imports[] = "UPDATE imports SET state = 1 WHERE state = 0";

enum err writer_open(const struct store_settings *settings, struct writer **ret_writer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	if (writer == NULL)
		return ERR_UNAVAILABLE;
	writer->settings = *settings;
	writer->lock_fd = -1;
	int length = snprintf(writer->path, sizeof(writer->path), "%s", settings->path);
	writer->settings.path = writer->path;
	enum err err = ERR_UNAVAILABLE;
	if (length < 0 || (size_t)length >= sizeof(writer->path))
		log_error("store: the path is too long");
	else
		err = take_lock(writer);
	if (err == ERR_OK && (!open_database(writer) || !load_meta(writer) ||
	                             !db_run_script(&writer->db, leave_imports)))
		err = db_error(&writer->db);
	if (err != ERR_OK) {
		writer_close(writer);
		return err;
	}
	*ret_writer = writer;
	return ERR_OK;
}

void writer_close(struct writer *writer)
{
	if (writer == NULL)
		return;
	writer_rollback_batch(writer);
	if (writer->is_open)
		db_close(&writer->db);
	if (writer->lock_fd >= 0)
		close(writer->lock_fd);
	free(writer);
}

bool writer_is_broken(const struct writer *writer)
{
	return writer->db.code != SQLITE_OK;
}

static bool save_meta(struct writer *writer)
{
	sqlite3_stmt *statement = db_statement(&writer->db, STATEMENT_META_PUT);
	bind_text(statement, 1, "revision");
	bind_int(statement, 2, (int64_t)writer->revision);
	bind_blob(statement, 3, "", 0);
	if (!db_run(&writer->db, statement))
		return false;
	bind_text(statement, 1, "audit");
	bind_int(statement, 2, (int64_t)writer->audit.seq);
	bind_blob(statement, 3, writer->audit.hash, DIGEST_BYTES);
	return db_run(&writer->db, statement);
}

enum err writer_set_durable(struct writer *writer, bool is_durable)
{
	assert(!writer->is_in_batch);
	if (!writer->is_open || writer->is_lax == !is_durable)
		return ERR_OK;
	if (!db_run_script(&writer->db,
	            is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"))
		return db_error(&writer->db);
	writer->is_lax = !is_durable;
	return ERR_OK;
}

enum err writer_begin_batch(struct writer *writer)
{
	assert(!writer->is_in_batch);
	db_forget_error(&writer->db);
	if (!writer->is_open && !open_database(writer))
		return db_error(&writer->db);
	if (!db_run_plain(&writer->db, STATEMENT_BEGIN_WRITE)) {
		enum err err = db_error(&writer->db);
		writer_rollback_batch(writer);
		return err;
	}
	writer->is_in_batch = true;
	if (load_meta(writer))
		return ERR_OK;
	enum err err = db_error(&writer->db);
	writer_rollback_batch(writer);
	return err;
}

/* Errors after which the handle may have lost its footing; a full disk is none. */
static bool needs_reopening(int code)
{
	int primary = code & 0xff;
	return primary != SQLITE_OK && primary != SQLITE_FULL && primary != SQLITE_BUSY;
}

void writer_rollback_batch(struct writer *writer)
{
	int code = writer->db.code;
	writer->is_short_of_space |= (code & 0xff) == SQLITE_FULL;
	if (writer->is_in_batch) {
		writer->is_in_batch = false;
		db_forget_error(&writer->db);
		/* SQLite has rolled back by itself after some errors. */
		if (!sqlite3_get_autocommit(writer->db.handle) &&
		        !db_run_plain(&writer->db, STATEMENT_ROLLBACK))
			code = writer->db.code;
	}
	db_forget_error(&writer->db);
	if (writer->is_open && needs_reopening(code)) {
		db_close(&writer->db);
		writer->is_open = false;
	}
}

enum err writer_commit_batch(struct writer *writer)
{
	assert(writer->is_in_batch);
	if (save_meta(writer) && db_run_plain(&writer->db, STATEMENT_COMMIT)) {
		writer->is_in_batch = false;
		writer->db.logged_code = SQLITE_OK;
		return ERR_OK;
	}
	enum err err = db_error(&writer->db);
	writer_rollback_batch(writer);
	return err;
}

struct audit_head writer_audit_head(const struct writer *writer)
{
	return writer->audit;
}

enum err writer_put_audit(struct writer *writer, const struct audit_row *row)
{
	assert(writer->is_in_batch && row->seq == writer->audit.seq + 1);
	sqlite3_stmt *statement = db_statement(&writer->db, STATEMENT_AUDIT_ADD);
	bind_int(statement, 1, (int64_t)row->seq);
	bind_int(statement, 2, row->at_ms);
	bind_text(statement, 3, row->actor.subject);
	bind_text(statement, 4, row->actor.token_id);
	bind_text(statement, 5, row->actor.key_id);
	bind_text(statement, 6, row->actor.address);
	bind_text(statement, 7, row->request_id);
	bind_text(statement, 8, row->request);
	bind_text(statement, 9, row->outcome);
	bind_int(statement, 10, row->status);
	bind_int(statement, 11, (int64_t)row->change_id);
	bind_text(statement, 12, row->body);
	bind_blob(statement, 13, row->hash, DIGEST_BYTES);
	if (!db_run(&writer->db, statement))
		return db_error(&writer->db);
	writer->audit.seq = row->seq;
	memcpy(writer->audit.hash, row->hash, DIGEST_BYTES);
	return ERR_OK;
}

/* Frames that are in the log only. What somebody says of a log before this one does not count. */
static int count_uncopied(const struct writer *writer, uint32_t copied)
{
	return copied > (uint32_t)writer->wal_frames ? writer->wal_frames
	                                             : writer->wal_frames - (int)copied;
}

static bool should_start_anew(const struct writer *writer, int uncopied)
{
	if (writer->is_short_of_space)
		return true;
	return writer->wal_frames >= writer->wal_frames_again &&
	       (writer->wal_frames >= LOG_LONGEST ||
	               (writer->wal_frames >= LOG_LONG && uncopied <= LOG_LITTLE));
}

static void start_log_anew(struct writer *writer)
{
	int frames = 0;
	int copied = 0;
	sqlite3_busy_timeout(writer->db.handle, LOG_WAIT_MS);
	int code = sqlite3_wal_checkpoint_v2(
	        writer->db.handle, NULL, SQLITE_CHECKPOINT_RESTART, &frames, &copied);
	sqlite3_busy_timeout(writer->db.handle, LOCK_WAIT_MS);
	writer->wal_frames_again = writer->wal_frames + LOG_AGAIN;
	if (code == SQLITE_OK) {
		writer->is_short_of_space = false;
		writer->wal_frames = 0;
		writer->wal_frames_again = 0;
	}
	/* A reader in the way is no failure: a later call finishes. */
	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
		db_fail(&writer->db, code, "copying the log into the database");
	db_forget_error(&writer->db);
}

bool writer_checkpoint(struct writer *writer, uint32_t copied)
{
	assert(!writer->is_in_batch);
	if (!writer->is_open)
		return false;
	int uncopied = count_uncopied(writer, copied);
	if (should_start_anew(writer, uncopied)) {
		start_log_anew(writer);
		return false;
	}
	return uncopied >= LOG_COPY;
}

static bool prune_rows(struct db *db, int64_t now_ms, bool *ret_more)
{
	sqlite3_stmt *statement = db_statement(db, STATEMENT_REVOCATIONS_PRUNE);
	bind_int(statement, 1, now_ms);
	if (!db_run(db, statement))
		return false;
	statement = db_statement(db, STATEMENT_ISSUED_PRUNE);
	bind_int(statement, 1, now_ms);
	if (!db_run(db, statement))
		return false;
	statement = db_statement(db, STATEMENT_ANSWERS_PRUNE);
	bind_int(statement, 1, now_ms - ANSWERS_KEPT_MS);
	bind_int(statement, 2, PRUNE_ROWS_MAX);
	if (!db_run(db, statement))
		return false;
	*ret_more = sqlite3_changes64(db->handle) >= PRUNE_ROWS_MAX;
	return true;
}

/* Deletes up to so many rows; *ret_end: there are no more. */
static bool prune_some(struct db *db, enum statement which, int64_t id, bool *ret_end)
{
	sqlite3_stmt *statement = db_statement(db, which);
	bind_int(statement, 1, id);
	bind_int(statement, 2, PRUNE_LEFT_MAX);
	if (!db_run(db, statement))
		return false;
	*ret_end = sqlite3_changes64(db->handle) < PRUNE_LEFT_MAX;
	return true;
}

/* Most of the time there is nothing, and a look at that writes nothing. */
static bool is_anything_left(struct db *db, int64_t quiet_since_ms)
{
	sqlite3_stmt *statement = db_statement(db, STATEMENT_IMPORT_IS_LEFT);
	bind_int(statement, 1, quiet_since_ms);
	bool is_left = db_step(db, statement);
	if (is_left)
		sqlite3_reset(statement);
	return is_left;
}

/* Some of what an import has left. */
static bool prune_left(struct db *db, int64_t quiet_since_ms, bool *ret_more)
{
	bool is_end;
	sqlite3_stmt *statement = db_statement(db, STATEMENT_IMPORT_LEAVE_OLD);
	bind_int(statement, 1, quiet_since_ms);
	if (!db_run(db, statement))
		return false;
	statement = db_statement(db, STATEMENT_IMPORT_LEFT);
	if (!db_step(db, statement))
		return db->code == SQLITE_OK;
	int64_t id = sqlite3_column_int64(statement, 0);
	int64_t rows_id = sqlite3_column_int64(statement, 1);
	bool has_effects = sqlite3_column_int64(statement, 2) == IMPORT_STATE_ALL;
	sqlite3_reset(statement);
	*ret_more = true;
	if (!prune_some(db, STATEMENT_LEFT_RRSETS, rows_id, &is_end))
		return false;
	if (is_end && has_effects && !prune_some(db, STATEMENT_LEFT_EFFECTS, id, &is_end))
		return false;
	if (!is_end)
		return true;
	statement = db_statement(db, STATEMENT_IMPORT_DROP);
	bind_int(statement, 1, id);
	return db_run(db, statement);
}

enum err writer_prune_left(struct writer *writer, int64_t now_ms, bool *ret_more)
{
	int64_t quiet_since_ms = now_ms - IMPORT_QUIET_MS;
	*ret_more = false;
	if (!writer->is_open || !is_anything_left(&writer->db, quiet_since_ms))
		return ERR_OK;
	enum err err = writer_begin_batch(writer);
	if (err != ERR_OK)
		return err;
	if (prune_left(&writer->db, quiet_since_ms, ret_more))
		return writer_commit_batch(writer);
	err = db_error(&writer->db);
	writer_rollback_batch(writer);
	return err;
}

enum err writer_prune(struct writer *writer, int64_t now_ms, bool *ret_more)
{
	*ret_more = false;
	enum err err = writer_begin_batch(writer);
	if (err != ERR_OK)
		return err;
	if (prune_rows(&writer->db, now_ms, ret_more))
		return writer_commit_batch(writer);
	err = db_error(&writer->db);
	writer_rollback_batch(writer);
	return err;
}
