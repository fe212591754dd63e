/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/token_kit.h"

static const struct paseto_piece no_piece = { NULL, 0 };

static struct paseto_piece piece(const char *text)
{
	return (struct paseto_piece){ text, strlen(text) };
}

/* The examples of paseto-spec's "Common.md". */
static void test_pieces_are_encoded(void **state)
{
	static const char none[8];
	static const char empty[16] = "\x01";
	static const char test[20] = "\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0test";
	struct paseto_piece pieces[1] = { { "", 0 } };
	struct kit kit;
	(void)state;
	kit_init(&kit, 1);
	struct paseto_piece encoded = paseto_encode_pieces(kit.arena, pieces, 0);
	assert_int_equal(encoded.length, sizeof(none));
	assert_memory_equal(encoded.bytes, none, sizeof(none));
	encoded = paseto_encode_pieces(kit.arena, pieces, 1);
	assert_int_equal(encoded.length, sizeof(empty));
	assert_memory_equal(encoded.bytes, empty, sizeof(empty));
	pieces[0] = piece("test");
	encoded = paseto_encode_pieces(kit.arena, pieces, 1);
	assert_int_equal(encoded.length, sizeof(test));
	assert_memory_equal(encoded.bytes, test, sizeof(test));
	kit_fini(&kit);
}

static enum err check(struct kit *kit, const char *token, const char *assertion)
{
	struct paseto paseto;
	const char *detail;
	enum err err = paseto_parse(kit->arena, token, strlen(token), &paseto, &detail);
	if (err != ERR_OK)
		return err;
	return paseto_verify(kit->arena, &paseto, &kit->public, piece(assertion));
}

static void test_what_is_signed_verifies(void **state)
{
	static const struct {
		const char *message;
		const char *footer;
		const char *assertion;
	} cases[] = {
		{ "hello", "", "" },
		{ "hello", "foot", "" },
		{ "hello", "", "bound" },
		{ "hello", "foot", "bound" },
		{ "", "foot", "bound" },
		{ "", "", "" },
	};
	struct kit kit;
	(void)state;
	kit_init(&kit, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct paseto_claim claim = { piece(cases[i].message), piece(cases[i].footer),
			piece(cases[i].assertion) };
		const char *token = NULL;
		struct paseto paseto;
		const char *detail;
		assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
		assert_int_equal(check(&kit, token, cases[i].assertion), ERR_OK);
		assert_int_equal(check(&kit, token, "other"), ERR_BAD_TOKEN);
		assert_int_equal(
		        paseto_parse(kit.arena, token, strlen(token), &paseto, &detail), ERR_OK);
		assert_int_equal(paseto.message.length, claim.message.length);
		assert_int_equal(paseto.footer.length, claim.footer.length);
	}
	kit_fini(&kit);
}

/* Moving bytes between the pieces must not give the same signature. */
static void test_pieces_do_not_run_together(void **state)
{
	struct kit kit;
	const char *token = NULL;
	const char *detail;
	struct paseto paseto;
	(void)state;
	kit_init(&kit, 1);
	const struct paseto_claim claim = { piece("message"), piece("footer"), piece("assert") };
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
	assert_int_equal(paseto_parse(kit.arena, token, strlen(token), &paseto, &detail), ERR_OK);
	paseto.footer.length--;
	assert_int_equal(
	        paseto_verify(kit.arena, &paseto, &kit.public, piece("rassert")), ERR_BAD_TOKEN);
	paseto.footer.length++;
	paseto.message.length--;
	assert_int_equal(
	        paseto_verify(kit.arena, &paseto, &kit.public, piece("assert")), ERR_BAD_TOKEN);
	kit_fini(&kit);
}

static void test_keys_must_be_of_the_right_kind(void **state)
{
	struct kit kit, other;
	const char *token = NULL;
	const char *detail;
	struct paseto paseto;
	(void)state;
	kit_init(&kit, 1);
	kit_init(&other, 2);
	const struct paseto_claim claim = { piece("message"), no_piece, no_piece };
	assert_int_equal(paseto_sign(kit.arena, &kit.public, &claim, &token), ERR_BAD_REQUEST);
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
	assert_int_equal(paseto_parse(kit.arena, token, strlen(token), &paseto, &detail), ERR_OK);
	assert_int_equal(paseto_verify(kit.arena, &paseto, kit.secret, no_piece), ERR_BAD_TOKEN);
	assert_int_equal(paseto_verify(kit.arena, &paseto, &other.public, no_piece), ERR_BAD_TOKEN);
	/* the right octets under the wrong tag */
	struct key mislabelled = kit.public;
	mislabelled.tag = KEY_V4_SECRET;
	assert_int_equal(paseto_verify(kit.arena, &paseto, &mislabelled, no_piece), ERR_BAD_TOKEN);
	assert_int_equal(paseto_verify(kit.arena, &paseto, &kit.public, no_piece), ERR_OK);
	kit_fini(&kit);
	kit_fini(&other);
}

