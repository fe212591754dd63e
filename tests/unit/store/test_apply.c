/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What each op does, and every rule that refuses one, as tables of changes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dns/type.h"
#include "store/fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int open_store(void **state)
{
	static struct fixture fixture;
	fixture_open(&fixture);
	assert_int_equal(fixture_apply(&fixture, "zone example.com", NULL), ERR_OK);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	fixture_close(*state);
	return 0;
}

/* Each case starts in a store that holds the zone example.com alone. */
struct rule {
	const char *changes; /* the last one is the one under test */
	enum err err;
	const char *word; /* must be in the detail of a refusal */
};

static void check_rule(const char *changes, const struct rule *rule)
{
	void *state;
	struct outcome outcome;
	open_store(&state);
	struct fixture *fixture = state;
	enum err err = fixture_run(fixture, changes, &outcome);
	if (err != rule->err)
		fail_msg("%s: %s, not %s (%s)", changes, err_slug(err), err_slug(rule->err),
		        outcome.detail);
	if (rule->word != NULL && strstr(outcome.detail, rule->word) == NULL)
		fail_msg("%s: no \"%s\" in \"%s\"", changes, rule->word, outcome.detail);
	if (err != ERR_OK) {
		assert_int_equal(outcome.change_id, 0);
		assert_int_equal(outcome.effect_count, 0);
		assert_int_equal(outcome.zone_count, 0);
	}
	close_store(&state);
}

static void check_rules(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_rule(rules[i].changes, &rules[i]);
}

/* The last change as it is, and with a harmless op before its own: one op alone is held against the
 * rules before it is written, several are afterwards. */
static void check_rules_alone_and_among(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[512];
		const char *last = rules[i].changes;
		for (const char *bar; (bar = strstr(last, " | ")) != NULL;)
			last = bar + 3;
		(void)snprintf(text, sizeof(text), "%.*spatch example.com NS ns1.example.net ; %s",
		        (int)(last - rules[i].changes), rules[i].changes, last);
		check_rule(rules[i].changes, &rules[i]);
		check_rule(text, &rules[i]);
	}
}

static void test_ops_refuse(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		{ "add a.example.com A 192.0.2.1 | add a.example.com A 192.0.2.1", ERR_EXISTS,
		        "a.example.com A" },
		{ "add a.example.com A 192.0.2.1 | add a.example.com A 192.0.2.2", ERR_OK, NULL },
		{ "add a.example.com A", ERR_EMPTY_CHANGE, NULL },
		{ "add a.example.com A 192.0.2.1 192.0.2.1", ERR_INVALID_RECORD, "twice" },
		{ "put a.example.com A 192.0.2.1 192.0.2.1", ERR_INVALID_RECORD, "twice" },
		{ "put a.example.com A", ERR_INVALID_RECORD, "value" },
		{ "drop a.example.com A", ERR_NOT_FOUND, "a.example.com A" },
		{ "dropvalue a.example.com A 192.0.2.1", ERR_NOT_FOUND, NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A 192.0.2.2",
		        ERR_NOT_FOUND, NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A", ERR_BAD_REQUEST,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A -192.0.2.1", ERR_OK,
		        NULL },
		{ "patch a.example.com A -192.0.2.1", ERR_NOT_FOUND, NULL },
		{ "patch a.example.com A ttl=5", ERR_NOT_FOUND, NULL },
		{ "patch a.example.com A", ERR_EMPTY_CHANGE, NULL },
		{ "patch a.example.com A 192.0.2.1", ERR_OK, NULL },
		{ "put a.example.org A in=example.com 192.0.2.1", ERR_UNAVAILABLE, "again" },
		{ "zone sub.example.com | put a.sub.example.com A in=example.com 192.0.2.1",
		        ERR_UNAVAILABLE, "again" },
		{ "dropzone example.com | put a.example.com A in=example.com 192.0.2.1",
		        ERR_UNAVAILABLE, "again" },
		{ "zone example.com", ERR_EXISTS, "example.com" },
		{ "dropzone example.org", ERR_NO_SUCH_ZONE, "example.org" },
		{ "", ERR_EMPTY_CHANGE, NULL },
		{ "put a.example.com CNAME b.example.com c.example.com", ERR_INVALID_RECORD,
		        "one value" },
		{ "put a.example.com CNAME b.example.com | add a.example.com CNAME c.example.com",
		        ERR_INVALID_RECORD, "one value" },
		{ "put a.example.com DNAME b.example.net c.example.net", ERR_INVALID_RECORD,
		        "one value" },
	};
	check_rules(rules, COUNT(rules));
}

