/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/key.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auth/key.h"
#include "auth/key_file.h"

static const char generate_help[] =
        "usage: coregate key generate --out FILE [--password-file FILE]\n"
        "\n"
        "Makes a new key that signs tokens. FILE (mode 0600) gets the secret key, FILE.pub\n"
        "the public key that coregated's configuration names. Prints the key id.\n"
        "\n"
        "  --out FILE            where the secret key goes; nothing is overwritten\n"
        "  --password-file FILE  encrypt the secret key with this password; - is standard input\n";

static const char pid_help[] =
        "usage: coregate key pid FILE [--password-file FILE]\n"
        "\n"
        "Prints the key id (k4.pid.…) of a public or secret key.\n"
        "\n"
        "  --password-file FILE  the password of an encrypted secret key; - is standard input\n";

int key_explain(const char *path, enum err err, const char *detail)
{
	if ((err == ERR_NOT_FOUND || err == ERR_UNAVAILABLE) && errno != 0)
		return command_fail("%s: %s: %s", path, detail, strerror(errno));
	return command_fail("%s: %s", path, detail);
}

static int print_id(const struct key *public)
{
	char id[KEY_ID_BYTES];
	key_render_id(public, id);
	puts(id);
	return command_finish(stdout);
}

static int generate(const char *out_path, const char *password_path)
{
	struct key *secret = key_generate();
	if (secret == NULL)
		return command_fail("locked memory for the key cannot be had");
	const char *detail = "";
	errno = 0;
	enum err err = key_file_write(secret, out_path, password_path, &detail);
	struct key public;
	key_get_public(secret, &public);
	key_close(secret);
	if (err == ERR_EXISTS)
		return command_fail("%s or %s.pub is there already", out_path, out_path);
	if (err != ERR_OK)
		return key_explain(out_path, err, detail);
	return print_id(&public);
}

int key_command_generate(int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "password-file", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *out_path = NULL;
	const char *password_path = NULL;
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'o')
			out_path = optarg;
		else if (option == 'p')
			password_path = optarg;
		else if (option == 'h')
			return command_help(generate_help);
		else
			return command_misused("key generate: an option is wrong");
	}
	if (out_path == NULL || optind != argc)
		return command_misused("key generate needs --out FILE and nothing else");
	return generate(out_path, password_path);
}

/* A public key file, or a secret one. */
static int pid(const char *path, const char *password_path)
{
	struct key public;
	const char *detail = "";
	errno = 0;
	enum err err = password_path != NULL ? ERR_BAD_REQUEST
	                                     : key_file_read_public(path, &public, &detail);
	if (err == ERR_OK)
		return print_id(&public);
	if (err != ERR_BAD_REQUEST || strcmp(path, "-") == 0)
		return key_explain(path, err, detail);

	struct key *secret;
	err = key_file_read_secret(path, password_path, &secret, &detail);
	if (err != ERR_OK)
		return key_explain(path, err, detail);
	key_get_public(secret, &public);
	key_close(secret);
	return print_id(&public);
}

int key_command_pid(int argc, char **argv)
{
	static const struct option options[] = {
		{ "password-file", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *password_path = NULL;
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'p')
			password_path = optarg;
		else if (option == 'h')
			return command_help(pid_help);
		else
			return command_misused("key pid: an option is wrong");
	}
	if (optind + 1 != argc)
		return command_misused("key pid needs one FILE");
	return pid(argv[optind], password_path);
}
