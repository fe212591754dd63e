/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/policy.h"
#include "auth/token_kit.h"
#include "dns/rrset.h"
#include "dns/type.h"

static struct kit kit;

static int open_kit(void **state)
{
	(void)state;
	kit_init(&kit, 1);
	return 0;
}

static int close_kit(void **state)
{
	(void)state;
	kit_fini(&kit);
	return 0;
}

/* A token with these claims from `g` on. */
static struct token token_of(const char *claims)
{
	const struct claims_memory memory = { kit.arena, kit.arena };
	struct token token;
	const char *detail = "";
	const char *payload =
	        arena_printf(kit.arena, "{%s%s\"v\":1,%s}", KIT_WHO, KIT_TIMES, claims);
	if (claims_parse(&memory, payload, strlen(payload), &token, &detail) != ERR_OK)
		fail_msg("%s: %s", payload, detail);
	return token;
}

static struct name name_of(const char *text)
{
	struct name name;
	const char *detail = "";
	if (name_parse(text, strlen(text), &name, &detail) != ERR_OK)
		fail_msg("%s: %s", text, detail);
	return name;
}

static size_t cover(
        const struct token *token, const char *zone, const char *owner, const char *type)
{
	struct bound bounds[OP_BOUNDS_MAX];
	struct name zone_name = name_of(zone);
	struct name owner_name = name_of(owner);
	uint16_t number;
	assert_int_equal(type_parse(type, strlen(type), &number), ERR_OK);
	size_t count = policy_cover(token, &zone_name, &owner_name, number, bounds);
	/* What may be changed with all letters may also be read and listed. */
	assert_int_equal(policy_may_read(token, &zone_name, &owner_name, number), count > 0);
	assert_int_equal(policy_may_list(token, &zone_name, &owner_name, number), count > 0);
	return count;
}

#define GRANT(matcher, types)                                                                      \
	"\"g\":[{\"z\":[\"example.com\"]," matcher ",\"t\":[" types "],\"a\":\"rlcud\"}]"
#define WILD(matcher, types)                                                                       \
	"\"g\":[{\"z\":[\"example.com\"]," matcher ",\"t\":[" types "],\"a\":\"rlcud\",\"w\":1}]"

static void test_matchers(void **state)
{
	static const struct {
		const char *claims;
		const char *zone;
		const char *owner;
		bool is_covered;
	} cases[] = {
		/* exact names */
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "www.example.com", true },
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "WWW.Example.COM", true },
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "a.www.example.com", false },
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "www2.example.com", false },
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "example.com", false },
		{ GRANT("\"n\":[\"www\"]", "\"A\""), "example.com", "awww.example.com", false },
		{ GRANT("\"n\":[\"@\"]", "\"A\""), "example.com", "example.com", true },
		{ GRANT("\"n\":[\"@\"]", "\"A\""), "example.com", "www.example.com", false },
		{ GRANT("\"n\":[\"a.b\"]", "\"A\""), "example.com", "a.b.example.com", true },
		{ GRANT("\"n\":[\"a.b\"]", "\"A\""), "example.com", "a\\.b.example.com", false },
		{ GRANT("\"n\":[\"*.x\"]", "\"A\""), "example.com", "*.x.example.com", true },
		{ GRANT("\"n\":[\"*.x\"]", "\"A\""), "example.com", "a.x.example.com", false },
		{ GRANT("\"n\":[\"*\"]", "\"A\""), "example.com", "*.example.com", true },
		{ GRANT("\"n\":[\"*\"]", "\"A\""), "example.com", "www.example.com", false },
		/* subtrees */
		{ GRANT("\"s\":[\"dev\"]", "\"A\""), "example.com", "dev.example.com", true },
		{ GRANT("\"s\":[\"dev\"]", "\"A\""), "example.com", "a.b.dev.example.com", true },
		{ GRANT("\"s\":[\"dev\"]", "\"A\""), "example.com", "xdev.example.com", false },
		{ GRANT("\"s\":[\"dev\"]", "\"A\""), "example.com", "example.com", false },
		{ GRANT("\"s\":[\"dev\"]", "\"A\""), "example.com", "*.dev.example.com", false },
		{ WILD("\"s\":[\"dev\"]", "\"A\""), "example.com", "*.dev.example.com", true },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "example.com", "example.com", true },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "example.com", "a.b.c.example.com", true },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "example.com", "*.example.com", false },
		/* first labels */
		{ GRANT("\"p\":[\"_acme-challenge\"]", "\"A\""), "example.com",
		        "_acme-challenge.example.com", true },
		{ GRANT("\"p\":[\"_acme-challenge\"]", "\"A\""), "example.com",
		        "_ACME-challenge.a.b.example.com", true },
		{ GRANT("\"p\":[\"_acme-challenge\"]", "\"A\""), "example.com",
		        "a._acme-challenge.example.com", false },
		{ GRANT("\"p\":[\"_acme-challenge\"]", "\"A\""), "example.com",
		        "_acme-challenge2.example.com", false },
		{ GRANT("\"p\":[\"_acme-challenge\"]", "\"A\""), "example.com",
		        "_acme-challeng.example.com", false },
		{ GRANT("\"p\":[\"*\"]", "\"A\""), "example.com", "*.example.com", false },
		{ WILD("\"p\":[\"*\"]", "\"A\""), "example.com", "*.a.example.com", true },
		{ WILD("\"p\":[\"*\"]", "\"A\""), "example.com", "www.example.com", false },
		/* zones */
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "example.org", "www.example.org", false },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "dev.example.com", "www.dev.example.com",
		        false },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "com", "www.example.com", false },
		{ GRANT("\"s\":[\"@\"]", "\"A\""), "example.com", "www.example.org", false },
		{ GRANT("\"p\":[\"www\"]", "\"A\""), "example.com", "www.example.org", false },
		{ GRANT("\"p\":[\"www\"]", "\"A\""), "example.com", "www.xexample.com", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token token = token_of(cases[i].claims);
		size_t count = cover(&token, cases[i].zone, cases[i].owner, "A");
		if ((count > 0) != cases[i].is_covered)
			fail_msg("%s: %s in %s", cases[i].claims, cases[i].owner, cases[i].zone);
	}
}

