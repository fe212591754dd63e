/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PASETO and PASERK vectors: the own ones of tests/vectors/paseto, and the official ones where they
 * are at hand. What coregate does not implement (v4.local, other versions, symmetric and wrapped
 * PASERK types) must be refused by its parsers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/base64url.h"
#include "auth/key.h"
#include "auth/key_wrap.h"
#include "auth/paseto.h"
#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"
#include "core/secret.h"

#define ARENA_BYTES   ((size_t)16 * 1024 * 1024)
#define CEILING_BYTES ((size_t)1024 * 1024)

static struct arena *arena;

static const char *get(const struct json *vector, const char *name)
{
	const struct json *value = json_find(vector, name);
	return value == NULL ? NULL : json_string(value);
}

/* The octets of a hexadecimal member. */
static struct paseto_piece get_hex(const struct json *vector, const char *name)
{
	const char *text = get(vector, name);
	if (text == NULL)
		return (struct paseto_piece){ 0 };
	size_t length = strlen(text) / 2;
	uint8_t *bytes = arena_alloc(arena, length + 1);
	if (!hex_parse(text, strlen(text), bytes, length))
		return (struct paseto_piece){ 0 };
	return (struct paseto_piece){ bytes, length };
}

static struct paseto_piece get_text(const struct json *vector, const char *name)
{
	const char *text = get(vector, name);
	return (struct paseto_piece){ text, text == NULL ? 0 : strlen(text) };
}

static bool is_failing(const struct json *vector)
{
	bool value = false;
	const struct json *member = json_find(vector, "expect-fail");
	return member != NULL && json_bool(member, &value) && value;
}

static bool piece_is(struct paseto_piece piece, struct paseto_piece expected)
{
	return piece.length == expected.length &&
	       (piece.length == 0 || memcmp(piece.bytes, expected.bytes, piece.length) == 0);
}

/* The PASERK text that octets would have under a type. */
static const char *spell(const char *prefix, struct paseto_piece octets)
{
	size_t prefix_length = strlen(prefix);
	char *text = arena_alloc(arena, prefix_length + BASE64URL_LENGTH(octets.length) + 1);
	memcpy(text, prefix, prefix_length);
	base64url_render(octets.bytes, octets.length, text + prefix_length);
	return text;
}

static bool parses_as_public(const char *text, struct key *ret_public)
{
	const char *detail;
	return key_parse_public(text, strlen(text), ret_public, &detail) == ERR_OK;
}

/* NULL when it does not parse. */
static struct key *open_secret(const char *text)
{
	struct key *secret = NULL;
	const char *detail;
	return key_parse_secret(text, strlen(text), &secret, &detail) == ERR_OK ? secret : NULL;
}

/* ---- one function for each kind of file: whether a vector behaves as it should ---- */

static bool verifies(const struct json *vector, struct paseto_piece octets)
{
	const char *token = get(vector, "token");
	struct paseto paseto;
	struct key public;
	const char *detail;
	return paseto_parse(arena, token, strlen(token), &paseto, &detail) == ERR_OK &&
	       parses_as_public(spell("k4.public.", octets), &public) &&
	       paseto_verify(arena, &paseto, &public, get_text(vector, "implicit-assertion")) ==
	               ERR_OK &&
	       piece_is(paseto.message, get_text(vector, "payload")) &&
	       piece_is(paseto.footer, get_text(vector, "footer"));
}

static bool signs(const struct json *vector)
{
	const struct paseto_claim claim = {
		get_text(vector, "payload"),
		get_text(vector, "footer"),
		get_text(vector, "implicit-assertion"),
	};
	const char *token = "";
	struct key *secret = open_secret(spell("k4.secret.", get_hex(vector, "secret-key")));
	if (secret == NULL)
		return false;
	enum err err = paseto_sign(arena, secret, &claim, &token);
	key_close(secret);
	return err == ERR_OK && strcmp(token, get(vector, "token")) == 0;
}