/* A token without a footer has no second dot. */
static void test_an_empty_footer_is_left_out(void **state)
{
	struct kit kit;
	const char *token = NULL;
	const char *detail;
	struct paseto paseto;
	(void)state;
	kit_init(&kit, 1);
	const struct paseto_claim claim = { piece("message"), no_piece, no_piece };
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
	assert_ptr_equal(strrchr(token, '.'), token + 9);
	const char *dotted = arena_printf(kit.arena, "%s.", token);
	assert_int_equal(
	        paseto_parse(kit.arena, dotted, strlen(dotted), &paseto, &detail), ERR_BAD_TOKEN);
	kit_fini(&kit);
}

static void test_a_token_has_a_longest_length(void **state)
{
	static char message[PASETO_TOKEN_MAX + 8];
	struct kit kit;
	const char *token = NULL;
	(void)state;
	kit_init(&kit, 1);
	memset(message, 'x', sizeof(message));
	/* 10 characters of header and 4086 for 3064 octets. */
	struct paseto_claim claim = { { message, 3000 }, no_piece, no_piece };
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
	assert_int_equal(strlen(token), PASETO_TOKEN_MAX);
	claim.message.length++;
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_TOO_LARGE);
	claim.message.length = sizeof(message);
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_TOO_LARGE);
	kit_fini(&kit);
}

static void test_a_full_arena_is_an_error(void **state)
{
	struct kit kit;
	const char *token = NULL;
	const char *detail;
	struct paseto paseto;
	(void)state;
	kit_init(&kit, 1);
	const struct paseto_claim claim = { piece("message"), piece("footer"), no_piece };
	assert_int_equal(paseto_sign(kit.arena, kit.secret, &claim, &token), ERR_OK);
	for (size_t cap = 1; cap < 1200; cap += 13) {
		struct arena *small = arena_open(cap);
		const char *again = NULL;
		enum err err = paseto_sign(small, kit.secret, &claim, &again);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		arena_reset(small);
		err = paseto_parse(small, token, strlen(token), &paseto, &detail);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		if (err == ERR_OK)
			err = paseto_verify(small, &paseto, &kit.public, no_piece);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		arena_close(small);
	}
	kit_fini(&kit);
}

static void test_the_footer_is_one_template(void **state)
{
	static const char *const others[] = { "", "{}", "{\"kid\":\"\"}", "{\"kid\": \"%s\"}", "%s",
		"{\"kid\":\"%s\"} ", " {\"kid\":\"%s\"}", "{\"kid\":\"%s\",\"x\":1}",
		"{\"Kid\":\"%s\"}", "{'kid':'%s'}", "{\"kid\":\"%s\"]" };
	struct kit kit;
	char footer[PASETO_FOOTER_LENGTH + 1];
	char key_id[KEY_ID_BYTES];
	(void)state;
	kit_init(&kit, 1);
	paseto_render_footer(kit.key_id, footer);
	assert_int_equal(strlen(footer), PASETO_FOOTER_LENGTH);
	assert_true(paseto_parse_footer(piece(footer), key_id));
	assert_string_equal(key_id, kit.key_id);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const char *text = strstr(others[i], "%s");
		size_t before = text == NULL ? strlen(others[i]) : (size_t)(text - others[i]);
		const char *other = arena_printf(kit.arena, "%.*s%s%s", (int)before, others[i],
		        text == NULL ? "" : kit.key_id, text == NULL ? "" : text + 2);
		assert_false(paseto_parse_footer(piece(other), key_id));
	}
	for (size_t i = 0; i < PASETO_FOOTER_LENGTH; i++) {
		char kept = footer[i];
		footer[i] = '\0';
		assert_false(paseto_parse_footer(
		        (struct paseto_piece){ footer, PASETO_FOOTER_LENGTH }, key_id));
		footer[i] = kept;
	}
	kit_fini(&kit);
}

static void test_the_assertion_names_the_audience(void **state)
{
	struct kit kit;
	(void)state;
	kit_init(&kit, 1);
	struct paseto_piece assertion = paseto_assertion(kit.arena, "api.example");
	assert_int_equal(assertion.length, 18 + 11);
	assert_memory_equal(assertion.bytes, "coregate/token/v1\napi.example", assertion.length);
	kit_fini(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_encoded),
		cmocka_unit_test(test_what_is_signed_verifies),
		cmocka_unit_test(test_pieces_do_not_run_together),
		cmocka_unit_test(test_keys_must_be_of_the_right_kind),
		cmocka_unit_test(test_an_empty_footer_is_left_out),
		cmocka_unit_test(test_a_token_has_a_longest_length),
		cmocka_unit_test(test_a_full_arena_is_an_error),
		cmocka_unit_test(test_the_footer_is_one_template),
		cmocka_unit_test(test_the_assertion_names_the_audience),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