static void test_rules_between_rrsets(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		/* CNAME and other data, both ways; the apex */
		{ "put a.example.com A 192.0.2.1 | put a.example.com CNAME b.example.com",
		        ERR_CONFLICT, "CNAME and A" },
		{ "put a.example.com CNAME b.example.com | put a.example.com TXT x", ERR_CONFLICT,
		        "CNAME and TXT" },
		{ "put a.example.com CNAME b.example.com | put a.example.com CNAME c.example.com",
		        ERR_OK, NULL },
		{ "put example.com CNAME b.example.com", ERR_CONFLICT, "own name" },
		{ "put a.example.com CNAME b.example.com | drop a.example.com CNAME ; "
		  "put a.example.com A 192.0.2.1",
		        ERR_OK, NULL },
		{ "put a.example.com CNAME b.example.com | put a.example.com A 192.0.2.1 ; "
		  "drop a.example.com CNAME",
		        ERR_OK, NULL },
		{ "put a.example.com A 192.0.2.1 ; put a.example.com CNAME b.example.com",
		        ERR_CONFLICT, NULL },
		{ "put *.example.com CNAME b.example.com | put *.example.com A 192.0.2.1",
		        ERR_CONFLICT, NULL },
		{ "put a.example.com CNAME b.example.com | put b.a.example.com A 192.0.2.1", ERR_OK,
		        NULL },
		/* DNAME: nothing below, no CNAME beside */
		{ "put a.example.com DNAME b.example.net | put a.example.com CNAME c.example.com",
		        ERR_CONFLICT, NULL },
		{ "put a.example.com DNAME b.example.net | put a.example.com TXT x", ERR_OK, NULL },
		{ "put a.example.com DNAME b.example.net | put x.a.example.com TXT x", ERR_CONFLICT,
		        "DNAME" },
		{ "put a.example.com DNAME b.example.net | put y.x.a.example.com A 192.0.2.1",
		        ERR_CONFLICT, "a.example.com DNAME" },
		{ "put x.a.example.com TXT x | put a.example.com DNAME b.example.net", ERR_CONFLICT,
		        "x.a.example.com TXT" },
		{ "put xa.example.com TXT x | put a.example.com DNAME b.example.net", ERR_OK,
		        NULL },
		{ "put x.example.com TXT x | put example.com DNAME b.example.net", ERR_CONFLICT,
		        "x.example.com TXT" },
		{ "put example.com DNAME b.example.net | put x.example.com TXT x", ERR_CONFLICT,
		        NULL },
		{ "put example.com DNAME b.example.net | put example.com TXT x", ERR_OK, NULL },
		/* zone cuts */
		{ "put s.example.com NS n.s.example.com | put s.example.com TXT x", ERR_CONFLICT,
		        "NS and TXT" },
		{ "put s.example.com NS n.s.example.com | put s.example.com A 192.0.2.1", ERR_OK,
		        NULL },
		{ "put s.example.com NS n.s.example.com | put n.s.example.com A 192.0.2.1", ERR_OK,
		        NULL },
		{ "put s.example.com NS n.s.example.com | put n.s.example.com AAAA 2001:db8::1",
		        ERR_OK, NULL },
		{ "put s.example.com NS n.s.example.com | put n.s.example.com MX 1~a.example.com",
		        ERR_CONFLICT, "below s.example.com NS" },
		{ "put s.example.com NS n.s.example.com | put x.y.s.example.com NS a.example.com",
		        ERR_CONFLICT, NULL },
		{ "put s.example.com NS n.s.example.com | put s.example.com DS "
		  "1~8~2~e2d3c916f6deeac73294e8268fb5885044a833fc5459588f4a9184cfc41a5766",
		        ERR_OK, NULL },
		{ "put s.example.com TXT x | put s.example.com NS n.example.net", ERR_CONFLICT,
		        "NS and TXT" },
		{ "put s.example.com A 192.0.2.1 | put s.example.com NS n.example.net", ERR_OK,
		        NULL },
		{ "put x.s.example.com TXT x | put s.example.com NS n.example.net", ERR_CONFLICT,
		        "x.s.example.com TXT" },
		{ "put x.s.example.com A 192.0.2.1 | put s.example.com NS n.example.net", ERR_OK,
		        NULL },
		{ "put x.s.example.com NS n.example.net | put s.example.com NS n.example.net",
		        ERR_CONFLICT, "x.s.example.com NS" },
		{ "put s.example.com NS n.example.net | put s.example.com CNAME a.example.com",
		        ERR_CONFLICT, NULL },
		{ "put s.example.com NS n.example.net | put s.example.com DNAME a.example.net",
		        ERR_CONFLICT, NULL },
		{ "put ss.example.com TXT x | put s.example.com NS n.example.net", ERR_OK, NULL },
		{ "put example.com NS n.example.net | put a.example.com TXT x", ERR_OK, NULL },
		/* the apex keeps what makes it a zone */
		{ "drop example.com NS", ERR_CONFLICT, "needed" },
		{ "patch example.com NS -ns1.example.net", ERR_CONFLICT, "needed" },
		{ "dropvalue example.com NS ns1.example.net", ERR_CONFLICT, "needed" },
		{ "drop example.com SOA", ERR_CONFLICT, "needed" },
		{ "put a.example.com SOA a.b~c.d~1~2~3~4~5", ERR_CONFLICT, "own name" },
		{ "add example.com SOA a.b~c.d~1~2~3~4~5", ERR_INVALID_RECORD, "one value" },
		{ "put example.com DS "
		  "1~8~2~e2d3c916f6deeac73294e8268fb5885044a833fc5459588f4a9184cfc41a5766",
		        ERR_CONFLICT, "parent" },
	};
	check_rules_alone_and_among(rules, COUNT(rules));
}

