/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/schema.h"

#include "core/log.h"

/* "CGdb": so that the file is never taken for another program's database, nor theirs for ours. */
#define APPLICATION_ID 0x43476462

/* Version n is what the first n texts make. A text that was released is never edited.
 *
 * Names are kept as sort keys (name_render_key): blobs whose order is the canonical order and where
 * all names below a name begin with its key. Sets of values are packed (rrset_pack_values). The
 * serial inside a SOA's data does not count: the zone's does. */
static const char *const migrations[] = {
	"CREATE TABLE meta("
	" name TEXT PRIMARY KEY,"
	" number INTEGER NOT NULL,"
	" bytes BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES('revision', 0, x''), ('audit', 0, zeroblob(32));"

	"CREATE TABLE zones("
	" id INTEGER PRIMARY KEY,"
	" name_key BLOB NOT NULL UNIQUE,"
	" serial INTEGER NOT NULL CHECK(serial BETWEEN 1 AND 4294967295),"
	" revision INTEGER NOT NULL,"
	" record_count INTEGER NOT NULL CHECK(record_count >= 0)"
	") STRICT;"
	"CREATE INDEX zones_by_revision ON zones(revision);"

	"CREATE TABLE zones_gone("
	" name_key BLOB PRIMARY KEY,"
	" serial INTEGER NOT NULL,"
	" revision INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE rrsets("
	" zone_id INTEGER NOT NULL REFERENCES zones(id),"
	" owner_key BLOB NOT NULL,"
	" type INTEGER NOT NULL,"
	" ttl INTEGER NOT NULL CHECK(ttl BETWEEN 0 AND 2147483647),"
	" value_count INTEGER NOT NULL CHECK(value_count > 0),"
	" data BLOB NOT NULL,"
	" revision INTEGER NOT NULL,"
	" PRIMARY KEY(zone_id, owner_key, type)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE changes("
	" revision INTEGER PRIMARY KEY,"
	" at_ms INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" token_id TEXT NOT NULL,"
	" key_id TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" request_id TEXT NOT NULL,"
	" request TEXT NOT NULL,"
	" comment TEXT NOT NULL"
	") STRICT;"

	"CREATE TABLE change_effects("
	" revision INTEGER NOT NULL REFERENCES changes(revision),"
	" seq INTEGER NOT NULL,"
	" zone_key BLOB NOT NULL,"
	" owner_key BLOB NOT NULL,"
	" type INTEGER NOT NULL,"
	" serial INTEGER NOT NULL,"
	" before_ttl INTEGER,"
	" before_data BLOB,"
	" after_ttl INTEGER,"
	" after_data BLOB,"
	" PRIMARY KEY(revision, seq)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE revocations("
	" kind INTEGER NOT NULL,"
	" value TEXT NOT NULL,"
	" before_ms INTEGER NOT NULL,"
	" expires_ms INTEGER NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" PRIMARY KEY(kind, value)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE audit("
	" seq INTEGER PRIMARY KEY,"
	" at_ms INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" token_id TEXT NOT NULL,"
	" key_id TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" request_id TEXT NOT NULL,"
	" request TEXT NOT NULL,"
	" outcome TEXT NOT NULL,"
	" status INTEGER NOT NULL,"
	" change_id INTEGER NOT NULL,"
	" body TEXT NOT NULL,"
	" hash BLOB NOT NULL"
	") STRICT;",

	/* The history by zone, by name and by who did it. Of a change the zones come first to hand
	 * here, however many records it touched. Rows go in at the end of the table; each index
	 * costs one more insert: one a change and zone, one a row of history, one a change. A
	 * change's action on a zone is that on its SOA: made, dropped, or neither. */
	"CREATE TABLE change_zones("
	" revision INTEGER NOT NULL REFERENCES changes(revision),"
	" zone_key BLOB NOT NULL,"
	" serial INTEGER NOT NULL,"
	" actions INTEGER NOT NULL,"
	" PRIMARY KEY(revision, zone_key)"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO change_zones SELECT revision, zone_key, max(serial),"
	" coalesce(max(iif(type = 6 AND before_data IS NULL, 1, NULL)), 0)"
	" + coalesce(max(iif(type = 6 AND after_data IS NULL, 4, NULL)), 0)"
	" FROM change_effects GROUP BY revision, zone_key;"
	"CREATE INDEX change_zones_by_zone ON change_zones(zone_key, revision);"
	"CREATE INDEX change_effects_by_owner ON change_effects(owner_key, revision);"
	"CREATE INDEX changes_by_subject ON changes(subject);",
	/* Child tokens, without the tokens: who may revoke them, and what goes with a subject or
	 * key. parents: ids, each with a space behind it. And what pages of the logs go by. */
	"CREATE TABLE issued_tokens("
	" token_id TEXT PRIMARY KEY,"
	" parents TEXT NOT NULL,"
	" parent_subject TEXT NOT NULL,"
	" parent_key_id TEXT NOT NULL,"
	" parent_issued_ms INTEGER NOT NULL,"
	" expires_ms INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX issued_by_subject ON issued_tokens(parent_subject);"
	"CREATE INDEX issued_by_key ON issued_tokens(parent_key_id);"
	"CREATE INDEX issued_by_end ON issued_tokens(expires_ms);"
	"CREATE INDEX revocations_by_time ON revocations(at_ms, kind, value);"
	"CREATE INDEX audit_by_time ON audit(at_ms);"
	"CREATE INDEX audit_by_subject ON audit(subject);",
	/* Values that expire (rrset_pack_expiry; NULL: all stay), and answers to requests that may
	 * come again. */
	"ALTER TABLE rrsets ADD COLUMN expires BLOB;"
	"ALTER TABLE rrsets ADD COLUMN next_expiry_ms INTEGER;"
	"CREATE INDEX rrsets_by_expiry ON rrsets(next_expiry_ms) WHERE next_expiry_ms IS NOT NULL;"
	"ALTER TABLE change_effects ADD COLUMN before_expires BLOB;"
	"ALTER TABLE change_effects ADD COLUMN after_expires BLOB;"

	"CREATE TABLE answers("
	" subject TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" fingerprint BLOB NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" change_id INTEGER NOT NULL,"
	" outcome BLOB NOT NULL,"
	" UNIQUE(subject, key)"
	") STRICT;"
	"CREATE INDEX answers_by_time ON answers(at_ms);",
	/* Registered servers; records is packed (server_pack_records). A registration stays when
	 * its zone goes: only unregistering takes its other records, such as PTRs, away. */
	"CREATE TABLE servers("
	" host_key BLOB PRIMARY KEY,"
	" zone_key BLOB NOT NULL,"
	" ttl INTEGER NOT NULL,"
	" revision INTEGER NOT NULL,"
	" registered_ms INTEGER NOT NULL,"
	" changed_ms INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" records BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;",
	/* The TTL of a zone's records that name none (NULL: the configuration's), and which changes
	 * set it: it is in no RRset, so the rows of the history do not have it. */
	"ALTER TABLE zones ADD COLUMN ttl INTEGER CHECK(ttl BETWEEN 0 AND 2147483647);"
	"CREATE TABLE change_ttls("
	" revision INTEGER NOT NULL REFERENCES changes(revision),"
	" zone_key BLOB NOT NULL,"
	" before_ttl INTEGER,"
	" after_ttl INTEGER,"
	" PRIMARY KEY(revision, zone_key)"
	") STRICT, WITHOUT ROWID;",
	/* Imports whose rows are written already and that nobody sees: their RRsets are of a zone
	 * id that no zone has, their history of a change that is not there yet (id). And what is
	 * left to be removed: state 1, all that was written; 2, the RRsets that made way. */
	"CREATE TABLE imports("
	" id INTEGER PRIMARY KEY,"
	" zone_key BLOB NOT NULL,"
	" rows_id INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" next_seq INTEGER NOT NULL,"
	" record_count INTEGER NOT NULL,"
	" touched_ms INTEGER NOT NULL"
	") STRICT;",
};

#define VERSION ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

int64_t schema_version(void)
{
	return VERSION;
}

static bool run_migrations(struct db *db, int64_t version)
{
	for (int64_t i = version; i < VERSION; i++) {
		if (!db_run_script(db, migrations[i]))
			return false;
	}
	char pragmas[96];
	sqlite3_snprintf(sizeof(pragmas), pragmas,
	        "PRAGMA user_version = %lld; PRAGMA application_id = %d", (long long)VERSION,
	        APPLICATION_ID);
	return db_run_script(db, pragmas);
}

/* An empty file is anybody's; everything else must carry our mark. */
static bool is_ours(struct db *db, int64_t version)
{
	int64_t id = db_pragma(db, "PRAGMA application_id", -1);
	int64_t tables = db_pragma(db, "SELECT count(*) FROM sqlite_schema", -1);
	if (id == APPLICATION_ID && version >= 1 && version <= VERSION)
		return true;
	if (id == 0 && version == 0 && tables == 0)
		return true;
	if (db->code == SQLITE_OK)
		log_error("store: the database is of schema %lld, this program knows up to %lld",
		        (long long)version, (long long)VERSION);
	return false;
}

bool schema_migrate(struct db *db)
{
	int64_t version = db_pragma(db, "PRAGMA user_version", -1);
	if (!is_ours(db, version))
		return db->code == SQLITE_OK ? db_fail(db, SQLITE_NOTADB, "checking the schema")
		                             : false;
	if (version == VERSION)
		return true;
	if (!db_run_script(db, "BEGIN IMMEDIATE"))
		return false;
	if (run_migrations(db, version) && db_run_script(db, "COMMIT"))
		return true;
	sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return false;
}
