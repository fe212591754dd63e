/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/secret.h"
#include "dns/expiry.h"
#include "dns/type.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define WORDS_MAX 512

void fixture_open(struct fixture *fixture)
{
	*fixture = (struct fixture){ .now_ms = INT64_C(1750000000000) };
	REQUIRE(secret_init());
	log_init(2, LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR, "test");
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/coregate-store-XXXXXX");
	REQUIRE(mkdtemp(fixture->folder) != NULL);
	snprintf(fixture->path, sizeof(fixture->path), "%s/store.db", fixture->folder);
	fixture->settings.path = fixture->path;
	fixture->arena = arena_open((size_t)64 << 20);
	REQUIRE(fixture->arena != NULL);
	REQUIRE(writer_open(&fixture->settings, &fixture->writer) == ERR_OK);
	fixture->reader = reader_open(&fixture->settings);
	REQUIRE(fixture->reader != NULL);
}

void fixture_close(struct fixture *fixture)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	reader_close(fixture->reader);
	writer_close(fixture->writer);
	arena_close(fixture->arena);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
		unlink(path);
	}
	rmdir(fixture->folder);
}

void fixture_reopen_writer(struct fixture *fixture)
{
	writer_close(fixture->writer);
	REQUIRE(writer_open(&fixture->settings, &fixture->writer) == ERR_OK);
}

struct name fixture_name(const char *text)
{
	struct name name;
	const char *detail = "";
	REQUIRE(name_parse(text, strlen(text), &name, &detail) == ERR_OK);
	return name;
}

static uint16_t parse_type(const char *text)
{
	uint16_t type;
	REQUIRE(type_parse(text, strlen(text), &type) == ERR_OK);
	return type;
}

struct rdata fixture_value(struct arena *arena, const char *type, const char *text)
{
	char spaced[1024];
	struct rdata rdata;
	const char *detail = "";
	snprintf(spaced, sizeof(spaced), "%s", text);
	for (char *at = spaced; *at != '\0'; at++) {
		if (*at == '~')
			*at = ' ';
	}
	enum err err = rdata_parse(arena, parse_type(type), spaced, &rdata, &detail);
	if (err != ERR_OK)
		fprintf(stderr, "%s %s: %s\n", type, spaced, detail);
	REQUIRE(err == ERR_OK);
	return rdata;
}

/* ---- parsing changes ---- */

static void take_precondition(struct op *op, const char *value, bool is_none)
{
	struct precondition *precondition = &op->precondition;
	if (strcmp(value, "*") == 0) {
		precondition->kind = is_none ? PRECONDITION_NONE_EXIST : PRECONDITION_MATCH_ANY;
		return;
	}
	precondition->kind = is_none ? PRECONDITION_NONE_MATCH : PRECONDITION_MATCH;
	precondition->revisions[precondition->count++] = strtoull(value, NULL, 10);
}

static bool take_option(struct op *op, const char *word)
{
	char key[32];
	const char *equals = strchr(word, '=');
	if (equals == NULL || (size_t)(equals - word) >= sizeof(key))
		return false;
	snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
	const char *value = equals + 1;
	uint32_t number = (uint32_t)strtoul(value, NULL, 10);
	struct bound *bound = &op->bounds[0];
	if (strcmp(key, "ttl") == 0) {
		op->has_ttl = true;
		op->rrset.ttl_s = number;
	} else if (strcmp(key, "if") == 0 || strcmp(key, "ifnone") == 0) {
		take_precondition(op, value, key[2] != '\0');
	} else if (strcmp(key, "may") == 0) {
		bound->actions = (uint8_t)((strchr(value, 'c') != NULL ? EFFECT_CREATE : 0) |
		                           (strchr(value, 'u') != NULL ? EFFECT_UPDATE : 0) |
		                           (strchr(value, 'd') != NULL ? EFFECT_DELETE : 0));
	} else if (strcmp(key, "ttlmin") == 0) {
		bound->ttl_min_s = number;
	} else if (strcmp(key, "ttlmax") == 0) {
		bound->ttl_max_s = number;
	} else if (strcmp(key, "max") == 0) {
		bound->values_max = number;
	} else if (strcmp(key, "in") == 0) {
		op->zone = fixture_name(value);
	} else if (strcmp(key, "before") == 0) {
		op->revocation.before_ms = strtoll(value, NULL, 10);
	} else if (strcmp(key, "expires") == 0) {
		op->revocation.expires_ms = strtoll(value, NULL, 10);
	} else {
		return false;
	}
	return true;
}

