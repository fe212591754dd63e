/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db.h"

static enum err take_records(
        struct db *db, struct arena *arena, sqlite3_stmt *statement, struct server *server)
{
	size_t length = (size_t)sqlite3_column_bytes(statement, 7);
	const uint8_t *blob = arena_dup(arena, sqlite3_column_blob(statement, 7), length);
	if (blob == NULL)
		return ERR_TOO_LARGE;
	enum err err = server_parse_records(arena, blob, length, server);
	if (err != ERR_INTERNAL)
		return err;
	db_fail(db, SQLITE_CORRUPT, "reading a server");
	return db_error(db);
}

static enum err take_row(
        struct db *db, struct arena *arena, sqlite3_stmt *statement, struct server *server)
{
	if (!column_name(db, statement, 0, &server->hostname) ||
	        !column_name(db, statement, 1, &server->zone))
		return db_error(db);
	server->ttl_s = (uint32_t)sqlite3_column_int64(statement, 2);
	server->revision = (uint64_t)sqlite3_column_int64(statement, 3);
	server->registered_ms = sqlite3_column_int64(statement, 4);
	server->changed_ms = sqlite3_column_int64(statement, 5);
	server->subject = arena_strdup(arena, column_text(statement, 6));
	return server->subject == NULL ? ERR_TOO_LARGE : take_records(db, arena, statement, server);
}

enum err db_find_server(
        struct db *db, struct arena *arena, const struct name *hostname, struct server *ret_server)
{
	struct key key;
	key_of_name(hostname, &key);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_SERVER_FIND);
	bind_key(statement, 1, &key);
	if (!db_step(db, statement))
		return db_error(db) != ERR_OK ? db_error(db) : ERR_NOT_FOUND;
	struct server server = { 0 };
	enum err err = take_row(db, arena, statement, &server);
	sqlite3_reset(statement);
	if (err == ERR_OK)
		*ret_server = server;
	return err;
}
