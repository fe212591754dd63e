/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens that somebody made to get in. Each set is generated; every token of it must be refused as
 * ERR_BAD_TOKEN, and the good one must go through afterwards.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "auth/base64url.h"
#include "auth/token_kit.h"
#include "auth/verify.h"

static struct kit kit;
static struct keyring keyring;
static struct verifier *verifier;
static const char *good;
static unsigned refused;

static uint64_t get_generation(void *context)
{
	(void)context;
	return 0;
}

static enum err is_revoked(void *context, const struct token *token, bool *ret_revoked)
{
	(void)context;
	(void)token;
	*ret_revoked = false;
	return ERR_OK;
}

static int open_all(void **state)
{
	(void)state;
	kit_init(&kit, 1);
	keyring_init(&keyring, kit.arena);
	kit_add_key(&kit, &keyring, 0);
	const struct verifier_options options = {
		.keyring = &keyring,
		.audience = KIT_AUDIENCE,
		.max_lifetime_ms = INT64_MAX,
		.revocation = { NULL, get_generation, is_revoked },
	};
	verifier = verifier_open(&options);
	good = kit_sign(&kit, KIT_PAYLOAD);
	return verifier == NULL;
}

static int close_all(void **state)
{
	(void)state;
	print_message("%u hostile tokens refused\n", refused);
	verifier_close(verifier);
	kit_fini(&kit);
	return 0;
}

static enum err check(const char *token, size_t length)
{
	const struct credentials credentials = { token, length, "192.0.2.1" };
	const struct token *found = NULL;
	const char *detail = NULL;
	enum err err = verifier_check(verifier, &credentials, KIT_NOW_MS, &found, &detail);
	verifier_release(found);
	return err;
}

static void refuse_bytes(const char *token, size_t length)
{
	if (check(token, length) != ERR_BAD_TOKEN)
		fail_msg("not refused, %zu octets: %.*s", length, (int)length, token);
	refused++;
}

static void refuse(const char *token)
{
	refuse_bytes(token, strlen(token));
}

static int check_good(void **state)
{
	(void)state;
	return check(good, strlen(good)) != ERR_OK;
}

static void test_each_character_matters(void **state)
{
	static const char others[] = { 'A', '.', '=', '+', '/', ' ', '\0', (char)0xff };
	char *token = arena_strdup(kit.arena, good);
	size_t length = strlen(good);
	(void)state;
	for (size_t i = 0; i < length; i++) {
		for (size_t o = 0; o < sizeof(others); o++) {
			char kept = token[i];
			token[i] = kept == others[o] ? 'B' : others[o];
			refuse_bytes(token, length);
			token[i] = kept;
		}
	}
}

