/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "auth/token_kit.h"
#include "auth/verify.h"

#define MINUTE_MS INT64_C(60000)

/* A revocation source that is told what to say and counts how often it is asked. */
struct source {
	uint64_t generation;
	bool is_revoked;
	enum err err;
	unsigned asked;
	char seen[64];
};

struct bench {
	struct kit kit;
	struct keyring keyring;
	struct source source;
	struct verifier *verifier;
};

static struct bench bench;

static uint64_t get_generation(void *context)
{
	return ((struct source *)context)->generation;
}

static enum err is_revoked(void *context, const struct token *token, bool *ret_revoked)
{
	struct source *source = context;
	source->asked++;
	snprintf(source->seen, sizeof(source->seen), "%s %s", token->token_id, token->subject);
	if (source->err != ERR_OK)
		return source->err;
	*ret_revoked = source->is_revoked;
	return ERR_OK;
}

static struct verifier *open_verifier(size_t entries, int64_t max_lifetime_ms, const char *issuer)
{
	const struct verifier_options options = {
		.keyring = &bench.keyring,
		.audience = KIT_AUDIENCE,
		.issuer = issuer,
		.max_lifetime_ms = max_lifetime_ms,
		.cache_entries = entries,
		.revocation = { &bench.source, get_generation, is_revoked },
	};
	return verifier_open(&options);
}

static int open_bench(void **state)
{
	(void)state;
	bench = (struct bench){ 0 };
	kit_init(&bench.kit, 1);
	keyring_init(&bench.keyring, bench.kit.arena);
	kit_add_key(&bench.kit, &bench.keyring, 0);
	bench.verifier = open_verifier(64, KIT_EXPIRES_MS - KIT_NOW_MS, NULL);
	return bench.verifier == NULL;
}

static int close_bench(void **state)
{
	(void)state;
	verifier_close(bench.verifier);
	verifier_close(NULL);
	kit_fini(&bench.kit);
	return 0;
}

static enum err check_from(const char *token, const char *address, int64_t now_ms)
{
	const struct credentials credentials = { token, strlen(token), address };
	const struct token *found = NULL;
	const char *detail = NULL;
	enum err err = verifier_check(bench.verifier, &credentials, now_ms, &found, &detail);
	if (err == ERR_OK) {
		assert_non_null(found);
		assert_string_equal(found->key_id, bench.kit.key_id);
		verifier_release(found);
	} else {
		assert_null(found);
		assert_non_null(detail);
	}
	return err;
}

static enum err check(const char *token, int64_t now_ms)
{
	return check_from(token, "192.0.2.1", now_ms);
}

static void test_a_good_token_is_who_it_is(void **state)
{
	const struct token *token = NULL;
	const char *detail = NULL;
	struct verifier_stats stats;
	(void)state;
	const char *text = kit_sign(&bench.kit, KIT_PAYLOAD);
	const struct credentials credentials = { text, strlen(text), "192.0.2.1" };
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		        verifier_check(bench.verifier, &credentials, KIT_NOW_MS, &token, &detail),
		        ERR_OK);
		assert_string_equal(token->subject, "ci");
		assert_string_equal(token->token_id, "t-1");
		assert_string_equal(token->key_id, bench.kit.key_id);
		assert_int_equal(token->grant_count, 1);
		verifier_release(token);
	}
	verifier_get_stats(bench.verifier, &stats);
	assert_int_equal(stats.hits, 4);
	assert_int_equal(stats.misses, 1);
}

static void test_time_counts_every_time(void **state)
{
	static const struct {
		int64_t now_ms;
		enum err err;
	} cases[] = {
		{ KIT_NOW_MS - MINUTE_MS - 1, ERR_NOT_YET_VALID },
		{ KIT_NOW_MS - MINUTE_MS, ERR_OK },
		{ KIT_NOW_MS, ERR_OK },
		{ KIT_EXPIRES_MS, ERR_OK },
		{ KIT_EXPIRES_MS + 1, ERR_EXPIRED_TOKEN },
		{ KIT_EXPIRES_MS + MINUTE_MS, ERR_EXPIRED_TOKEN },
		{ KIT_NOW_MS, ERR_OK },
	};
	(void)state;
	const char *token = kit_sign(&bench.kit, KIT_PAYLOAD);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(check(token, cases[i].now_ms), cases[i].err);
}

static void test_not_before_counts(void **state)
{
	(void)state;
	const char *token = kit_sign(&bench.kit,
	        "{" KIT_WHO KIT_TIMES "\"nbf\":\"2026-11-23T13:00:00Z\",\"v\":1,\"g\":[" KIT_GRANT
	        "]}");
	assert_int_equal(check(token, KIT_NOW_MS), ERR_NOT_YET_VALID);
	assert_int_equal(check(token, KIT_NOW_MS + 59 * MINUTE_MS - 1), ERR_NOT_YET_VALID);
	assert_int_equal(check(token, KIT_NOW_MS + 59 * MINUTE_MS), ERR_OK);
}

