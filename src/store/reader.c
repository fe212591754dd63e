/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "store/reader_state.h"
#include "store/schema.h"

/* Room for the values of the largest RRset, several times over. */
#define SCRATCH_BYTES ((size_t)1 << 20)

/* A small cache: what lies in the database file is mapped, only the log's pages need it. */
static const char reader_pragmas[] = "PRAGMA query_only = ON;"
                                     "PRAGMA cache_size = -512;";

struct reader *reader_open(const struct store_settings *settings)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return NULL;
	reader->settings = *settings;
	/* A path that was cut does not open, which each call then reports. */
	snprintf(reader->path, sizeof(reader->path), "%s", settings->path);
	reader->settings.path = reader->path;
	reader->scratch = arena_open(SCRATCH_BYTES);
	if (reader->scratch == NULL) {
		free(reader);
		return NULL;
	}
	return reader;
}

void reader_close(struct reader *reader)
{
	if (reader == NULL)
		return;
	db_close(&reader->db);
	arena_close(reader->scratch);
	free(reader);
}

static bool open_database(struct reader *reader)
{
	struct db *db = &reader->db;
	reader->is_open = db_open(db, &reader->settings, SQLITE_OPEN_READONLY) &&
	                  db_run_script(db, reader_pragmas);
	if (reader->is_open && db_pragma(db, "PRAGMA user_version", -1) != schema_version()) {
		/* Until the writer has migrated it, or this program is replaced. */
		db_fail(db, SQLITE_CANTOPEN, "checking the schema");
		reader->is_open = false;
	}
	/* From here on a responder has other requests: what is locked is tried once more at once.
	 */
	if (reader->is_open)
		sqlite3_busy_timeout(db->handle, 0);
	else
		db_close(db);
	return reader->is_open;
}

enum err reader_enter(struct reader *reader)
{
	/* Within a snapshot a failure stays: there is no second chance to see the same state. */
	if (reader->is_in_snapshot)
		return db_error(&reader->db);
	db_forget_error(&reader->db);
	if (!reader->is_open && !open_database(reader))
		return db_error(&reader->db);
	return ERR_OK;
}

enum err reader_leave(struct reader *reader)
{
	enum err err = db_error(&reader->db);
	if (err != ERR_OK && !reader->is_in_snapshot && reader->is_open) {
		db_close(&reader->db);
		reader->is_open = false;
	}
	return err;
}

/* The head is read so that the snapshot begins here and not at some later call. */
static bool load_head(struct reader *reader, uint64_t *ret_revision)
{
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_META_FIND);
	bind_text(statement, 1, "revision");
	if (!db_step(&reader->db, statement))
		return db_fail(&reader->db, SQLITE_CORRUPT, "reading the head");
	*ret_revision = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	reader->db.logged_code = SQLITE_OK;
	return true;
}

enum err reader_head_revision(struct reader *reader, uint64_t *ret_revision)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	uint64_t revision;
	if (load_head(reader, &revision))
		*ret_revision = revision;
	return reader_leave(reader);
}

enum err reader_ping(struct reader *reader)
{
	uint64_t revision;
	return reader_head_revision(reader, &revision);
}

enum err reader_begin(struct reader *reader)
{
	assert(!reader->is_in_snapshot);
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	uint64_t revision;
	if (db_run_plain(&reader->db, STATEMENT_BEGIN_READ) && load_head(reader, &revision))
		reader->is_in_snapshot = true;
	return reader_leave(reader);
}

void reader_end(struct reader *reader)
{
	if (!reader->is_in_snapshot)
		return;
	enum err err = db_error(&reader->db);
	reader->is_in_snapshot = false;
	if (err == ERR_OK)
		db_run_plain(&reader->db, STATEMENT_COMMIT);
	(void)reader_leave(reader);
}

/* ---- zones ---- */

static enum err find_zone(struct reader *reader, const struct name *name, struct zone *ret_zone,
        bool (*find)(struct db *, const struct key *, struct zone *))
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct key key;
	key_of_name(name, &key);
	bool is_found = find(&reader->db, &key, ret_zone);
	err = reader_leave(reader);
	return err != ERR_OK || is_found ? err : ERR_NO_SUCH_ZONE;
}

