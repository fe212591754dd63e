/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The commands themselves, called as main calls them, in a folder of their own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/key.h"
#include "cli/token.h"
#include "core/secret.h"
#include "store/writer.h"

#define ARGUMENTS_MAX 32
#define TEXT_BYTES    16384

static char folder[64];
static char printed[TEXT_BYTES];    /* on standard output by the last command */
static char complained[TEXT_BYTES]; /* on standard error */

static void read_back(const char *path, char text[static TEXT_BYTES])
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t length = fread(text, 1, TEXT_BYTES - 1, file);
	text[length] = '\0';
	assert_int_equal(fclose(file), 0);
}

static int redirect(int fd, const char *path)
{
	int kept = dup(fd);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(kept >= 0 && file >= 0);
	assert_int_equal(dup2(file, fd), fd);
	close(file);
	return kept;
}

/* Runs a command with its words, the last of which is NULL. */
static int run(command_fn *command, ...)
{
	char *arguments[ARGUMENTS_MAX + 1];
	int count = 0;
	va_list words;
	va_start(words, command);
	for (const char *word;
	        count < ARGUMENTS_MAX && (word = va_arg(words, const char *)) != NULL;)
		arguments[count++] = (char *)(uintptr_t)word;
	va_end(words);
	arguments[count] = NULL;

	fflush(stdout);
	fflush(stderr);
	int kept_out = redirect(STDOUT_FILENO, "out");
	int kept_err = redirect(STDERR_FILENO, "err");

	optind = 0;
	int status = command(count, arguments);
	fflush(stdout);
	fflush(stderr);
	dup2(kept_out, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept_out);
	close(kept_err);
	read_back("out", printed);
	read_back("err", complained);
	return status;
}

static int enter_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/coregate-test-XXXXXX");
	if (!secret_init() || mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	return run(key_command_generate, "generate", "--out", "key", NULL);
}

