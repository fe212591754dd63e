/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/access.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/http_call.h"
#include "cli/token.h"
#include "conf/client.h"

#define FILE_NAME "coregate.conf"

/* What there is to say, from all sources. */
struct sources {
	struct arena *arena;
	const struct given *given;
	struct client_conf conf;
};

static const char *get_environment(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && *value != '\0' ? value : NULL;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	if (a != NULL)
		return a;
	return b != NULL ? b : c;
}

static void warn(const struct sources *sources, const char *message, const char *what)
{
	if (!given_has(sources->given, "quiet"))
		fprintf(stderr, "coregate: %s%s\n", message, what);
}

/* ---- the file ---- */

/* XDG Base Directory: a relative path there counts as none. */
static const char *find_file(struct arena *arena)
{
	const char *folder = get_environment("XDG_CONFIG_HOME");
	const char *home = get_environment("HOME");
	if (folder != NULL && folder[0] == '/')
		return arena_printf(arena, "%s/" FILE_NAME, folder);
	return home != NULL ? arena_printf(arena, "%s/.config/" FILE_NAME, home) : NULL;
}

static bool read_file(struct sources *sources)
{
	char message[CLIENT_MESSAGE_BYTES];
	const char *path = given_find(sources->given, "config");
	if (path == NULL) {
		path = find_file(sources->arena);
		if (path == NULL || access(path, F_OK) != 0)
			return true;
	}
	if (client_conf_load(sources->arena, path, &sources->conf, message))
		return true;
	command_fail("%s", message);
	return false;
}

/* ---- the address ---- */

static int find_base(const struct sources *sources, struct access *access)
{
	const char *why;
	bool is_open = false;
	const char *address = first_of(given_find(sources->given, "api"),
	        get_environment("COREGATE_API"), sources->conf.api);
	if (address == NULL)
		return command_misused("where is the API? --api, COREGATE_API, or api in "
		                       "~/.config/" FILE_NAME " say it");
	access->base = http_call_base(sources->arena, address, &is_open, &why);
	if (access->base == NULL)
		return command_misused("%s: %s", address, why);
	if (is_open)
		warn(sources,
		        "warning: the token goes over http, which others can read: ", access->base);
	return COMMAND_OK;
}

/* ---- the token ---- */

static bool check_mode(const struct sources *sources, const char *path)
{
	struct stat status;
	if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return true;
	if ((status.st_mode & S_IROTH) != 0) {
		command_fail("%s: everybody may read this token; chmod 600 closes it", path);
		return false;
	}
	if ((status.st_mode & S_IRGRP) != 0)
		warn(sources, "warning: its group may read the token in ", path);
	return true;
}

static const char *read_token(const struct sources *sources, const char *path)
{
	const char *token;
	size_t length;
	if (!check_mode(sources, path) || !token_read(sources->arena, path, &token, &length))
		return NULL;
	token = arena_dup(sources->arena, token, length);
	if (token == NULL)
		command_fail("memory cannot be had");
	return token;
}

/* Nothing but what a header can hold as one word (RFC 6750 section 2.1). */
static bool is_token(const char *text)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                             "0123456789-._~+/=");
	return length > 0 && text[length] == '\0';
}

static const char *find_token(const struct sources *sources, int *ret_status)
{
	const char *token = NULL;
	const char *path = given_find(sources->given, "token-file");
	if (path == NULL)
		path = get_environment("COREGATE_TOKEN_FILE");
	if (path == NULL)
		token = first_of(get_environment("COREGATE_TOKEN"), sources->conf.token, NULL);
	if (path == NULL && token == NULL)
		path = sources->conf.token_file;
	*ret_status = COMMAND_OK;
	if (path == NULL && token == NULL) {
		*ret_status = command_misused(
		        "which token? --token-file, COREGATE_TOKEN_FILE, "
		        "COREGATE_TOKEN, or token_file in ~/.config/" FILE_NAME " say it");
		return NULL;
	}
	if (path != NULL)
		token = read_token(sources, path);
	if (token == NULL)
		*ret_status = COMMAND_FAILED;
	return token;
}

static int find_authorization(const struct sources *sources, struct access *access)
{
	int status;
	const char *token = find_token(sources, &status);
	if (token == NULL)
		return status;
	if (!is_token(token))
		return command_fail("what was given as the token is none");
	access->authorization = arena_printf(sources->arena, "Authorization: Bearer %s", token);
	return access->authorization != NULL ? COMMAND_OK : command_fail("memory cannot be had");
}

int access_find(const struct given *given, struct access *ret_access)
{
	struct sources sources = { .arena = given->arena, .given = given };
	if (!read_file(&sources))
		return COMMAND_FAILED;
	int status = find_base(&sources, ret_access);
	if (status != COMMAND_OK)
		return status;
	ret_access->cacert = first_of(given_find(given, "cacert"),
	        get_environment("COREGATE_CACERT"), sources.conf.cacert);
	return find_authorization(&sources, ret_access);
}
