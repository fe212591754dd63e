/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/bearer.h"

#include <string.h>
#include <strings.h>

#include "auth/paseto.h"

#define SCHEME        "Bearer"
#define SCHEME_LENGTH (sizeof(SCHEME) - 1)

#define B64TOKEN                                                                                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"                           \
	"-._~+/"

enum err bearer_parse(const char *authorization, const char **ret_token, size_t *ret_length)
{
	if (authorization == NULL || strncasecmp(authorization, SCHEME, SCHEME_LENGTH) != 0)
		return ERR_NO_TOKEN;
	const char *token = authorization + SCHEME_LENGTH;
	/* "Bearerx" is another scheme. */
	if (token[0] != ' ' || token[1] == '\0')
		return ERR_NO_TOKEN;
	token++;

	size_t length = strspn(token, B64TOKEN);
	if (length == 0)
		return ERR_BAD_TOKEN;
	length += strspn(token + length, "=");
	if (token[length] != '\0' || length > PASETO_TOKEN_MAX)
		return ERR_BAD_TOKEN;
	*ret_token = token;
	*ret_length = length;
	return ERR_OK;
}
