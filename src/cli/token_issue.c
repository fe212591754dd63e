/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/token_issue.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "auth/paseto.h"
#include "cli/key.h"
#include "auth/preset.h"
#include "cli/token.h"
#include "core/clock.h"
#include "core/file.h"

#define DEFAULT_LIFE     "90d"
#define DEFAULT_AUDIENCE "coregate"
#define DEFAULT_ISSUER   "coregate"
#define TOKEN_FILE_MODE  0600

static const char issue_help[] =
        "usage: coregate token issue --key FILE --sub SUBJECT [option]…\n"
        "\n"
        "Makes a token and prints it. It permits what its grants say and nothing else.\n"
        "\n"
        "  --key FILE            the secret key\n"
        "  --password-file FILE  its password; - is standard input\n"
        "  --sub SUBJECT         who the token is for\n"
        "  --preset NAME         acme, dyndns, external-dns, readonly or admin\n"
        "  --zone ZONE           zone of the preset (repeat for more)\n"
        "  --name NAME           name of the preset, relative to the zone (repeat for more)\n"
        "  --grant JSON          a grant in full (repeat for more)\n"
        "  --grants-file FILE    a JSON list of grants; - is standard input\n"
        "  --exp TIME            when it ends: 90d, 12h or 2027-01-01T00:00:00Z "
        "(default " DEFAULT_LIFE ")\n"
        "  --nbf TIME            when it begins (default now)\n"
        "  --ip CIDR             addresses it may be used from (repeat for more)\n"
        "  --rl CLASS            its rate class\n"
        "  --adm LIST            administrative rights, separated by commas, or all\n"
        "  --dg N                how often it may be delegated, 0 to 3\n"
        "  --aud AUDIENCE        (default " DEFAULT_AUDIENCE ")\n"
        "  --iss ISSUER          (default " DEFAULT_ISSUER ")\n"
        "  --jti ID              (default random)\n"
        "  --out FILE            write the token there, mode 0600, instead of printing it\n";

/* Options that are one text each, by the place of the text. */
static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "key", offsetof(struct issue, key_path) },
	{ "password-file", offsetof(struct issue, password_path) },
	{ "sub", offsetof(struct issue, subject) },
	{ "preset", offsetof(struct issue, preset_name) },
	{ "grants-file", offsetof(struct issue, grants_path) },
	{ "exp", offsetof(struct issue, expires) },
	{ "nbf", offsetof(struct issue, not_before) },
	{ "rl", offsetof(struct issue, rate_class) },
	{ "adm", offsetof(struct issue, adm) },
	{ "dg", offsetof(struct issue, depth) },
	{ "aud", offsetof(struct issue, audience) },
	{ "iss", offsetof(struct issue, issuer) },
	{ "jti", offsetof(struct issue, token_id) },
	{ "out", offsetof(struct issue, out_path) },
};

/* Options that may be repeated. */
static const struct {
	const char *name;
	size_t offset;
} lists[] = {
	{ "zone", offsetof(struct issue, zones) },
	{ "name", offsetof(struct issue, names) },
	{ "grant", offsetof(struct issue, grants) },
	{ "ip", offsetof(struct issue, cidrs) },
};

#define TEXT_COUNT  (sizeof(texts) / sizeof(texts[0]))
#define LIST_COUNT  (sizeof(lists) / sizeof(lists[0]))
#define OPTION_BASE 256
#define OPTION_HELP 'h'

/* ---- options ---- */

static void make_options(struct option ret_options[static TEXT_COUNT + LIST_COUNT + 2])
{
	struct option *option = ret_options;
	for (size_t i = 0; i < TEXT_COUNT + LIST_COUNT; i++) {
		const char *name = i < TEXT_COUNT ? texts[i].name : lists[i - TEXT_COUNT].name;
		*option++ = (struct option){ name, required_argument, NULL, OPTION_BASE + (int)i };
	}
	*option++ = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	*option = (struct option){ 0 };
}

static int take_option(struct issue *issue, size_t index, const char *text)
{
	if (index < TEXT_COUNT) {
		*(const char **)((char *)issue + texts[index].offset) = text;
		return COMMAND_OK;
	}
	index -= TEXT_COUNT;
	struct issue_list *list = (struct issue_list *)((char *)issue + lists[index].offset);
	if (list->count == ISSUE_LIST_MAX)
		return command_misused("token issue: --%s is there too often", lists[index].name);
	list->items[list->count++] = text;
	return COMMAND_OK;
}