static int leave_folder(void **state)
{
	static const char *const files[] = { "out", "err", "key", "key.pub", "other", "other.pub",
		"token", "pipe", "store.db", "store.db-wal", "store.db-shm", "store.db.lock" };
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(files[i]);
	return chdir("/") != 0 || rmdir(folder) != 0;
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_printed(const char *part)
{
	if (strstr(printed, part) == NULL)
		fail_msg("%s is not in %s", part, printed);
}

static void test_a_key_is_made_once(void **state)
{
	char id[TEXT_BYTES];
	struct stat status;
	(void)state;
	assert_int_equal(run(key_command_pid, "pid", "key", NULL), COMMAND_OK);
	memcpy(id, printed, sizeof(id));
	assert_memory_equal(id, "k4.pid.", 7);
	assert_int_equal(run(key_command_pid, "pid", "key.pub", NULL), COMMAND_OK);
	assert_string_equal(printed, id);
	assert_int_equal(
	        run(key_command_generate, "generate", "--out", "key", NULL), COMMAND_FAILED);
	assert_int_equal(run(key_command_pid, "pid", "key", NULL), COMMAND_OK);
	assert_string_equal(printed, id);
	assert_int_equal(stat("key", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_presets_say_what_they_are_for(void **state)
{
	static const struct {
		const char *preset;
		const char *name;
		const char *grants;
	} cases[] = {
		{ "acme", NULL,
		        "\"g\":[{\"z\":[\"example.com\"],\"p\":[\"_acme-challenge\"],\"t\":["
		        "\"TXT\"],"
		        "\"a\":\"rcud\",\"ttl\":[1,300]}]}" },
		{ "acme", "www",
		        "\"g\":[{\"z\":[\"example.com\"],\"n\":[\"_acme-challenge.www\"],\"t\":["
		        "\"TXT\"],"
		        "\"a\":\"rcud\",\"ttl\":[1,300]}]}" },
		{ "acme", "@",
		        "\"g\":[{\"z\":[\"example.com\"],\"n\":[\"_acme-challenge\"],\"t\":["
		        "\"TXT\"],"
		        "\"a\":\"rcud\",\"ttl\":[1,300]}]}" },
		{ "dyndns", "home",
		        "\"g\":[{\"z\":[\"example.com\"],\"n\":[\"home\"],\"t\":[\"A\",\"AAAA\"],"
		        "\"a\":\"ru\"}]}" },
		{ "external-dns", NULL,
		        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"A\",\"AAAA\","
		        "\"CNAME\",\"TXT\"],"
		        "\"a\":\"rlcud\"}]}" },
		{ "external-dns", "dev",
		        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"dev\"],\"t\":[\"A\",\"AAAA\","
		        "\"CNAME\","
		        "\"TXT\"],\"a\":\"rlcud\"}]}" },
		{ "readonly", NULL,
		        "\"g\":[{\"z\":[\"example.com\"],\"s\":[\"@\"],\"t\":[\"*\",\"SOA\",\"NS\","
		        "\"DS\",\"DNSKEY\","
		        "\"CDS\",\"CDNSKEY\",\"DNAME\",\"CAA\"],\"a\":\"rl\",\"w\":1}]}" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		        run(token_command_issue, "issue", "--key", "key", "--sub", "s", "--out",
		                "token", "--zone", "example.com", "--preset", cases[i].preset,
		                cases[i].name == NULL ? NULL : "--name", cases[i].name, NULL),
		        COMMAND_OK);
		assert_int_equal(
		        run(token_command_verify, "verify", "--key", "key.pub", "token", NULL),
		        COMMAND_OK);
		assert_printed(cases[i].grants);
	}
}

static void test_an_administrator_may_do_everything(void **state)
{
	struct stat status;
	(void)state;
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "admin",
	                         "--preset", "admin", "--out", "token", NULL),
	        COMMAND_OK);
	assert_string_equal(printed, "");
	assert_int_equal(stat("token", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(
	        run(token_command_verify, "verify", "--key", "key.pub", "token", NULL), COMMAND_OK);
	assert_printed(
	        "\"z\":[\"*\"],\"s\":[\"@\"],\"t\":[\"*\",\"SOA\",\"NS\",\"DS\",\"DNSKEY\",\"CDS\","
	        "\"CDNSKEY\",\"DNAME\",\"CAA\"],\"a\":\"rlcud\",\"w\":1}");
	assert_printed("\"adm\":[\"zone.create\",\"zone.delete\",\"zone.export\",\"zone.import\","
	               "\"token.issue\",\"token.revoke\",\"audit.read\",\"metrics\"]");
}

static void test_all_options_reach_the_token(void **state)
{
	(void)state;
	assert_int_equal(
	        run(token_command_issue, "issue", "--key", "key", "--sub", "ci", "--out", "token",
	                "--grant",
	                "{\"z\":[\"example.com\"],\"n\":[\"www\"],\"t\":[\"a\"],\"a\":\"r\"}",
	                "--exp", "2w", "--nbf", "1h", "--ip", "10.0.0.0/8", "--ip", "2001:db8::/32",
	                "--rl", "bulk", "--adm", "metrics,audit.read", "--dg", "2", "--jti", "j-1",
	                "--iss", "me", NULL),
	        COMMAND_OK);
	/* before its time, in time, from its addresses and from elsewhere */
	assert_int_equal(run(token_command_verify, "verify", "--key", "key.pub", "token", NULL),
	        COMMAND_FAILED);
	assert_non_null(strstr(complained, "not-yet-valid"));
	assert_int_equal(run(token_command_verify, "verify", "--key", "key.pub", "--at", "2h",
	                         "--iss", "me", "token", NULL),
	        COMMAND_OK);
	assert_printed("\"ip\":[\"10.0.0.0/8\",\"2001:db8::/32\"],\"rl\":\"bulk\","
	               "\"adm\":[\"audit.read\",\"metrics\"],\"dg\":2}");
	assert_printed("\"jti\":\"j-1\"");
	assert_int_equal(run(token_command_verify, "verify", "--key", "key.pub", "--at", "2h",
	                         "--ip", "192.0.2.1", "token", NULL),
	        COMMAND_FAILED);
	assert_non_null(strstr(complained, "address-not-allowed"));
	assert_int_equal(run(token_command_verify, "verify", "--key", "key.pub", "--at", "15d",
	                         "token", NULL),
	        COMMAND_FAILED);
	assert_non_null(strstr(complained, "expired-token"));
	assert_int_equal(run(token_command_verify, "verify", "--key", "key.pub", "--at", "2h",
	                         "--aud", "other", "token", NULL),
	        COMMAND_FAILED);
	assert_non_null(strstr(complained, "bad-token"));
}

static void test_inspection_needs_no_key(void **state)
{
	(void)state;
	assert_int_equal(
	        run(token_command_issue, "issue", "--key", "key", "--sub", "ci", "--preset",
	                "readonly", "--zone", "example.com", "--out", "token", NULL),
	        COMMAND_OK);
	assert_int_equal(run(token_command_inspect, "inspect", "token", NULL), COMMAND_OK);
	assert_non_null(strstr(complained, "UNVERIFIED"));
	assert_printed("{\"payload\":{\"iss\":\"coregate\",\"sub\":\"ci\"");
	assert_printed("\"footer\":{\"kid\":\"k4.pid.");
	put_file("token", "v4.public.e30\n");
	assert_int_equal(run(token_command_inspect, "inspect", "token", NULL), COMMAND_FAILED);
	assert_string_equal(printed, "");
}

/* What is not JSON is shown with nothing that a terminal would obey. */
static void test_inspection_is_safe_to_look_at(void **state)
{
	(void)state;
	/* ESC [ 2 J and 64 octets of signature */
	put_file("token",
	        "v4.public."
	        "G1sySgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	        "AAAAAAAAAAAAA");
	assert_int_equal(run(token_command_inspect, "inspect", "token", NULL), COMMAND_OK);
	assert_null(strchr(printed, 0x1b));
	assert_printed("u001");
}

static void test_grants_from_a_file(void **state)
{
	(void)state;
	put_file("pipe", " [ {\"z\":[\"a.de\"],\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"},"
	                 "{\"z\":[\"b.de\"],\"n\":[\"]\"],\"t\":[\"A\"],\"a\":\"r\"} ] \n");
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "ci",
	                         "--grants-file", "pipe", "--grant",
	                         "{\"z\":[\"c.de\"],\"n\":[\"www\"],\"t\":[\"A\"],\"a\":\"r\"}",
	                         "--out", "token", NULL),
	        COMMAND_OK);
	assert_int_equal(
	        run(token_command_verify, "verify", "--key", "key.pub", "token", NULL), COMMAND_OK);
	assert_printed("\"g\":[{\"z\":[\"c.de\"]");
	assert_printed("{\"z\":[\"b.de\"],\"n\":[\"]\"]");
	put_file("pipe", "{}");
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "ci",
	                         "--grants-file", "pipe", NULL),
	        COMMAND_FAILED);
}

