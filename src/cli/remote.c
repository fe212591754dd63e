/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/remote.h"

#include <assert.h>
#include <string.h>

#include "cli/plain.h"
#include "cli/remote_run.h"
#include "core/clock.h"

#define NAME_BYTES  128
#define ARENA_BYTES ((size_t)64 << 20)
/* An answer, growing by doubling, and what is shown of it. */
#define PAGE_BYTES (8 * HTTP_CALL_ANSWER_MAX)

#define RECORD_COLUMNS "name record_type ttl value zone expires_at"
#define ZONE_COLUMNS   "name serial records revision"
#define SERVER_COLUMNS "hostname ip ips health:status health ttl checked:checked_at"
#define CHANGE_COLUMNS "id at actor zones:zones.zone status:zones.status comment"
#define VERIFY_COLUMNS "name record_type value verified rcode answers"

#define WRITE_FLAGS "ttl expires comment dry-run wait"

static const struct remote_command commands[] = {
	{ "record", "list", "", "zone name under type value search limit", "GET", "/records",
	        REMOTE_QUERY, run_list, RECORD_COLUMNS, "list records", NULL },
	{ "record", "get", "name record_type", "", "GET", "/records/{name}/{record_type}",
	        REMOTE_QUERY, run_call, RECORD_COLUMNS, "show the records of one name and type",
	        NULL },
	{ "record", "add", "name record_type value...", WRITE_FLAGS, "POST", "/records",
	        REMOTE_BODY, run_record_add, RECORD_COLUMNS, "add records",
	        "All of them or none: it fails when one is there already." },
	{ "record", "set", "name record_type values...", WRITE_FLAGS " if-match", "PUT",
	        "/records/{name}/{record_type}", REMOTE_BODY, run_record_set, RECORD_COLUMNS,
	        "make these the records of one name and type", NULL },
	{ "record", "remove", "name record_type value?...", "comment dry-run wait if-match",
	        "DELETE", "/records/{name}/{record_type}", REMOTE_QUERY, run_record_remove, NULL,
	        "remove records", "Without a value all of that name and type go." },
	{ "zone", "list", "", "limit", "GET", "/zones", REMOTE_QUERY, run_list, ZONE_COLUMNS,
	        "list zones", NULL },
	{ "zone", "create", "name", "ns contact ttl wait", "POST", "/zones", REMOTE_BODY, run_call,
	        ZONE_COLUMNS, "make a zone", "At least one --ns is needed." },
	{ "zone", "show", "zone", "", "GET", "/zones/{zone}", REMOTE_QUERY, run_call, NULL,
	        "show a zone and who serves it", NULL },
	{ "zone", "edit", "zone", "ns contact ttl refresh retry expire minimum wait if-match",
	        "PATCH", "/zones/{zone}", REMOTE_BODY, run_call, NULL,
	        "change a zone's nameservers, contact and timers", NULL },
	{ "zone", "import", "zone @file", "mode dry-run wait", "POST", "/zones/{zone}/import",
	        REMOTE_QUERY, run_zone_import, NULL, "read a zone file in",
	        "The file is RFC 1035 text of at most 64 MiB; - is standard input." },
	{ "zone", "export", "zone", "output", "GET", "/zones/{zone}/export", REMOTE_QUERY,
	        run_zone_export, NULL, "write a zone out as a zone file",
	        "With --output the file appears when it is whole." },
	{ "zone", "delete", "zone", "confirm wait", "DELETE", "/zones/{zone}", REMOTE_QUERY,
	        run_call, NULL, "delete a zone with all its records", NULL },
	{ "server", "register", "hostname", "ip ttl no-ptr on-conflict force check wait", "POST",
	        "/servers", REMOTE_BODY, run_call, NULL, "register a server's addresses",
	        "At least one --ip is needed." },
	{ "server", "update", "hostname", "ip wait", "PUT", "/servers/{hostname}", REMOTE_BODY,
	        run_call, NULL, "give a server other addresses", "At least one --ip is needed." },
	{ "server", "unregister", "hostname", "wait", "DELETE", "/servers/{hostname}", REMOTE_QUERY,
	        run_call, NULL, "remove what the registration made", NULL },
	{ "server", "list", "", "limit", "GET", "/servers", REMOTE_QUERY, run_list, SERVER_COLUMNS,
	        "list servers and their health", NULL },
	{ "server", "show", "hostname", "", "GET", "/servers/{hostname}", REMOTE_QUERY, run_call,
	        NULL, "show a server and its records", NULL },
	{ "server", "verify", "hostname", "patience", "GET", "/servers/{hostname}", REMOTE_QUERY,
	        run_server_verify, VERIFY_COLUMNS, "ask CoreDNS for each of a server's records",
	        NULL },
	{ "change", "list", "", "zone name actor since limit", "GET", "/changes", REMOTE_QUERY,
	        run_list, CHANGE_COLUMNS, "list what was changed, by whom and when", NULL },
	{ "change", "show", "id", "", "GET", "/changes/{id}", REMOTE_QUERY, run_change_show, NULL,
	        "show a change, and who serves it", NULL },
	{ "change", "revert", "id", "comment wait", "POST", "/changes/{id}/revert", REMOTE_BODY,
	        run_call, NULL, "undo a change by a new one", NULL },
	{ "verify", NULL, "name record_type", "expect patience", "GET", "/verify", REMOTE_QUERY,
	        run_call, NULL, "ask CoreDNS itself", NULL },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const struct remote_command *remote_all(size_t *ret_count)
{
	*ret_count = COMMAND_COUNT;
	return commands;
}

const struct remote_command *remote_find(int argc, char **argv, int *ret_skip)
{
	for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
		const char *word = commands[i].word;
		if (strcmp(commands[i].group, argv[1]) != 0)
			continue;
		if (word != NULL && (argc < 3 || strcmp(word, argv[2]) != 0))
			continue;
		*ret_skip = word != NULL ? 2 : 1;
		return &commands[i];
	}
	return NULL;
}

