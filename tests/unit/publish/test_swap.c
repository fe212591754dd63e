/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "publish/folder.h"
#include "publish/names.h"
#include "publish/swap.h"

static struct swap swap;

static int open_swap(void **state)
{
	(void)state;
	if (folder_open() != 0)
		return -1;
	return swap_init(&swap, folder_path("zones/"), folder_path("temp"),
	               folder_path("foreign")) == ERR_OK
	               ? 0
	               : -1;
}

static int close_swap(void **state)
{
	(void)state;
	return folder_close();
}

static void put_file(const char *zone, const char *text)
{
	struct name name = name_of(zone);
	struct file_swap file;
	assert_int_equal(swap_open(&swap, &name, &file), ERR_OK);
	assert_true(file_write_all(file.fd, text, strlen(text)));
	assert_int_equal(file_swap_commit(&file), ERR_OK);
}

static void test_file_comes_and_goes(void **state)
{
	(void)state;
	struct name name = name_of("example.com");
	put_file("example.com", "one");
	assert_string_equal(folder_read("zones/db.example.com"), "one");
	put_file("example.com", "two");
	assert_string_equal(folder_read("zones/db.example.com"), "two");
	struct stat status;
	assert_int_equal(stat(folder_path("zones/db.example.com"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(swap_remove(&swap, &name), ERR_OK);
	assert_false(folder_has("zones/db.example.com"));
	assert_int_equal(swap_remove(&swap, &name), ERR_OK);
}

static void test_unfinished_file_is_outside_and_goes_at_start(void **state)
{
	(void)state;
	struct name name = name_of("example.com");
	struct file_swap file;
	struct swap again;
	assert_int_equal(swap_open(&swap, &name, &file), ERR_OK);
	assert_true(strncmp(file.temp_path, swap.temp_dir, strlen(swap.temp_dir)) == 0);
	assert_int_equal(access(file.temp_path, F_OK), 0);
	folder_write("temp/keep", "not ours");
	assert_int_equal(swap_init(&again, swap.zone_dir, swap.temp_dir, swap.foreign_dir), ERR_OK);
	assert_int_equal(access(file.temp_path, F_OK), -1);
	assert_true(folder_has("temp/keep"));
	close(file.fd);
}

static void test_directories_that_cannot_work(void **state)
{
	(void)state;
	struct swap bad;
	char zones[512];
	char inside[600];
	(void)snprintf(zones, sizeof(zones), "%s", folder_path("zones"));
	(void)snprintf(inside, sizeof(inside), "%s/temp", zones);
	assert_int_equal(swap_init(&bad, zones, inside, swap.foreign_dir), ERR_BAD_REQUEST);
	assert_int_equal(swap_init(&bad, zones, zones, swap.foreign_dir), ERR_BAD_REQUEST);
	assert_int_equal(swap_init(&bad, zones, swap.temp_dir, inside), ERR_BAD_REQUEST);
	assert_int_equal(
	        swap_init(&bad, "zones", swap.temp_dir, swap.foreign_dir), ERR_BAD_REQUEST);
	assert_int_equal(swap_init(&bad, "", swap.temp_dir, swap.foreign_dir), ERR_BAD_REQUEST);
	/* By way of a link, too. */
	assert_int_equal(symlink(zones, folder_path("link")), 0);
	assert_int_equal(
	        swap_init(&bad, zones, folder_path("link"), swap.foreign_dir), ERR_BAD_REQUEST);
	/* "zones-temp" begins like "zones", but is beside it. */
	assert_int_equal(
	        swap_init(&bad, zones, folder_path("zones-temp"), swap.foreign_dir), ERR_OK);
	if (access("/dev/shm", W_OK) == 0)
		assert_int_equal(
		        swap_init(&bad, zones, "/dev/shm", swap.foreign_dir), ERR_BAD_REQUEST);
}

static void test_lost_directories_come_back(void **state)
{
	(void)state;
	put_file("example.com", "one");
	assert_int_equal(unlink(folder_path("zones/db.example.com")), 0);
	assert_int_equal(rmdir(folder_path("zones")), 0);
	assert_int_equal(rmdir(folder_path("temp")), 0);
	put_file("example.com", "two");
	assert_string_equal(folder_read("zones/db.example.com"), "two");
}

static void test_names_that_are_no_file_names(void **state)
{
	(void)state;
	struct name root = { .length = 1 };
	char text[300] = "";
	assert_false(swap_can_hold(&root));
	struct name name = name_of("0/25.2.0.192.in-addr.arpa");
	assert_false(swap_can_hold(&name));
	name = name_of("example.com");
	assert_true(swap_can_hold(&name));
	for (unsigned i = 0; i < 100; i++)
		(void)strncat(text, "a.", sizeof(text) - strlen(text) - 1);
	name = name_of(text);
	assert_true(swap_can_hold(&name));
	/* Escapes make it longer than a file name may be. */
	memset(text, 0, sizeof(text));
	for (unsigned i = 0; i < 80; i++)
		(void)strncat(text, "\\..", sizeof(text) - strlen(text) - 1);
	name = name_of(text);
	assert_true(strlen(text) > 200);
	for (unsigned i = 0; i < 20; i++)
		(void)strncat(text, "\\..", sizeof(text) - strlen(text) - 1);
	name = name_of(text);
	assert_false(swap_can_hold(&name));
}

struct listing {
	unsigned count;
	unsigned foreign;
};

static bool list_one(void *context, const char *file_name, const struct name *zone)
{
	struct listing *listing = context;
	char text[NAME_TEXT_BYTES];
	listing->count++;
	if (zone == NULL)
		listing->foreign++;
	else
		assert_string_equal(file_name + 3, name_render(zone, text));
	return true;
}

static void test_listing_sees_what_coredns_sees(void **state)
{
	(void)state;
	struct listing listing = { 0 };
	put_file("example.com", "one");
	put_file("example.org", "one");
	folder_write("zones/db.Example.Net", "upper case is no spelling of ours");
	folder_write("zones/db.example.net.", "nor is a final dot");
	folder_write("zones/db.", "nor is no name");
	folder_write("zones/README", "no zone for CoreDNS");
	assert_int_equal(swap_list(&swap, list_one, &listing), ERR_OK);
	assert_int_equal(listing.count, 5);
	assert_int_equal(listing.foreign, 3);
}

static void test_setting_aside_overwrites_nothing(void **state)
{
	(void)state;
	folder_write("zones/db.mine", "first");
	assert_int_equal(swap_set_aside(&swap, "db.mine"), ERR_OK);
	folder_write("zones/db.mine", "second");
	assert_int_equal(swap_set_aside(&swap, "db.mine"), ERR_OK);
	assert_false(folder_has("zones/db.mine"));
	assert_string_equal(folder_read("foreign/db.mine.1"), "first");
	assert_string_equal(folder_read("foreign/db.mine.2"), "second");
	assert_int_equal(swap_set_aside(&swap, "db.mine"), ERR_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file_comes_and_goes, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_unfinished_file_is_outside_and_goes_at_start, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_directories_that_cannot_work, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_lost_directories_come_back, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_names_that_are_no_file_names, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_listing_sees_what_coredns_sees, open_swap, close_swap),
		cmocka_unit_test_setup_teardown(
		        test_setting_aside_overwrites_nothing, open_swap, close_swap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
