/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <string.h>

#include "cli/command.h"
#include "cli/request.h"
#include "core/secret.h"

#define ARENA_BYTES ((size_t)8 << 20)
#define WORDS_MAX   32

static struct arena *arena;
static struct request request;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena == NULL || !secret_init();
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

/* A whole command line, "record get www.example.com A": words are separated by spaces, _ stands for
 * one. */
static int build(const char *line)
{
	char *words[WORDS_MAX + 1] = { (char *)(uintptr_t) "coregate" };
	int count = 1;
	int skip = 0;
	char *rest = arena_strdup(arena, line);
	for (char *word; count < WORDS_MAX && (word = strsep(&rest, " ")) != NULL; count++) {
		for (char *at = word; *at != '\0'; at++)
			*at = *at == '_' ? ' ' : *at;
		words[count] = word;
	}
	char **kept = arena_dup(arena, words, sizeof(words));
	const struct remote_command *command = remote_find(count, kept, &skip);
	struct given *given = arena_alloc(arena, sizeof(*given));
	assert_non_null(command);
	given->arena = arena;
	optind = 0;
	assert_int_equal(flags_parse(command->flags, count - skip, kept + skip, given), COMMAND_OK);
	return request_build(command, given, &request);
}

static bool has_header(const char *start)
{
	for (size_t i = 0; i < request.header_count; i++) {
		if (strncmp(request.headers[i], start, strlen(start)) == 0)
			return true;
	}
	return false;
}

