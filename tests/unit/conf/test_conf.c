/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"

static struct conf *load(const char *text)
{
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;

	if (!conf_parse("c", text, strlen(text), &conf, message))
		fail_msg("%s", message);
	return conf;
}

static void expect_message(const char *text, const char *expected)
{
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;

	if (conf_parse("c", text, strlen(text), &conf, message))
		fail_msg("accepted: %s", text);
	assert_null(conf);
	assert_string_equal(message, expected);
}

static void nothing_means_the_defaults(void **state)
{
	struct conf *conf = load("");

	(void)state;
	assert_string_equal(conf->file, "c");
	assert_string_equal(conf->store, COREGATE_STATEDIR "/store/coregate.db");
	assert_int_equal(conf->ttl, 300);
	assert_int_equal(conf->ttl_max, 2147483647);
	assert_int_equal(conf->ttl_line, 0);
	assert_int_equal(conf->fastcgi_socket_mode, 0660);
	assert_string_equal(conf->fastcgi_socket_group, "");
	assert_true(conf->auto_register);
	assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
	assert_int_equal(conf->log_format, LOG_FORMAT_JSON);
	assert_int_equal(conf->coredns_count, 0);
	assert_int_equal(conf->key_count, 0);
	assert_int_equal(conf->rate_class_count, 2);
	conf_close(conf);
}

