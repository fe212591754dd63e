/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Zones in zones: whatever the order in which they come, change and go, each is delegated in the
 * zone above it as it is, and nowhere else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "store/fixture.h"
#include "store/reader_history.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int open_store(void **state)
{
	static struct fixture fixture;
	fixture_open(&fixture);
	*state = &fixture;
	return 0;
}

static int close_store(void **state)
{
	fixture_close(*state);
	return 0;
}

static void apply(struct fixture *fixture, const char *text)
{
	struct outcome outcome = { .detail = "" };
	if (fixture_run(fixture, text, &outcome) != ERR_OK)
		fail_msg("%s: %s", text, outcome.detail);
}

/* What a zone has below its apex of NS, A and AAAA: "owner type ttl values, …". */
struct dump {
	struct buf buf;
	const struct name *zone;
};

static bool dump_rrset(void *context, const struct stored_rrset *stored)
{
	struct dump *dump = context;
	const struct rrset *rrset = &stored->rrset;
	char name[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	if (name_is_equal(&rrset->owner, dump->zone))
		return true;
	buf_printf(&dump->buf, "%s%s %s %u", dump->buf.length > 0 ? ", " : "",
	        name_render(&rrset->owner, name), type_render(rrset->type, type), rrset->ttl_s);
	for (size_t i = 0; i < rrset->count; i++) {
		buf_put_char(&dump->buf, ' ');
		rdata_render(&dump->buf, rrset->type, &rrset->values[i]);
	}
	return true;
}

static const char *below(struct fixture *fixture, const char *zone)
{
	struct name name = fixture_name(zone);
	const struct record_filter filter = { .zone = &name };
	struct dump dump = { .zone = &name };
	struct record_position next;
	buf_init(&dump.buf, fixture->arena, 1 << 20);
	assert_int_equal(
	        reader_list_rrsets(fixture->reader, &filter, dump_rrset, &dump, &next), ERR_OK);
	const char *text = buf_string(&dump.buf);
	return text != NULL ? text : "";
}

static void revert(struct fixture *fixture, uint64_t id)
{
	char text[64];
	snprintf(text, sizeof(text), "revert %llu", (unsigned long long)id);
	apply(fixture, text);
}

/* ---- one after the other ---- */

static void test_a_child_from_birth_to_death(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	apply(fixture, "zone example.com");
	uint32_t serial = fixture_zone(fixture, "example.com").serial;
	assert_int_equal(fixture_apply(fixture, "zone c.example.com", &outcome), ERR_OK);
	/* Both zones move, in one change, and the history of both has it. */
	assert_int_equal(outcome.zone_count, 2);
	assert_int_equal(fixture_zone(fixture, "example.com").serial, serial + 1);
	assert_int_equal(fixture_zone(fixture, "example.com").revision, outcome.change_id);
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 3);
	assert_string_equal(below(fixture, "example.com"), "c.example.com NS 300 ns1.example.net");
	apply(fixture, "put c.example.com NS ttl=60 ns2.example.net ns1.example.net");
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 60 ns1.example.net ns2.example.net");
	/* What is not of the delegation leaves the parent alone. */
	serial = fixture_zone(fixture, "example.com").serial;
	apply(fixture, "put www.c.example.com A 192.0.2.1 | edit c.example.com refresh=9");
	assert_int_equal(fixture_zone(fixture, "example.com").serial, serial);
	apply(fixture, "dropzone c.example.com");
	assert_string_equal(below(fixture, "example.com"), "");
	assert_int_equal(fixture_zone(fixture, "example.com").record_count, 2);
}

