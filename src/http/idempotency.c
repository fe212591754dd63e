/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/idempotency.h"

#include <stddef.h>

static enum err refuse(const char *detail, const char **ret_detail)
{
	*ret_detail = detail;
	return ERR_BAD_REQUEST;
}

static const char *skip_spaces(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* Takes one character of the string, unescaped; '\0' when there is none. */
static char take_char(const char **at)
{
	char c = *(*at)++;
	if (c != '\\')
		return c >= ' ' && c <= '~' ? c : '\0';
	c = *(*at)++;
	return c == '"' || c == '\\' ? c : '\0';
}

enum err idempotency_parse(
        struct arena *arena, const char *header, const char **ret_key, const char **ret_detail)
{
	static const char malformed[] =
	        "Idempotency-Key must be one quoted string, as in \"8e03978e-40d5\".";
	const char *at = skip_spaces(header);
	char *key = arena_alloc(arena, IDEMPOTENCY_KEY_MAX + 1);
	if (key == NULL)
		return ERR_TOO_LARGE;
	if (*at++ != '"')
		return refuse(malformed, ret_detail);
	size_t length = 0;
	while (*at != '"') {
		char c = take_char(&at);
		if (c == '\0')
			return refuse(malformed, ret_detail);
		if (length == IDEMPOTENCY_KEY_MAX)
			return refuse("An Idempotency-Key has at most 255 characters.", ret_detail);
		key[length++] = c;
	}
	if (*skip_spaces(at + 1) != '\0')
		return refuse(malformed, ret_detail);
	if (length == 0)
		return refuse("An Idempotency-Key must not be empty.", ret_detail);
	*ret_key = key;
	return ERR_OK;
}
