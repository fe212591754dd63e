/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/token.h"

#include <errno.h>
#include <string.h>

#include "auth/paseto.h"
#include "core/file.h"

#define ARENA_BYTES ((size_t)8 * 1024 * 1024)
/* A token with some white space around it, and enough to say that it is too long. */
#define FILE_MAX    (4 * PASETO_TOKEN_MAX)
#define WHITE_SPACE " \t\r\n"

struct arena *token_open_arena(void)
{
	struct arena *arena = arena_open(ARENA_BYTES);
	if (arena == NULL)
		command_fail("memory cannot be had");
	return arena;
}

bool token_read(struct arena *arena, const char *path, const char **ret_token, size_t *ret_length)
{
	char *text;
	size_t length;
	bool is_stdin = strcmp(path, "-") == 0;
	enum err err = file_read(arena, is_stdin ? "/dev/stdin" : path, FILE_MAX, &text, &length);
	if (err == ERR_TOO_LARGE) {
		command_fail("%s is too long for a token", path);
		return false;
	}
	if (err != ERR_OK) {
		command_fail("%s cannot be read: %s", path, strerror(errno));
		return false;
	}
	size_t start = strspn(text, WHITE_SPACE);
	while (length > start && strchr(WHITE_SPACE, text[length - 1]) != NULL)
		length--;
	*ret_token = text + start;
	*ret_length = length - start;
	return true;
}
