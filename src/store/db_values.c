/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "dns/expiry.h"
#include "store/db.h"

/* Binding integers and static memory allocates nothing; it fails only for a wrong index, a bug. */

void bind_int(sqlite3_stmt *statement, int index, int64_t value)
{
	if (statement == NULL)
		return;
	int code = sqlite3_bind_int64(statement, index, value);
	assert(code == SQLITE_OK);
	(void)code;
}

void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	if (statement == NULL)
		return;
	int code = sqlite3_bind_text(statement, index, text != NULL ? text : "", -1, SQLITE_STATIC);
	assert(code == SQLITE_OK);
	(void)code;
}

void bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t length)
{
	if (statement == NULL)
		return;
	int code = sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_STATIC);
	assert(code == SQLITE_OK);
	(void)code;
}

void bind_key(sqlite3_stmt *statement, int index, const struct key *key)
{
	bind_blob(statement, index, key->bytes, key->length);
}

void key_of_name(const struct name *name, struct key *ret_key)
{
	ret_key->length = name_render_key(name, ret_key->bytes);
}

void key_end_of_tree(const struct key *key, struct key *ret_end)
{
	*ret_end = *key;
	/* A key ends with the zero octet of its last label; only the root's is empty. */
	if (key->length > 0)
		ret_end->bytes[key->length - 1] = 0x01;
	else
		ret_end->bytes[ret_end->length++] = 0xff;
}

void key_successor(const struct key *key, struct key *ret_next)
{
	*ret_next = *key;
	ret_next->bytes[ret_next->length++] = 0x00;
}

const char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);
	return text != NULL ? (const char *)text : "";
}

bool column_name(struct db *db, sqlite3_stmt *statement, int column, struct name *ret_name)
{
	const uint8_t *bytes = sqlite3_column_blob(statement, column);
	static const uint8_t root[1];
	size_t length = (size_t)sqlite3_column_bytes(statement, column);
	if (name_parse_key(bytes != NULL ? bytes : root, length, ret_name))
		return true;
	return db_fail(db, SQLITE_CORRUPT, "reading a name");
}

bool db_expiry_of_row(sqlite3_stmt *statement, int column, struct rrset *rrset)
{
	const void *blob = sqlite3_column_blob(statement, column);
	return rrset_parse_expiry(blob, (size_t)sqlite3_column_bytes(statement, column), rrset);
}

bool db_zone_of_row(struct db *db, sqlite3_stmt *statement, struct zone *ret_zone)
{
	struct zone zone = {
		.id = sqlite3_column_int64(statement, 0),
		.serial = (uint32_t)sqlite3_column_int64(statement, 2),
		.revision = (uint64_t)sqlite3_column_int64(statement, 3),
		.record_count = (uint64_t)sqlite3_column_int64(statement, 4),
		.has_ttl = sqlite3_column_type(statement, 5) != SQLITE_NULL,
		.ttl_s = (uint32_t)sqlite3_column_int64(statement, 5),
	};
	if (!column_name(db, statement, 1, &zone.name))
		return false;
	*ret_zone = zone;
	return true;
}

bool db_find_zone_between(struct db *db, enum statement which, const struct key *start,
        const struct key *end, struct zone *ret_zone)
{
	sqlite3_stmt *statement = db_statement(db, which);
	bind_key(statement, 1, start);
	bind_key(statement, 2, end);
	if (!db_step(db, statement))
		return false;
	bool is_good = db_zone_of_row(db, statement, ret_zone);
	sqlite3_reset(statement);
	return is_good;
}

bool db_find_zone_exact(struct db *db, const struct key *key, struct zone *ret_zone)
{
	sqlite3_stmt *statement = db_statement(db, STATEMENT_ZONE_EXACT);
	bind_key(statement, 1, key);
	if (!db_step(db, statement))
		return false;
	bool is_found = db_zone_of_row(db, statement, ret_zone);
	sqlite3_reset(statement);
	return is_found;
}

/* The longest beginning that both keys share and that ends with a whole label. */
static size_t shared_labels(const struct key *key, const uint8_t *other, size_t other_length)
{
	size_t end = 0;
	size_t length = key->length < other_length ? key->length : other_length;
	for (size_t i = 0; i < length && key->bytes[i] == other[i]; i++) {
		if (key->bytes[i] == 0x00)
			end = i + 1;
	}
	return end;
}

/* The zone whose key comes last among those not after `key` is the match when it is an ancestor.
 * When it is not, every ancestor's key is a beginning that both share, so the search goes on from
 * there: with any number of zones seldom more than two lookups, never more than labels. */
bool db_find_zone(struct db *db, const struct key *key, struct zone *ret_zone)
{
	sqlite3_stmt *statement = db_statement(db, STATEMENT_ZONE_BEFORE);
	size_t length = key->length;
	for (;;) {
		bind_blob(statement, 1, key->bytes, length);
		if (!db_step(db, statement))
			return false;
		const uint8_t *found = sqlite3_column_blob(statement, 1);
		size_t found_length = (size_t)sqlite3_column_bytes(statement, 1);
		size_t shared = shared_labels(key, found, found_length);
		if (shared == found_length) {
			bool is_good = db_zone_of_row(db, statement, ret_zone);
			sqlite3_reset(statement);
			return is_good;
		}
		sqlite3_reset(statement);
		length = shared;
	}
}