static void test_no_bad_token_is_made(void **state)
{
	static const char *const grants[] = { "", "{}", "[]", "{\"z\":[\"*\"]},{}",
		"{\"z\":[\"*\"]}", "{\"z\":[\"*\"],\"n\":[\"a\"],\"t\":[\"A\"],\"a\":\"x\"}",
		"{\"z\":[\"*\"],\"n\":[\"a\"],\"t\":[\"A\"],\"a\":\"r\"}],\"adm\":[\"metrics\"" };
	(void)state;
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "ci",
		                         "--grant", grants[i], NULL),
		        COMMAND_FAILED);
		assert_string_equal(printed, "");
	}
#define READONLY "--preset", "readonly", "--zone", "example.com"
	assert_int_equal(
	        run(token_command_issue, "issue", "--key", "key", "--sub", "", READONLY, NULL),
	        COMMAND_FAILED);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", READONLY,
	                         "--dg", "4", NULL),
	        COMMAND_FAILED);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", READONLY,
	                         "--adm", "root", NULL),
	        COMMAND_FAILED);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", READONLY,
	                         "--ip", "10.0.0.1/8", NULL),
	        COMMAND_FAILED);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", READONLY,
	                         "--exp", "0s", NULL),
	        COMMAND_FAILED);
	assert_int_equal(
	        run(token_command_issue, "issue", "--key", "missing", "--sub", "s", READONLY, NULL),
	        COMMAND_FAILED);
	assert_int_equal(
	        run(token_command_issue, "issue", "--key", "key.pub", "--sub", "s", READONLY, NULL),
	        COMMAND_FAILED);
#undef READONLY
}

static void test_misuse_is_told_apart(void **state)
{
	(void)state;
	assert_int_equal(run(token_command_issue, "issue", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_issue, "issue", "--bogus", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", NULL),
	        COMMAND_USAGE);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", "--preset",
	                         "root", NULL),
	        COMMAND_USAGE);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", "--preset",
	                         "dyndns", "--zone", "example.com", NULL),
	        COMMAND_USAGE);
	assert_int_equal(run(token_command_issue, "issue", "--key", "key", "--sub", "s", "--preset",
	                         "admin", "--exp", "never", NULL),
	        COMMAND_USAGE);
	assert_int_equal(run(token_command_verify, "verify", "token", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_revoke, "revoke", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_revoke, "revoke", "a", "b", NULL), COMMAND_USAGE);
	assert_int_equal(
	        run(token_command_revoke, "revoke", "a", "--sub", "b", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_revoke, "revoke", "--kid", "b", NULL), COMMAND_USAGE);
	assert_int_equal(
	        run(token_command_revoke, "revoke", "a", "--before", "now", NULL), COMMAND_USAGE);
	assert_int_equal(run(token_command_revoke, "revoke", "v4.public.abc", NULL), COMMAND_USAGE);
	assert_int_equal(run(key_command_generate, "generate", NULL), COMMAND_USAGE);
	assert_int_equal(run(key_command_pid, "pid", NULL), COMMAND_USAGE);
}

