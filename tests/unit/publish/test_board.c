/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "publish/board.h"
#include "publish/names.h"

static const char *const addresses[] = { "127.0.0.1:1053", "[::1]:53" };
static const char *const urls[] = { "http://127.0.0.1:8080/health" };

static struct board *board;

static int open_board(void **state)
{
	(void)state;
	void *memory = mmap(NULL, board_bytes(), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	board = board_init(memory);
	board_begin(board, addresses, 2, urls, 1);
	return 0;
}

static int close_board(void **state)
{
	(void)state;
	return munmap(board, board_bytes());
}

static struct board_zone zone_of(const char *name, uint32_t serial)
{
	return (struct board_zone){
		.name = name_of(name),
		.wanted_serial = serial,
		.published_serial = serial,
		.published_at_ms = 1,
	};
}

static void serve(struct board_zone *zone, size_t server, uint32_t serial)
{
	zone->served[server] = (struct board_served){ true, serial, 5 };
}

static void test_served_when_every_server_has_it(void **state)
{
	(void)state;
	struct board_zone zone = zone_of("example.com", 7);
	assert_false(board_is_served(board, &zone.name, 7));
	assert_true(board_put_zone(board, &zone));
	assert_false(board_is_served(board, &zone.name, 7));
	serve(&zone, 0, 7);
	assert_true(board_put_zone(board, &zone));
	assert_false(board_is_served(board, &zone.name, 7));
	serve(&zone, 1, 6);
	assert_true(board_put_zone(board, &zone));
	assert_false(board_is_served(board, &zone.name, 7));
	assert_true(board_is_served(board, &zone.name, 6));
	serve(&zone, 1, 7);
	assert_true(board_put_zone(board, &zone));
	assert_true(board_is_served(board, &zone.name, 7));
	assert_false(board_is_served(board, &zone.name, 8));
}

static void test_serials_wrap(void **state)
{
	(void)state;
	struct board_zone zone = zone_of("wrap.test", 3);
	serve(&zone, 0, 3);
	serve(&zone, 1, 3);
	assert_true(board_put_zone(board, &zone));
	assert_true(board_is_served(board, &zone.name, 4294967290u));
	/* A server that never answered serves nothing, not 0. */
	zone = zone_of("silent.test", 3000000000u);
	serve(&zone, 0, 3000000000u);
	assert_true(board_put_zone(board, &zone));
	assert_false(board_is_served(board, &zone.name, 3000000000u));
}

static void test_zones_come_and_go(void **state)
{
	(void)state;
	char text[64];
	struct board_zone found;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 20000; i++) {
			(void)snprintf(text, sizeof(text), "z%u-%u.test", round, i);
			struct board_zone zone = zone_of(text, i);
			assert_true(board_put_zone(board, &zone));
		}
		struct name name = name_of("z0-19999.test");
		assert_int_equal(board_find_zone(board, &name, &found), round == 0);
		for (unsigned i = 0; i < 20000; i++) {
			(void)snprintf(text, sizeof(text), "z%u-%u.test", round, i);
			name = name_of(text);
			assert_true(board_find_zone(board, &name, &found));
			assert_int_equal(found.wanted_serial, i);
			board_drop_zone(board, &name);
			assert_false(board_find_zone(board, &name, &found));
		}
	}
}

static void test_full_board_says_so(void **state)
{
	(void)state;
	char text[64];
	struct board_zone zone;
	for (unsigned i = 0; i < BOARD_ZONES; i++) {
		(void)snprintf(text, sizeof(text), "full%u.test", i);
		zone = zone_of(text, i);
		assert_true(board_put_zone(board, &zone));
	}
	struct board_zone more = zone_of("one-more.test", 1);
	assert_false(board_put_zone(board, &more));
	assert_true(board_put_zone(board, &zone));
	board_drop_zone(board, &zone.name);
	assert_true(board_put_zone(board, &more));
}

static void test_begin_forgets_zones(void **state)
{
	(void)state;
	struct board_zone zone = zone_of("example.com", 7);
	struct board_zone found;
	assert_true(board_put_zone(board, &zone));
	board_begin(board, addresses, 1, NULL, 0);
	assert_false(board_find_zone(board, &zone.name, &found));
	assert_int_equal(board_count_servers(board), 1);
	assert_int_equal(board_count_urls(board), 0);
}