static void test_a_key_that_is_out_of_use(void **state)
{
	(void)state;
	const char *token = kit_sign(&bench.kit, KIT_PAYLOAD);
	keyring_init(&bench.keyring, bench.kit.arena);
	kit_add_key(&bench.kit, &bench.keyring, KIT_NOW_MS + 1000);
	assert_int_equal(check(token, KIT_NOW_MS), ERR_OK);
	assert_int_equal(check(token, KIT_NOW_MS + 999), ERR_OK);
	assert_int_equal(check(token, KIT_NOW_MS + 1000), ERR_BAD_TOKEN);
}

static void test_an_unknown_key_is_refused(void **state)
{
	struct kit other;
	(void)state;
	kit_init(&other, 2);
	assert_int_equal(check(kit_sign(&other, KIT_PAYLOAD), KIT_NOW_MS), ERR_BAD_TOKEN);
	/* the known key named, but not the one that signed */
	memcpy(other.key_id, bench.kit.key_id, KEY_ID_BYTES);
	assert_int_equal(check(kit_sign(&other, KIT_PAYLOAD), KIT_NOW_MS), ERR_BAD_TOKEN);
	kit_fini(&other);
}

static void test_the_configuration_counts(void **state)
{
	(void)state;
	const char *token = kit_sign(&bench.kit, KIT_PAYLOAD);
	verifier_close(bench.verifier);
	bench.verifier = open_verifier(8, KIT_EXPIRES_MS - KIT_NOW_MS - 1, NULL);
	assert_int_equal(check(token, KIT_NOW_MS), ERR_BAD_TOKEN);
	verifier_close(bench.verifier);
	bench.verifier = open_verifier(8, INT64_MAX, "others");
	assert_int_equal(check(token, KIT_NOW_MS), ERR_BAD_TOKEN);
	verifier_close(bench.verifier);
	bench.verifier = open_verifier(8, INT64_MAX, "tests");
	assert_int_equal(check(token, KIT_NOW_MS), ERR_OK);
	/* signed for our audience, saying another */
	token = kit_sign(&bench.kit,
	        "{\"iss\":\"tests\",\"sub\":\"ci\",\"aud\":\"other\",\"jti\":\"t\"," KIT_TIMES
	        "\"v\":1,\"g\":[" KIT_GRANT "]}");
	assert_int_equal(check(token, KIT_NOW_MS), ERR_BAD_TOKEN);
}

static void test_the_ceiling_of_the_key_counts(void **state)
{
	static const char *const zones[] = { "example.org" };
	(void)state;
	const struct keyring_entry entry = {
		.paserk_text = bench.kit.public_text, .zones = zones, .zone_count = 1
	};
	const char *detail;
	keyring_init(&bench.keyring, bench.kit.arena);
	assert_int_equal(keyring_add(&bench.keyring, &entry, &detail), ERR_OK);
	assert_int_equal(check(kit_sign(&bench.kit, KIT_PAYLOAD), KIT_NOW_MS), ERR_BAD_TOKEN);
}

static void test_a_revocation_is_seen(void **state)
{
	struct source *source = &bench.source;
	(void)state;
	const char *token = kit_sign(&bench.kit, KIT_PAYLOAD);
	assert_int_equal(check(token, KIT_NOW_MS), ERR_OK);
	assert_string_equal(source->seen, "t-1 ci");
	assert_int_equal(source->asked, 1);
	assert_int_equal(check(token, KIT_NOW_MS + 499), ERR_OK);
	assert_int_equal(source->asked, 1);

	/* by age */
	assert_int_equal(check(token, KIT_NOW_MS + 500), ERR_OK);
	assert_int_equal(source->asked, 2);
	/* by generation, at once */
	source->is_revoked = true;
	source->generation++;
	assert_int_equal(check(token, KIT_NOW_MS + 501), ERR_REVOKED_TOKEN);
	/* no verdict was kept: it is asked again each time */
	assert_int_equal(check(token, KIT_NOW_MS + 501), ERR_REVOKED_TOKEN);
	assert_int_equal(source->asked, 4);
	source->is_revoked = false;
	assert_int_equal(check(token, KIT_NOW_MS + 501), ERR_OK);
	assert_int_equal(source->asked, 5);
	/* a clock that was set back */
	assert_int_equal(check(token, KIT_NOW_MS + 400), ERR_OK);
	assert_int_equal(source->asked, 6);
}