static void test_each_bit_of_the_body_matters(void **state)
{
	(void)state;
	struct paseto paseto;
	const char *detail;
	assert_int_equal(paseto_parse(kit.arena, good, strlen(good), &paseto, &detail), ERR_OK);
	size_t body_length = paseto.message.length + 64;
	uint8_t *body = arena_dup(kit.arena, paseto.message.bytes, body_length);
	const char *footer = strrchr(good, '.');
	char *token = arena_alloc(kit.arena, strlen(good) + 1);
	for (size_t bit = 0; bit < body_length * 8; bit++) {
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memcpy(token, "v4.public.", 10);
		base64url_render(body, body_length, token + 10);
		memcpy(token + strlen(token), footer, strlen(footer) + 1);
		refuse(token);
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_each_length_but_its_own(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(good); length++)
		refuse_bytes(good, length);
	for (size_t start = 1; start < strlen(good); start++)
		refuse(good + start);
}

static void test_other_headers(void **state)
{
	static const char *const headers[] = { "v1.public.", "v2.public.", "v3.public.",
		"v5.public.", "v4.local.", "v3.local.", "v2.local.", "v1.local.", "V4.public.",
		"v4.PUBLIC.", "v4.Public.", "v4.public", "v4public.", "v4..", "v4.", "", ".",
		"v4.public..", " v4.public.", "v4.public. ", "v4.public.\n", "\tv4.public.",
		"v4.pub1ic.", "v04.public.", "v4 .public.", "k4.public.", "v4.none.", "v4.secret.",
		"v4.public.v4.public.", "Bearer v4.public.", "v4/public/", "v4.public;" };
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		refuse(arena_printf(kit.arena, "%s%s", headers[i], good + 10));
}

static void test_other_tails(void **state)
{
	static const char *const tails[] = { "=", "==", ".", "..", ".e30", ".eyJ9", " ", "\n",
		"\r\n", "A", "AA", "AAA", "AAAA", "%00", "\x7f", ",", ";", "?", "#", "&a=b", "\"" };
	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		refuse(arena_printf(kit.arena, "%s%s", good, tails[i]));
	refuse_bytes(good, strlen(good) + 1);
}

/* Well signed, but with footers that are not of our form. */
static void test_other_footers(void **state)
{
	char secret_text[KEY_TEXT_BYTES];
	char secret_id[KEY_ID_BYTES];
	(void)state;
	key_render(kit.secret, secret_text);
	key_render_id(kit.secret, secret_id);
	const char *const footers[] = { "", "{}", "null", "[]", "\"\"", kit.key_id, kit.public_text,
		secret_id, arena_printf(kit.arena, "{\"kid\": \"%s\"}", kit.key_id),
		arena_printf(kit.arena, "{ \"kid\":\"%s\"}", kit.key_id),
		arena_printf(kit.arena, "{\"kid\":\"%s\"}\n", kit.key_id),
		arena_printf(kit.arena, "{\"KID\":\"%s\"}", kit.key_id),
		arena_printf(kit.arena, "{\"k\\u0069d\":\"%s\"}", kit.key_id),
		arena_printf(kit.arena, "{\"kid\":[\"%s\"]}", kit.key_id),
		arena_printf(kit.arena, "{\"kid\":\"%s\",\"kid\":\"%s\"}", kit.key_id, kit.key_id),
		arena_printf(
		        kit.arena, "{\"kid\":\"%s\",\"url\":\"http://127.0.0.1/\"}", kit.key_id),
		arena_printf(kit.arena, "{\"kid\":\"%s\"}", secret_id),
		arena_printf(kit.arena, "{\"kid\":\"%s\"}", kit.public_text),
		arena_printf(kit.arena, "{\"kid\":\"%s\"}", secret_text),
		arena_printf(kit.arena, "{\"kid\":\"%.50s\"}", kit.key_id),
		arena_printf(kit.arena, "{\"kid\":\"%sA\"}", kit.key_id),
		"{\"kid\":\"k4.pid.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"kid\":\"../../../../../../../../../../../../../../etc/passwd\"}",
		"{\"kid\":\"' OR '1'='1' -- xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
		"{\"kid\":null}", "{\"kid\":0}", "{\"kid\":true}", "\xff\xfe\xfd",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" };
	for (size_t i = 0; i < sizeof(footers) / sizeof(footers[0]); i++)
		refuse(kit_sign_raw(&kit, (struct paseto_piece){ KIT_PAYLOAD, strlen(KIT_PAYLOAD) },
		        (struct paseto_piece){ footers[i], strlen(footers[i]) }));
}

/* Well signed and with our footer, but saying what no token says. */
static void test_other_payloads(void **state)
{
	static const char *const payloads[] = {
		"",
		" ",
		"{}",
		"[]",
		"null",
		"true",
		"0",
		"\"\"",
		"{",
		"[",
		"{\"sub\":\"ci\"}",
		"[" KIT_PAYLOAD "]",
		KIT_PAYLOAD ",",
		KIT_PAYLOAD "{}",
		"\xEF\xBB\xBF" KIT_PAYLOAD,
		/* the same claim twice */
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"v\":1,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"sub\":\"root\",\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"s\\u0075b\":\"root\",\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "],\"g\":[" KIT_GRANT "]}",
		/* JWT habits */
		"{" KIT_WHO "\"iat\":1795435200,\"exp\":1803211200,\"v\":1,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"alg\":\"none\",\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"nbf\":0,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"scope\":\"admin\",\"g\":[" KIT_GRANT "]}",
		/* huge numbers, deep and wide values */
		"{" KIT_WHO KIT_TIMES "\"v\":1e400,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES
		"\"v\":1.0000000000000000000000000000000000001,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":01,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"dg\":4294967297,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"dg\":99999999999999999999999999,\"g\":[" KIT_GRANT
		"]}",
		"{" KIT_WHO KIT_TIMES
		"\"v\":1,\"g\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT
		"],\"x\":{\"a\":{\"b\":{\"c\":{}}}}}",
		/* wrong places for everything */
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "," KIT_WHO "{}]}",
		"{" KIT_WHO KIT_TIMES
		"\"v\":1,\"g\":[{\"z\":[\"*\"],\"s\":[\"@\"],\"t\":[\"*\"],\"a\":\"rlcud\","
		"\"adm\":[\"zone.create\"]}]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "],\"adm\":[\"*\"]}",
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "],\"ip\":[\"0.0.0.0/0/0\"]}",
		/* never ending, ending before it begins */
		"{" KIT_WHO "\"iat\":\"2026-11-23T12:00:00Z\",\"v\":1,\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO
		"\"iat\":\"2026-11-23T12:00:00Z\",\"exp\":\"9999999-01-01T00:00:00Z\",\"v\":1,"
		"\"g\":[" KIT_GRANT "]}",
		"{" KIT_WHO
		"\"iat\":\"2026-11-23T12:00:00Z\",\"exp\":\"2020-01-01T00:00:00Z\",\"v\":1,"
		"\"g\":[" KIT_GRANT "]}",
		/* for somebody else */
		"{\"iss\":\"tests\",\"sub\":\"ci\",\"aud\":\"other\",\"jti\":\"t-1\"," KIT_TIMES
		"\"v\":1,\"g\":[" KIT_GRANT "]}",
		"{\"iss\":\"tests\",\"sub\":\"ci\",\"aud\":\"Coregate\",\"jti\":\"t-1\"," KIT_TIMES
		"\"v\":1,\"g\":[" KIT_GRANT "]}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		refuse(kit_sign(&kit, payloads[i]));
	assert_int_equal(check(good, strlen(good)), ERR_OK);
}

/* Each claim of the good payload with a value of each kind. */
static void test_each_claim_of_each_kind(void **state)
{
	static const char *const claims[] = { "iss", "sub", "aud", "jti", "iat", "nbf", "exp", "v",
		"g", "ip", "rl", "adm", "dg", "par" };
	static const char *const values[] = { "null", "true", "-1", "1.5", "1795435200", "1e400",
		"\"\"", "\"\\u0000\"", "{}", "[null]", "[[]]", "[{}]", "[-1]" };
	(void)state;
	for (size_t c = 0; c < sizeof(claims) / sizeof(claims[0]); c++) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			struct buf buf;
			buf_init(&buf, kit.arena, 4096);
			buf_printf(&buf, "{\"%s\":%s", claims[c], values[v]);
			for (size_t i = 0; i < 8; i++) {
				static const char *const rest[] = { "\"iss\":\"tests\"",
					"\"sub\":\"ci\"", "\"aud\":\"coregate\"", "\"jti\":\"t-1\"",
					"\"iat\":\"2026-11-23T12:00:00Z\"",
					"\"exp\":\"2027-02-21T12:00:00Z\"", "\"v\":1",
					"\"g\":[" KIT_GRANT "]" };
				size_t length = strlen(claims[c]);
				bool is_same = strncmp(rest[i] + 1, claims[c], length) == 0 &&
				               rest[i][1 + length] == '"';
				if (!is_same)
					buf_printf(&buf, ",%s", rest[i]);
			}
			buf_put_char(&buf, '}');
			refuse(kit_sign(&kit, buf_string(&buf)));
		}
	}
}