static void test_health(void **state)
{
	(void)state;
	struct board_health health;
	board_check(board, 1000, 500, &health);
	assert_false(health.is_publisher_alive);
	assert_int_equal(health.beat_age_ms, -1);
	assert_false(health.is_every_server_up);

	struct board_server server = { .is_up = true };
	board_put_server(board, 0, &server);
	board_put_server(board, 1, &server);
	board_beat(board, 1000);
	board_put_pending(board, 3, 900);
	board_put_failure(board, "No space left on device", 77);
	board_check(board, 1400, 500, &health);
	assert_true(health.is_publisher_alive);
	assert_true(health.is_every_server_up);
	assert_true(health.is_current);
	assert_int_equal(health.pending_zones, 3);
	assert_int_equal(health.pending_age_ms, 500);
	assert_string_equal(health.failure, "No space left on device");
	assert_int_equal(health.failure_at_ms, 77);

	board_check(board, 1401, 500, &health);
	assert_false(health.is_current);
	board_check(board, 1000 + 3 * BOARD_BEAT_MS + 1, 500, &health);
	assert_false(health.is_publisher_alive);
	board_put_pending(board, 0, 0);
	board_put_failure(board, NULL, 0);
	board_check(board, 9999, 500, &health);
	assert_true(health.is_current);
	assert_string_equal(health.failure, "");
}

/* A writer in another process alternates between two consistent values. */
static void write_forever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct board_zone zone = zone_of("torn.test", 0);
	for (uint32_t i = 1;; i++) {
		zone.wanted_serial = i;
		zone.published_serial = i;
		zone.revision = i;
		for (size_t s = 0; s < BOARD_SERVERS; s++)
			serve(&zone, s, i);
		(void)board_put_zone(board, &zone);
	}
}

static void test_readers_see_whole_values(void **state)
{
	(void)state;
	struct board_zone zone = zone_of("torn.test", 0);
	struct name name = zone.name;
	uint32_t seen = 0;
	assert_true(board_put_zone(board, &zone));
	pid_t child = fork();
	if (child == 0)
		write_forever();
	assert_true(child > 0);
	for (unsigned i = 0; i < 200000 || seen < 3; i++) {
		if (!board_find_zone(board, &name, &zone))
			continue;
		seen += zone.wanted_serial != zone.revision - 1 && zone.wanted_serial > 0;
		assert_int_equal(zone.wanted_serial, zone.published_serial);
		assert_int_equal(zone.wanted_serial, zone.revision);
		for (size_t s = 0; s < BOARD_SERVERS && zone.wanted_serial > 0; s++)
			assert_int_equal(zone.served[s].serial, zone.wanted_serial);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	/* It may have been killed in the middle of a value: nobody hangs, and a new start mends it.
	 */
	(void)board_find_zone(board, &name, &zone);
	board_begin(board, addresses, 2, urls, 1);
	zone = zone_of("torn.test", 9);
	assert_true(board_put_zone(board, &zone));
	assert_true(board_find_zone(board, &name, &zone));
}

static void expect_text(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		print_error("missing: %s\nin:\n%s", part, text);
	assert_non_null(strstr(text, part));
}

static void test_metrics(void **state)
{
	(void)state;
	static char memory[65536];
	struct buf buf;
	struct board_zone zone = zone_of("example.com", 4000000000u);
	assert_true(board_put_zone(board, &zone));
	board_put_pending(board, 2, 1000);
	board_count(board, BOARD_PUBLISHED);
	board_count_served(board, 180);
	board_count_served(board, 999999);
	buf_init_fixed(&buf, memory, sizeof(memory));
	board_render_metrics(board, 3500, true, &buf);
	const char *text = buf_string(&buf);
	assert_non_null(text);
	expect_text(text, "\ncoregate_publish_lag_seconds 2.500\n");
	expect_text(text, "\ncoregate_zones_pending 2\n");
	expect_text(text, "\ncoregate_zone_serial{zone=\"example.com\"} 4000000000\n");
	expect_text(text, "\ncoregate_coredns_up{address=\"[::1]:53\"} 0\n");
	expect_text(text, "\ncoregate_coredns_http_up{url=\"http://127.0.0.1:8080/health\"} 0\n");
	expect_text(text, "\ncoregate_publish_served_seconds_bucket{le=\"0.100\"} 0\n");
	expect_text(text, "\ncoregate_publish_served_seconds_bucket{le=\"0.200\"} 1\n");
	expect_text(text, "\ncoregate_publish_served_seconds_bucket{le=\"+Inf\"} 2\n");
	expect_text(text, "\ncoregate_publish_served_seconds_sum 1000.179\n");
	expect_text(text, "\ncoregate_zone_files_published_total 1\n");
	buf_init_fixed(&buf, memory, sizeof(memory));
	board_render_metrics(board, 3500, false, &buf);
	assert_null(strstr(buf_string(&buf), "zone_serial"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        test_served_when_every_server_has_it, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_serials_wrap, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_zones_come_and_go, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_full_board_says_so, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_begin_forgets_zones, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_health, open_board, close_board),
		cmocka_unit_test_setup_teardown(
		        test_readers_see_whole_values, open_board, close_board),
		cmocka_unit_test_setup_teardown(test_metrics, open_board, close_board),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
