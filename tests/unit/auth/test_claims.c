/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/claims.h"
#include "auth/token_kit.h"
#include "core/clock.h"
#include "dns/rrset.h"

static enum err parse(
        struct kit *kit, const char *payload, struct token *token, const char **detail)
{
	const struct claims_memory memory = { kit->arena, kit->arena };
	return claims_parse(&memory, payload, strlen(payload), token, detail);
}

static void assert_bad(struct kit *kit, const char *payload)
{
	struct token token;
	const char *detail = NULL;
	enum err err = parse(kit, payload, &token, &detail);
	if (err != ERR_BAD_TOKEN)
		print_error("accepted: %s\n", payload);
	assert_int_equal(err, ERR_BAD_TOKEN);
	assert_non_null(detail);
	assert_true(*detail != '\0');
}

static void assert_good(struct kit *kit, const char *payload)
{
	struct token token;
	const char *detail = "";
	enum err err = parse(kit, payload, &token, &detail);
	if (err != ERR_OK)
		print_error("refused: %s: %s\n", payload, detail);
	assert_int_equal(err, ERR_OK);
}

static const char *with_claim(struct kit *kit, const char *claim)
{
	return arena_printf(
	        kit->arena, "{%s%s%s,\"v\":1,\"g\":[%s]}", KIT_WHO, KIT_TIMES, claim, KIT_GRANT);
}

static const char *with_grant(struct kit *kit, const char *grant)
{
	return arena_printf(kit->arena, "{%s%s\"v\":1,\"g\":[%s]}", KIT_WHO, KIT_TIMES, grant);
}

static int open_kit(void **state)
{
	static struct kit kit;
	kit_init(&kit, 1);
	*state = &kit;
	return 0;
}

static int close_kit(void **state)
{
	kit_fini(*state);
	return 0;
}

static void test_all_claims_are_read(void **state)
{
	struct kit *kit = *state;
	struct token token;
	const char *detail = "";
	const char *payload =
	        "{" KIT_WHO
	        "\"iat\":\"2026-11-23T12:00:00Z\",\"nbf\":\"2026-11-23T13:00:00+01:00\","
	        "\"exp\":\"2027-02-21T12:00:00.5Z\",\"v\":1,\"ip\":[\"10.0.0.0/"
	        "8\",\"2001:db8::1\"],"
	        "\"rl\":\"bulk\",\"adm\":[\"zone.create\",\"metrics\"],\"dg\":2,\"par\":[\"p-1\","
	        "\"p-2\"],"
	        "\"g\":[" KIT_GRANT ",{\"z\":[\"*\"],\"n\":[\"@\",\"WWW\",\"*.x\"],"
	        "\"p\":[\"_acme-challenge\"],\"t\":[\"*\",\"SOA\",\"type1\"],\"a\":\"r\","
	        "\"ttl\":[60,300],\"w\":1,\"max\":5}]}";
	assert_int_equal(parse(kit, payload, &token, &detail), ERR_OK);
	assert_string_equal(token.issuer, "tests");
	assert_string_equal(token.subject, "ci");
	assert_string_equal(token.audience, "coregate");
	assert_string_equal(token.token_id, "t-1");
	assert_string_equal(token.key_id, "");
	assert_int_equal(token.issued_ms, KIT_NOW_MS);
	assert_int_equal(token.not_before_ms, KIT_NOW_MS);
	assert_int_equal(token.expires_ms, KIT_EXPIRES_MS + 500);
	assert_string_equal(token.rate_class, "bulk");
	assert_int_equal(token.adm, ADM_ZONE_CREATE | ADM_METRICS);
	assert_int_equal(token.depth, 2);
	assert_int_equal(token.cidr_count, 2);
	assert_int_equal(token.parent_count, 2);
	assert_string_equal(token.parents[1], "p-2");
	assert_int_equal(token.grant_count, 2);
	assert_int_not_equal(token.subject_hash, 0);

	const struct grant *first = &token.grants[0];
	assert_int_equal(first->zones.count, 1);
	assert_int_equal(first->subtrees.names[0].length, 1);
	assert_int_equal(first->ttl_min_s, 0);
	assert_int_equal(first->ttl_max_s, TTL_MAX);
	assert_int_equal(first->values_max, RRSET_VALUES_MAX);
	assert_false(first->wildcards);
	const struct grant *second = &token.grants[1];
	char text[NAME_TEXT_BYTES];
	assert_true(second->all_zones);
	assert_int_equal(second->exact.count, 3);
	assert_string_equal(name_render(&second->exact.names[1], text), "www");
	assert_true(second->all_types);
	assert_int_equal(second->type_count, 2);
	assert_int_equal(second->types[1], 1);
	assert_int_equal(second->actions, GRANT_READ);
	assert_int_equal(second->ttl_min_s, 60);
	assert_int_equal(second->ttl_max_s, 300);
	assert_int_equal(second->values_max, 5);
	assert_true(second->wildcards);
}