static void test_glue(void **state)
{
	struct fixture *fixture = *state;
	apply(fixture, "zone example.com | zone c.example.com | "
	               "put ns.c.example.com A 192.0.2.1 | "
	               "put c.example.com NS ns.c.example.com ns.example.net");
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 300 ns.c.example.com ns.example.net, "
	        "ns.c.example.com A 300 192.0.2.1");
	apply(fixture, "put ns.c.example.com A ttl=7 192.0.2.2 ; put ns.c.example.com AAAA ::1");
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 300 ns.c.example.com ns.example.net, "
	        "ns.c.example.com A 7 192.0.2.2, ns.c.example.com AAAA 300 ::1");
	/* A zone below takes the addresses over, and gives them. */
	apply(fixture, "drop ns.c.example.com A ; drop ns.c.example.com AAAA | "
	               "zone ns.c.example.com | put ns.c.example.com A 192.0.2.3");
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 300 ns.c.example.com ns.example.net, "
	        "ns.c.example.com A 300 192.0.2.3");
	assert_string_equal(
	        below(fixture, "c.example.com"), "ns.c.example.com NS 300 ns1.example.net");
	apply(fixture, "dropzone ns.c.example.com");
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 300 ns.c.example.com ns.example.net");
	apply(fixture, "put ns.c.example.com A 192.0.2.4");
	revert(fixture, fixture_zone(fixture, "c.example.com").revision);
	assert_string_equal(below(fixture, "example.com"),
	        "c.example.com NS 300 ns.c.example.com ns.example.net");
	apply(fixture, "put ns.c.example.com A 192.0.2.4 | put c.example.com NS ns.example.net");
	assert_string_equal(below(fixture, "example.com"), "c.example.com NS 300 ns.example.net");
}

static void test_a_delegation_by_hand_is_taken_over(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	apply(fixture, "zone example.com | put c.example.com NS ns.c.example.com ; "
	               "put ns.c.example.com A 192.0.2.1");
	const char *by_hand = "c.example.com NS 300 ns.c.example.com, "
	                      "ns.c.example.com A 300 192.0.2.1";
	assert_string_equal(below(fixture, "example.com"), by_hand);
	assert_int_equal(fixture_apply(fixture, "zone c.example.com", &outcome), ERR_OK);
	assert_string_equal(below(fixture, "example.com"), "c.example.com NS 300 ns1.example.net");
	/* A revert of the creation gives it back. */
	revert(fixture, outcome.change_id);
	assert_string_equal(below(fixture, "example.com"), by_hand);
	revert(fixture, outcome.change_id + 1);
	assert_string_equal(below(fixture, "example.com"), "c.example.com NS 300 ns1.example.net");
}

static void test_a_zone_in_between(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	const char *c = "c.b.example.com NS 300 ns1.example.net";
	apply(fixture, "zone c.b.example.com | zone example.com");
	assert_string_equal(below(fixture, "example.com"), c);
	assert_int_equal(fixture_apply(fixture, "zone b.example.com", &outcome), ERR_OK);
	uint64_t id = outcome.change_id;
	assert_string_equal(below(fixture, "example.com"), "b.example.com NS 300 ns1.example.net");
	assert_string_equal(below(fixture, "b.example.com"), c);
	revert(fixture, id);
	assert_string_equal(below(fixture, "example.com"), c);
	revert(fixture, id + 1);
	assert_string_equal(below(fixture, "example.com"), "b.example.com NS 300 ns1.example.net");
	assert_string_equal(below(fixture, "b.example.com"), c);
	/* What was the parent comes back with the children that there are by then. */
	apply(fixture, "dropzone example.com | put b.example.com NS ns2.example.net");
	revert(fixture, id + 3);
	assert_string_equal(below(fixture, "example.com"), "b.example.com NS 300 ns2.example.net");
	apply(fixture, "dropzone b.example.com");
	assert_string_equal(below(fixture, "example.com"), c);
	apply(fixture, "dropzone example.com | dropzone c.b.example.com");
	revert(fixture, id + 7);
	assert_string_equal(below(fixture, "example.com"), "");
	/* The zone above it was made anew since. */
	apply(fixture, "dropzone example.com | zone example.com");
	revert(fixture, id + 8);
	assert_string_equal(below(fixture, "example.com"), c);
}

