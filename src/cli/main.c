/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/command.h"
#include "cli/key.h"
#include "cli/remote.h"
#include "cli/token.h"
#include "core/log.h"
#include "core/secret.h"

/* Commands that work on this machine. Those that call the API have a table of their own. */
static const struct {
	const char *group;
	const char *word;
	command_fn *run;
	const char *summary;
} commands[] = {
	{ "key", "generate", key_command_generate, "make a key that signs tokens" },
	{ "key", "pid", key_command_pid, "print the id of a key" },
	{ "token", "issue", token_command_issue, "make a token" },
	{ "token", "inspect", token_command_inspect, "print what a token says, unverified" },
	{ "token", "verify", token_command_verify, "check a token with a public key" },
	{ "token", "revoke", token_command_revoke,
	        "revoke a token, a subject's or a key's tokens" },
	{ "token", "list-revoked", token_command_list_revoked, "print all revocations" },
	{ "audit", "verify", audit_command_verify, "check the chain of the audit log" },
	{ "audit", "export", audit_command_export, "print the audit log as JSON lines" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

#define NAME_COLUMN 44

static bool is_of_group(const char *of, const char *group)
{
	return group == NULL || strcmp(of, group) == 0;
}

static void print_remote(FILE *file, const char *group)
{
	size_t count;
	const struct remote_command *remote = remote_all(&count);
	for (size_t i = 0; i < count; i++) {
		if (!is_of_group(remote[i].group, group))
			continue;
		fputs("  ", file);
		size_t width = remote_print_name(file, &remote[i]);
		fprintf(file, "%*s%s\n", width < NAME_COLUMN ? (int)(NAME_COLUMN - width) : 1, "",
		        remote[i].summary);
	}
}

static int print_usage(FILE *file, const char *group)
{
	fputs("usage: coregate COMMAND [option]…\n\n", file);
	print_remote(file, group);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (is_of_group(commands[i].group, group))
			fprintf(file, "  %s %-*s%s\n", commands[i].group,
			        (int)(NAME_COLUMN - 1 - strlen(commands[i].group)),
			        commands[i].word, commands[i].summary);
	}
	fputs("\n--help after a command shows its options; --version prints the version.\n", file);
	return command_finish(file);
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static bool is_group(const char *word)
{
	size_t count;
	const struct remote_command *remote = remote_all(&count);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].group, word) == 0)
			return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(remote[i].group, word) == 0)
			return true;
	}
	return false;
}

static int run(int argc, char **argv)
{
	int skip;
	const struct remote_command *remote = remote_find(argc, argv, &skip);
	/* 0 starts glibc's getopt anew, with the command's word as its name. */
	optind = 0;
	if (remote != NULL)
		return remote_run(remote, argc - skip, argv + skip);
	for (size_t i = 0; argc > 2 && i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].group, argv[1]) == 0 &&
		        strcmp(commands[i].word, argv[2]) == 0)
			return commands[i].run(argc - 2, argv + 2);
	}
	if (is_group(argv[1]) && (argc == 2 || is_help(argv[2]))) {
		bool was_asked = argc > 2;
		(void)print_usage(was_asked ? stdout : stderr, argv[1]);
		return was_asked ? COMMAND_OK : COMMAND_USAGE;
	}
	fprintf(stderr, "coregate: there is no command %s%s%s\n", argv[1], argc > 2 ? " " : "",
	        argc > 2 ? argv[2] : "");
	return COMMAND_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)print_usage(stderr, NULL);
		return COMMAND_USAGE;
	}
	if (is_help(argv[1]))
		return print_usage(stdout, NULL);
	if (strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return command_finish(stdout);
	}
	if (!secret_init())
		return command_fail("the random numbers of this system cannot be used");
	/* What the libraries of coregated log, in a form for people. */
	log_init(2, LOG_FORMAT_LOGFMT, LOG_LEVEL_WARNING, "coregate");
	return run(argc, argv);
}