static void test_rules_for_new_zones(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		{ "put a.s.example.com TXT x | zone s.example.com", ERR_CONFLICT,
		        "a.s.example.com TXT" },
		{ "put s.example.com MX 1~a.example.com | zone s.example.com", ERR_CONFLICT,
		        "s.example.com MX" },
		{ "put s.example.com NS n.s.example.com | put n.s.example.com A 192.0.2.1 | "
		  "zone s.example.com",
		        ERR_OK, NULL },
		{ "put s.example.com A 192.0.2.1 | zone s.example.com", ERR_CONFLICT,
		        "s.example.com A" },
		{ "put a.s.example.com AAAA 2001:db8::1 | zone s.example.com", ERR_CONFLICT,
		        "a.s.example.com AAAA" },
		{ "put as.example.com A 192.0.2.1 | zone s.example.com", ERR_OK, NULL },
		{ "zone s.example.com", ERR_OK, NULL },
		{ "zone com", ERR_OK, NULL },
		{ "zone .", ERR_OK, NULL },
		{ "zone s.example.com | zone s.example.com", ERR_EXISTS, NULL },
		{ "zone s.example.com may=ud", ERR_NOT_PERMITTED, NULL },
		{ "dropzone example.com may=cu", ERR_NOT_PERMITTED, NULL },
		{ "zone example.com may=ud", ERR_NOT_PERMITTED, NULL },
		{ "dropzone example.org may=cu", ERR_NOT_PERMITTED, NULL },
		{ "dropzone example.com if=99", ERR_PRECONDITION_FAILED, NULL },
		{ "dropzone example.com if=1", ERR_OK, NULL },
		{ "zone s.example.com ; put a.s.example.com A in=s.example.com 192.0.2.1", ERR_OK,
		        NULL },
		{ "dropzone example.com ; zone example.com", ERR_OK, NULL },
		{ "dropzone example.com ; zone example.com ; dropzone example.com", ERR_OK, NULL },
	};
	check_rules(rules, COUNT(rules));
}