/* ---- help ---- */

/* record_type is TYPE, values... are VALUE…. */
static void put_word(struct buf *buf, const struct request_word *word)
{
	static const char prefix[] = "record_";
	const char *name = word->name;
	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	size_t length = strlen(name);
	length -= word->is_list && name[length - 1] == 's';
	buf_put_string(buf, word->is_optional ? " [" : " ");
	for (size_t i = 0; i < length; i++)
		buf_put_char(buf, name[i] == '_' ? ' ' : (char)(name[i] - 'a' + 'A'));
	buf_put_string(buf, word->is_list ? "…" : "");
	buf_put_string(buf, word->is_optional ? "]" : "");
}

size_t remote_print_name(FILE *file, const struct remote_command *command)
{
	char text[NAME_BYTES];
	struct buf buf;
	struct request_word word;
	const char *words = command->words;
	buf_init_fixed(&buf, text, sizeof(text));
	buf_put_string(&buf, command->group);
	if (command->word != NULL)
		buf_printf(&buf, " %s", command->word);
	while (request_next_word(&words, &word))
		put_word(&buf, &word);
	const char *name = buf_string(&buf);
	assert(name != NULL);
	fputs(name, file);
	return plain_width(name);
}

static int print_help(const struct remote_command *command)
{
	fputs("usage: coregate ", stdout);
	(void)remote_print_name(stdout, command);
	printf(" [option]…\n\n%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->notes != NULL)
		printf("%s\n", command->notes);
	putchar('\n');
	flags_print(stdout, command->flags);
	return command_finish(stdout);
}

/* ---- running ---- */

static bool has_good_count(const struct remote_command *command, size_t count)
{
	struct request_word word;
	const char *words = command->words;
	size_t least = 0;
	size_t most = 0;
	while (request_next_word(&words, &word)) {
		least += !word.is_optional;
		most = word.is_list ? SIZE_MAX : most + 1;
	}
	return count >= least && count <= most;
}

static int misused(const struct remote_command *command)
{
	fputs("coregate: it goes like this: coregate ", stderr);
	(void)remote_print_name(stderr, command);
	fputs(" [option]…\n", stderr);
	return COMMAND_USAGE;
}

static int run_with_access(struct session *session)
{
	int status = access_find(&session->given, &session->access);
	if (status != COMMAND_OK)
		return status;
	session->caller = http_caller_open(session->access.cacert);
	if (session->caller == NULL)
		return command_fail("memory cannot be had");
	status = session->command->run(session);
	http_caller_close(session->caller);
	return status;
}

static int run(struct session *session, int argc, char **argv)
{
	const struct remote_command *command = session->command;
	int status = flags_parse(command->flags, argc, argv, &session->given);
	if (status != COMMAND_OK)
		return status;
	if (given_has(&session->given, "help"))
		return print_help(command);
	if (!has_good_count(command, session->given.word_count))
		return misused(command);
	session->is_json = given_has(&session->given, "json");
	session->is_quiet = given_has(&session->given, "quiet");
	session->table = (struct table){
		.file = stdout, .screen = table_screen(stdout), .columns = command->columns
	};
	return run_with_access(session);
}

int remote_run(const struct remote_command *command, int argc, char **argv)
{
	struct arena *arena = arena_open(ARENA_BYTES);
	struct arena *page = arena_open(PAGE_BYTES);
	struct session *session = arena != NULL ? arena_alloc(arena, sizeof(*session)) : NULL;
	int status = COMMAND_FAILED;
	if (session == NULL || page == NULL) {
		(void)command_fail("memory cannot be had");
	} else {
		session->command = command;
		session->arena = arena;
		session->page = page;
		session->given.arena = arena;
		session->given.now_ms = clock_wall_ms();
		session->standard_timeout_s = SESSION_TIMEOUT_S;
		status = run(session, argc, argv);
	}
	arena_close(page);
	arena_close(arena);
	return status;
}