static void options_are_set_with_their_lines(void **state)
{
	struct conf *conf =
	        load("# a comment\n\nttl = 60 // another\n/* a\nthird */ responders = 4\n"
	             "fastcgi_socket_mode = 0666\nauto_register = false\n"
	             "log_level = \"debug\"\nlog_format = 'logfmt'\nzone_dir = \"/srv/zones/\"\n"
	             "publish_temp_dir = /srv/temp\n");

	(void)state;
	assert_int_equal(conf->ttl, 60);
	assert_int_equal(conf->ttl_line, 3);
	assert_int_equal(conf->responders, 4);
	assert_int_equal(conf->responders_line, 5);
	assert_int_equal(conf->fastcgi_socket_mode, 0666);
	assert_false(conf->auto_register);
	assert_int_equal(conf->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(conf->log_format, LOG_FORMAT_LOGFMT);
	assert_string_equal(conf->zone_dir, "/srv/zones");
	assert_int_equal(conf->publish_temp_dir_line, 11);
	conf_close(conf);
}

static void coredns_blocks_are_read(void **state)
{
	struct conf *conf =
	        load("coredns \"a\" {\n dns_address = \"127.0.0.1:1053\"\n"
	             " coredns_url = {\"http://h:9153/metrics\", 'https://[::1]:8080/health'}\n}\n"
	             "coredns b {\n dns_address = \"[::1]\"\n}\n");
	const struct conf_coredns *a = &conf->coredns[0];

	(void)state;
	assert_int_equal(conf->coredns_count, 2);
	assert_string_equal(a->name, "a");
	assert_int_equal(a->line, 2);
	assert_string_equal(a->dns_address, "127.0.0.1:1053");
	assert_int_equal(a->coredns_url.count, 2);
	assert_string_equal(a->url_metrics, "http://h:9153/metrics");
	assert_string_equal(a->url_health, "https://[::1]:8080/health");
	assert_null(a->url_ready);
	assert_string_equal(conf->coredns[1].name, "b");
	assert_int_equal(conf->coredns[1].coredns_url.count, 0);
	conf_close(conf);
}

static void rate_classes_extend_the_built_in_ones(void **state)
{
	struct conf *conf = load("rate_default_class = slow\n"
	                         "rate_class \"bulk\" { requests = 7 }\n"
	                         "rate_class \"slow\" { records_window_s = 3600 }\n");
	const struct conf_rate_class *bulk = conf_find_rate_class(conf, "bulk");
	const struct conf_rate_class *slow = conf_find_rate_class(conf, "slow");
	const struct conf_rate_class *standard = conf_find_rate_class(conf, "default");

	(void)state;
	assert_int_equal(conf->rate_class_count, 3);
	assert_int_equal(standard->requests, 600);
	assert_int_equal(standard->records, 3000);
	assert_int_equal(standard->line, 0);
	assert_int_equal(bulk->requests, 7);
	assert_int_equal(bulk->records, 10000000);
	assert_int_equal(slow->requests, 600);
	assert_int_equal(slow->records_window_s, 3600);
	assert_int_equal(slow->line, 3);
	assert_null(conf_find_rate_class(conf, "none"));
	conf_close(conf);
}

static void make_file(char *path)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

static void keys_are_read_with_their_ceilings(void **state)
{
	char path[] = "/tmp/coregate-test-XXXXXX";
	char text[1024];
	struct conf *conf;

	(void)state;
	make_file(path);
	(void)snprintf(text, sizeof(text),
	        "key \"a\" {\n adm = {}\n file = \"%s\"\n not_after = \"2027-01-01T00:00:00Z\"\n"
	        " zones = {\"example.com\", 'example.net'}\n max_lifetime_s = 86400\n}\n"
	        "key \"b\" { file = %s }\n",
	        path, path);
	conf = load(text);
	assert_int_equal(conf->key_count, 2);
	assert_string_equal(conf->keys[0].file, path);
	assert_int_equal(conf->keys[0].file_line, 3);
	assert_true(conf->keys[0].not_after == INT64_C(1798761600000));
	assert_int_equal(conf->keys[0].zones.count, 2);
	assert_string_equal(conf->keys[0].zones.items[1], "example.net");
	assert_int_equal(conf->keys[0].adm.count, 0);
	assert_int_equal(conf->keys[0].max_lifetime_s, 86400);
	assert_string_equal(conf->keys[1].adm.items[0], "*");
	assert_true(conf->keys[1].not_after == 0);
	conf_close(conf);
	(void)unlink(path);
}

static void messages_name_file_line_and_fault(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "\n# x\nnope = 1\n", "c:3: no such option 'nope'" },
		{ "key k {\n nope = 1\n}", "c:2: no such option 'nope'" },
		{ "ttl 3\n", "c:1: missing equal sign after option 'ttl'" },
		{ "ttl = 1\nttl = 2\n", "c:2: ttl is given twice, first in line 1" },
		{ "key k {\n zones = {a}\n zones = {b}\n}",
		        "c:3: zones is given twice, first in line 2" },
		{ "ttl = \"x\n", "c:1: a string is not closed on its line" },
		{ "\nttl = 2147483648\n",
		        "c:2: ttl: \"2147483648\" is not a number between 0 and 2147483647" },
		{ "ttl = 010", "c:1: ttl: \"010\" is not a number between 0 and 2147483647" },
		{ "ttl = -1", "c:1: ttl: \"-1\" is not a number between 0 and 2147483647" },
		{ "ttl = 0x10", "c:1: ttl: \"0x10\" is not a number between 0 and 2147483647" },
		{ "ttl = \"\"", "c:1: ttl: \"\" is not a number between 0 and 2147483647" },
		{ "responders = 251",
		        "c:1: responders: \"251\" is not a number between 0 and 250" },
		{ "responders = 99999999999999999999", "c:1: responders: \"99999999999999999999\" "
		                                       "is not a number between 0 and 250" },
		{ "auto_register = yes", "c:1: auto_register: \"yes\" is neither true nor false" },
		{ "fastcgi_socket_mode = 660", "c:1: fastcgi_socket_mode: \"660\" is not a mode of "
		                               "four octal digits such as 0660" },
		{ "fastcgi_socket_mode = 0680", "c:1: fastcgi_socket_mode: \"0680\" is not a mode "
		                                "of four octal digits such as 0660" },
		{ "log_level = all",
		        "c:1: log_level: \"all\" is not error, warning, info or debug" },
		{ "log_format = xml", "c:1: log_format: \"xml\" is not json or logfmt" },
		{ "run_dir = run", "c:1: run_dir: \"run\" is not an absolute path" },
		{ "run_dir = \"/a/../b\"", "c:1: run_dir: \"/a/../b\" must not hold .." },
		{ "user = \"caf\xc3\xa9\"",
		        "c:1: user: \"\" holds characters other than printable ASCII" },
		{ "token_audience = \"\"", "c:1: token_audience: it must not be empty" },
		{ "cors_origins = {\"https://a.example\", \"https://b.example/\"}",
		        "c:1: cors_origins: \"https://b.example/\" is not an origin such as "
		        "https://dns.example.com, in lower case and without a path" },
		{ "cors_origins = {\"*\"}",
		        "c:1: cors_origins: \"*\" is not an origin such as "
		        "https://dns.example.com, in lower case and without a path" },
		{ "issuing_key = key", "c:1: issuing_key: \"key\" is not an absolute path" },
		{ "ttl_max = 299", "c:1: ttl: 300 is not between ttl_min 0 and ttl_max 299" },
		{ "\nttl = 5\nttl_min = 6",
		        "c:2: ttl: 5 is not between ttl_min 6 and ttl_max 2147483647" },
		{ "rate_default_class = x",
		        "c:1: rate_default_class: there is no rate_class \"x\"" },
		{ "body_max_bytes = 16777216", "c:1: request_memory_bytes: 16777216 is less than "
		                               "four times body_max_bytes" },
		{ "zone_dir = /srv/z\npublish_temp_dir = /srv/z/t",
		        "c:2: publish_temp_dir: /srv/z/t is inside zone_dir" },
		{ "zone_dir = /srv/z\npublish_temp_dir = /srv/z",
		        "c:2: publish_temp_dir: /srv/z is inside zone_dir" },
		{ "zone_dir = /srv/z\nstore = /srv/z/x.db\npublish_temp_dir = /srv/t",
		        "c:2: store: /srv/z/x.db is inside zone_dir" },
		{ "publish_temp_dir = /proc/x",
		        "c:1: publish_temp_dir: /proc/x is not on the file system of zone_dir" },
		{ "coredns a {\n}\n", "c:2: coredns \"a\" has no dns_address" },
		{ "coredns a { dns_address = localhost:53 }",
		        "c:1: dns_address: \"localhost:53\" is not an address such as 127.0.0.1:53 "
		        "or "
		        "[::1]:53" },
		{ "coredns a { dns_address = 127.0.0.1:65536 }",
		        "c:1: dns_address: \"127.0.0.1:65536\" is not an address such as "
		        "127.0.0.1:53 or "
		        "[::1]:53" },
		{ "coredns a { dns_address = ::1 }", "c:1: dns_address: \"::1\" is not an address "
		                                     "such as 127.0.0.1:53 or [::1]:53" },
		{ "coredns a { dns_address = 127.0.0.1\n coredns_url = {\"ftp://h/health\"} }",
		        "c:2: coredns_url: \"ftp://h/health\" is not an address such as "
		        "http://127.0.0.1:8080/health" },
		{ "coredns a { dns_address = 127.0.0.1\n coredns_url = {\"http://u:p@h/health\"} }",
		        "c:2: coredns_url: \"http://u:p@h/health\" is not an address such as "
		        "http://127.0.0.1:8080/health" },
		{ "coredns a { dns_address = 127.0.0.1\n coredns_url = {\"http://h/x\"} }",
		        "c:2: coredns_url: one address each may end in /health, /ready and "
		        "/metrics" },
		{ "coredns a { dns_address = 127.0.0.1\n"
		  " coredns_url = {\"http://h/ready\", \"http://i/ready\"} }",
		        "c:2: coredns_url: one address each may end in /health, /ready and "
		        "/metrics" },
		{ "coredns a { dns_address = 127.0.0.1 }\ncoredns a { dns_address = 127.0.0.2 }",
		        "c:2: found duplicate title 'a'" },
		{ "coredns \"a b\" { dns_address = 127.0.0.1 }",
		        "c:1: the name of a block holds letters, digits, '.', '_' and '-', at most "
		        "64 of "
		        "them" },
		{ "key k {\n}", "c:2: key \"k\" has no file" },
		{ "key k {\n file = /nonexistent/k.pub }",
		        "c:2: key \"k\": /nonexistent/k.pub cannot be read: No such file or "
		        "directory" },
		{ "key k { file = /tmp }", "c:1: key \"k\": /tmp is not a file" },
		{ "key k { file = /dev/null }", "c:1: key \"k\": /dev/null is not a file" },
		{ "key k { file = /etc/passwd\n not_after = \"2027-01-01\" }",
		        "c:2: not_after: \"2027-01-01\" is not a time such as "
		        "2027-01-01T00:00:00Z" },
		{ "key k { file = /etc/passwd\n zones = {} }", "c:2: key \"k\": zones is empty" },
		{ "key k { file = /etc/passwd\n zones = {\"\"} }",
		        "c:2: zones: \"\" must not be an element of a list" },
		{ "include(\"/etc/passwd\")", "c:1: a character that has no meaning here" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_message(bad[i].text, bad[i].message);
}

static void a_bad_file_leaves_no_trace_in_the_next(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		expect_message("key k {\n ttl = ", "c:1: a { is not closed");
		expect_message("ttl = {", "c:1: a { is not closed");
		expect_message("ttl = ", "c:1: premature end of file");
		expect_message("ttl = 1\nttl = 1\n", "c:2: ttl is given twice, first in line 1");
		conf_close(load("ttl = 30\n"));
	}
}