enum err reader_find_zone(struct reader *reader, const struct name *owner, struct zone *ret_zone)
{
	return find_zone(reader, owner, ret_zone, db_find_zone);
}

enum err reader_find_zone_exact(
        struct reader *reader, const struct name *name, struct zone *ret_zone)
{
	return find_zone(reader, name, ret_zone, db_find_zone_exact);
}

static enum err visit_zones(
        struct reader *reader, sqlite3_stmt *statement, zone_visitor *visit, void *context)
{
	struct zone zone;
	bool goes_on = true;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = db_zone_of_row(&reader->db, statement, &zone) && visit(context, &zone);
	sqlite3_reset(statement);
	return reader_leave(reader);
}

enum err reader_list_zones(
        struct reader *reader, const struct name *after, zone_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct key start = { .length = 0 };
	if (after != NULL) {
		struct key key;
		key_of_name(after, &key);
		key_successor(&key, &start);
	}
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_ZONES_FROM);
	bind_key(statement, 1, &start);
	return visit_zones(reader, statement, visit, context);
}

static enum err list_after_revision(struct reader *reader, sqlite3_stmt *statement,
        uint64_t revision, zone_visitor *visit, void *context)
{
	bind_int(statement, 1, (int64_t)revision);
	return visit_zones(reader, statement, visit, context);
}

enum err reader_list_dirty_zones(
        struct reader *reader, uint64_t revision, zone_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	return list_after_revision(
	        reader, db_statement(&reader->db, STATEMENT_ZONES_DIRTY), revision, visit, context);
}

enum err reader_list_gone_zones(
        struct reader *reader, uint64_t revision, zone_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	return list_after_revision(
	        reader, db_statement(&reader->db, STATEMENT_ZONES_GONE), revision, visit, context);
}

/* ---- one RRset ---- */

enum err reader_take_row(
        struct reader *reader, const struct row_source *source, struct stored_rrset *rrset)
{
	sqlite3_stmt *statement = source->statement;
	const uint8_t *blob = sqlite3_column_blob(statement, source->column + 1);
	size_t length = (size_t)sqlite3_column_bytes(statement, source->column + 1);
	bool is_soa = rrset->rrset.type == TYPE_SOA;
	uint8_t *copy = NULL;
	if (source->copies || is_soa) {
		copy = arena_dup(source->arena, blob, length);
		if (copy == NULL)
			return ERR_TOO_LARGE;
		blob = copy;
	}
	rrset->rrset.ttl_s = (uint32_t)sqlite3_column_int64(statement, source->column);
	rrset->revision = (uint64_t)sqlite3_column_int64(statement, source->column + 2);
	enum err err = rrset_parse_values(source->arena, blob, length, &rrset->rrset);
	if (err == ERR_TOO_LARGE)
		return err;
	if (err != ERR_OK || rrset->rrset.count == 0 ||
	        !db_expiry_of_row(statement, source->column + 3, &rrset->rrset)) {
		db_fail(&reader->db, SQLITE_CORRUPT, "reading an RRset");
		return db_error(&reader->db);
	}
	if (is_soa)
		soa_put_serial((uint8_t *)rrset->rrset.values[0].bytes,
		        rrset->rrset.values[0].length, rrset->zone.serial);
	return ERR_OK;
}

enum err reader_find_rrset(struct reader *reader, struct arena *arena, const struct rrset_key *key,
        struct stored_rrset *ret_rrset)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct key owner;
	key_of_name(key->owner, &owner);
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_RRSET_FIND);
	bind_int(statement, 1, key->zone->id);
	bind_key(statement, 2, &owner);
	bind_int(statement, 3, key->type);
	if (!db_step(&reader->db, statement)) {
		err = reader_leave(reader);
		return err != ERR_OK ? err : ERR_NOT_FOUND;
	}
	struct stored_rrset rrset = {
		.zone = *key->zone,
		.rrset = { .owner = *key->owner, .type = key->type },
	};
	const struct row_source source = {
		.arena = arena,
		.statement = statement,
		.copies = true,
	};
	err = reader_take_row(reader, &source, &rrset);
	sqlite3_reset(statement);
	enum err left = reader_leave(reader);
	if (err == ERR_OK && left == ERR_OK)
		*ret_rrset = rrset;
	return left != ERR_OK ? left : err;
}