static void test_rendering_is_canonical(void **state)
{
	static const char *const payloads[] = {
		KIT_PAYLOAD,
		"{" KIT_WHO KIT_TIMES "\"v\":1,\"g\":[" KIT_GRANT
		",{\"z\":[\"*\"],\"n\":[\"@\",\"www\","
		"\"*.x\"],\"p\":[\"_acme-challenge\"],\"t\":[\"*\",\"SOA\",\"A\"],\"a\":\"rd\","
		"\"ttl\":[60,"
		"300],\"w\":1,\"max\":5}],\"ip\":[\"10.0.0.0/8\",\"2001:db8::1/"
		"128\"],\"rl\":\"bulk\","
		"\"adm\":[\"zone.create\",\"metrics\"],\"dg\":2,\"par\":[\"p-1\",\"p-2\"]}",
	};
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		struct token token;
		struct buf buf;
		const char *detail = "";
		buf_init(&buf, kit->arena, 4096);
		assert_int_equal(parse(kit, payloads[i], &token, &detail), ERR_OK);
		claims_render(&buf, &token);
		assert_string_equal(buf_string(&buf), payloads[i]);
	}
}

static void test_claims_must_be_there(void **state)
{
	static const char *const claims[] = { "\"iss\":\"tests\"", "\"sub\":\"ci\"",
		"\"aud\":\"coregate\"", "\"jti\":\"t-1\"", "\"iat\":\"2026-11-23T12:00:00Z\"",
		"\"exp\":\"2027-02-21T12:00:00Z\"", "\"v\":1", "\"g\":[" KIT_GRANT "]" };
	struct kit *kit = *state;
	size_t count = sizeof(claims) / sizeof(claims[0]);
	for (size_t missing = 0; missing <= count; missing++) {
		struct buf buf;
		buf_init(&buf, kit->arena, 4096);
		for (size_t i = 0; i < count; i++) {
			if (i != missing)
				buf_printf(&buf, "%s%s", buf.length == 0 ? "{" : ",", claims[i]);
		}
		buf_put_char(&buf, '}');
		if (missing == count)
			assert_good(kit, buf_string(&buf));
		else
			assert_bad(kit, buf_string(&buf));
	}
}

static void test_bad_claims_are_refused(void **state)
{
	static const char *const claims[] = {
		"\"x\":1",
		"\"admin\":true",
		"\"kid\":\"x\"",
		"\"scope\":\"*\"",
		"\"SUB\":\"ci\"",
		"\"ip\":\"10.0.0.0/8\"",
		"\"ip\":[1]",
		"\"ip\":[\"10.0.0.1/8\"]",
		"\"ip\":[\"\"]",
		"\"ip\":{}",
		"\"ip\":null",
		"\"ip\":[\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\",\"10.0.0.4\",\"10.0.0.5\",\"10.0.0."
		"6\","
		"\"10.0.0.7\",\"10.0.0.8\",\"10.0.0.9\",\"10.0.0.10\",\"10.0.0.11\",\"10.0.0.12\","
		"\"10.0.0.13\",\"10.0.0.14\",\"10.0.0.15\",\"10.0.0.16\",\"10.0.0.17\"]",
		"\"rl\":1",
		"\"rl\":\"\"",
		"\"rl\":\"a b\"",
		"\"rl\":[\"bulk\"]",
		"\"rl\":\"../x\"",
		"\"adm\":\"zone.create\"",
		"\"adm\":[\"zone\"]",
		"\"adm\":[\"*\"]",
		"\"adm\":[1]",
		"\"adm\":[\"metrics\",\"metrics\"]",
		"\"adm\":[\"METRICS\"]",
		"\"adm\":{\"metrics\":1}",
		"\"dg\":-1",
		"\"dg\":4",
		"\"dg\":1.5",
		"\"dg\":\"1\"",
		"\"dg\":1e99",
		"\"dg\":true",
		"\"dg\":9007199254740993",
		"\"dg\":18446744073709551617",
		"\"par\":\"p\"",
		"\"par\":[1]",
		"\"par\":[\"\"]",
		"\"par\":[\"a b\"]",
		"\"par\":[\"1\",\"2\",\"3\",\"4\",\"5\"]",
		"\"nbf\":1795435200",
		"\"nbf\":\"1795435200\"",
		"\"nbf\":\"2026-11-23\"",
		"\"nbf\":\"2026-11-23t12:00:00z\"",
		"\"nbf\":\"2026-11-23 12:00:00Z\"",
		"\"nbf\":\"2026-11-23T12:00:00\"",
		"\"nbf\":\"2026-02-30T12:00:00Z\"",
		"\"nbf\":\"2026-11-23T24:00:00Z\"",
		"\"nbf\":null",
		"\"nbf\":[]",
		"\"nbf\":\"\"",
		"\"nbf\":\"2028-01-01T00:00:00Z\"",
		"\"nbf\":\"2026-11-23T12:00:00Z \"",
		"\"iss\":\"again\"",
		"\"v\":2",
		"\"v\":1",
	};
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		assert_bad(kit, with_claim(kit, claims[i]));
	assert_good(kit, with_claim(kit, "\"ip\":[],\"adm\":[],\"par\":[],\"dg\":0"));
}