static void fill_zone_add(struct fixture *fixture, struct op *op, const char *name)
{
	struct name mname = fixture_name("ns1.example.net");
	struct name rname = fixture_name("hostmaster.example.net");
	const struct soa soa = {
		.mname = &mname,
		.rname = &rname,
		.serial = 1,
		.refresh_s = 3600,
		.retry_s = 600,
		.expire_s = 604800,
		.minimum_s = 300,
	};
	op->zone = fixture_name(name);
	op->rrset.owner = op->zone;
	op->rrset.type = TYPE_SOA;
	op->rrset.ttl_s = 300;
	op->rrset.count = 1;
	op->rrset.values = arena_calloc(fixture->arena, 1, sizeof(struct rdata));
	REQUIRE(soa_render(fixture->arena, &soa, op->rrset.values) == ERR_OK);
	op->apex_ns = op->rrset;
	op->apex_ns.type = TYPE_NS;
	op->apex_ns.values = arena_calloc(fixture->arena, 1, sizeof(struct rdata));
	*op->apex_ns.values = fixture_value(fixture->arena, "NS", "ns1.example.net");
}

/* Words member=value; ttl=none is the configuration's. */
static void fill_zone_edit(struct fixture *fixture, struct op *op, char **words, size_t count)
{
	static const struct {
		const char *word;
		enum zone_member member;
		size_t offset; /* in a soa */
	} numbers[] = {
		{ "refresh=", ZONE_REFRESH, offsetof(struct soa, refresh_s) },
		{ "retry=", ZONE_RETRY, offsetof(struct soa, retry_s) },
		{ "expire=", ZONE_EXPIRE, offsetof(struct soa, expire_s) },
		{ "minimum=", ZONE_MINIMUM, offsetof(struct soa, minimum_s) },
	};
	struct name mname = fixture_name(".");
	struct name rname = fixture_name(".");
	struct soa soa = { .mname = &mname, .rname = &rname };
	REQUIRE(count >= 1);
	op->zone = fixture_name(words[0]);
	for (size_t i = 1; i < count; i++) {
		const char *value = strchr(words[i], '=');
		bool is_known = false;
		REQUIRE(value++ != NULL);
		for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
			if (strncmp(words[i], numbers[j].word, strlen(numbers[j].word)) != 0)
				continue;
			*(uint32_t *)((char *)&soa + numbers[j].offset) =
			        (uint32_t)strtoul(value, NULL, 10);
			op->edit.members |= (uint8_t)numbers[j].member;
			is_known = true;
		}
		if (strncmp(words[i], "mname=", 6) == 0) {
			mname = fixture_name(value);
			op->edit.members |= ZONE_MNAME;
		} else if (strncmp(words[i], "contact=", 8) == 0) {
			rname = fixture_name(value);
			op->edit.members |= ZONE_RNAME;
		} else if (strcmp(words[i], "ttl=none") == 0) {
			op->edit.members |= ZONE_NO_TTL;
		} else if (strncmp(words[i], "ttl=", 4) == 0) {
			op->edit.members |= ZONE_TTL;
			op->edit.ttl_s = (uint32_t)strtoul(value, NULL, 10);
		} else {
			REQUIRE(is_known || take_option(op, words[i]));
		}
	}
	op->rrset = (struct rrset){ .owner = op->zone, .type = TYPE_SOA, .count = 1 };
	op->rrset.values = arena_calloc(fixture->arena, 1, sizeof(struct rdata));
	REQUIRE(soa_render(fixture->arena, &soa, op->rrset.values) == ERR_OK);
}