static void test_preconditions(void **state)
{
	(void)state;
	/* The first change of a case has revision 2, the next one 3. */
	static const struct rule rules[] = {
		{ "put a.example.com A if=* 192.0.2.1", ERR_PRECONDITION_FAILED, "a.example.com" },
		{ "put a.example.com A if=2 192.0.2.1", ERR_PRECONDITION_FAILED, NULL },
		{ "put a.example.com A ifnone=* 192.0.2.1", ERR_OK, NULL },
		{ "put a.example.com A ifnone=2 192.0.2.1", ERR_OK, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A if=* 192.0.2.2", ERR_OK,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A if=2 192.0.2.2", ERR_OK,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A if=7 if=2 192.0.2.2", ERR_OK,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A if=7 192.0.2.2",
		        ERR_PRECONDITION_FAILED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A ifnone=* 192.0.2.2",
		        ERR_PRECONDITION_FAILED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A ifnone=2 192.0.2.2",
		        ERR_PRECONDITION_FAILED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A ifnone=7 192.0.2.2", ERR_OK,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | put b.example.com A 192.0.2.1 | "
		  "drop a.example.com A if=2",
		        ERR_OK, NULL },
		{ "drop a.example.com A if=*", ERR_PRECONDITION_FAILED, NULL },
		/* all or nothing */
		{ "put a.example.com A 192.0.2.1 ; put b.example.com A if=* 192.0.2.1",
		        ERR_PRECONDITION_FAILED, "b.example.com" },
	};
	check_rules(rules, COUNT(rules));
}

static void test_bounds(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		{ "put a.example.com A may=c 192.0.2.1", ERR_OK, NULL },
		{ "put a.example.com A may=u 192.0.2.1", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A may=d 192.0.2.1", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A may=cd 192.0.2.2",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A may=u 192.0.2.2", ERR_OK,
		        NULL },
		/* what changes nothing needs u */
		{ "put a.example.com A 192.0.2.1 | put a.example.com A may=cd 192.0.2.1",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A may=u 192.0.2.1", ERR_OK,
		        NULL },
		/* taking the last value is a deletion */
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A may=cu 192.0.2.1",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A may=d 192.0.2.1",
		        ERR_OK, NULL },
		{ "put a.example.com A 192.0.2.1 | patch a.example.com A may=cu -192.0.2.1",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 192.0.2.2 | dropvalue a.example.com A may=u "
		  "192.0.2.1",
		        ERR_OK, NULL },
		/* without the right, nobody learns whether it is there */
		/* a refusal does not tell which values there are */
		{ "put a.example.com A 192.0.2.1 | add a.example.com A may=cd 192.0.2.1",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | add a.example.com A may=u 192.0.2.1", ERR_EXISTS,
		        NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A may=d 192.0.2.2",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | dropvalue a.example.com A may=u 192.0.2.2",
		        ERR_NOT_FOUND, NULL },
		{ "dropvalue a.example.com A may=d 192.0.2.2", ERR_NOT_FOUND, NULL },
		{ "drop a.example.com A may=cu", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | drop a.example.com A may=cu", ERR_NOT_PERMITTED,
		        NULL },
		{ "dropvalue a.example.com A may=c 192.0.2.1", ERR_NOT_PERMITTED, NULL },
		{ "drop a.example.com A may=cu if=*", ERR_NOT_PERMITTED, NULL },
		/* TTL and number of values afterwards */
		{ "put a.example.com A ttl=10 ttlmin=60 192.0.2.1", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A ttl=60 ttlmin=60 ttlmax=60 192.0.2.1", ERR_OK, NULL },
		{ "put a.example.com A ttl=61 ttlmax=60 192.0.2.1", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A max=1 192.0.2.1 192.0.2.2", ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A 192.0.2.1 | add a.example.com A max=1 192.0.2.2",
		        ERR_NOT_PERMITTED, NULL },
		{ "put a.example.com A ttl=9 192.0.2.1 | drop a.example.com A ttlmin=60", ERR_OK,
		        NULL },
		{ "revoke token x may=u", ERR_NOT_PERMITTED, NULL },
	};
	check_rules(rules, COUNT(rules));
}