static void test_bad_values_of_needed_claims_are_refused(void **state)
{
	static const struct {
		const char *was;
		const char *is;
	} swaps[] = {
		{ "\"ci\"", "1" },
		{ "\"ci\"", "null" },
		{ "\"ci\"", "\"\"" },
		{ "\"ci\"", "[\"ci\"]" },
		{ "\"ci\"", "{}" },
		{ "\"ci\"", "\"a\\nb\"" },
		{ "\"ci\"", "\"a\\u007fb\"" },
		{ "\"ci\"", "\"a\\u0000b\"" },
		{ "\"ci\"", "\"\\ud800\"" },
		{ "\"coregate\"", "[\"coregate\"]" },
		{ "\"coregate\"", "\"\"" },
		{ "\"tests\"", "7" },
		{ "\"tests\"", "\"a\\tb\"" },
		{ "\"t-1\"", "1" },
		{ "\"t-1\"", "\"\"" },
		{ "\"t-1\"", "\"a b\"" },
		{ "\"t-1\"", "\"a/b\"" },
		{ "\"t-1\"", "\"\\u00fc\"" },
		{ "\"t-1\"",
		        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"" },
		{ "\"2026-11-23T12:00:00Z\"", "1795435200" },
		{ "\"2026-11-23T12:00:00Z\"", "\"2027-02-21T12:00:00Z\"" },
		{ "\"2026-11-23T12:00:00Z\"", "\"2027-02-21T12:00:01Z\"" },
		{ "\"2027-02-21T12:00:00Z\"", "1803211200" },
		{ "\"2027-02-21T12:00:00Z\"", "null" },
		{ "\"2027-02-21T12:00:00Z\"", "\"never\"" },
		{ "\"2027-02-21T12:00:00Z\"", "\"2025-01-01T00:00:00Z\"" },
		{ "\"v\":1", "\"v\":2" },
		{ "\"v\":1", "\"v\":\"1\"" },
		{ "\"v\":1", "\"v\":0" },
		{ "\"v\":1", "\"v\":true" },
		{ "\"v\":1", "\"v\":1.5" },
		{ "\"v\":1", "\"v\":null" },
		{ "[" KIT_GRANT "]", "[]" },
		{ "[" KIT_GRANT "]", KIT_GRANT },
		{ "[" KIT_GRANT "]", "\"*\"" },
		{ "[" KIT_GRANT "]", "null" },
		{ "[" KIT_GRANT "]", "[null]" },
		{ "[" KIT_GRANT "]", "[[]]" },
		{ "[" KIT_GRANT "]", "[{}]" },
	};
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		const char *at = strstr(KIT_PAYLOAD, swaps[i].was);
		assert_non_null(at);
		size_t before = (size_t)(at - KIT_PAYLOAD);
		assert_bad(kit, arena_printf(kit->arena, "%.*s%s%s", (int)before, KIT_PAYLOAD,
		                        swaps[i].is, at + strlen(swaps[i].was)));
	}
	assert_good(kit, KIT_PAYLOAD);
}