static void test_help_is_there(void **state)
{
	static command_fn *const commands[] = { key_command_generate, key_command_pid,
		token_command_issue, token_command_inspect, token_command_verify,
		token_command_revoke, token_command_list_revoked };
	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		assert_int_equal(run(commands[i], "x", "--help", NULL), COMMAND_OK);
		assert_memory_equal(printed, "usage: coregate ", 16);
	}
}

static void make_store(void)
{
	const struct store_settings settings = { .path = "store.db" };
	struct writer *writer = NULL;
	assert_int_equal(writer_open(&settings, &writer), ERR_OK);
	writer_close(writer);
}

/* Without a running coregated. */
static void test_revocations_are_stored_and_audited(void **state)
{
	(void)state;
	assert_int_equal(run(token_command_revoke, "revoke", "j-1", "--store", "store.db", NULL),
	        COMMAND_FAILED);
	make_store();
	assert_int_equal(run(token_command_revoke, "revoke", "j-1", "--exp", "2027-01-01T00:00:00Z",
	                         "--store", "store.db", NULL),
	        COMMAND_OK);
	assert_printed("revoked token j-1 (change 1)");
	assert_int_equal(
	        run(token_command_revoke, "revoke", "--sub", "ci", "--before",
	                "2026-01-01T00:00:00Z", "--store", "store.db", "--socket", "missing", NULL),
	        COMMAND_OK);
	assert_int_equal(run(key_command_pid, "pid", "key", NULL), COMMAND_OK);
	char id[64];
	snprintf(id, sizeof(id), "%.51s", printed);
	assert_int_equal(
	        run(token_command_revoke, "revoke", "--kid", id, "--store", "store.db", NULL),
	        COMMAND_OK);

	assert_int_equal(
	        run(token_command_list_revoked, "list-revoked", "--store", "store.db", NULL),
	        COMMAND_OK);
	assert_printed("{\"kind\":\"token\",\"value\":\"j-1\",\"expires\":\"2027-01-01T00:00:00Z\","
	               "\"at\":");
	assert_printed("{\"kind\":\"subject\",\"value\":\"ci\",\"before\":\"2026-01-01T00:00:00Z\","
	               "\"at\":");
	assert_printed("{\"kind\":\"key\",\"value\":\"k4.pid.");
	assert_int_equal(
	        run(audit_command_verify, "verify", "--store", "store.db", NULL), COMMAND_OK);
	assert_memory_equal(printed, "3 rows", 6);
	assert_int_equal(
	        run(audit_command_export, "export", "--store", "store.db", NULL), COMMAND_OK);
	assert_printed("\"coregate token revoke\"");
	assert_printed("cli:");
}

static void test_a_held_store_is_left_alone(void **state)
{
	const struct store_settings settings = { .path = "store.db" };
	struct writer *writer = NULL;
	(void)state;
	assert_int_equal(writer_open(&settings, &writer), ERR_OK);
	assert_int_equal(run(token_command_revoke, "revoke", "j-1", "--store", "store.db", NULL),
	        COMMAND_FAILED);
	assert_non_null(strstr(complained, "holds the store"));
	writer_close(writer);
	assert_int_equal(run(token_command_revoke, "revoke", "j-1", "--socket", "missing", NULL),
	        COMMAND_FAILED);
}

int main(void)
{
#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_a_key_is_made_once),
		FOLDER_TEST(test_presets_say_what_they_are_for),
		FOLDER_TEST(test_an_administrator_may_do_everything),
		FOLDER_TEST(test_all_options_reach_the_token),
		FOLDER_TEST(test_inspection_needs_no_key),
		FOLDER_TEST(test_inspection_is_safe_to_look_at),
		FOLDER_TEST(test_grants_from_a_file),
		FOLDER_TEST(test_no_bad_token_is_made),
		FOLDER_TEST(test_misuse_is_told_apart),
		FOLDER_TEST(test_help_is_there),
		FOLDER_TEST(test_revocations_are_stored_and_audited),
		FOLDER_TEST(test_a_held_store_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