/* Two bounds that only together would cover the change do not. */
static void test_one_bound_must_cover_all(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct change *change =
	        fixture_change(fixture, "put a.example.com A ttl=600 192.0.2.1 192.0.2.2");
	struct op *op = change->ops;
	op->bound_count = 2;
	op->bounds[0] = (struct bound){ EFFECT_CREATE, 0, 300, 8 };
	op->bounds[1] = (struct bound){ EFFECT_CREATE, 0, 900, 1 };
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(writer_apply(fixture->writer, fixture->arena, change, 0, &outcome),
	        ERR_NOT_PERMITTED);
	op->bounds[1].values_max = 2;
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, 0, &outcome), ERR_OK);
	op->bound_count = 0;
	assert_int_equal(writer_apply(fixture->writer, fixture->arena, change, 0, &outcome),
	        ERR_NOT_PERMITTED);
	writer_rollback_batch(fixture->writer);
}

/* What is in the store afterwards. */
static void test_contents(void **state)
{
	(void)state;
	static const struct {
		const char *changes;
		const char *expected; /* of a.example.com A */
		enum effect_action action;
		uint32_t deleted;
	} cases[] = {
		{ "put a.example.com A 192.0.2.2 192.0.2.1", "300 192.0.2.1 192.0.2.2",
		        EFFECT_CREATE, 0 },
		{ "put a.example.com A ttl=60 192.0.2.1 | put a.example.com A 192.0.2.3",
		        "60 192.0.2.3", EFFECT_UPDATE, 1 },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A ttl=5 192.0.2.1",
		        "5 192.0.2.1", EFFECT_UPDATE, 0 },
		{ "put a.example.com A 192.0.2.1 | put a.example.com A 192.0.2.1", "300 192.0.2.1",
		        EFFECT_NONE, 0 },
		{ "add a.example.com A 192.0.2.1 | add a.example.com A ttl=60 192.0.2.2",
		        "60 192.0.2.1 192.0.2.2", EFFECT_UPDATE, 0 },
		{ "add a.example.com A ttl=60 192.0.2.9 | add a.example.com A 192.0.2.2",
		        "60 192.0.2.2 192.0.2.9", EFFECT_UPDATE, 0 },
		{ "put a.example.com A 192.0.2.1 192.0.2.2 | "
		  "patch a.example.com A -192.0.2.1 -192.0.2.7 192.0.2.3 192.0.2.2",
		        "300 192.0.2.2 192.0.2.3", EFFECT_UPDATE, 1 },
		{ "put a.example.com A 192.0.2.1 | patch a.example.com A -192.0.2.1", "",
		        EFFECT_DELETE, 1 },
		{ "put a.example.com A 192.0.2.1 | patch a.example.com A -192.0.2.1 192.0.2.1",
		        "300 192.0.2.1", EFFECT_NONE, 0 },
		{ "put a.example.com A 192.0.2.1 | patch a.example.com A ttl=7", "7 192.0.2.1",
		        EFFECT_UPDATE, 0 },
		{ "put a.example.com A 192.0.2.1 | patch a.example.com A -192.0.2.8",
		        "300 192.0.2.1", EFFECT_NONE, 0 },
		{ "patch a.example.com A -192.0.2.8 192.0.2.1", "300 192.0.2.1", EFFECT_CREATE, 0 },
		{ "put a.example.com A 192.0.2.1 192.0.2.2 | drop a.example.com A", "",
		        EFFECT_DELETE, 2 },
		{ "put a.example.com A ttl=9 192.0.2.1 192.0.2.2 | "
		  "dropvalue a.example.com A 192.0.2.1",
		        "9 192.0.2.2", EFFECT_UPDATE, 1 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		void *store;
		struct outcome outcome;
		open_store(&store);
		struct fixture *fixture = store;
		assert_int_equal(fixture_run(fixture, cases[i].changes, &outcome), ERR_OK);
		print_message("%s\n", cases[i].changes);
		assert_string_equal(
		        fixture_rrset(fixture, "a.example.com", "A"), cases[i].expected);
		assert_int_equal(outcome.effect_count, 1);
		assert_int_equal(outcome.effects[0].action, cases[i].action);
		assert_int_equal(outcome.effects[0].deleted_count, cases[i].deleted);
		bool is_none = cases[i].action == EFFECT_NONE;
		assert_int_equal(outcome.zone_count, is_none ? 0 : 1);
		assert_true((outcome.change_id == 0) == is_none);
		close_store(&store);
	}
}

