/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/token.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auth/key_file.h"
#include "auth/keyring.h"
#include "auth/paseto.h"
#include "auth/verify.h"
#include "cli/key.h"
#include "cli/when.h"
#include "core/clock.h"
#include "core/json.h"

#define OUTPUT_MAX       32768u
#define DEFAULT_AUDIENCE "coregate"

static const char inspect_help[] =
        "usage: coregate token inspect [FILE]\n"
        "\n"
        "Prints what a token says, without any key: nothing of it can be relied on.\n"
        "FILE is - (standard input) by default.\n";

static const char verify_help[] =
        "usage: coregate token verify --key FILE [option]… [FILE]\n"
        "\n"
        "Checks a token as coregated would, but for revocation, and prints its claims.\n"
        "Exit status 0 when it is valid, 1 when it is not. FILE is - (standard input) by default.\n"
        "\n"
        "  --key FILE      the public key (repeat for more)\n"
        "  --aud AUDIENCE  (default " DEFAULT_AUDIENCE ")\n"
        "  --iss ISSUER    the issuer it must name (default any)\n"
        "  --at TIME       check as of then: 2027-01-01T00:00:00Z, 30d (default now)\n"
        "  --ip ADDRESS    check as for a client there (default one that the token allows)\n";

static const char *get_path(int argc, char **argv)
{
	return optind < argc ? argv[optind] : "-";
}

static int print_buf(struct buf *buf)
{
	const char *text = buf_string(buf);
	if (text == NULL)
		return command_fail("the output would be too long");
	puts(text);
	return command_finish(stdout);
}

/* ---- inspect ---- */

/* Unverified bytes: as they are when they are JSON, which has no control characters outside of
 * white space, and else as a string. */
static void put_untrusted(struct arena *arena, struct json_writer *writer, const char *name,
        struct paseto_piece piece)
{
	const struct json *root;
	const char *why;
	if (piece.length > 0 &&
	        json_parse(arena, piece.bytes, piece.length, &root, &why) == ERR_OK) {
		const char *text = arena_dup(arena, piece.bytes, piece.length);
		json_put_raw(writer, name, text != NULL ? text : "null");
		return;
	}
	json_put_bytes(writer, name, piece.length > 0 ? piece.bytes : "", piece.length);
}

static int inspect(struct arena *arena, const char *path)
{
	const char *text;
	size_t length;
	struct paseto paseto;
	const char *detail = "memory cannot be had";
	if (!token_read(arena, path, &text, &length))
		return COMMAND_FAILED;
	if (paseto_parse(arena, text, length, &paseto, &detail) != ERR_OK)
		return command_fail("%s", detail);

	struct buf buf;
	struct json_writer writer;
	buf_init(&buf, arena, OUTPUT_MAX);
	json_writer_init(&writer, &buf);
	json_open_object(&writer, NULL);
	put_untrusted(arena, &writer, "payload", paseto.message);
	put_untrusted(arena, &writer, "footer", paseto.footer);
	json_close_object(&writer);
	fputs("UNVERIFIED: anybody can have written this\n", stderr);
	return print_buf(&buf);
}

int token_command_inspect(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'h')
			return command_help(inspect_help);
		return command_misused("token inspect: an option is wrong");
	}
	if (optind + 1 < argc)
		return command_misused("token inspect takes one FILE");
	struct arena *arena = token_open_arena();
	if (arena == NULL)
		return COMMAND_FAILED;
	int status = inspect(arena, get_path(argc, argv));
	arena_close(arena);
	return status;
}

/* ---- verify ---- */

struct check {
	struct arena *arena;
	size_t key_count;
	const char *key_paths[KEYRING_KEYS_MAX];
	struct keyring keyring;
	const char *audience;
	const char *issuer;
	const char *address;
	int64_t at_ms;
	const char *path;
};

static uint64_t no_generation(void *context)
{
	(void)context;
	return 0;
}

/* Revocations are known to the store only; verify works anywhere. */
static enum err no_revocation(void *context, const struct token *token, bool *ret_revoked)
{
	(void)context;
	(void)token;
	*ret_revoked = false;
	return ERR_OK;
}