static void test_each_command_becomes_its_call(void **state)
{
	static const struct {
		const char *line;
		const char *method;
		const char *path;
		const char *body;
	} cases[] = {
		{ "record list --zone example.com --type TXT --search a&b", "GET",
		        "/records?zone=example.com&record_type=TXT&q=a%26b", NULL },
		{ "record get www.example.com A", "GET", "/records/www.example.com/A", NULL },
		{ "record get a/../?#%2e TXT", "GET", "/records/a%2F..%2F%3F%23%252e/TXT", NULL },
		{ "record add www.example.com A 192.0.2.1 --ttl 60", "POST", "/records",
		        "{\"name\":\"www.example.com\",\"record_type\":\"A\",\"value\":\"192.0.2."
		        "1\",\"ttl\":60}" },
		{ "record set a.example.com TXT one", "PUT", "/records/a.example.com/TXT",
		        "{\"values\":[\"one\"]}" },
		{ "record set a.example.com TXT one_\"two\" three", "PUT",
		        "/records/a.example.com/TXT",
		        "{\"values\":[\"one \\\"two\\\"\",\"three\"]}" },
		{ "record remove a.example.com TXT", "DELETE", "/records/a.example.com/TXT", NULL },
		{ "record remove a.example.com TXT v=1_&_2", "DELETE",
		        "/records/a.example.com/TXT?value=v%3D1%20%26%202", NULL },
		{ "zone list", "GET", "/zones", NULL },
		{ "zone create example.org --ns a --ns b --contact m@example.org", "POST", "/zones",
		        "{\"name\":\"example.org\",\"nameservers\":[\"a\",\"b\"],\"contact\":\"m@"
		        "example.org\"}" },
		{ "zone edit example.org --refresh 60 --ttl 5", "PATCH", "/zones/example.org",
		        "{\"ttl\":5,\"refresh\":60}" },
		{ "zone import example.org - --mode replace --dry-run", "POST",
		        "/zones/example.org/import?dry_run=true&mode=replace", NULL },
		{ "zone export example.org", "GET", "/zones/example.org/export", NULL },
		{ "zone delete example.org --confirm example.org", "DELETE",
		        "/zones/example.org?confirm=example.org", NULL },
		{ "server register web-01.example.com --ip 192.0.2.1 --no-ptr --on-conflict fail "
		  "--verify --force",
		        "POST", "/servers",
		        "{\"hostname\":\"web-01.example.com\",\"ips\":[\"192.0.2.1\"],\"ptr\":"
		        "false,"
		        "\"on_conflict\":\"fail\",\"force\":true,\"verify\":true}" },
		{ "server update web-01.example.com --ip 192.0.2.2 --ip 2001:db8::2", "PUT",
		        "/servers/web-01.example.com",
		        "{\"ips\":[\"192.0.2.2\",\"2001:db8::2\"]}" },
		{ "server unregister web-01.example.com", "DELETE", "/servers/web-01.example.com",
		        NULL },
		{ "change list --actor alice --since 2026-11-23T12:00:00Z", "GET",
		        "/changes?actor=alice&since=2026-11-23T12%3A00%3A00Z", NULL },
		{ "change show 12", "GET", "/changes/12", NULL },
		{ "change revert 12", "POST", "/changes/12/revert", "{}" },
		{ "verify www.example.com A --expect 192.0.2.1 --wait 5", "GET",
		        "/verify?name=www.example.com&record_type=A&expect=192.0.2.1&timeout=5",
		        NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(build(cases[i].line), COMMAND_OK);
		assert_string_equal(request.method, cases[i].method);
		assert_string_equal(request.path, cases[i].path);
		if (cases[i].body == NULL)
			assert_null(request.body);
		else
			assert_string_equal(request.body, cases[i].body);
	}
}

static void test_headers(void **state)
{
	(void)state;
	assert_int_equal(
	        build("record set a.example.com A 192.0.2.1 --wait 5 --if-match 12"), COMMAND_OK);
	assert_true(has_header("Prefer: wait=5"));
	assert_true(has_header("If-Match: \"12\""));
	assert_true(has_header("Content-Type: application/json"));
	assert_false(has_header("Idempotency-Key"));
	assert_int_equal(build("record remove a.example.com A --if-match *"), COMMAND_OK);
	assert_true(has_header("If-Match: *"));
	assert_int_equal(build("record remove a.example.com A --if-match \"7\""), COMMAND_OK);
	assert_true(has_header("If-Match: \"7\""));
	assert_int_equal(
	        build("record remove a.example.com A --if-match 7\r\nX:_y"), COMMAND_USAGE);
	assert_int_equal(build("zone create example.org --ns a"), COMMAND_OK);
	assert_true(has_header("Idempotency-Key: \""));
	assert_false(has_header("Prefer"));
}

static void test_what_may_be_sent_twice(void **state)
{
	static const struct {
		const char *line;
		bool is_repeatable;
	} cases[] = {
		{ "record get a A", true },
		{ "record add a A 192.0.2.1", true }, /* it has a key */
		{ "record set a A 192.0.2.1", true },
		{ "record set a A 192.0.2.1 --if-match 1", false },
		{ "record remove a A", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(build(cases[i].line), COMMAND_OK);
		assert_int_equal(request.is_repeatable, cases[i].is_repeatable);
	}
}

/* Each key that a command names is in the table, and each path word among its words. */
static void test_the_table_of_commands_is_sound(void **state)
{
	size_t command_count;
	size_t flag_count;
	const struct remote_command *commands = remote_all(&command_count);
	const struct flag *flags = flags_all(&flag_count);
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		size_t known = 0;
		size_t named = commands[i].flags[0] != '\0';
		for (const char *at = commands[i].flags; *at != '\0'; at++)
			named += *at == ' ';
		for (size_t j = 0; j < flag_count; j++)
			known += flags_has(commands[i].flags, flags[j].key);
		assert_int_equal(known, named);
		for (const char *at = commands[i].path; (at = strchr(at, '{')) != NULL; at++) {
			const char *name = arena_dup(arena, at + 1, strcspn(at + 1, "}"));
			assert_non_null(strstr(commands[i].words, name));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_command_becomes_its_call),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_what_may_be_sent_twice),
		cmocka_unit_test(test_the_table_of_commands_is_sound),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
