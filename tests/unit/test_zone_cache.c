/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/fixture.h"
#include "zone_cache.h"

static struct fixture fixture;
static struct zone_cache cache;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&fixture);
	cache = (struct zone_cache){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static void apply(const char *text)
{
	struct outcome outcome;
	assert_int_equal(fixture_apply(&fixture, text, &outcome), ERR_OK);
}

static void expect(uint64_t generation, const char *owner, const char *zone)
{
	const struct name name = fixture_name(owner);
	const struct name wanted = fixture_name(zone);
	struct name found;
	assert_int_equal(
	        zone_cache_find(&cache, fixture.reader, generation, &name, &found), ERR_OK);
	assert_true(name_is_equal(&found, &wanted));
}

static void test_longest_match(void **state)
{
	(void)state;
	apply("zone example.com ; zone sub.example.com ; zone other.test");
	for (int twice = 0; twice < 2; twice++) {
		expect(1, "example.com", "example.com");
		expect(1, "www.example.com", "example.com");
		expect(1, "sub.example.com", "sub.example.com");
		expect(1, "a.sub.example.com", "sub.example.com");
		expect(1, "a.b.example.com", "example.com");
		expect(1, "other.test", "other.test");
	}
}

static void test_no_zone_is_not_remembered(void **state)
{
	const struct name name = fixture_name("www.example.com");
	struct name found;
	(void)state;
	assert_int_equal(
	        zone_cache_find(&cache, fixture.reader, 1, &name, &found), ERR_NO_SUCH_ZONE);
	apply("zone example.com");
	expect(1, "www.example.com", "example.com");
}

/* What is remembered is used as long as the zones stay as they are, and no longer. */
static void test_generations(void **state)
{
	(void)state;
	apply("zone example.com");
	expect(1, "a.b.example.com", "example.com");
	apply("zone b.example.com");
	expect(1, "c.b.example.com", "example.com");
	expect(2, "c.b.example.com", "b.example.com");
	apply("dropzone b.example.com");
	expect(3, "c.b.example.com", "example.com");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_longest_match),
		TEST(test_no_zone_is_not_remembered),
		TEST(test_generations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
