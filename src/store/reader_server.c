/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reader.h"
#include "store/reader_state.h"

enum err reader_find_server(struct reader *reader, struct arena *arena, const struct name *hostname,
        struct server *ret_server)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	err = db_find_server(&reader->db, arena, hostname, ret_server);
	enum err left = reader_leave(reader);
	return left != ERR_OK ? left : err;
}

/* The keys of all names when `under` is NULL. */
static void key_range(const struct name *after, const struct name *under, struct key *ret_first,
        struct key *ret_end)
{
	struct key top = { .length = 0 };
	*ret_first = top;
	*ret_end = (struct key){ .length = 1, .bytes = { 0xff } };
	if (under != NULL) {
		key_of_name(under, &top);
		*ret_first = top;
		key_end_of_tree(&top, ret_end);
	}
	if (after == NULL)
		return;
	struct key key;
	key_of_name(after, &key);
	if (under == NULL || name_is_under(after, under))
		key_successor(&key, ret_first);
}

enum err reader_list_servers(struct reader *reader, const struct server_filter *filter,
        server_visitor *visit, void *context)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	struct key first;
	struct key end;
	key_range(filter->after, filter->under, &first, &end);
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_SERVERS_FROM);
	bind_key(statement, 1, &first);
	bind_key(statement, 2, &end);
	bool goes_on = true;
	struct name hostname;
	struct name zone;
	while (goes_on && db_step(&reader->db, statement))
		goes_on = column_name(&reader->db, statement, 0, &hostname) &&
		          column_name(&reader->db, statement, 1, &zone) &&
		          visit(context, &hostname, &zone);
	sqlite3_reset(statement);
	return reader_leave(reader);
}

enum err reader_count_servers(struct reader *reader, uint64_t *ret_count)
{
	enum err err = reader_enter(reader);
	if (err != ERR_OK)
		return err;
	sqlite3_stmt *statement = db_statement(&reader->db, STATEMENT_SERVERS_COUNT);
	uint64_t count = 0;
	if (db_step(&reader->db, statement)) {
		count = (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	err = reader_leave(reader);
	if (err == ERR_OK)
		*ret_count = count;
	return err;
}