static bool is_refused_token(const struct json *vector)
{
	const char *token = get(vector, "token");
	struct paseto paseto;
	const char *detail;
	return paseto_parse(arena, token, strlen(token), &paseto, &detail) == ERR_BAD_TOKEN;
}

static bool check_v4(const struct json *vector)
{
	struct paseto_piece public = get_hex(vector, "public-key");
	if (strncmp(get(vector, "token"), "v4.public.", 10) != 0)
		return is_refused_token(vector);
	if (!is_failing(vector))
		return verifies(vector, public) && signs(vector);
	/* 4-F-2 is a signed token given with a symmetric key. */
	if (public.length == 0)
	public = get_hex(vector, "key");
	return !verifies(vector, public);
}

static bool check_public(const struct json *vector)
{
	struct key public;
	char text[KEY_TEXT_BYTES];
	struct paseto_piece octets = get_hex(vector, "key");
	bool is_parsed = parses_as_public(spell("k4.public.", octets), &public);
	if (is_failing(vector))
		return !is_parsed;
	if (!is_parsed || !parses_as_public(get(vector, "paserk"), &public))
		return false;
	key_render(&public, text);
	return memcmp(public.bytes, octets.bytes, KEY_PUBLIC_BYTES) == 0 &&
	       strcmp(text, get(vector, "paserk")) == 0;
}

static bool check_pid(const struct json *vector)
{
	struct key public;
	char id[KEY_ID_BYTES];
	if (!parses_as_public(spell("k4.public.", get_hex(vector, "key")), &public))
		return is_failing(vector);
	key_render_id(&public, id);
	return !is_failing(vector) && strcmp(id, get(vector, "paserk")) == 0 &&
	       key_id_is_valid(id, strlen(id), KEY_V4_PUBLIC);
}

static bool check_secret(const struct json *vector)
{
	char text[KEY_TEXT_BYTES];
	struct paseto_piece octets = get_hex(vector, "key");
	struct key *secret = open_secret(spell("k4.secret.", octets));
	if (secret == NULL)
		return is_failing(vector);
	bool is_right =
	        !is_failing(vector) && memcmp(secret->bytes, octets.bytes, KEY_SECRET_BYTES) == 0;
	key_render(secret, text);
	key_close(secret);
	secret = is_right ? open_secret(get(vector, "paserk")) : NULL;
	is_right = secret != NULL && strcmp(text, get(vector, "paserk")) == 0;
	key_close(secret);
	return is_right;
}

static bool check_sid(const struct json *vector)
{
	char id[KEY_ID_BYTES];
	struct key *secret = open_secret(spell("k4.secret.", get_hex(vector, "key")));
	if (secret == NULL)
		return is_failing(vector);
	key_render_id(secret, id);
	key_close(secret);
	return !is_failing(vector) && strcmp(id, get(vector, "paserk")) == 0 &&
	       key_id_is_valid(id, strlen(id), KEY_V4_SECRET);
}

static bool check_secret_pw(const struct json *vector)
{
	/* The official passwords look like hexadecimal, but are meant as they stand. */
	struct paseto_piece password = get_text(vector, "password");
	const struct key_password view = { password.bytes, password.length };
	struct paseto_piece octets = get_hex(vector, "unwrapped");
	const char *text = get(vector, "paserk");
	const char *detail;
	struct key *secret = NULL;
	if (key_unwrap(text, strlen(text), &view, &secret, &detail) != ERR_OK)
		return is_failing(vector);
	bool is_right =
	        !is_failing(vector) && memcmp(secret->bytes, octets.bytes, KEY_SECRET_BYTES) == 0;
	key_close(secret);
	return is_right;
}