/* Signed with the right key for something else than a token of ours. */
static void test_other_assertions(void **state)
{
	static const char *const assertions[] = { "", "coregate", "coregate/token/v1",
		"coregate/token/v1\n", "coregate/token/v1\nother", "coregate/token/v2\ncoregate",
		"coregate/token/v1\ncoregate ", "coregate/token/v1\ncoregate\n" };
	char footer[PASETO_FOOTER_LENGTH + 1];
	(void)state;
	paseto_render_footer(kit.key_id, footer);
	for (size_t i = 0; i < sizeof(assertions) / sizeof(assertions[0]); i++) {
		const struct paseto_claim claim = {
			{ KIT_PAYLOAD, strlen(KIT_PAYLOAD) },
			{ footer, PASETO_FOOTER_LENGTH },
			{ assertions[i], strlen(assertions[i]) },
		};
		const char *token = NULL;
		assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
		refuse(token);
	}
}

static void test_long_tokens(void **state)
{
	static const size_t lengths[] = { PASETO_TOKEN_MAX - 1, PASETO_TOKEN_MAX,
		PASETO_TOKEN_MAX + 1, 5000, 8192, 65536, 1 << 20 };
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *token = arena_alloc(kit.arena, lengths[i] + 1);
		memset(token, 'A', lengths[i]);
		refuse_bytes(token, lengths[i]);
		memcpy(token, "v4.public.", 10);
		refuse_bytes(token, lengths[i]);
		memset(token + 10, '.', lengths[i] - 10);
		refuse_bytes(token, lengths[i]);
	}
}