static void test_cuts_by_hand_above(void **state)
{
	struct fixture *fixture = *state;
	apply(fixture, "zone example.com | put b.example.com NS ns7.example.net | "
	               "zone c.b.example.com");
	/* It is not the zone example.com that tells of c.b. */
	assert_string_equal(below(fixture, "example.com"), "b.example.com NS 300 ns7.example.net");
	apply(fixture, "drop b.example.com NS");
	assert_string_equal(
	        below(fixture, "example.com"), "c.b.example.com NS 300 ns1.example.net");
	apply(fixture, "put b.example.com NS ns7.example.net");
	assert_string_equal(below(fixture, "example.com"), "b.example.com NS 300 ns7.example.net");
	revert(fixture, fixture_zone(fixture, "example.com").revision);
	assert_string_equal(
	        below(fixture, "example.com"), "c.b.example.com NS 300 ns1.example.net");
}

static void test_nothing_is_written_before_a_refusal(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome;
	apply(fixture, "zone example.com | put www.c.example.com A 192.0.2.1");
	uint64_t revision = fixture_zone(fixture, "example.com").revision;
	assert_int_equal(fixture_apply(fixture, "zone c.example.com", &outcome), ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "www.c.example.com A"));
	assert_int_equal(fixture_zone(fixture, "example.com").revision, revision);
	/* Names of the child are the child's, so nobody writes the delegation itself. */
	apply(fixture, "drop www.c.example.com A | zone c.example.com");
	assert_int_equal(fixture_apply(fixture,
	                         "put c.example.com NS in=example.com ns9.example.net", &outcome),
	        ERR_UNAVAILABLE);
	assert_int_equal(fixture_apply(fixture, "drop c.example.com NS", &outcome), ERR_CONFLICT);
	/* A parent comes back only where nothing of it would be hidden. */
	apply(fixture, "dropzone c.example.com | put www.c.example.com A 192.0.2.1 | "
	               "dropzone example.com");
	uint64_t id = 7;
	apply(fixture, "zone c.example.com");
	char text[32];
	snprintf(text, sizeof(text), "revert %llu", (unsigned long long)id);
	assert_int_equal(fixture_apply(fixture, text, &outcome), ERR_CONFLICT);
	assert_non_null(strstr(outcome.detail, "www.c.example.com A"));
}

/* ---- all orders ---- */

static const char *const names[] = { "a", "b.a", "c.b.a", "d.c.b.a", "e.a", "m.e.a" };
static bool is_zone[COUNT(names)];

/* The zone of `names` right above names[i]; -1: none. */
static int find_above(size_t i)
{
	struct name name = fixture_name(names[i]);
	int best = -1;
	for (size_t j = 0; j < COUNT(names); j++) {
		struct name other = fixture_name(names[j]);
		if (j != i && is_zone[j] && name_is_under(&name, &other) &&
		        (best < 0 || strlen(names[j]) > strlen(names[best])))
			best = (int)j;
	}
	return best;
}

static bool count_values(void *context, const struct stored_rrset *stored)
{
	*(uint64_t *)context += stored->rrset.count;
	return true;
}

/* What the zone names[i] should have below its apex, from what the zones say of themselves. */
static const char *expected_below(struct fixture *fixture, size_t i)
{
	struct buf buf;
	buf_init(&buf, fixture->arena, 1 << 16);
	for (size_t j = 0; j < COUNT(names); j++) {
		if (!is_zone[j] || find_above(j) != (int)i)
			continue;
		const char *ns = fixture_rrset(fixture, names[j], "NS");
		char glue[64];
		snprintf(glue, sizeof(glue), "ns.%s", names[j]);
		const char *address = fixture_rrset(fixture, glue, "A");
		buf_printf(&buf, "%s%s NS %s", buf.length > 0 ? ", " : "", names[j], ns);
		if (strstr(ns, glue) != NULL && address[0] != '\0')
			buf_printf(&buf, ", %s A %s", glue, address);
	}
	/* and its own name server's addresses */
	char own[64];
	snprintf(own, sizeof(own), "ns.%s", names[i]);
	const char *address = fixture_rrset(fixture, own, "A");
	if (address[0] != '\0')
		buf_printf(&buf, "%s%s A %s", buf.length > 0 ? ", " : "", own, address);
	const char *text = buf_string(&buf);
	return text != NULL ? text : "";
}

