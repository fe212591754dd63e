/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/prefer.h"

#include <string.h>
#include <strings.h>

/* A piece of the header in place. */
struct text {
	const char *start;
	size_t length;
};

static const char *skip_space(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* RFC 9110 section 5.6.2 */
static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static struct text take_token(const char **at)
{
	struct text token = { .start = *at };
	while (is_token_char(**at))
		(*at)++;
	token.length = (size_t)(*at - token.start);
	return token;
}

/* A token or a quoted string, without its quotes; escapes stay as they are, since no value that we
 * know has one. False when a quote is not closed. */
static bool take_word(const char **at, struct text *ret_word)
{
	if (**at != '"') {
		*ret_word = take_token(at);
		return true;
	}
	const char *start = ++*at;
	while (**at != '"' && **at != '\0')
		*at += **at == '\\' && (*at)[1] != '\0' ? 2 : 1;
	*ret_word = (struct text){ .start = start, .length = (size_t)(*at - start) };
	if (**at != '"')
		return false;
	(*at)++;
	return true;
}

static bool is_word(const struct text *text, const char *word)
{
	return text->length == strlen(word) && strncasecmp(text->start, word, text->length) == 0;
}

static void note_return(struct prefer *prefer, const struct text *value)
{
	if (prefer->return_kind != PREFER_RETURN_ANY)
		return;
	if (is_word(value, "minimal"))
		prefer->return_kind = PREFER_RETURN_MINIMAL;
	else if (is_word(value, "representation"))
		prefer->return_kind = PREFER_RETURN_REPRESENTATION;
}

static void note_wait(struct prefer *prefer, const struct text *value)
{
	uint32_t seconds = 0;
	if (prefer->has_wait || value->length == 0)
		return;
	for (size_t i = 0; i < value->length; i++) {
		char digit = value->start[i];
		if (digit < '0' || digit > '9')
			return;
		if (__builtin_mul_overflow(seconds, 10u, &seconds) ||
		        __builtin_add_overflow(seconds, (uint32_t)(digit - '0'), &seconds))
			seconds = UINT32_MAX;
	}
	prefer->has_wait = true;
	prefer->wait_s = seconds;
}

static void note_preference(
        struct prefer *prefer, const struct text *name, const struct text *value)
{
	if (is_word(name, "return"))
		note_return(prefer, value);
	else if (is_word(name, "wait"))
		note_wait(prefer, value);
	else if (is_word(name, "respond-async"))
		prefer->respond_async = true;
}

/* name [= value]; false when it is not that. */
static bool take_pair(const char **at, struct text *ret_name, struct text *ret_value)
{
	*at = skip_space(*at);
	*ret_name = take_token(at);
	*ret_value = (struct text){ .start = "" };
	*at = skip_space(*at);
	if (**at != '=')
		return ret_name->length > 0;
	*at = skip_space(*at + 1);
	bool is_good = take_word(at, ret_value);
	*at = skip_space(*at);
	return is_good && ret_name->length > 0;
}

/* A preference with its parameters, of which none means anything here. */
static bool take_preference(const char **at, struct prefer *prefer)
{
	struct text name;
	struct text value;
	bool is_good = take_pair(at, &name, &value);
	while (is_good && **at == ';') {
		struct text parameter;
		struct text parameter_value;
		*at = skip_space(*at + 1);
		if (**at != ';' && **at != ',' && **at != '\0')
			is_good = take_pair(at, &parameter, &parameter_value);
	}
	is_good = is_good && (**at == ',' || **at == '\0');
	if (is_good)
		note_preference(prefer, &name, &value);
	return is_good;
}

struct prefer prefer_parse(const char *value)
{
	struct prefer prefer = { 0 };
	while (value != NULL && *(value = skip_space(value)) != '\0') {
		if (*value == ',') {
			value++;
		} else if (!take_preference(&value, &prefer)) {
			value = strchr(value, ',');
		}
	}
	return prefer;
}

void prefer_put_applied(struct http_response *response, const char *preference)
{
	static const char header[] = "Preference-Applied";
	const char *earlier = response_find_header(response, header);
	response_put_header(response, header,
	        earlier == NULL
	                ? preference
	                : arena_printf(response->body.arena, "%s, %s", earlier, preference));
}
