/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/token.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/key.h"
#include "cli/place.h"
#include "cli/submit.h"
#include "cli/when.h"
#include "core/clock.h"
#include "core/json.h"
#include "store/reader.h"

#define LINE_MAX_BYTES 8192u

static const char revoke_help[] =
        "usage: coregate token revoke JTI [--exp TIME]\n"
        "       coregate token revoke --sub SUBJECT [--before TIME]\n"
        "       coregate token revoke --kid KEYID [--before TIME]\n"
        "\n"
        "Revokes one token with all its children, or all tokens of a subject or key that were\n"
        "issued before a time. A running coregated refuses them within a second.\n"
        "\n"
        "  --sub SUBJECT   whose tokens\n"
        "  --kid KEYID     the key's tokens (k4.pid.…)\n"
        "  --before TIME   issued before then (default now)\n"
        "  --exp TIME      when the token ends: the revocation may be forgotten after "
        "that\n" PLACE_HELP;

static const char list_help[] =
        "usage: coregate token list-revoked [option]…\n"
        "\n"
        "Prints all revocations, oldest first, one JSON object a line.\n"
        "\n"
        "  --config FILE   the configuration that names the store (" PLACE_STANDARD_CONFIG ")\n"
        "  --store PATH    the database, instead of the configuration's\n";

static const char *const kinds[] = {
	[REVOCATION_TOKEN] = "token",
	[REVOCATION_SUBJECT] = "subject",
	[REVOCATION_KEY] = "key",
};

/* ---- revoke ---- */

struct revoke {
	struct arena *arena;
	struct place place;
	const char *token_id;
	const char *subject;
	const char *key_id;
	const char *before;
	const char *expires;
	struct revocation revocation;
};

static int read_times(struct revoke *revoke)
{
	int64_t now_ms = clock_wall_ms();
	struct revocation *revocation = &revoke->revocation;
	if (revocation->kind != REVOCATION_TOKEN)
		revocation->before_ms = now_ms;
	if (revoke->before != NULL && !when_parse(revoke->before, now_ms, &revocation->before_ms))
		return command_misused("--before %s is no time", revoke->before);
	if (revoke->expires != NULL &&
	        !when_parse(revoke->expires, now_ms, &revocation->expires_ms))
		return command_misused("--exp %s is no time", revoke->expires);
	return COMMAND_OK;
}

static int read_target(struct revoke *revoke)
{
	struct revocation *revocation = &revoke->revocation;
	if ((revoke->token_id != NULL) + (revoke->subject != NULL) + (revoke->key_id != NULL) != 1)
		return command_misused("token revoke needs one of JTI, --sub and --kid");
	if (revoke->token_id != NULL) {
		*revocation = (struct revocation){ REVOCATION_TOKEN, revoke->token_id, 0, 0 };
		if (revoke->before != NULL)
			return command_misused("--before belongs to --sub and --kid");
		/* Tokens begin so; one that was given by mistake must not end up in a log. */
		if (strncmp(revoke->token_id, "v4.", 3) == 0)
			return command_misused(
			        "this is a token; its id is the jti that inspect shows");
	} else if (revoke->subject != NULL) {
		*revocation = (struct revocation){ REVOCATION_SUBJECT, revoke->subject, 0, 0 };
	} else {
		*revocation = (struct revocation){ REVOCATION_KEY, revoke->key_id, 0, 0 };
		if (!key_id_is_valid(revoke->key_id, strlen(revoke->key_id), KEY_V4_PUBLIC))
			return command_misused("%s is no key id (k4.pid.…)", revoke->key_id);
	}
	if (revoke->expires != NULL && revocation->kind != REVOCATION_TOKEN)
		return command_misused("--exp belongs to one token");
	return read_times(revoke);
}

