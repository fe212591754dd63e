/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "publish/names.h"
#include "publish/watch.h"

static void test_found_by_zone_server_and_kind(void **state)
{
	(void)state;
	struct watch_table table;
	assert_true(watch_table_init(&table));
	struct watch values = { .zone = name_of("example.com"), .server = 1, .serial = 7 };
	struct watch *watch = watch_add(&table, &values, 100);
	assert_non_null(watch);
	assert_ptr_equal(watch_find(&table, &values.zone, 1, false), watch);
	assert_null(watch_find(&table, &values.zone, 0, false));
	assert_null(watch_find(&table, &values.zone, 1, true));
	struct name other = name_of("example.org");
	assert_null(watch_find(&table, &other, 1, false));
	values.is_probe = true;
	struct watch *probe = watch_add(&table, &values, 50);
	assert_ptr_equal(watch_first(&table), probe);
	watch_drop(&table, probe);
	assert_ptr_equal(watch_first(&table), watch);
	watch_table_fini(&table);
}

static void test_table_is_bounded(void **state)
{
	(void)state;
	struct watch_table table;
	char text[32];
	struct watch values = { .server = 0 };
	assert_true(watch_table_init(&table));
	for (unsigned i = 0; i < WATCHES_MAX; i++) {
		(void)snprintf(text, sizeof(text), "z%u.test", i);
		values.zone = name_of(text);
		assert_non_null(watch_add(&table, &values, (int64_t)(i * 7919 % 1000)));
	}
	assert_null(watch_add(&table, &values, 0));
	int64_t last_ms = 0;
	for (unsigned i = 0; i < WATCHES_MAX / 2; i++) {
		struct watch *watch = watch_first(&table);
		assert_true(watch->node.due_ms >= last_ms);
		last_ms = watch->node.due_ms;
		watch_drop(&table, watch);
	}
	assert_non_null(watch_add(&table, &values, 0));
	watch_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_zone_server_and_kind),
		cmocka_unit_test(test_table_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