static void test_every_fault_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	static const struct op_fault wanted[] = {
		{ 0, ERR_NOT_FOUND, "a.example.com A" },
		{ 2, ERR_CONFLICT, "CNAME and TXT" },
		{ 4, ERR_PRECONDITION_FAILED, "c.example.com A" },
		{ 5, ERR_NOT_PERMITTED, "grant" },
	};
	assert_int_equal(fixture_apply(fixture,
	                         "drop a.example.com A ; put b.example.com CNAME a.example.net ; "
	                         "put b.example.com TXT x ; put d.example.com TXT x ; "
	                         "put c.example.com A if=5 192.0.2.1 ; "
	                         "put e.example.com A may=d 192.0.2.1",
	                         &outcome),
	        ERR_NOT_PERMITTED);
	/* What is not permitted is told first. A CNAME and its neighbour are both at fault. */
	assert_int_equal(outcome.op_index, 5);
	assert_non_null(strstr(outcome.detail, "grant"));
	size_t found = 0;
	for (size_t i = 0; i < outcome.fault_count; i++) {
		if (i > 0)
			assert_true(outcome.faults[i - 1].op_index < outcome.faults[i].op_index);
		if (found < COUNT(wanted) && outcome.faults[i].op_index == wanted[found].op_index) {
			assert_int_equal(outcome.faults[i].err, wanted[found].err);
			assert_non_null(strstr(outcome.faults[i].detail, wanted[found].detail));
			found++;
		}
	}
	assert_int_equal(found, COUNT(wanted));
	assert_int_equal(outcome.fault_count, COUNT(wanted) + 1);
	assert_string_equal(fixture_rrset(fixture, "d.example.com", "TXT"), "");
}

static void test_a_dry_run_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct zone before = fixture_zone(fixture, "example.com");
	uint64_t revision = 0;
	uint64_t after = 0;
	assert_int_equal(reader_head_revision(fixture->reader, &revision), ERR_OK);
	struct change *change = fixture_change(fixture,
	        "put a.example.com A 192.0.2.1 ; zone example.net ; dropzone example.com ; "
	        "revoke token x");
	change->is_dry_run = true;
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, fixture->now_ms, &outcome),
	        ERR_OK);
	assert_int_equal(writer_commit_batch(fixture->writer), ERR_OK);
	assert_int_equal(outcome.change_id, 0);
	assert_int_equal(outcome.effect_count, 4);
	assert_int_equal(outcome.effects[0].action, EFFECT_CREATE);
	assert_int_equal(outcome.effects[2].deleted_count, before.record_count + 1);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
	assert_string_equal(fixture_rrset(fixture, "example.net", "NS"), "");
	assert_int_equal(fixture_zone(fixture, "example.com").serial, before.serial);
	assert_int_equal(reader_head_revision(fixture->reader, &after), ERR_OK);
	assert_int_equal(after, revision);
}