static int check_options(struct issue *issue)
{
	if (issue->key_path == NULL || issue->subject == NULL)
		return command_misused("token issue needs --key and --sub");
	if (issue->preset_name == NULL) {
		if (issue->zones.count + issue->names.count > 0)
			return command_misused("--zone and --name belong to a --preset");
		if (issue->grants.count == 0 && issue->grants_path == NULL)
			return command_misused(
			        "token issue needs --preset, --grant or --grants-file");
		return COMMAND_OK;
	}
	issue->preset = preset_find(issue->preset_name);
	if (issue->preset == NULL)
		return command_misused("there is no preset %s", issue->preset_name);
	const struct preset_scope scope = { issue->zones.items, issue->zones.count,
		issue->names.items, issue->names.count };
	const char *missing = preset_check(issue->preset, &scope);
	return missing != NULL ? command_misused("%s", missing) : COMMAND_OK;
}

/* ---- signing and output ---- */

static int sign(struct issue *issue, struct paseto_piece message, const char **ret_token)
{
	struct key *secret;
	struct key public;
	const char *detail = "";
	char key_id[KEY_ID_BYTES];
	char footer[PASETO_FOOTER_LENGTH + 1];
	errno = 0;
	enum err err =
	        key_file_read_secret(issue->key_path, issue->password_path, &secret, &detail);
	if (err != ERR_OK)
		return key_explain(issue->key_path, err, detail);
	key_get_public(secret, &public);
	key_render_id(&public, key_id);
	paseto_render_footer(key_id, footer);
	const struct paseto_claim claim = {
		.message = message,
		.footer = { footer, PASETO_FOOTER_LENGTH },
		.assertion = paseto_assertion(issue->arena, issue->audience),
	};
	err = paseto_sign(issue->arena, secret, &claim, ret_token);
	key_close(secret);
	if (err != ERR_OK)
		return command_fail(
		        "the token would be longer than %u characters", (unsigned)PASETO_TOKEN_MAX);
	return COMMAND_OK;
}

static int write_token(struct issue *issue, const char *token)
{
	struct file_swap swap;
	if (issue->out_path == NULL) {
		puts(token);
		return command_finish(stdout);
	}
	char *copy = arena_strdup(issue->arena, issue->out_path);
	if (copy == NULL ||
	        file_swap_open(&swap, dirname(copy), issue->out_path, TOKEN_FILE_MODE) != ERR_OK)
		return command_fail("%s cannot be written: %s", issue->out_path, strerror(errno));
	if (!file_write_all(swap.fd, token, strlen(token)) || !file_write_all(swap.fd, "\n", 1)) {
		int kept = errno;
		file_swap_abort(&swap);
		return command_fail("%s cannot be written: %s", issue->out_path, strerror(kept));
	}
	if (file_swap_commit(&swap) != ERR_OK)
		return command_fail("%s cannot be written: %s", issue->out_path, strerror(errno));
	return COMMAND_OK;
}

static int run(struct issue *issue)
{
	struct paseto_piece message;
	const char *token;
	int status = issue_make_message(issue, &message);
	if (status == COMMAND_OK)
		status = sign(issue, message, &token);
	if (status == COMMAND_OK)
		status = write_token(issue, token);
	return status;
}

int token_command_issue(int argc, char **argv)
{
	struct option options[TEXT_COUNT + LIST_COUNT + 2];
	struct issue issue = {
		.now_ms = clock_wall_ms() / 1000 * 1000,
		.expires = DEFAULT_LIFE,
		.audience = DEFAULT_AUDIENCE,
		.issuer = DEFAULT_ISSUER,
	};
	make_options(options);
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == OPTION_HELP)
			return command_help(issue_help);
		if (option < OPTION_BASE)
			return command_misused("token issue: an option is wrong");
		if (take_option(&issue, (size_t)(option - OPTION_BASE), optarg) != COMMAND_OK)
			return COMMAND_USAGE;
	}
	if (optind != argc)
		return command_misused("token issue: %s is no option", argv[optind]);
	int status = check_options(&issue);
	if (status != COMMAND_OK)
		return status;
	issue.arena = token_open_arena();
	if (issue.arena == NULL)
		return COMMAND_FAILED;
	status = run(&issue);
	arena_close(issue.arena);
	return status;
}