static void test_no_answer_is_a_refusal(void **state)
{
	(void)state;
	const char *token = kit_sign(&bench.kit, KIT_PAYLOAD);
	bench.source.err = ERR_UNAVAILABLE;
	assert_int_equal(check(token, KIT_NOW_MS), ERR_UNAVAILABLE);
	bench.source.err = ERR_OK;
	assert_int_equal(check(token, KIT_NOW_MS), ERR_OK);
	bench.source.err = ERR_INTERNAL;
	assert_int_equal(check(token, KIT_NOW_MS + 100), ERR_OK);
	assert_int_equal(check(token, KIT_NOW_MS + 600), ERR_UNAVAILABLE);
	bench.source.err = ERR_OK;
	assert_int_equal(check(token, KIT_NOW_MS + 600), ERR_OK);
}

static void test_addresses_count_every_time(void **state)
{
	static const struct {
		const char *address;
		enum err err;
	} cases[] = {
		{ "10.1.2.3", ERR_OK },
		{ "::ffff:10.1.2.3", ERR_OK },
		{ "2001:db8::7", ERR_OK },
		{ "11.1.2.3", ERR_ADDRESS_NOT_ALLOWED },
		{ "2001:db9::7", ERR_ADDRESS_NOT_ALLOWED },
		{ "unix:", ERR_ADDRESS_NOT_ALLOWED },
		{ "", ERR_ADDRESS_NOT_ALLOWED },
		{ NULL, ERR_ADDRESS_NOT_ALLOWED },
	};
	(void)state;
	const char *bound = kit_sign(&bench.kit, "{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT
	                                         "],\"ip\":[\"10.0.0.0/8\",\"2001:db8::/32\"]}");
	const char *free_token = kit_sign(&bench.kit, KIT_PAYLOAD);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			assert_int_equal(
			        check_from(bound, cases[i].address, KIT_NOW_MS), cases[i].err);
			assert_int_equal(
			        check_from(free_token, cases[i].address, KIT_NOW_MS), ERR_OK);
		}
	}
}

/* The first thing that is wrong, in the order of the header. */
static void test_errors_have_an_order(void **state)
{
	(void)state;
	const char *token = kit_sign(&bench.kit,
	        "{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT "],\"ip\":[\"10.0.0.0/8\"]}");
	bench.source.is_revoked = true;
	assert_int_equal(check(token, KIT_EXPIRES_MS + 1), ERR_EXPIRED_TOKEN);
	assert_int_equal(check(token, KIT_NOW_MS - 2 * MINUTE_MS), ERR_NOT_YET_VALID);
	assert_int_equal(check(token, KIT_NOW_MS), ERR_REVOKED_TOKEN);
	bench.source.is_revoked = false;
	assert_int_equal(check(token, KIT_NOW_MS), ERR_ADDRESS_NOT_ALLOWED);
}

/* Bad tokens do not push good ones out, and many good ones only each other. */
static void test_the_table_is_bounded(void **state)
{
	struct verifier_stats stats;
	(void)state;
	const char *good = kit_sign(&bench.kit, KIT_PAYLOAD);
	assert_int_equal(check(good, KIT_NOW_MS), ERR_OK);
	char *bad = arena_strdup(bench.kit.arena, good);
	for (size_t i = 0; i < 200; i++) {
		bad[20 + i] = bad[20 + i] == 'A' ? 'B' : 'A';
		assert_int_equal(check(bad, KIT_NOW_MS), ERR_BAD_TOKEN);
	}
	assert_int_equal(check(good, KIT_NOW_MS), ERR_OK);
	verifier_get_stats(bench.verifier, &stats);
	assert_int_equal(stats.hits, 1);
	for (unsigned i = 0; i < 200; i++) {
		const char *payload = arena_printf(bench.kit.arena,
		        "{\"iss\":\"tests\",\"sub\":\"s%u\",\"aud\":\"coregate\",\"jti\":\"t-%u\",%"
		        "s\"v\":1,"
		        "\"g\":[%s]}",
		        i, i, KIT_TIMES, KIT_GRANT);
		assert_int_equal(check(kit_sign(&bench.kit, payload), KIT_NOW_MS), ERR_OK);
	}
	assert_int_equal(check(good, KIT_NOW_MS), ERR_OK);
}

int main(void)
{
#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_a_good_token_is_who_it_is),
		BENCH_TEST(test_time_counts_every_time),
		BENCH_TEST(test_not_before_counts),
		BENCH_TEST(test_a_key_that_is_out_of_use),
		BENCH_TEST(test_an_unknown_key_is_refused),
		BENCH_TEST(test_the_configuration_counts),
		BENCH_TEST(test_the_ceiling_of_the_key_counts),
		BENCH_TEST(test_a_revocation_is_seen),
		BENCH_TEST(test_no_answer_is_a_refusal),
		BENCH_TEST(test_addresses_count_every_time),
		BENCH_TEST(test_errors_have_an_order),
		BENCH_TEST(test_the_table_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