static int add_key(struct check *check, const char *path)
{
	static const char *const any[] = { "*" };
	struct key public;
	char text[KEY_TEXT_BYTES];
	const char *detail = "";
	errno = 0;
	enum err err = key_file_read_public(path, &public, &detail);
	if (err != ERR_OK)
		return key_explain(path, err, detail);
	key_render(&public, text);
	const struct keyring_entry entry = {
		.paserk_text = text,
		.zones = any,
		.zone_count = 1,
		.adm = any,
		.adm_count = 1,
	};
	errno = 0;
	err = keyring_add(&check->keyring, &entry, &detail);
	return err == ERR_OK ? COMMAND_OK : key_explain(path, err, detail);
}

/* An address that the token itself allows, so that its time and signature can be judged without
 * one. The verifier reads the token again, by itself. */
static const char *find_address(struct arena *arena, const char *text, size_t length)
{
	const struct claims_memory memory = { arena, arena };
	struct paseto paseto;
	struct token token;
	const char *detail;
	char address[CIDR_TEXT_BYTES];
	if (paseto_parse(arena, text, length, &paseto, &detail) != ERR_OK ||
	        claims_parse(&memory, paseto.message.bytes, paseto.message.length, &token,
	                &detail) != ERR_OK ||
	        token.cidr_count == 0)
		return NULL;
	cidr_render(&token.cidrs[0], address);
	address[strcspn(address, "/")] = '\0';
	return arena_strdup(arena, address);
}

static int print_claims(struct arena *arena, const struct token *token)
{
	struct buf buf;
	buf_init(&buf, arena, OUTPUT_MAX);
	claims_render(&buf, token);
	return print_buf(&buf);
}

static int verify_text(struct check *check, const char *text, size_t length)
{
	const struct verifier_options options = {
		.keyring = &check->keyring,
		.audience = check->audience,
		.issuer = check->issuer,
		.max_lifetime_ms = INT64_MAX,
		.cache_entries = 8,
		.revocation = { .generation = no_generation, .is_revoked = no_revocation },
	};
	const struct credentials credentials = {
		.token = text,
		.token_length = length,
		.address = check->address != NULL ? check->address
		                                  : find_address(check->arena, text, length),
	};
	struct verifier *verifier = verifier_open(&options);
	if (verifier == NULL)
		return command_fail("memory cannot be had");
	const struct token *token;
	const char *detail = "";
	enum err err = verifier_check(verifier, &credentials, check->at_ms, &token, &detail);
	int status = err == ERR_OK ? print_claims(check->arena, token)
	                           : command_fail("%s: %s", err_slug(err), detail);
	if (err == ERR_OK)
		verifier_release(token);
	verifier_close(verifier);
	return status;
}

static int verify(struct check *check)
{
	const char *text;
	size_t length;
	keyring_init(&check->keyring, check->arena);
	for (size_t i = 0; i < check->key_count; i++) {
		if (add_key(check, check->key_paths[i]) != COMMAND_OK)
			return COMMAND_FAILED;
	}
	if (!token_read(check->arena, check->path, &text, &length))
		return COMMAND_FAILED;
	return verify_text(check, text, length);
}

static int take_option(struct check *check, int option, const char *text)
{
	switch (option) {
	case 'k':
		if (check->key_count == KEYRING_KEYS_MAX)
			return command_misused("token verify: too many keys");
		check->key_paths[check->key_count++] = text;
		return COMMAND_OK;
	case 'a':
		check->audience = text;
		return COMMAND_OK;
	case 's':
		check->issuer = text;
		return COMMAND_OK;
	case 'i':
		check->address = text;
		return COMMAND_OK;
	case 't':
		return when_parse(text, check->at_ms, &check->at_ms)
		               ? COMMAND_OK
		               : command_misused("--at %s is no time", text);
	default:
		return command_misused("token verify: an option is wrong");
	}
}

int token_command_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "aud", required_argument, NULL, 'a' },
		{ "iss", required_argument, NULL, 's' },
		{ "at", required_argument, NULL, 't' },
		{ "ip", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct check check = { .audience = DEFAULT_AUDIENCE, .at_ms = clock_wall_ms() };
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'h')
			return command_help(verify_help);
		if (take_option(&check, option, optarg) != COMMAND_OK)
			return COMMAND_USAGE;
	}
	if (check.key_count == 0 || optind + 1 < argc)
		return command_misused("token verify needs --key and takes one FILE");
	check.path = get_path(argc, argv);
	check.arena = token_open_arena();
	if (check.arena == NULL)
		return COMMAND_FAILED;
	int status = verify(&check);
	arena_close(check.arena);
	return status;
}
