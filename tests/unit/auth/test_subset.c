/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "auth/policy.h"
#include "auth/subset.h"
#include "auth/token_kit.h"
#include "dns/rrset.h"
#include "dns/type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

#define G(text)  "\"g\":[" text "]"
#define GG(text) "\"dg\":1,\"g\":[" text "]"
#define ZONE     "\"z\":[\"example.com\"],"
#define DEV                                                                                        \
	"{" ZONE "\"s\":[\"dev\"],\"t\":[\"A\",\"TXT\"],\"a\":\"rlcud\",\"ttl\":[60,300],\"max\":" \
	"4}"

/* The axes at fault, separated by spaces; "" for a subset. */
static const char *faults_of(const char *parent_claims, const char *child_claims)
{
	struct subset_fault faults[SUBSET_FAULTS_MAX];
	struct token parent = token_of(parent_claims);
	struct token child = token_of(child_claims);
	size_t count = subset_check(&parent, &child, faults);
	struct buf buf;
	buf_init(&buf, kit.arena, 1024);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_put_char(&buf, ' ');
		buf_put_string(&buf, subset_axis_name(faults[i].axis));
		assert_non_null(subset_axis_detail(faults[i].axis));
	}
	return buf_string(&buf);
}

static void test_every_axis_of_a_grant(void **state)
{
	static const struct {
		const char *parent;
		const char *child;
		const char *axes;
	} cases[] = {
		{ DEV, DEV, "" },
		/* z */
		{ DEV, "{\"z\":[\"example.org\"],\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "z" },
		{ DEV, "{\"z\":[\"*\"],\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "z" },
		{ DEV, "{\"z\":[\"dev.example.com\"],\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "z" },
		{ DEV,
		        "{\"z\":[\"example.com\",\"a.b\"],\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":"
		        "\"r\"}",
		        "z" },
		{ "{\"z\":[\"*\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{\"z\":[\"*\"],\"n\":[\"@\"],\"p\":[\"x\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "" },
		/* n, s, p */
		{ DEV, "{" ZONE "\"n\":[\"dev\",\"a.dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "" },
		{ DEV, "{" ZONE "\"n\":[\"a.dev\",\"xdev\"],\"t\":[\"A\"],\"a\":\"r\"}", "n" },
		{ DEV, "{" ZONE "\"n\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}", "n" },
		{ DEV, "{" ZONE "\"s\":[\"a.dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "" },
		{ DEV, "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}", "s" },
		{ DEV, "{" ZONE "\"p\":[\"dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "p" },
		{ "{" ZONE "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{" ZONE "\"s\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"}", "s" },
		{ "{" ZONE "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{" ZONE "\"p\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"}", "p" },
		{ "{" ZONE "\"p\":[\"_acme-challenge\"],\"t\":[\"TXT\"],\"a\":\"r\"}",
		        "{" ZONE "\"n\":[\"_acme-challenge.a.b\"],\"t\":[\"TXT\"],\"a\":\"r\"}",
		        "" },
		{ "{" ZONE "\"p\":[\"_acme-challenge\"],\"t\":[\"TXT\"],\"a\":\"r\"}",
		        "{" ZONE "\"s\":[\"_acme-challenge\"],\"t\":[\"TXT\"],\"a\":\"r\"}", "s" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"TXT\"],\"a\":\"r\"}",
		        "{" ZONE "\"p\":[\"_acme-challenge\"],\"t\":[\"TXT\"],\"a\":\"r\"}", "" },
		/* w */
		{ DEV, "{" ZONE "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"r\",\"w\":1}", "w" },
		{ DEV, "{" ZONE "\"n\":[\"*.dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "w" },
		{ "{" ZONE "\"n\":[\"*.dev\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{" ZONE "\"n\":[\"*.dev\"],\"t\":[\"A\"],\"a\":\"r\"}", "" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\",\"w\":1}",
		        "{" ZONE
		        "\"n\":[\"*.dev\"],\"p\":[\"*\"],\"t\":[\"A\"],\"a\":\"r\",\"w\":1}",
		        "" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{" ZONE "\"p\":[\"*\"],\"t\":[\"A\"],\"a\":\"r\",\"w\":1}", "w" },
		/* t */
		{ DEV, "{" ZONE "\"s\":[\"dev\"],\"t\":[\"A\",\"MX\"],\"a\":\"r\"}", "t" },
		{ DEV, "{" ZONE "\"s\":[\"dev\"],\"t\":[\"*\"],\"a\":\"r\"}", "t" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"*\"],\"a\":\"r\"}",
		        "{" ZONE "\"s\":[\"@\"],\"t\":[\"*\",\"MX\"],\"a\":\"r\"}", "" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"*\"],\"a\":\"r\"}",
		        "{" ZONE "\"s\":[\"@\"],\"t\":[\"NS\"],\"a\":\"r\"}", "t" },
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"*\",\"NS\"],\"a\":\"r\"}",
		        "{" ZONE "\"s\":[\"@\"],\"t\":[\"NS\",\"*\"],\"a\":\"r\"}", "" },
		/* a, ttl, max */
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"rl\"}",
		        "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"rc\"}", "a" },
		{ DEV, "{" ZONE "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"c\",\"max\":4}", "ttl" },
		{ DEV,
		        "{" ZONE
		        "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"c\",\"max\":4,\"ttl\":[59,300]}",
		        "ttl" },
		{ DEV,
		        "{" ZONE
		        "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"c\",\"max\":4,\"ttl\":[60,301]}",
		        "ttl" },
		{ DEV,
		        "{" ZONE
		        "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"c\",\"max\":5,\"ttl\":[61,299]}",
		        "max" },
		{ DEV,
		        "{" ZONE
		        "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"c\",\"max\":3,\"ttl\":[61,299]}",
		        "" },
		/* Reading has no bounds. */
		{ DEV, "{" ZONE "\"s\":[\"dev\"],\"t\":[\"A\"],\"a\":\"rl\"}", "" },
		/* Different letters may come from different grants, the bounds of one may not. */
		{ "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"rl\"},{" ZONE
		  "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"cu\",\"ttl\":[1,9]},{" ZONE
		  "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"cu\",\"ttl\":[9,20],\"max\":2}",
		        "{" ZONE "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"rlcu\",\"ttl\":[2,8]}",
		        "" },
		{ "{" ZONE "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"cu\",\"ttl\":[1,9]},{" ZONE
		  "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"cu\",\"ttl\":[9,20],\"max\":2}",
		        "{" ZONE "\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"c\",\"ttl\":[2,12]}",
		        "ttl" },
		/* Each zone, name and type by itself. */
		{ "{\"z\":[\"a.b\"],\"n\":[\"x\"],\"t\":[\"A\"],\"a\":\"r\"},"
		  "{\"z\":[\"c.d\"],\"n\":[\"y\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{\"z\":[\"a.b\",\"c.d\"],\"n\":[\"x\",\"y\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "n" },
		{ "{\"z\":[\"a.b\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"},"
		  "{\"z\":[\"c.d\"],\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "{\"z\":[\"a.b\",\"c.d\"],\"n\":[\"x\",\"y\"],\"t\":[\"A\"],\"a\":\"r\"}",
		        "" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *parent = arena_printf(kit.arena, GG("%s"), cases[i].parent);
		const char *child = arena_printf(kit.arena, G("%s"), cases[i].child);
		const char *axes = faults_of(parent, child);
		if (strcmp(axes, cases[i].axes) != 0)
			fail_msg(
			        "%s in %s: \"%s\", not \"%s\"", child, parent, axes, cases[i].axes);
	}
}

static void test_the_other_claims(void **state)
{
	static const struct {
		const char *parent;
		const char *child;
		const char *axes;
	} cases[] = {
		{ GG(DEV), G(DEV), "" },
		{ G(DEV), G(DEV), "dg" },
		{ GG(DEV), GG(DEV), "dg" },
		{ "\"dg\":3," G(DEV), "\"dg\":2," G(DEV), "" },
		{ "\"ip\":[\"10.0.0.0/8\",\"2001:db8::/32\"]," GG(DEV), G(DEV), "ip" },
		{ "\"ip\":[\"10.0.0.0/8\",\"2001:db8::/32\"]," GG(DEV),
		        "\"ip\":[\"10.1.0.0/16\",\"2001:db8:1::1\"]," G(DEV), "" },
		{ "\"ip\":[\"10.0.0.0/8\"]," GG(DEV),
		        "\"ip\":[\"10.1.0.0/16\",\"11.0.0.0/16\",\"8.0.0.0/6\",\"::/0\"]," G(DEV),
		        "ip ip ip" },
		{ "\"ip\":[\"::/0\"]," GG(DEV), "\"ip\":[\"10.0.0.0/8\"]," G(DEV), "ip" },
		{ GG(DEV), "\"ip\":[\"0.0.0.0/0\"]," G(DEV), "" },
		{ "\"adm\":[\"audit.read\",\"token.revoke\"]," GG(DEV),
		        "\"adm\":[\"token.revoke\"]," G(DEV), "" },
		{ "\"adm\":[\"token.revoke\"]," GG(DEV), "\"adm\":[\"audit.read\"]," G(DEV),
		        "adm" },
		{ "\"par\":[\"a\",\"b\",\"c\"]," GG(DEV), G(DEV), "" },
		{ "\"par\":[\"a\",\"b\",\"c\",\"d\"]," GG(DEV), G(DEV), "par" },
		{ G(DEV),
		        "\"adm\":[\"metrics\"]," G(
		                "{" ZONE "\"s\":[\"@\"],\"t\":[\"A\"],\"a\":\"r\"}," DEV),
		        "s adm dg" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *axes = faults_of(cases[i].parent, cases[i].child);
		if (strcmp(axes, cases[i].axes) != 0)
			fail_msg("%s in %s: \"%s\", not \"%s\"", cases[i].child, cases[i].parent,
			        axes, cases[i].axes);
	}
}

static void test_subject_and_end(void **state)
{
	struct subset_fault faults[SUBSET_FAULTS_MAX];
	struct token parent = token_of(GG(DEV));
	struct token child = token_of(G(DEV));
	(void)state;
	child.subject = "other";
	child.expires_ms = parent.expires_ms + 1;
	assert_int_equal(subset_check(&parent, &child, faults), 2);
	assert_int_equal(faults[0].axis, SUBSET_EXP);
	assert_int_equal(faults[1].axis, SUBSET_SUB);
	parent.adm = ADM_TOKEN_ISSUE;
	child.expires_ms = parent.expires_ms;
	assert_int_equal(subset_check(&parent, &child, faults), 0);
}

static void test_rates(void **state)
{
	static const struct {
		struct subset_rate parent;
		struct subset_rate child;
		bool is_subset;
	} cases[] = {
		{ { 600, 60 }, { 600, 60 }, true },
		{ { 600, 60 }, { 599, 60 }, true },
		{ { 600, 60 }, { 601, 60 }, false },
		{ { 600, 60 }, { 600, 61 }, true },
		{ { 600, 60 }, { 600, 59 }, false }, /* the same at once, more in the long run */
		{ { 600, 60 }, { 10, 1 }, true },
		{ { 600, 60 }, { 11, 1 }, false },
		{ { 10, 1 }, { 600, 60 }, false }, /* the same in the long run, more at once */
		{ { 1000000000, 86400 }, { 1000000000, 86400 }, true },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		        subset_has_rate(&cases[i].parent, &cases[i].child), cases[i].is_subset);
}

/* ---- the property: whatever the child may do, the parent may do ---- */

/* xorshift: the same tokens each time. */
static uint64_t random_state = 0x9e3779b97f4a7c15;

static unsigned roll(unsigned sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % sides;
}

static const char *const zones[] = { "example.com", "dev.example.com", "www.dev.example.com",
	"org" };
static const char *const names[] = { "@", "dev", "www", "www.dev", "*", "*.dev", "x" };
static const char *const labels[] = { "dev", "www", "*", "x" };
static const char *const types[] = { "A", "TXT", "NS", "*" };
static const char *const owners[] = { "", "dev.", "www.", "www.dev.", "*.", "*.dev.", "x.",
	"x.dev.", "a.b.", "*.x." };
static const char *const asked_types[] = { "A", "TXT", "NS", "MX", "CAA" };

static void put_some(
        struct buf *buf, const char *key, const char *const *words, size_t count, bool at_least_one)
{
	unsigned mask = roll(1u << count);
	unsigned keep = roll(1u << count);
	mask &= keep;
	if (mask == 0 && at_least_one)
		mask = 1u << roll((unsigned)count);
	if (mask == 0)
		return;
	buf_printf(buf, "\"%s\":[", key);
	for (size_t i = 0, put = 0; i < count; i++) {
		if (mask & 1u << i)
			buf_printf(buf, "%s\"%s\"", put++ > 0 ? "," : "", words[i]);
	}
	buf_put_string(buf, "],");
}

static void put_random_grant(struct buf *buf)
{
	buf_put_char(buf, '{');
	if (roll(4) == 0)
		buf_put_string(buf, "\"z\":[\"*\"],");
	else
		put_some(buf, "z", zones, COUNT(zones), true);
	unsigned which = 1 + roll(7);
	if (which & 1)
		put_some(buf, "n", names, COUNT(names), true);
	if (which & 2)
		put_some(buf, "s", names, roll(3) == 0 ? 1 : COUNT(names), true);
	if (which & 4)
		put_some(buf, "p", labels, COUNT(labels), true);
	put_some(buf, "t", types, COUNT(types), true);
	if (roll(3) == 0)
		buf_printf(buf, "\"ttl\":[%u,%u],", 10 * roll(3), 100 - 10 * roll(3));
	if (roll(3) == 0)
		buf_printf(buf, "\"max\":%u,", 1 + roll(3));
	if (roll(2) == 0)
		buf_put_string(buf, "\"w\":1,");
	buf_put_string(buf, "\"a\":\"");
	unsigned letters = 1 + roll(31);
	for (unsigned i = 0; i < 5; i++) {
		if (letters & 1u << i)
			buf_put_char(buf, "rlcud"[i]);
	}
	buf_put_string(buf, "\"}");
}

static struct token random_token(unsigned grants_max)
{
	struct buf buf;
	buf_init(&buf, kit.arena, 65536);
	buf_put_string(&buf, "\"dg\":1,\"g\":[");
	unsigned count = 1 + roll(grants_max);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			buf_put_char(&buf, ',');
		put_random_grant(&buf);
	}
	buf_put_char(&buf, ']');
	return token_of(buf_string(&buf));
}

static bool bound_is_inside(const struct bound *child, uint8_t action, const struct bound *parent)
{
	return (parent->actions & action) != 0 && parent->ttl_min_s <= child->ttl_min_s &&
	       parent->ttl_max_s >= child->ttl_max_s && parent->values_max >= child->values_max;
}

/* Every action of each of the child's bounds lies in a bound of the parent. */
static bool bounds_are_inside(
        const struct bound *child, size_t child_count, const struct bound *parent, size_t count)
{
	for (size_t i = 0; i < child_count; i++) {
		for (unsigned action = 1; action <= EFFECT_DELETE; action <<= 1) {
			bool is_inside = (child[i].actions & action) == 0;
			for (size_t j = 0; !is_inside && j < count; j++)
				is_inside = bound_is_inside(&child[i], (uint8_t)action, &parent[j]);
			if (!is_inside)
				return false;
		}
	}
	return true;
}

static bool may_ask_as_well(const struct token *parent, const struct token *child,
        const struct name *zone, const struct name *owner, uint16_t type)
{
	struct bound own[OP_BOUNDS_MAX];
	struct bound above[OP_BOUNDS_MAX];
	size_t own_count = policy_cover(child, zone, owner, type, own);
	size_t above_count = policy_cover(parent, zone, owner, type, above);
	return bounds_are_inside(own, own_count, above, above_count) &&
	       (!policy_may_read(child, zone, owner, type) ||
	               policy_may_read(parent, zone, owner, type)) &&
	       (!policy_may_list(child, zone, owner, type) ||
	               policy_may_list(parent, zone, owner, type)) &&
	       (!policy_reaches(child, owner) || policy_reaches(parent, owner)) &&
	       (!policy_may_read_zone(child, zone) || policy_may_read_zone(parent, zone)) &&
	       (!policy_may_list_zone(child, zone) || policy_may_list_zone(parent, zone));
}

/* Every zone, owner and type that the vocabulary of the grants can tell apart. */
static bool may_do_all(const struct token *parent, const struct token *child)
{
	static const char *const asked_zones[] = { "example.com", "dev.example.com",
		"www.dev.example.com", "org", "other.net" };
	const char *detail;
	for (size_t i = 0; i < COUNT(asked_zones); i++) {
		struct name zone;
		assert_int_equal(
		        name_parse(asked_zones[i], strlen(asked_zones[i]), &zone, &detail), ERR_OK);
		for (size_t j = 0; j < COUNT(owners) * COUNT(asked_types); j++) {
			char text[128];
			struct name owner;
			uint16_t type;
			const char *type_text = asked_types[j % COUNT(asked_types)];
			snprintf(text, sizeof(text), "%s%s", owners[j / COUNT(asked_types)],
			        asked_zones[i]);
			assert_int_equal(name_parse(text, strlen(text), &owner, &detail), ERR_OK);
			assert_int_equal(type_parse(type_text, strlen(type_text), &type), ERR_OK);
			if (!may_ask_as_well(parent, child, &zone, &owner, type))
				return false;
		}
	}
	return true;
}

#define PAIRS 6000

static void test_a_subset_never_permits_more(void **state)
{
	size_t yes = 0;
	size_t no = 0;
	size_t too_strict = 0;
	(void)state;
	for (unsigned i = 0; i < PAIRS; i++) {
		struct subset_fault faults[SUBSET_FAULTS_MAX];
		arena_reset(kit.arena);
		struct token parent = random_token(6);
		struct token child = random_token(1);
		child.depth = 0;
		bool is_subset = subset_check(&parent, &child, faults) == 0;
		bool is_inside = may_do_all(&parent, &child);
		yes += is_subset;
		no += !is_inside;
		too_strict += is_inside && !is_subset;
		if (is_subset && !is_inside)
			fail_msg("pair %u: a subset that permits more", i);
	}
	/* The test has met both answers, and "no" is seldom said without need. */
	assert_true(yes > PAIRS / 100);
	assert_true(no > PAIRS / 4);
	assert_true(too_strict < yes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_axis_of_a_grant),
		cmocka_unit_test(test_the_other_claims),
		cmocka_unit_test(test_subject_and_end),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_a_subset_never_permits_more),
	};
	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
