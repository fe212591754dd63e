/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/keyring.h"
#include "auth/token_kit.h"

static const char *const any[] = { "*" };

static struct kit kit;
static struct keyring keyring;

static int open_kit(void **state)
{
	(void)state;
	kit_init(&kit, 1);
	keyring_init(&keyring, kit.arena);
	return 0;
}

static int close_kit(void **state)
{
	(void)state;
	kit_fini(&kit);
	return 0;
}

static enum err add(const struct keyring_entry *entry)
{
	const char *detail = NULL;
	enum err err = keyring_add(&keyring, entry, &detail);
	if (err != ERR_OK) {
		assert_int_equal(err, ERR_BAD_REQUEST);
		assert_non_null(detail);
	}
	return err;
}

static void test_keys_are_found_by_their_id(void **state)
{
	(void)state;
	const struct keyring_entry entry = {
		.paserk_text = arena_printf(kit.arena, " \t%s\r\n", kit.public_text),
		.zones = any,
		.zone_count = 1,
	};
	assert_null(keyring_find(&keyring, kit.key_id));
	assert_int_equal(add(&entry), ERR_OK);
	const struct keyring_key *key = keyring_find(&keyring, kit.key_id);
	assert_non_null(key);
	assert_memory_equal(key->public.bytes, kit.public.bytes, KEY_PUBLIC_BYTES);
	assert_null(keyring_find(&keyring, "k4.pid.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	assert_null(keyring_find(&keyring, ""));
	/* a second time */
	assert_int_equal(add(&entry), ERR_BAD_REQUEST);
	assert_int_equal(keyring.count, 1);
}

static void test_bad_entries_are_refused(void **state)
{
	static const char *const bad_zones[] = { "example.com", "a..b" };
	static const char *const mixed_zones[] = { "*", "example.com" };
	static const char *const bad_adm[] = { "metrics", "everything" };
	char secret_text[KEY_TEXT_BYTES];
	(void)state;
	key_render(kit.secret, secret_text);
	const struct keyring_entry entries[] = {
		{ .paserk_text = "", .zones = any, .zone_count = 1 },
		{ .paserk_text = "k4.public.", .zones = any, .zone_count = 1 },
		{ .paserk_text = kit.key_id, .zones = any, .zone_count = 1 },
		{ .paserk_text = secret_text, .zones = any, .zone_count = 1 },
		{ .paserk_text = "k4.public.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		        .zones = any,
		        .zone_count = 1 },
		{ .paserk_text = kit.public_text },
		{ .paserk_text = kit.public_text, .zones = bad_zones, .zone_count = 2 },
		{ .paserk_text = kit.public_text, .zones = mixed_zones, .zone_count = 2 },
		{ .paserk_text = kit.public_text,
		        .zones = any,
		        .zone_count = 1,
		        .adm = bad_adm,
		        .adm_count = 2 },
	};
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		assert_int_equal(add(&entries[i]), ERR_BAD_REQUEST);
	assert_int_equal(keyring.count, 0);
}

static void test_a_ring_can_be_full(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= KEYRING_KEYS_MAX; i++) {
		struct kit other;
		kit_init(&other, (uint8_t)(i + 10));
		const struct keyring_entry entry = {
			.paserk_text = other.public_text, .zones = any, .zone_count = 1
		};
		assert_int_equal(add(&entry), i < KEYRING_KEYS_MAX ? ERR_OK : ERR_BAD_REQUEST);
		kit_fini(&other);
	}
}

static enum err check(const struct keyring_entry *entry, const char *claims)
{
	const struct claims_memory memory = { kit.arena, kit.arena };
	struct token token;
	const char *detail = "";
	const char *payload =
	        arena_printf(kit.arena, "{%s%s\"v\":1,%s}", KIT_WHO, KIT_TIMES, claims);
	keyring_init(&keyring, kit.arena);
	assert_int_equal(add(entry), ERR_OK);
	if (claims_parse(&memory, payload, strlen(payload), &token, &detail) != ERR_OK)
		fail_msg("%s: %s", payload, detail);
	return keyring_check(&keyring.keys[0], &token, &detail);
}

#define GRANT_OF(zone) "{\"z\":[" zone "],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}"

static void test_the_ceiling_holds(void **state)
{
	static const char *const zones[] = { "Example.com.", "example.net" };
	static const char *const adm[] = { "metrics", "audit.read" };
	const int64_t life_ms = KIT_EXPIRES_MS - KIT_NOW_MS;
	const struct keyring_entry open = { .paserk_text = kit.public_text,
		.zones = any,
		.zone_count = 1,
		.adm = any,
		.adm_count = 1 };
	const struct keyring_entry tight = { .paserk_text = kit.public_text,
		.zones = zones,
		.zone_count = 2,
		.adm = adm,
		.adm_count = 2,
		.max_lifetime_ms = life_ms };
	const struct keyring_entry shorter = { .paserk_text = kit.public_text,
		.zones = any,
		.zone_count = 1,
		.max_lifetime_ms = life_ms - 1 };
	static const struct {
		const char *claims;
		enum err err;
	} cases[] = {
		{ "\"g\":[" GRANT_OF("\"example.com\"") "]", ERR_OK },
		{ "\"g\":[" GRANT_OF("\"example.com\",\"example.net\"") "]", ERR_OK },
		{ "\"g\":[" GRANT_OF("\"*\"") "]", ERR_BAD_TOKEN },
		{ "\"g\":[" GRANT_OF("\"example.org\"") "]", ERR_BAD_TOKEN },
		{ "\"g\":[" GRANT_OF("\"dev.example.com\"") "]", ERR_BAD_TOKEN },
		{ "\"g\":[" GRANT_OF("\"example.com\",\"example.org\"") "]", ERR_BAD_TOKEN },
		{ "\"g\":[" GRANT_OF("\"example.com\"") "," GRANT_OF("\"example.org\"") "]",
		        ERR_BAD_TOKEN },
		{ "\"adm\":[\"metrics\"],\"g\":[" GRANT_OF("\"example.com\"") "]", ERR_OK },
		{ "\"adm\":[\"zone.create\"],\"g\":[" GRANT_OF("\"example.com\"") "]",
		        ERR_BAD_TOKEN },
		{ "\"adm\":[\"metrics\",\"token.issue\"],\"g\":[" GRANT_OF("\"example.com\"") "]",
		        ERR_BAD_TOKEN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(check(&tight, cases[i].claims), cases[i].err);
		assert_int_equal(check(&open, cases[i].claims), ERR_OK);
	}
	assert_int_equal(check(&shorter, cases[0].claims), ERR_BAD_TOKEN);
	assert_int_equal(check(&shorter, cases[7].claims), ERR_BAD_TOKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        test_keys_are_found_by_their_id, open_kit, close_kit),
		cmocka_unit_test_setup_teardown(test_bad_entries_are_refused, open_kit, close_kit),
		cmocka_unit_test_setup_teardown(test_a_ring_can_be_full, open_kit, close_kit),
		cmocka_unit_test_setup_teardown(test_the_ceiling_holds, open_kit, close_kit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