static void fill_revoke(struct fixture *fixture, struct op *op, char **words, size_t count)
{
	static const char *const kinds[] = { "token", "subject", "key" };
	REQUIRE(count >= 2);
	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(words[0], kinds[i]) == 0)
			op->revocation.kind = (enum revocation_kind)i;
	}
	op->revocation.value = arena_strdup(fixture->arena, words[1]);
	for (size_t i = 2; i < count; i++)
		REQUIRE(take_option(op, words[i]));
}

static void fill_rrset(struct fixture *fixture, struct op *op, char **words, size_t count)
{
	REQUIRE(count >= 2);
	op->rrset.owner = fixture_name(words[0]);
	op->rrset.type = parse_type(words[1]);
	op->rrset.ttl_s = 300;
	op->rrset.values = arena_calloc(fixture->arena, count, sizeof(struct rdata));
	op->remove = arena_calloc(fixture->arena, count, sizeof(struct rdata));
	for (size_t i = 2; i < count; i++) {
		if (words[i][0] != '"' && take_option(op, words[i]))
			continue;
		if (words[i][0] == '-')
			op->remove[op->remove_count++] =
			        fixture_value(fixture->arena, words[1], words[i] + 1);
		else
			op->rrset.values[op->rrset.count++] =
			        fixture_value(fixture->arena, words[1], words[i]);
	}
	/* As in a message; given twice they stay as they are. */
	rrset_sort(op->remove, op->remove_count);
	if (op->kind == OP_VALUE_DROP)
		rrset_sort(op->rrset.values, op->rrset.count);
	rrset_put_expiry(&op->rrset, op->revocation.expires_ms);
	struct zone zone;
	if (op->zone.length == 0 &&
	        reader_find_zone(fixture->reader, &op->rrset.owner, &zone) == ERR_OK)
		op->zone = zone.name;
}

static void fill_op(struct fixture *fixture, struct op *op, char **words, size_t count)
{
	static const struct {
		const char *word;
		enum op_kind kind;
	} kinds[] = {
		{ "add", OP_RRSET_ADD },
		{ "put", OP_RRSET_PUT },
		{ "patch", OP_RRSET_PATCH },
		{ "drop", OP_RRSET_DROP },
		{ "dropvalue", OP_VALUE_DROP },
		{ "zone", OP_ZONE_ADD },
		{ "dropzone", OP_ZONE_DROP },
		{ "revoke", OP_REVOKE },
		{ "revert", OP_REVERT },
		{ "edit", OP_ZONE_EDIT },
	};
	op->kind = OP__MAX;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(words[0], kinds[i].word) == 0)
			op->kind = kinds[i].kind;
	}
	REQUIRE(op->kind != OP__MAX && count >= 2);
	op->bound_count = 1;
	op->bounds[0] = (struct bound){ .actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
		.ttl_max_s = TTL_MAX,
		.values_max = UINT32_MAX };
	if (op->kind == OP_REVERT) {
		op->reversion.change_id = strtoull(words[1], NULL, 10);
	} else if (op->kind == OP_ZONE_EDIT) {
		fill_zone_edit(fixture, op, words + 1, count - 1);
	} else if (op->kind == OP_REVOKE) {
		fill_revoke(fixture, op, words + 1, count - 1);
	} else if (op->kind == OP_ZONE_ADD || op->kind == OP_ZONE_DROP) {
		op->zone = fixture_name(words[1]);
		if (op->kind == OP_ZONE_ADD)
			fill_zone_add(fixture, op, words[1]);
		for (size_t i = 2; i < count; i++)
			REQUIRE(take_option(op, words[i]));
		if (op->kind == OP_ZONE_ADD && op->has_ttl) {
			op->apex_ns.ttl_s = op->rrset.ttl_s;
			op->rrset.ttl_s = 300;
		}
	} else {
		fill_rrset(fixture, op, words + 1, count - 1);
	}
}