/* The signature's scalar plus the order of the group is the same signature to a careless verifier.
 */
static void test_a_signature_has_one_form(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6,
		0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	struct paseto paseto;
	const char *detail;
	char footer[PASETO_FOOTER_LENGTH + 1];
	(void)state;
	assert_int_equal(paseto_parse(kit.arena, good, strlen(good), &paseto, &detail), ERR_OK);
	size_t body_length = paseto.message.length + 64;
	uint8_t *body = arena_dup(kit.arena, paseto.message.bytes, body_length);
	unsigned carry = 0;
	for (size_t i = 0; i < sizeof(order); i++) {
		carry += body[body_length - 32 + i] + order[i];
		body[body_length - 32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	char *token = arena_alloc(kit.arena, strlen(good) + 1);
	paseto_render_footer(kit.key_id, footer);
	memcpy(token, "v4.public.", 10);
	base64url_render(body, body_length, token + 10);
	size_t length = strlen(token);
	token[length++] = '.';
	base64url_render(footer, PASETO_FOOTER_LENGTH, token + length);
	assert_int_equal(strlen(token), strlen(good));
	refuse(token);
}

int main(void)
{
#define HOSTILE_TEST(test) cmocka_unit_test_setup_teardown(test, check_good, check_good)
	const struct CMUnitTest tests[] = {
		HOSTILE_TEST(test_each_character_matters),
		HOSTILE_TEST(test_each_bit_of_the_body_matters),
		HOSTILE_TEST(test_each_length_but_its_own),
		HOSTILE_TEST(test_other_headers),
		HOSTILE_TEST(test_other_tails),
		HOSTILE_TEST(test_other_footers),
		HOSTILE_TEST(test_other_payloads),
		HOSTILE_TEST(test_each_claim_of_each_kind),
		HOSTILE_TEST(test_other_assertions),
		HOSTILE_TEST(test_long_tokens),
		HOSTILE_TEST(test_a_signature_has_one_form),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