static void a_link_into_the_zone_folder_is_seen(void **state)
{
	char folder[] = "/tmp/coregate-test-XXXXXX";
	char text[256];
	char link[64];
	char zones[64];
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(zones, sizeof(zones), "%s/zones", folder);
	(void)snprintf(link, sizeof(link), "%s/temp", folder);
	assert_int_equal(mkdir(zones, 0700), 0);
	assert_int_equal(symlink(zones, link), 0);
	(void)snprintf(text, sizeof(text), "zone_dir = %s\npublish_temp_dir = %s\n", zones, link);
	assert_false(conf_parse("c", text, strlen(text), &conf, message));
	assert_non_null(strstr(message, "is inside zone_dir"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(zones), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void files_that_cannot_be_read_are_named(void **state)
{
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;

	(void)state;
	assert_false(conf_load("/nonexistent/c", &conf, message));
	assert_string_equal(message, "/nonexistent/c: No such file or directory");
	assert_false(conf_load("/tmp", &conf, message));
	assert_string_equal(message, "/tmp: Is a directory");
	assert_null(conf);
}

static void what_is_described_loads_again_and_is_the_same(void **state)
{
	struct conf *conf =
	        load("ttl = 77\ncoredns a { dns_address = 10.0.0.1\n"
	             "coredns_url = {\"http://h/ready\"} }\nrate_class x { requests = 5 }\n");
	char *first = NULL;
	char *second = NULL;
	size_t length;
	FILE *file = open_memstream(&first, &length);
	struct conf *again;

	(void)state;
	conf_describe(conf, file);
	(void)fclose(file);
	again = load(first);
	assert_int_equal(again->ttl, 77);
	assert_string_equal(again->coredns[0].url_ready, "http://h/ready");
	assert_int_equal(conf_find_rate_class(again, "x")->requests, 5);
	assert_non_null(strstr(first, "ttl = 77 # line 1\n"));
	assert_non_null(strstr(first, "ttl_min = 0 # default\n"));
	file = open_memstream(&second, &length);
	conf_describe(again, file);
	(void)fclose(file);
	assert_non_null(strstr(second, "\tdns_address = \"10.0.0.1\" # line "));
	free(first);
	free(second);
	conf_close(again);
	conf_close(conf);
}

static void the_table_is_well_formed(void **state)
{
	size_t count;
	const struct conf_option *options = conf_options(&count);

	(void)state;
	assert_true(count > 30);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(options[i].sentence);

		assert_true(length > 10);
		assert_true(options[i].sentence[length - 1] != '.');
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(options[i].name, options[j].name) == 0 &&
			             strcmp(options[i].section, options[j].section) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_means_the_defaults),
		cmocka_unit_test(options_are_set_with_their_lines),
		cmocka_unit_test(coredns_blocks_are_read),
		cmocka_unit_test(rate_classes_extend_the_built_in_ones),
		cmocka_unit_test(keys_are_read_with_their_ceilings),
		cmocka_unit_test(messages_name_file_line_and_fault),
		cmocka_unit_test(a_bad_file_leaves_no_trace_in_the_next),
		cmocka_unit_test(a_link_into_the_zone_folder_is_seen),
		cmocka_unit_test(files_that_cannot_be_read_are_named),
		cmocka_unit_test(what_is_described_loads_again_and_is_the_same),
		cmocka_unit_test(the_table_is_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