static void check_all(struct fixture *fixture, const char *what)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct name name = fixture_name(names[i]);
		struct zone zone;
		is_zone[i] = reader_find_zone_exact(fixture->reader, &name, &zone) == ERR_OK;
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!is_zone[i])
			continue;
		const char *found = below(fixture, names[i]);
		const char *wanted = expected_below(fixture, i);
		if (strcmp(found, wanted) != 0)
			fail_msg("after %s: %s has <%s>, not <%s>", what, names[i], found, wanted);
		struct name name = fixture_name(names[i]);
		const struct record_filter filter = { .zone = &name };
		struct record_position next;
		uint64_t count = 0;
		assert_int_equal(
		        reader_list_rrsets(fixture->reader, &filter, count_values, &count, &next),
		        ERR_OK);
		assert_int_equal(fixture_zone(fixture, names[i]).record_count, count);
	}
}

/* Whether there is any sense in it: names of a zone that is not there are refused anyhow. */
static bool make_step(char *text, size_t size, uint64_t changes)
{
	size_t which = (size_t)random() % COUNT(names);
	const char *name = names[which];
	unsigned number = (unsigned)random() % 3;
	unsigned back = (unsigned)random() % (changes < 9 ? (unsigned)changes : 9);
	switch (random() % 7) {
	case 0:
	case 1:
		snprintf(text, size, "zone %s", name);
		return true;
	case 2:
		snprintf(text, size, "dropzone %s", name);
		return true;
	case 3:
		snprintf(text, size, "put %s NS ttl=%u ns%u.example", name, 60 + number, number);
		return is_zone[which];
	case 4:
		snprintf(text, size, "put %s NS ns.%s", name, name);
		return is_zone[which];
	case 5:
		if (number == 0)
			snprintf(text, size, "drop ns.%s A", name);
		else
			snprintf(text, size, "put ns.%s A 192.0.2.%u", name, number);
		return is_zone[which];
	default:
		snprintf(text, size, "revert %llu", (unsigned long long)(changes - back));
		return true;
	}
}

static void test_every_order(void **state)
{
	size_t done = 0;
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		void *opened;
		open_store(&opened);
		struct fixture *fixture = opened;
		srandom(seed);
		uint64_t changes = 1;
		apply(fixture, "zone b.a");
		check_all(fixture, "the first zone");
		for (size_t step = 0; step < 150; step++) {
			char text[128];
			char what[192];
			struct outcome outcome;
			if (!make_step(text, sizeof(text), changes))
				continue;
			fixture->now_ms += 1000;
			if (fixture_apply(fixture, text, &outcome) != ERR_OK)
				continue;
			if (outcome.change_id != 0)
				changes = outcome.change_id;
			done++;
			snprintf(what, sizeof(what), "%s (seed %u, change %llu)", text, seed,
			        (unsigned long long)changes);
			check_all(fixture, what);
		}
		close_store(&opened);
	}
	assert_true(done > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        test_a_child_from_birth_to_death, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_glue, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_a_delegation_by_hand_is_taken_over, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_a_zone_in_between, open_store, close_store),
		cmocka_unit_test_setup_teardown(test_cuts_by_hand_above, open_store, close_store),
		cmocka_unit_test_setup_teardown(
		        test_nothing_is_written_before_a_refusal, open_store, close_store),
		cmocka_unit_test(test_every_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