static void test_bad_grants_are_refused(void **state)
{
#define Z "\"z\":[\"example.com\"],"
#define S "\"s\":[\"@\"],"
#define T "\"t\":[\"A\"],"
#define A "\"a\":\"r\""
	static const char *const grants[] = {
		/* parts missing, unknown, of another kind */
		"{" S T A "}",
		"{" Z T A "}",
		"{" Z S A "}",
		"{" Z S "\"t\":[\"A\"]}",
		"{" Z S T A ",\"x\":1}",
		"{" Z S T A ",\"Z\":[\"*\"]}",
		"{" Z S T A ",\"deny\":1}",
		"[]",
		"1",
		"\"*\"",
		"{}",
		/* z */
		"{\"z\":[]," S T A "}",
		"{\"z\":\"example.com\"," S T A "}",
		"{\"z\":[1]," S T A "}",
		"{\"z\":[\"\"]," S T A "}",
		"{\"z\":[\"*\",\"example.com\"]," S T A "}",
		"{\"z\":[\"*.example.com\"]," S T A "}",
		"{\"z\":[\"a..b\"]," S T A "}",
		"{\"z\":[\"exa mple.com\"]," S T A "}",
		"{\"z\":[\"\\u00fc.de\"]," S T A "}",
		"{\"z\":[\"a\\\\256b\"]," S T A "}",
		"{\"z\":null," S T A "}",
		"{\"z\":{}," S T A "}",
		/* n, s, p */
		"{" Z "\"n\":[]," T A "}",
		"{" Z "\"s\":[]," T A "}",
		"{" Z "\"p\":[]," T A "}",
		"{" Z "\"n\":\"www\"," T A "}",
		"{" Z "\"n\":[\"www.\"]," T A "}",
		"{" Z "\"n\":[\"\"]," T A "}",
		"{" Z "\"n\":[\".\"]," T A "}",
		"{" Z "\"s\":[\"dev.example.com.\"]," T A "}",
		"{" Z "\"n\":[\"a b\"]," T A "}",
		"{" Z "\"n\":[7]," T A "}",
		"{" Z "\"n\":[[\"www\"]]," T A "}",
		"{" Z "\"p\":[\"a.b\"]," T A "}",
		"{" Z "\"p\":[\"@\"]," T A "}",
		"{" Z "\"p\":[\"a.\"]," T A "}",
		"{" Z
		"\"n\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]," T A
		"}",
		/* t */
		"{" Z S "\"t\":[]," A "}",
		"{" Z S "\"t\":\"A\"," A "}",
		"{" Z S "\"t\":[\"\"]," A "}",
		"{" Z S "\"t\":[\"AA\"]," A "}",
		"{" Z S "\"t\":[\"ANY\"]," A "}",
		"{" Z S "\"t\":[1]," A "}",
		"{" Z S "\"t\":[\"TYPE65536\"]," A "}",
		"{" Z S "\"t\":[\"A*\"]," A "}",
		/* a */
		"{" Z S T "\"a\":\"\"}",
		"{" Z S T "\"a\":\"x\"}",
		"{" Z S T "\"a\":\"rr\"}",
		"{" Z S T "\"a\":\"R\"}",
		"{" Z S T "\"a\":[\"r\"]}",
		"{" Z S T "\"a\":\"*\"}",
		"{" Z S T "\"a\":1}",
		"{" Z S T "\"a\":\"r \"}",
		/* ttl */
		"{" Z S T A ",\"ttl\":300}",
		"{" Z S T A ",\"ttl\":[]}",
		"{" Z S T A ",\"ttl\":[1]}",
		"{" Z S T A ",\"ttl\":[1,2,3]}",
		"{" Z S T A ",\"ttl\":[2,1]}",
		"{" Z S T A ",\"ttl\":[-1,1]}",
		"{" Z S T A ",\"ttl\":[0,2147483648]}",
		"{" Z S T A ",\"ttl\":[0.5,1]}",
		"{" Z S T A ",\"ttl\":[\"0\",\"1\"]}",
		"{" Z S T A ",\"ttl\":{\"a\":0,\"b\":1}}",
		/* w, max */
		"{" Z S T A ",\"w\":0}",
		"{" Z S T A ",\"w\":true}",
		"{" Z S T A ",\"w\":2}",
		"{" Z S T A ",\"w\":\"1\"}",
		"{" Z S T A ",\"max\":0}",
		"{" Z S T A ",\"max\":-1}",
		"{" Z S T A ",\"max\":4097}",
		"{" Z S T A ",\"max\":\"1\"}",
		"{" Z S T A ",\"max\":null}",
		/* the same key twice */
		"{" Z S T A ",\"a\":\"rlcud\"}",
		"{" Z S T A ",\"\\u0061\":\"d\"}",
	};
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
		assert_bad(kit, with_grant(kit, grants[i]));
	assert_good(kit, with_grant(kit, "{" Z S T A "}"));
	assert_good(
	        kit, with_grant(kit, "{" Z S T A ",\"ttl\":[0,2147483647],\"max\":4096,\"w\":1}"));
	assert_good(kit, with_grant(kit, "{\"z\":[\"Example.COM.\"],\"p\":[\"*\"]," T A "}"));
#undef Z
#undef S
#undef T
#undef A
}