/* Types that coregate has no use for: no parser takes them, valid or not. */
static bool check_refused_paserk(const struct json *vector)
{
	static const struct key_password password = { "password", 8 };
	const char *text = get(vector, "paserk");
	struct key public;
	const char *detail;
	struct key *secret = NULL;
	if (text == NULL)
		return is_failing(vector);
	return !parses_as_public(text, &public) && open_secret(text) == NULL &&
	       key_unwrap(text, strlen(text), &password, &secret, &detail) == ERR_BAD_REQUEST &&
	       !key_id_is_valid(text, strlen(text), KEY_V4_PUBLIC) &&
	       !key_id_is_valid(text, strlen(text), KEY_V4_SECRET);
}

/* ---- files ---- */

struct vector_file {
	const char *name;
	bool (*check)(const struct json *vector);
	unsigned count; /* vectors in it */
};

static const struct vector_file own_files[] = {
	{ "v4.json", check_v4, 15 },
	{ "k4.public.json", check_public, 4 },
	{ "k4.pid.json", check_pid, 3 },
	{ "k4.secret.json", check_secret, 4 },
	{ "k4.sid.json", check_sid, 3 },
	{ "k4.secret-pw.json", check_secret_pw, 7 },
	{ "refused.json", check_refused_paserk, 16 },
};

static const struct vector_file official_files[] = {
	{ "v4.json", check_v4, 17 },
	{ "v3.json", is_refused_token, 17 },
	{ "v2.json", is_refused_token, 15 },
	{ "v1.json", is_refused_token, 14 },
	{ "k4.public.json", check_public, 4 },
	{ "k4.pid.json", check_pid, 5 },
	{ "k4.secret.json", check_secret, 5 },
	{ "k4.sid.json", check_sid, 4 },
	{ "k4.secret-pw.json", check_secret_pw, 6 },
	{ "k4.local.json", check_refused_paserk, 5 },
	{ "k4.lid.json", check_refused_paserk, 4 },
	{ "k4.local-pw.json", check_refused_paserk, 6 },
	{ "k4.local-wrap.pie.json", check_refused_paserk, 4 },
	{ "k4.secret-wrap.pie.json", check_refused_paserk, 4 },
	{ "k4.seal.json", check_refused_paserk, 4 },
};

/* False when the folder does not hold the file. */
static bool check_file(const char *folder, const struct vector_file *file)
{
	char path[4096];
	char *text;
	size_t length;
	const struct json *root;
	const char *detail;
	unsigned count = 0;
	arena_reset(arena);
	snprintf(path, sizeof(path), "%s/%s", folder, file->name);
	if (file_read(arena, path, CEILING_BYTES, &text, &length) != ERR_OK)
		return false;
	assert_int_equal(json_parse(arena, text, length, &root, &detail), ERR_OK);
	for (const struct json *vector = json_first(json_find(root, "tests")); vector != NULL;
	        vector = json_next(vector), count++) {
		if (!file->check(vector))
			fail_msg("%s: %s", file->name, get(vector, "name"));
	}
	assert_int_equal(count, file->count);
	return true;
}

static void test_own_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own_files) / sizeof(own_files[0]); i++)
		assert_true(check_file(TOP_SRCDIR "/tests/vectors/paseto", &own_files[i]));
}

static void test_official_vectors(void **state)
{
	char folder[4096];
	unsigned count = 0;
	const char *vectors = getenv("SHARED_VECTORS");
	(void)state;
	snprintf(folder, sizeof(folder), "%s/paseto",
	        vectors != NULL ? vectors : TOP_SRCDIR "/../shared/vectors");
	for (size_t i = 0; i < sizeof(official_files) / sizeof(official_files[0]); i++) {
		if (check_file(folder, &official_files[i])) {
			count += official_files[i].count;
			continue;
		}
		print_message("SKIPPED: official PASETO and PASERK vectors: %s/%s is missing\n",
		        folder, official_files[i].name);
		return;
	}
	print_message("official vectors: %u of %u\n", count, count);
}

static int open_all(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena == NULL || !secret_init();
}

static int close_all(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_vectors),
		cmocka_unit_test(test_official_vectors),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
