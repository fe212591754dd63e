/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "core/arena.h"
#include "dns/type.h"
#include "publish/folder.h"
#include "publish/names.h"
#include "publish/zone_file.h"

#define ARENA_BYTES (8u << 20)

static struct arena *arena;
static char memory[ZONE_FILE_MEMORY_BYTES];

static int open_all(void **state)
{
	(void)state;
	arena = arena_open(ARENA_BYTES);
	return arena != NULL ? folder_open() : -1;
}

static int close_all(void **state)
{
	(void)state;
	arena_close(arena);
	return folder_close();
}

/* A record as a client would write it. */
struct sample {
	const char *owner;
	uint32_t ttl_s;
	const char *type;
	const char *value;
};

static const struct sample soa = { "example.com", 9999, "SOA",
	"ns1.example.com hostmaster.example.com 2026112301 3600 600 1209600 77" };

static const struct sample samples[] = {
	{ "example.com", 300, "NS", "ns1.example.com" },
	{ "example.com", 300, "MX", "10 mail.example.com" },
	{ "example.com", 300, "TXT", "v=spf1 -all" },
	{ "example.com", 300, "CAA", "0 issue \"ca.example.net\"" },
	{ "ns1.example.com", 0, "A", "192.0.2.1" },
	{ "mail.example.com", 2147483647, "AAAA", "2001:db8::1" },
	{ "*.wild.example.com", 60, "A", "192.0.2.2" },
	{ "alias.example.com", 60, "CNAME", "www.elsewhere.example" },
	{ "dot\\.ted.example.com", 60, "A", "192.0.2.3" },
	{ "a\\;b\\(c\\)d\\@e\\\"f\\\\g.example.com", 60, "A", "192.0.2.4" },
	{ "_sip._tcp.example.com", 60, "SRV", "1 2 5060 mail.example.com" },
	{ "quote.example.com", 60, "TXT", "say \"hi\"; $INCLUDE /etc/passwd \\ ( ) @" },
	{ "bytes.example.com", 60, "TXT", "\"\\000\\001\\010\\013\\127\\128\\255\" \"\" \"x y\"" },
	{ "https.example.com", 60, "HTTPS", "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.9" },
	{ "svcb.example.com", 60, "SVCB", "0 www.example.com" },
	{ "tlsa.example.com", 60, "TLSA",
	        "3 1 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
	{ "sshfp.example.com", 60, "SSHFP", "1 1 000102030405060708090a0b0c0d0e0f10111213" },
	{ "naptr.example.com", 60, "NAPTR", "1 2 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" ." },
	{ "odd.example.com", 60, "TYPE65280", "\\# 4 deadbeef" },
	{ "cut.example.com", 60, "NS", "ns.cut.example.com" },
	{ "ns.cut.example.com", 60, "A", "192.0.2.5" },
	{ "cut.example.com", 60, "DS",
	        "12345 13 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void build_rrset(const struct sample *sample, struct rrset *ret_rrset)
{
	const char *detail = "";
	struct rdata *value = arena_alloc(arena, sizeof(*value));
	*ret_rrset = (struct rrset){
		.owner = name_of(sample->owner), .ttl_s = sample->ttl_s, .count = 1, .values = value
	};
	assert_int_equal(type_parse(sample->type, strlen(sample->type), &ret_rrset->type), ERR_OK);
	if (rdata_parse(arena, ret_rrset->type, sample->value, value, &detail) != ERR_OK)
		fail_msg("%s %s: %s", sample->type, sample->value, detail);
}

static void put_sample(struct zone_file *file, const struct sample *sample)
{
	struct rrset rrset;
	build_rrset(sample, &rrset);
	assert_int_equal(zone_file_put(file, &rrset), ERR_OK);
}

static int start(struct zone_file *file, const char *name)
{
	static int fd;
	fd = open(folder_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	zone_file_init(file, memory, (struct zone_file_sink){ zone_file_put_fd, &fd });
	return fd;
}

static void write_samples(const char *name)
{
	struct zone_file file;
	int fd = start(&file, name);
	put_sample(&file, &soa);
	for (size_t i = 0; i < SAMPLES; i++)
		put_sample(&file, &samples[i]);
	assert_int_equal(zone_file_finish(&file), ERR_OK);
	assert_int_equal(file.record_count, SAMPLES + 1);
	close(fd);
}

static void test_one_spelling(void **state)
{
	(void)state;
	write_samples("zone");
	const char *text = folder_read("zone");
	static const char first[] =
	        "example.com. 77 IN SOA ns1.example.com. hostmaster.example.com. "
	        "2026112301 3600 600 1209600 77\n"
	        "example.com. 300 IN NS ns1.example.com.\n";
	assert_int_equal(strncmp(text, first, strlen(first)), 0);
	unsigned lines = 0;
	for (const char *at = text; *at != '\0'; at++) {
		lines += *at == '\n';
		assert_true(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
		assert_false(*at == '\n' && (at[1] == '$' || at[1] == ' ' || at[1] == ';'));
	}
	assert_int_equal(lines, SAMPLES + 1);
}

/* ---- what others read in it ---- */

static int run(const char *const *arguments)
{
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		int fd = open(folder_path("output"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	assert_true(child > 0);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_checker(const char *const *arguments)
{
	int code = run(arguments);
	if (code == 127)
		print_message("SKIPPED: %s is not installed\n", arguments[0]);
	else if (code != 0)
		print_error("%s says:\n%s", arguments[0], folder_read("output"));
	return code;
}

static void test_checkers_accept_it(void **state)
{
	(void)state;
	write_samples("zone");
	const char *path = folder_path("zone");
	const char *const commands[][6] = {
		{ "named-checkzone", "-i", "local", "example.com", path, NULL },
		{ "kzonecheck", "-o", "example.com", path, NULL },
		{ "nsd-checkzone", "example.com", path, NULL },
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int code = run_checker(commands[i]);
		assert_true(code == 0 || code == 127);
	}
}

/* "owner ttl class type rdata" as named-compilezone writes it, with any white space between. */
static bool parse_line(char *line, struct rrset *ret_rrset)
{
	char *fields[4];
	char *rest = line;
	const char *detail = "";
	struct rdata *value = arena_alloc(arena, sizeof(*value));
	for (size_t i = 0; i < 4; i++) {
		fields[i] = rest;
		rest += strcspn(rest, " \t");
		if (*rest != '\0')
			*rest++ = '\0';
		rest += strspn(rest, " \t");
	}
	*ret_rrset = (struct rrset){ .owner = name_of(fields[0]),
		.ttl_s = (uint32_t)strtoul(fields[1], NULL, 10),
		.count = 1,
		.values = value };
	return type_parse(fields[3], strlen(fields[3]), &ret_rrset->type) == ERR_OK &&
	       rdata_parse(arena, ret_rrset->type, rest, value, &detail) == ERR_OK;
}

static bool is_sample(const struct rrset *rrset)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		struct rrset sample;
		build_rrset(&samples[i], &sample);
		if (name_is_equal(&sample.owner, &rrset->owner) &&
		        rrset_is_same_data(&sample, rrset))
			return true;
	}
	return false;
}

static void test_bind_reads_the_same_records(void **state)
{
	(void)state;
	write_samples("zone");
	const char *path = folder_path("zone");
	const char *const command[] = { "named-compilezone", "-i", "none", "-k", "ignore", "-s",
		"full", "-o", folder_path("again"), "example.com", path, NULL };
	int code = run_checker(command);
	if (code == 127)
		skip();
	assert_int_equal(code, 0);
	unsigned same = 0;
	char *rest = (char *)(uintptr_t)folder_read("again");
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct rrset rrset;
		if (*line == '\0' || strstr(line, "SOA") != NULL)
			continue;
		if (!parse_line(line, &rrset) || !is_sample(&rrset))
			fail_msg("not what was written: %s", line);
		same++;
	}
	assert_int_equal(same, SAMPLES);
}

/* ---- what must not be written ---- */

static void test_soa_comes_first_and_once(void **state)
{
	(void)state;
	struct zone_file file;
	struct rrset rrset;
	int fd = start(&file, "zone");
	build_rrset(&samples[0], &rrset);
	assert_int_equal(zone_file_put(&file, &rrset), ERR_INTERNAL);
	assert_int_equal(zone_file_finish(&file), ERR_INTERNAL);
	put_sample(&file, &soa);
	build_rrset(&soa, &rrset);
	assert_int_equal(zone_file_put(&file, &rrset), ERR_INTERNAL);
	rrset.values[0].length = 3;
	zone_file_init(&file, memory, file.sink);
	assert_int_equal(zone_file_put(&file, &rrset), ERR_INTERNAL);
	close(fd);
}

static void test_full_disk_is_told(void **state)
{
	(void)state;
	struct zone_file file;
	int fd = open("/dev/full", O_WRONLY);
	assert_true(fd >= 0);
	zone_file_init(&file, memory, (struct zone_file_sink){ zone_file_put_fd, &fd });
	put_sample(&file, &soa);
	assert_int_equal(zone_file_finish(&file), ERR_UNAVAILABLE);
	close(fd);
}

/* ---- comparing ---- */

static bool matches(const char *name, const struct sample *more)
{
	struct zone_file file;
	struct zone_file_match match = { .fd = open(folder_path(name), O_RDONLY) };
	enum err err = ERR_OK;
	assert_true(match.fd >= 0);
	zone_file_init(&file, memory, (struct zone_file_sink){ zone_file_put_match, &match });
	put_sample(&file, &soa);
	for (size_t i = 0; i < SAMPLES; i++)
		put_sample(&file, &samples[i]);
	if (more != NULL)
		put_sample(&file, more);
	err = zone_file_finish(&file);
	bool is_match = zone_file_is_match(&match);
	assert_int_equal(err, match.is_different ? ERR_UNAVAILABLE : ERR_OK);
	close(match.fd);
	return is_match;
}

static void test_comparing(void **state)
{
	(void)state;
	static const struct sample more = { "z.example.com", 60, "A", "192.0.2.7" };
	write_samples("zone");
	assert_true(matches("zone", NULL));
	assert_false(matches("zone", &more));
	/* The file is longer, shorter, or differs in one octet. */
	const char *path = folder_path("zone");
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	for (off_t at = 0; at < status.st_size; at += 97) {
		write_samples("zone");
		int fd = open(path, O_RDWR);
		char octet;
		assert_int_equal(pread(fd, &octet, 1, at), 1);
		octet ^= 1;
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
		close(fd);
		assert_false(matches("zone", NULL));
		write_samples("zone");
		assert_int_equal(truncate(path, at), 0);
		assert_false(matches("zone", NULL));
	}
	write_samples("zone");
	int fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "\n", 1), 1);
	close(fd);
	assert_false(matches("zone", NULL));
}

/* The largest RDATA there is, and more of it than fits the buffer. */
static void test_long_lines(void **state)
{
	(void)state;
	static uint8_t bytes[65280];
	struct rdata values[40];
	struct rrset rrset = { .owner = name_of("long.example.com"),
		.type = TYPE_TXT,
		.ttl_s = 60,
		.count = 40,
		.values = values };
	struct zone_file file;
	struct stat status;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 256 == 0 ? 255 : 0x07;
	for (size_t i = 0; i < 40; i++)
		values[i] = (struct rdata){ .length = sizeof(bytes), .bytes = bytes };
	int fd = start(&file, "zone");
	put_sample(&file, &soa);
	assert_int_equal(zone_file_put(&file, &rrset), ERR_OK);
	assert_int_equal(zone_file_finish(&file), ERR_OK);
	assert_int_equal(fstat(fd, &status), 0);
	assert_true(status.st_size > 40 * 2 * 65000);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_spelling, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_checkers_accept_it, open_all, close_all),
		cmocka_unit_test_setup_teardown(
		        test_bind_reads_the_same_records, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_soa_comes_first_and_once, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_full_disk_is_told, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_comparing, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_long_lines, open_all, close_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