static void test_types(void **state)
{
	static const char *const protected[] = { "SOA", "NS", "DS", "DNSKEY", "CDS", "CDNSKEY",
		"DNAME", "CAA" };
	static const char *const others[] = { "A", "AAAA", "TXT", "MX", "SRV", "CNAME", "TYPE65280",
		"TLSA" };
	(void)state;
	struct token star = token_of(GRANT("\"s\":[\"@\"]", "\"*\""));
	struct token named =
	        token_of(GRANT("\"s\":[\"@\"]", "\"*\",\"SOA\",\"NS\",\"DS\",\"DNSKEY\",\"CDS\","
	                                        "\"CDNSKEY\",\"DNAME\",\"CAA\""));
	struct token one = token_of(GRANT("\"s\":[\"@\"]", "\"type1\""));
	for (size_t i = 0; i < sizeof(protected) / sizeof(protected[0]); i++) {
		assert_int_equal(cover(&star, "example.com", "a.example.com", protected[i]), 0);
		assert_int_equal(cover(&named, "example.com", "a.example.com", protected[i]), 1);
		assert_int_equal(cover(&one, "example.com", "a.example.com", protected[i]), 0);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(cover(&star, "example.com", "a.example.com", others[i]), 1);
		assert_int_equal(cover(&named, "example.com", "a.example.com", others[i]), 1);
		assert_int_equal(cover(&one, "example.com", "a.example.com", others[i]), i == 0);
	}
}

/* Each grant gives its own bound: two halves do not make a whole. */
static void test_each_grant_has_its_bound(void **state)
{
	struct bound bounds[OP_BOUNDS_MAX];
	struct name zone = name_of("example.com");
	struct name owner = name_of("www.example.com");
	(void)state;
	struct token token =
	        token_of("\"g\":["
	                 "{\"z\":[\"example.com\"],\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"rl\"},"
	                 "{\"z\":[\"example.com\"],\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"c\","
	                 "\"ttl\":[60,300]},"
	                 "{\"z\":[\"example.com\"],\"n\":[\"mail\"],\"t\":[\"A\"],\"a\":\"cud\"},"
	                 "{\"z\":[\"*\"],\"s\":[\"@\"],\"t\":[\"*\"],\"a\":\"ud\",\"max\":3}]");
	assert_int_equal(policy_cover(&token, &zone, &owner, TYPE_A, bounds), 2);
	assert_int_equal(bounds[0].actions, EFFECT_CREATE);
	assert_int_equal(bounds[0].ttl_min_s, 60);
	assert_int_equal(bounds[0].ttl_max_s, 300);
	assert_int_equal(bounds[0].values_max, RRSET_VALUES_MAX);
	assert_int_equal(bounds[1].actions, EFFECT_UPDATE | EFFECT_DELETE);
	assert_int_equal(bounds[1].ttl_min_s, 0);
	assert_int_equal(bounds[1].ttl_max_s, TTL_MAX);
	assert_int_equal(bounds[1].values_max, 3);
	assert_int_equal(policy_cover(&token, &zone, &owner, TYPE_NS, bounds), 0);
}