static int submit(struct revoke *revoke)
{
	struct op op = { .kind = OP_REVOKE, .revocation = revoke->revocation };
	struct change change = {
		.request = "coregate token revoke",
		.comment = "",
		.refused_detail = "",
		.op_count = 1,
		.ops = &op,
	};
	struct outcome outcome;
	if (!place_find(revoke->arena, &revoke->place))
		return COMMAND_FAILED;
	int status = submit_change(revoke->arena, &revoke->place, &change, &outcome);
	if (status != COMMAND_OK)
		return status;
	printf("revoked %s %s (change %" PRIu64 ")\n", kinds[revoke->revocation.kind],
	        revoke->revocation.value, outcome.change_id);
	return command_finish(stdout);
}

static bool take_option(struct revoke *revoke, int option, const char *text)
{
	const struct {
		int option;
		const char **text;
	} places[] = {
		{ 's', &revoke->subject },
		{ 'k', &revoke->key_id },
		{ 'b', &revoke->before },
		{ 'e', &revoke->expires },
		{ 'c', &revoke->place.config_path },
		{ 'd', &revoke->place.store_path },
		{ 'w', &revoke->place.socket_path },
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].option != option)
			continue;
		*places[i].text = text;
		return true;
	}
	return false;
}

int token_command_revoke(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sub", required_argument, NULL, 's' },
		{ "kid", required_argument, NULL, 'k' },
		{ "before", required_argument, NULL, 'b' },
		{ "exp", required_argument, NULL, 'e' },
		{ "config", required_argument, NULL, 'c' },
		{ "store", required_argument, NULL, 'd' },
		{ "socket", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct revoke revoke = { 0 };
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'h')
			return command_help(revoke_help);
		if (!take_option(&revoke, option, optarg))
			return command_misused("token revoke: an option is wrong");
	}
	if (optind + 1 < argc)
		return command_misused("token revoke takes one JTI");
	revoke.token_id = optind < argc ? argv[optind] : NULL;
	int status = read_target(&revoke);
	if (status != COMMAND_OK)
		return status;
	revoke.arena = token_open_arena();
	if (revoke.arena == NULL)
		return COMMAND_FAILED;
	status = submit(&revoke);
	arena_close(revoke.arena);
	return status;
}

/* ---- list-revoked ---- */

static void put_time(struct json_writer *writer, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];
	if (wall_ms == 0)
		return;
	clock_render_rfc3339(wall_ms, text);
	json_put_string(writer, name, text);
}

static bool print_revocation(void *context, const struct revocation *revocation, int64_t at_ms)
{
	char line[LINE_MAX_BYTES];
	struct buf buf;
	struct json_writer writer;
	bool *is_whole = context;
	buf_init_fixed(&buf, line, sizeof(line));
	json_writer_init(&writer, &buf);
	json_open_object(&writer, NULL);
	json_put_string(&writer, "kind", kinds[revocation->kind]);
	json_put_string(&writer, "value", revocation->value);
	put_time(&writer, "before", revocation->before_ms);
	put_time(&writer, "expires", revocation->expires_ms);
	put_time(&writer, "at", at_ms);
	json_close_object(&writer);
	const char *text = buf_string(&buf);
	*is_whole = text != NULL && puts(text) >= 0;
	return *is_whole;
}

static int list_revoked(struct arena *arena, struct place *place)
{
	bool is_whole = true;
	if (!place_find(arena, place))
		return COMMAND_FAILED;
	const struct store_settings settings = { .path = place->store_path };
	struct reader *reader = reader_open(&settings);
	if (reader == NULL)
		return command_fail("memory cannot be had");
	enum err err = reader_list_revocations(reader, print_revocation, &is_whole);
	reader_close(reader);
	if (err != ERR_OK)
		return command_fail("%s: the store cannot be read", place->store_path);
	int status = command_finish(stdout);
	return is_whole ? status : command_fail("the output cannot be written");
}

int token_command_list_revoked(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "store", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct place place = { 0 };
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'h')
			return command_help(list_help);
		if (option == 'c')
			place.config_path = optarg;
		else if (option == 'd')
			place.store_path = optarg;
		else
			return command_misused("token list-revoked: an option is wrong");
	}
	if (optind != argc)
		return command_misused("token list-revoked takes options only");
	struct arena *arena = token_open_arena();
	if (arena == NULL)
		return COMMAND_FAILED;
	int status = list_revoked(arena, &place);
	arena_close(arena);
	return status;
}
