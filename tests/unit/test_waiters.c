/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "waiters.h"

static void test_half(void **state)
{
	struct waiters waiters = { 0 };
	struct waiter first;
	struct waiter second;
	struct waiter third;
	(void)state;
	assert_true(waiters_enter(&waiters, 5, 1000, 2000, &first));
	assert_true(waiters_enter(&waiters, 5, 1000, 2000, &second));
	assert_int_not_equal(first.place, second.place);
	assert_false(waiters_enter(&waiters, 5, 1000, 2000, &third));
	waiters_leave(&waiters, &first);
	assert_true(waiters_enter(&waiters, 5, 1001, 2001, &third));
	assert_int_equal(third.place, first.place);
	assert_false(waiters_enter(&waiters, 5, 1001, 2001, &first));
}

static void test_one_responder(void **state)
{
	struct waiters waiters = { 0 };
	struct waiter waiter;
	(void)state;
	assert_false(waiters_enter(&waiters, 1, 1000, 2000, &waiter));
}

static void test_more_responders_than_places(void **state)
{
	struct waiters waiters = { 0 };
	struct waiter waiter;
	(void)state;
	for (size_t i = 0; i < WAITERS_MAX; i++)
		assert_true(waiters_enter(&waiters, 10000, 1000, 2000, &waiter));
	assert_false(waiters_enter(&waiters, 10000, 1000, 2000, &waiter));
}

static void test_who_dies_gives_the_place_back(void **state)
{
	struct waiters waiters = { 0 };
	struct waiter dead;
	struct waiter heir;
	struct waiter other;
	(void)state;
	assert_true(waiters_enter(&waiters, 2, 1000, 2000, &dead));
	assert_false(waiters_enter(&waiters, 2, 1999, 3000, &heir));
	assert_true(waiters_enter(&waiters, 2, 2000, 3000, &heir));
	/* It only overslept: the place is another's now. */
	waiters_leave(&waiters, &dead);
	assert_false(waiters_enter(&waiters, 2, 2000, 3000, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_one_responder),
		cmocka_unit_test(test_more_responders_than_places),
		cmocka_unit_test(test_who_dies_gives_the_place_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