struct change *fixture_change(struct fixture *fixture, const char *text)
{
	static const char spaces[] = " ";
	struct change *change = arena_calloc(fixture->arena, 1, sizeof(*change));
	char *copy = arena_strdup(fixture->arena, text);
	char **words = arena_calloc(fixture->arena, WORDS_MAX, sizeof(*words));
	change->ops = arena_calloc(fixture->arena, 16, sizeof(*change->ops));
	change->actor = (struct actor){ "tester", "jti-1", "k4.pid.x", "192.0.2.9" };
	change->request_id = "request-1";
	change->request = "PUT /records";
	change->comment = "";
	size_t count = 0;
	char *rest = copy;
	for (char *word = strsep(&rest, spaces); word != NULL; word = strsep(&rest, spaces)) {
		if (strcmp(word, ";") == 0) {
			fill_op(fixture, &change->ops[change->op_count++], words, count);
			count = 0;
		} else if (word[0] != '\0') {
			REQUIRE(count < WORDS_MAX);
			words[count++] = word;
		}
	}
	if (count > 0)
		fill_op(fixture, &change->ops[change->op_count++], words, count);
	return change;
}

/* ---- applying them ---- */

enum err fixture_apply(struct fixture *fixture, const char *text, struct outcome *ret_outcome)
{
	struct outcome outcome;
	arena_reset(fixture->arena);
	const struct change *change = fixture_change(fixture, text);
	REQUIRE(writer_begin_batch(fixture->writer) == ERR_OK);
	enum err err =
	        writer_apply(fixture->writer, fixture->arena, change, fixture->now_ms, &outcome);
	REQUIRE(!writer_is_broken(fixture->writer));
	REQUIRE(err == outcome.err);
	REQUIRE(writer_commit_batch(fixture->writer) == ERR_OK);
	if (ret_outcome != NULL)
		*ret_outcome = outcome;
	return err;
}

void fixture_put_batch(struct fixture *fixture, unsigned round)
{
	char text[128];
	struct outcome outcome;
	arena_reset(fixture->arena);
	REQUIRE(writer_begin_batch(fixture->writer) == ERR_OK);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "put h%u.example.com A 192.0.2.%u",
		        (round * 7919 + i * 104729) % 5000, round % 250 + 1);
		REQUIRE(writer_apply(fixture->writer, fixture->arena, fixture_change(fixture, text),
		                0, &outcome) == ERR_OK);
	}
	REQUIRE(writer_commit_batch(fixture->writer) == ERR_OK);
}

enum err fixture_run(struct fixture *fixture, const char *text, struct outcome *ret_outcome)
{
	char copy[4096];
	snprintf(copy, sizeof(copy), "%s", text);
	char *at = copy;
	for (char *bar = strstr(at, " | "); bar != NULL; bar = strstr(at, " | ")) {
		struct outcome outcome;
		*bar = '\0';
		if (fixture_apply(fixture, at, &outcome) != ERR_OK) {
			fprintf(stderr, "%s: %s\n", at, outcome.detail);
			abort();
		}
		at = bar + 3;
	}
	return fixture_apply(fixture, at, ret_outcome);
}

/* ---- looking ---- */

const char *fixture_rrset(struct fixture *fixture, const char *name, const char *type)
{
	struct zone zone;
	struct stored_rrset stored;
	struct name owner = fixture_name(name);
	enum err err = reader_find_zone(fixture->reader, &owner, &zone);
	if (err == ERR_NO_SUCH_ZONE)
		return "";
	REQUIRE(err == ERR_OK);
	const struct rrset_key key = { &zone, &owner, parse_type(type) };
	err = reader_find_rrset(fixture->reader, fixture->arena, &key, &stored);
	if (err == ERR_NOT_FOUND)
		return "";
	REQUIRE(err == ERR_OK);
	struct buf buf;
	buf_init(&buf, fixture->arena, 1 << 20);
	buf_put_uint(&buf, stored.rrset.ttl_s);
	for (size_t i = 0; i < stored.rrset.count; i++) {
		buf_put_char(&buf, ' ');
		rdata_render(&buf, key.type, &stored.rrset.values[i]);
	}
	return buf_string(&buf);
}

struct zone fixture_zone(struct fixture *fixture, const char *name)
{
	struct zone zone;
	struct name wanted = fixture_name(name);
	REQUIRE(reader_find_zone_exact(fixture->reader, &wanted, &zone) == ERR_OK);
	return zone;
}