static void test_values_are_dropped_together(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fixture_run(fixture,
	                         "put a.example.com A 192.0.2.1 192.0.2.2 192.0.2.3 | "
	                         "dropvalue a.example.com A 192.0.2.3 192.0.2.1",
	                         NULL),
	        ERR_OK);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.2");
	assert_int_equal(
	        fixture_apply(fixture, "dropvalue a.example.com A 192.0.2.2 192.0.2.1", NULL),
	        ERR_NOT_FOUND);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "300 192.0.2.2");
}

static void test_nothing_of_a_failed_change_stays(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	struct zone before = fixture_zone(fixture, "example.com");
	assert_int_equal(fixture_apply(fixture,
	                         "put a.example.com A 192.0.2.1 ; zone s.example.com ; "
	                         "revoke token x ; drop b.example.com A",
	                         &outcome),
	        ERR_NOT_FOUND);
	assert_int_equal(outcome.op_index, 3);
	assert_string_equal(fixture_rrset(fixture, "a.example.com", "A"), "");
	struct zone after = fixture_zone(fixture, "example.com");
	assert_int_equal(after.serial, before.serial);
	assert_int_equal(after.revision, before.revision);
	assert_int_equal(after.record_count, before.record_count);
	bool is_revoked = true;
	assert_int_equal(
	        reader_is_revoked(fixture->reader, REVOCATION_TOKEN, "x", 0, &is_revoked), ERR_OK);
	assert_false(is_revoked);
	/* The number that it would have had goes to the next one. */
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.1", &outcome), ERR_OK);
	assert_int_equal(outcome.change_id, before.revision + 1);
}

static void test_nothing_of_a_failed_lone_op_stays(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(
	        fixture_apply(fixture, "put s.example.com NS n.example.net", &outcome), ERR_OK);
	struct zone before = fixture_zone(fixture, "example.com");
	assert_int_equal(
	        fixture_apply(fixture, "put a.s.example.com TXT x", &outcome), ERR_CONFLICT);
	assert_string_equal(fixture_rrset(fixture, "a.s.example.com", "TXT"), "");
	struct zone after = fixture_zone(fixture, "example.com");
	assert_int_equal(after.serial, before.serial);
	assert_int_equal(after.record_count, before.record_count);
	assert_int_equal(fixture_apply(fixture, "put a.example.com TXT x", &outcome), ERR_OK);
	assert_int_equal(outcome.change_id, before.revision + 1);
}

static void test_effects_tell_before_and_after(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	assert_int_equal(
	        fixture_run(fixture,
	                "put a.example.com A 192.0.2.1 | put a.example.com A ttl=9 192.0.2.2 ; "
	                "put b.example.com A 192.0.2.3",
	                &outcome),
	        ERR_OK);
	assert_int_equal(outcome.effect_count, 2);
	const struct effect *first = &outcome.effects[0];
	assert_int_equal(first->before.count, 1);
	assert_int_equal(first->before.ttl_s, 300);
	assert_memory_equal(first->before.values[0].bytes, "\xc0\x00\x02\x01", 4);
	assert_int_equal(first->after.ttl_s, 9);
	assert_memory_equal(first->after.values[0].bytes, "\xc0\x00\x02\x02", 4);
	assert_int_equal(first->revision, outcome.change_id);
	assert_int_equal(outcome.effects[1].before.count, 0);
	/* one step of the serial for the whole change */
	assert_int_equal(outcome.zone_count, 1);
	assert_int_equal(outcome.zones[0].serial, fixture->now_ms / 1000 + 2);
}