static void test_reading_and_listing_are_letters(void **state)
{
	struct name zone = name_of("example.com");
	struct name other = name_of("example.org");
	struct name owner = name_of("www.example.com");
	(void)state;
	struct token reads = token_of(
	        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}]");
	struct token lists = token_of(
	        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"l\"}]");
	struct token writes = token_of(
	        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"cud\"}]");
	assert_true(policy_may_read(&reads, &zone, &owner, TYPE_A));
	assert_false(policy_may_list(&reads, &zone, &owner, TYPE_A));
	assert_false(policy_may_read(&reads, &zone, &owner, TYPE_TXT));
	assert_false(policy_may_read(&lists, &zone, &owner, TYPE_A));
	assert_true(policy_may_list(&lists, &zone, &owner, TYPE_A));
	assert_false(policy_may_read(&writes, &zone, &owner, TYPE_A));
	assert_false(policy_may_list(&writes, &zone, &owner, TYPE_A));

	assert_true(policy_may_read_zone(&reads, &zone));
	assert_true(policy_may_read_zone(&lists, &zone));
	assert_false(policy_may_read_zone(&writes, &zone));
	assert_false(policy_may_read_zone(&reads, &other));
	assert_false(policy_may_list_zone(&reads, &zone));
	assert_true(policy_may_list_zone(&lists, &zone));
	assert_false(policy_may_list_zone(&lists, &other));
	assert_true(policy_may_list_zone(&lists, NULL));
	assert_false(policy_may_list_zone(&reads, NULL));
}

static void test_administration_needs_the_zone_too(void **state)
{
	struct name zone = name_of("example.com");
	struct name below = name_of("dev.example.com");
	struct name other = name_of("example.org");
	(void)state;
	struct token token = token_of(
	        GRANT("\"n\":[\"www\"]", "\"A\"") ",\"adm\":[\"zone.create\",\"audit.read\"]");
	assert_true(policy_may_admin(&token, ADM_ZONE_CREATE, &zone));
	assert_false(policy_may_admin(&token, ADM_ZONE_CREATE, &below));
	assert_false(policy_may_admin(&token, ADM_ZONE_CREATE, &other));
	assert_false(policy_may_admin(&token, ADM_ZONE_CREATE, NULL));
	assert_false(policy_may_admin(&token, ADM_ZONE_DELETE, &zone));
	assert_true(policy_may_admin(&token, ADM_AUDIT_READ, NULL));
	assert_false(policy_may_admin(&token, ADM_TOKEN_REVOKE, NULL));

	struct token all =
	        token_of("\"adm\":[\"zone.create\",\"zone.delete\"],"
	                 "\"g\":[{\"z\":[\"*\"],\"n\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}]");
	assert_true(policy_may_admin(&all, ADM_ZONE_CREATE, &other));
	assert_true(policy_may_admin(&all, ADM_ZONE_DELETE, &other));
	assert_false(policy_may_admin(&all, ADM_ZONE_EXPORT, &other));
	struct token none = token_of(GRANT("\"s\":[\"@\"]", "\"*\""));
	for (unsigned bit = 1; bit <= ADM_ALL; bit <<= 1)
		assert_false(policy_may_admin(&none, (enum adm)bit, &zone));
}

static void test_what_lies_outside_may_be_told_within_reach(void **state)
{
	struct name below = name_of("a.dev.example.com");
	struct name zone = name_of("example.com");
	struct name above = name_of("com");
	struct name other = name_of("www.example.org");
	(void)state;
	struct token token = token_of(GRANT("\"n\":[\"www\"]", "\"A\""));
	assert_true(policy_reaches(&token, &below));
	assert_true(policy_reaches(&token, &zone));
	assert_false(policy_reaches(&token, &above));
	assert_false(policy_reaches(&token, &other));
	struct token all =
	        token_of("\"g\":[{\"z\":[\"*\"],\"n\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}]");
	assert_true(policy_reaches(&all, &other));
}

/* A matcher that would need a name of more than 255 octets matches nothing. */
static void test_names_that_do_not_fit(void **state)
{
	(void)state;
#define L50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	struct token token = token_of(
	        "\"g\":[{\"z\":[\"*\"],\"n\":[\"" L50 "." L50 "." L50 "." L50 "\"],\"s\":[\"" L50
	        "." L50 "." L50 "." L50 "\"],\"t\":[\"A\"],\"a\":\"rlcud\"}]");
	assert_int_equal(cover(&token, L50 "." L50, L50 "." L50, "A"), 0);
	assert_int_equal(cover(&token, "x", L50 "." L50 "." L50 "." L50 ".x", "A"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matchers),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_each_grant_has_its_bound),
		cmocka_unit_test(test_reading_and_listing_are_letters),
		cmocka_unit_test(test_administration_needs_the_zone_too),
		cmocka_unit_test(test_what_lies_outside_may_be_told_within_reach),
		cmocka_unit_test(test_names_that_do_not_fit),
	};
	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