static void test_numbers_of_things_are_bounded(void **state)
{
	static const struct {
		const char *before;
		const char *item;
		const char *after;
		size_t most;
	} cases[] = {
		{ "", KIT_GRANT, "", TOKEN_GRANTS_MAX },
		{ "{\"z\":[\"*\"],\"t\":[\"A\"],\"a\":\"r\",\"n\":[", "\"a\"", "]}",
		        TOKEN_NAMES_MAX },
		{ "{\"z\":[\"*\"],\"n\":[\"@\"],\"a\":\"r\",\"t\":[", "\"A\"", "]}",
		        TOKEN_TYPES_MAX },
	};
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t count = cases[i].most; count <= cases[i].most + 1; count++) {
			struct buf buf;
			buf_init(&buf, kit->arena, 8192);
			buf_put_string(&buf, cases[i].before);
			for (size_t n = 0; n < count; n++)
				buf_printf(&buf, "%s%s", n == 0 ? "" : ",", cases[i].item);
			buf_put_string(&buf, cases[i].after);
			const char *payload = with_grant(kit, buf_string(&buf));
			if (count == cases[i].most)
				assert_good(kit, payload);
			else
				assert_bad(kit, payload);
		}
	}
}

static void test_other_payloads_are_refused(void **state)
{
	static const char *const payloads[] = { "", "{}", "[]", "[{}]", "null", "true", "1",
		"\"{}\"", "{", "}", "{\"a\"}", KIT_PAYLOAD "x", KIT_PAYLOAD KIT_PAYLOAD,
		"\xEF\xBB\xBF" KIT_PAYLOAD, "[" KIT_PAYLOAD "]", "{\"v\":1,}", "{'v':1}",
		"{\"sub\":\"\xC3\"}", "{\"sub\":\"\xFF\"}" };
	struct kit *kit = *state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_bad(kit, payloads[i]);
	assert_good(kit, " " KIT_PAYLOAD "\n");
}

static void test_full_arenas_are_errors(void **state)
{
	struct kit *kit = *state;
	for (size_t cap = 16; cap < 16384; cap += 97) {
		struct arena *small = arena_open(cap);
		const struct claims_memory in_keep = { kit->arena, small };
		const struct claims_memory in_scratch = { small, kit->arena };
		struct token token;
		const char *detail = "";
		enum err err =
		        claims_parse(&in_keep, KIT_PAYLOAD, strlen(KIT_PAYLOAD), &token, &detail);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		arena_reset(small);
		err = claims_parse(&in_scratch, KIT_PAYLOAD, strlen(KIT_PAYLOAD), &token, &detail);
		assert_true(err == ERR_OK || err == ERR_TOO_LARGE);
		arena_close(small);
	}
}

static void test_administrative_words(void **state)
{
	uint8_t all = 0;
	(void)state;
	for (unsigned bit = 1; bit <= ADM_ALL; bit <<= 1) {
		assert_non_null(adm_name((enum adm)bit));
		assert_int_equal(adm_parse(adm_name((enum adm)bit)), bit);
		all |= (uint8_t)bit;
	}
	assert_int_equal(all, ADM_ALL);
	assert_null(adm_name((enum adm)3));
	assert_int_equal(adm_parse(""), 0);
	assert_int_equal(adm_parse("zone"), 0);
	assert_string_equal(adm_name(ADM_TOKEN_REVOKE), "token.revoke");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_claims_are_read),
		cmocka_unit_test(test_rendering_is_canonical),
		cmocka_unit_test(test_claims_must_be_there),
		cmocka_unit_test(test_bad_claims_are_refused),
		cmocka_unit_test(test_bad_values_of_needed_claims_are_refused),
		cmocka_unit_test(test_bad_grants_are_refused),
		cmocka_unit_test(test_numbers_of_things_are_bounded),
		cmocka_unit_test(test_other_payloads_are_refused),
		cmocka_unit_test(test_full_arenas_are_errors),
		cmocka_unit_test(test_administrative_words),
	};
	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
