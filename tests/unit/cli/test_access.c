/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/access.h"
#include "cli/command.h"
#include "cli/http_call.h"
#include "conf/client.h"

#define ARENA_BYTES ((size_t)16 << 20)

static char folder[64];
static struct arena *arena;
static struct access access_found;

static int enter_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	arena = arena_open(ARENA_BYTES);
	return arena == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
	(void)state;
	(void)unlink("coregate.conf");
	(void)unlink("token");
	arena_close(arena);
	return chdir("/") != 0 || rmdir(folder) != 0;
}

static int begin(void **state)
{
	static const char *const names[] = { "COREGATE_API", "COREGATE_TOKEN",
		"COREGATE_TOKEN_FILE", "COREGATE_CACERT", "HOME" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	(void)unlink("coregate.conf");
	return setenv("XDG_CONFIG_HOME", folder, 1);
}

static void put_file(const char *path, mode_t mode, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* With two options, NULL where not given. */
static int find(const char *api, const char *token_file)
{
	static struct given given;
	size_t count;
	const struct flag *flags = flags_all(&count);
	given = (struct given){ .arena = arena };
	for (size_t i = 0; i < count; i++) {
		const char *value = strcmp(flags[i].key, "api") == 0          ? api
		                    : strcmp(flags[i].key, "token-file") == 0 ? token_file
		                                                              : NULL;
		given.counts[i] = value != NULL;
		given.values[i][0] = value;
	}
	access_found = (struct access){ 0 };
	return access_find(&given, &access_found);
}

static void test_options_environment_file_in_this_order(void **state)
{
	(void)state;
	put_file("token", 0600, " v4.public.file\n");
	assert_int_equal(find("https://a.example", NULL), COMMAND_USAGE); /* no token */
	assert_int_equal(find(NULL, "token"), COMMAND_USAGE);             /* no address */
	put_file("coregate.conf", 0600,
	        "# mine\napi = \"https://conf.example\"\ntoken = 'v4.public.conf'\n"
	        "cacert = /etc/conf.pem\n");
	assert_int_equal(find(NULL, NULL), COMMAND_OK);
	assert_string_equal(access_found.base, "https://conf.example/api/v1/dns");
	assert_string_equal(access_found.authorization, "Authorization: Bearer v4.public.conf");
	assert_string_equal(access_found.cacert, "/etc/conf.pem");
	setenv("COREGATE_API", "https://env.example/dns/", 1);
	setenv("COREGATE_TOKEN", "v4.public.env", 1);
	setenv("COREGATE_CACERT", "/etc/env.pem", 1);
	assert_int_equal(find(NULL, NULL), COMMAND_OK);
	assert_string_equal(access_found.base, "https://env.example/dns");
	assert_string_equal(access_found.authorization, "Authorization: Bearer v4.public.env");
	assert_string_equal(access_found.cacert, "/etc/env.pem");
	assert_int_equal(find("http://127.0.0.1:8053/api/v1/dns", "token"), COMMAND_OK);
	assert_string_equal(access_found.base, "http://127.0.0.1:8053/api/v1/dns");
	assert_string_equal(access_found.authorization, "Authorization: Bearer v4.public.file");
	setenv("COREGATE_TOKEN_FILE", "token", 1);
	assert_int_equal(find(NULL, NULL), COMMAND_OK);
	assert_string_equal(access_found.authorization, "Authorization: Bearer v4.public.file");
}

static void test_home_is_where_the_file_is(void **state)
{
	char path[128];
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/.config", folder);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", folder, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	put_file(".config/coregate.conf", 0600, "api = \"https://home.example\"\ntoken = x\n");
	assert_int_equal(find(NULL, NULL), COMMAND_OK);
	assert_string_equal(access_found.base, "https://home.example/api/v1/dns");
	assert_int_equal(unlink(".config/coregate.conf"), 0);
	assert_int_equal(rmdir(path), 0);
}

static void test_a_secret_that_others_can_read_is_refused(void **state)
{
	(void)state;
	put_file("token", 0644, "v4.public.file");
	assert_int_equal(find("https://a.example", "token"), COMMAND_FAILED);
	put_file("token", 0640, "v4.public.file");
	assert_int_equal(find("https://a.example", "token"), COMMAND_OK);
	put_file("coregate.conf", 0640, "api = \"https://conf.example\"\ntoken = x\n");
	assert_int_equal(find(NULL, NULL), COMMAND_FAILED);
	put_file("coregate.conf", 0644, "api = \"https://conf.example\"\n");
	assert_int_equal(find(NULL, "token"), COMMAND_OK);
}

static void test_bad_tokens_and_addresses(void **state)
{
	static const char *const addresses[] = { "", "dns.example.com", "ftp://a.example",
		"file:///etc/passwd", "https://user@a.example", "https://u:p@a.example",
		"https://a.example/?x", "https://a.example/#x", "https://" };
	static const char *const tokens[] = { "", "a b", "a\nX-Other: b", "a\x01" };
	(void)state;
	put_file("token", 0600, "v4.public.file");
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_int_equal(find(addresses[i], "token"), COMMAND_USAGE);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		put_file("token", 0600, tokens[i]);
		assert_int_equal(find("https://a.example", "token"), COMMAND_FAILED);
	}
	assert_int_equal(find("https://a.example", "missing"), COMMAND_FAILED);
}

static void test_open_http_is_noticed(void **state)
{
	static const struct {
		const char *address;
		bool is_open;
	} cases[] = { { "http://127.0.0.1:8053", false }, { "http://localhost", false },
		{ "http://[::1]:80", false }, { "https://dns.example.com", false },
		{ "http://dns.example.com", true }, { "http://10.0.0.1", true } };
	const char *why;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_open = !cases[i].is_open;
		assert_non_null(http_call_base(arena, cases[i].address, &is_open, &why));
		assert_int_equal(is_open, cases[i].is_open);
	}
}

static void test_faults_in_the_file_are_named(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "api = \"a\"\nport = 3\n", "coregate.conf:2: no such option 'port'" },
		{ "token_file = token\n", "coregate.conf: token_file: a path begins with /" },
		{ "api = \"open\n", "coregate.conf: line 1: " },
	};
	char message[CLIENT_MESSAGE_BYTES];
	struct client_conf conf;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_file("coregate.conf", 0600, cases[i].text);
		assert_false(client_conf_load(arena, "coregate.conf", &conf, message));
		if (strncmp(message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s", message);
	}
	assert_false(client_conf_load(arena, "none.conf", &conf, message));
	assert_string_equal(message, "none.conf: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_options_environment_file_in_this_order, begin),
		cmocka_unit_test_setup(test_home_is_where_the_file_is, begin),
		cmocka_unit_test_setup(test_a_secret_that_others_can_read_is_refused, begin),
		cmocka_unit_test_setup(test_bad_tokens_and_addresses, begin),
		cmocka_unit_test_setup(test_open_http_is_noticed, begin),
		cmocka_unit_test_setup(test_faults_in_the_file_are_named, begin),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