static void test_counts_records(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 2);
	assert_int_equal(
	        fixture_run(fixture,
	                "put a.example.com A 192.0.2.1 192.0.2.2 ; put b.example.com A 192.0.2.3 | "
	                "patch a.example.com A -192.0.2.1 192.0.2.5 192.0.2.6 | "
	                "drop b.example.com A",
	                NULL),
	        ERR_OK);
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 2 + 3);
}

static void test_soa_is_edited_but_keeps_its_serial(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	char expected[128];
	assert_int_equal(
	        fixture_apply(fixture,
	                "put example.com SOA ttl=300 ns.example.net~h.example.net~7~1~2~3~4",
	                &outcome),
	        ERR_OK);
	assert_int_equal(outcome.effects[0].action, EFFECT_UPDATE);
	snprintf(expected, sizeof(expected), "300 ns.example.net h.example.net %u 1 2 3 4",
	        serial + 1);
	assert_string_equal(fixture_rrset(fixture, "example.com", "SOA"), expected);
	assert_int_equal(fixture_zone(fixture, "example.com").serial, serial + 1);
	/* the same again, whatever serial it names, changes nothing */
	assert_int_equal(
	        fixture_apply(fixture,
	                "put example.com SOA ttl=300 ns.example.net~h.example.net~9~1~2~3~4",
	                &outcome),
	        ERR_OK);
	assert_int_equal(outcome.effects[0].action, EFFECT_NONE);
	/* the row follows the zone's serial */
	assert_int_equal(fixture_apply(fixture, "put a.example.com A 192.0.2.1", NULL), ERR_OK);
	snprintf(expected, sizeof(expected), "300 ns.example.net h.example.net %u 1 2 3 4",
	        serial + 2);
	assert_string_equal(fixture_rrset(fixture, "example.com", "SOA"), expected);
}

static void test_an_rrset_has_a_ceiling(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	static uint8_t texts[300][256];
	struct change *change = fixture_change(fixture, "put a.example.com TXT x");
	struct rrset *rrset = &change->ops[0].rrset;
	rrset->values = arena_calloc(fixture->arena, 300, sizeof(struct rdata));
	for (unsigned i = 0; i < 300; i++) {
		memset(texts[i], 'x', sizeof(texts[i]));
		texts[i][0] = 255;
		texts[i][1] = (uint8_t)('a' + i / 26);
		texts[i][2] = (uint8_t)('a' + i % 26);
		rrset->values[i] = (struct rdata){ .length = 256, .bytes = texts[i] };
	}
	assert_int_equal(writer_begin_batch(fixture->writer), ERR_OK);
	rrset->count = 65000 / (256 + 10 + 15) + 1;
	assert_int_equal(writer_apply(fixture->writer, fixture->arena, change, 0, &outcome),
	        ERR_INVALID_RECORD);
	assert_non_null(strstr(outcome.detail, "fit"));
	rrset->count--;
	assert_int_equal(
	        writer_apply(fixture->writer, fixture->arena, change, 0, &outcome), ERR_OK);
	writer_rollback_batch(fixture->writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops_refuse),
		cmocka_unit_test(test_rules_between_rrsets),
		cmocka_unit_test(test_rules_for_new_zones),
		cmocka_unit_test(test_preconditions),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_contents),
		cmocka_unit_test_setup_teardown(
		        test_one_bound_must_cover_all, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_every_fault_is_told, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_a_dry_run_leaves_nothing, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_values_are_dropped_together, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_nothing_of_a_failed_change_stays, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_nothing_of_a_failed_lone_op_stays, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_effects_tell_before_and_after, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_counts_records, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_soa_is_edited_but_keeps_its_serial, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_an_rrset_has_a_ceiling, open_store, close_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
