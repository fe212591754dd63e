/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/claims_parser.h"

#include <string.h>

#include "dns/rrset.h"
#include "dns/type.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool list_is_any(const struct json *value)
{
	const char *only = json_count(value) == 1 ? json_string(json_first(value)) : NULL;
	return only != NULL && strcmp(only, "*") == 0;
}

static enum err check_list(struct claims_parser *parser, const struct json *value, const char *key)
{
	if (json_kind(value) != JSON_ARRAY || json_count(value) == 0)
		return claims_refuse(
		        parser, "`%s` of a grant must be a list that is not empty", key);
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		if (json_string(item) == NULL)
			return claims_refuse(parser, "`%s` of a grant must hold strings", key);
	}
	return ERR_OK;
}

/* ---- names ---- */

typedef enum err name_fn(struct claims_parser *parser, const char *text, struct name *ret_name);

static enum err parse_absolute(
        struct claims_parser *parser, const char *text, struct name *ret_name)
{
	const char *why = "";
	if (name_parse(text, strlen(text), ret_name, &why) != ERR_OK)
		return claims_refuse(parser, "`z` of a grant has a bad name: %s", why);
	if (name_is_wildcard(ret_name))
		return claims_refuse(parser, "`z` of a grant takes names or \"*\", no patterns");
	return ERR_OK;
}

/* The zone stands where the root label is, so "@" is the root. */
static enum err parse_relative(
        struct claims_parser *parser, const char *text, struct name *ret_name)
{
	static const struct name apex = { .length = 1 };
	size_t length = strlen(text);
	if (strcmp(text, "@") == 0) {
		*ret_name = apex;
		return ERR_OK;
	}
	if (length > 0 && text[length - 1] == '.')
		return claims_refuse(parser, "names in `n`, `s` and `p` are relative to the zone");
	const char *why = "";
	if (name_parse(text, length, ret_name, &why) != ERR_OK)
		return claims_refuse(parser, "a grant has a bad name: %s", why);
	return ERR_OK;
}

static enum err parse_label(struct claims_parser *parser, const char *text, struct name *ret_name)
{
	enum err err = parse_relative(parser, text, ret_name);
	if (err == ERR_OK && name_count_labels(ret_name) != 1)
		return claims_refuse(parser, "`p` of a grant takes single labels");
	return err;
}

static enum err parse_names(struct claims_parser *parser, const struct json *value, name_fn *parse,
        struct name_list *ret_list)
{
	size_t count = json_count(value);
	if (count > parser->names_left)
		return claims_refuse(
		        parser, "a token holds at most %u names", (unsigned)TOKEN_NAMES_MAX);
	parser->names_left -= count;
	struct name *names = arena_calloc(parser->keep, count, sizeof(*names));
	if (names == NULL)
		return ERR_TOO_LARGE;

	size_t i = 0;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		enum err err = parse(parser, json_string(item), &names[i++]);
		if (err != ERR_OK)
			return err;
	}
	*ret_list = (struct name_list){ .count = count, .names = names };
	return ERR_OK;
}

/* ---- one function for each key of a grant ---- */

static enum err parse_z(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	enum err err = check_list(parser, value, "z");
	if (err != ERR_OK)
		return err;
	grant->all_zones = list_is_any(value);
	return grant->all_zones ? ERR_OK
	                        : parse_names(parser, value, parse_absolute, &grant->zones);
}

static enum err parse_n(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	enum err err = check_list(parser, value, "n");
	return err != ERR_OK ? err : parse_names(parser, value, parse_relative, &grant->exact);
}

static enum err parse_s(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	enum err err = check_list(parser, value, "s");
	return err != ERR_OK ? err : parse_names(parser, value, parse_relative, &grant->subtrees);
}

static enum err parse_p(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	enum err err = check_list(parser, value, "p");
	return err != ERR_OK ? err : parse_names(parser, value, parse_label, &grant->prefixes);
}

/* "*" may stand beside types: those that it does not cover must be named. */
static enum err parse_t(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	enum err err = check_list(parser, value, "t");
	if (err != ERR_OK)
		return err;
	size_t count = json_count(value);
	if (count > parser->types_left)
		return claims_refuse(
		        parser, "a token holds at most %u types", (unsigned)TOKEN_TYPES_MAX);
	parser->types_left -= count;
	uint16_t *types = arena_calloc(parser->keep, count, sizeof(*types));
	if (types == NULL)
		return ERR_TOO_LARGE;

	grant->types = types;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		const char *text = json_string(item);
		if (strcmp(text, "*") == 0)
			grant->all_types = true;
		else if (type_parse(text, strlen(text), &types[grant->type_count]) == ERR_OK)
			grant->type_count++;
		else
			return claims_refuse(parser, "`t` of a grant has an unknown type");
	}
	return ERR_OK;
}

static enum err parse_a(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	static const struct {
		char letter;
		uint8_t action;
	} letters[] = {
		{ 'r', GRANT_READ },
		{ 'l', GRANT_LIST },
		{ 'c', GRANT_CREATE },
		{ 'u', GRANT_UPDATE },
		{ 'd', GRANT_DELETE },
	};
	const char *text = json_string(value);
	if (text == NULL || *text == '\0')
		return claims_refuse(
		        parser, "`a` of a grant must be some of the letters \"rlcud\"");
	for (; *text != '\0'; text++) {
		uint8_t action = 0;
		for (size_t i = 0; i < ARRAY_COUNT(letters); i++)
			action |= letters[i].letter == *text ? letters[i].action : 0;
		if (action == 0 || (grant->actions & action) != 0)
			return claims_refuse(parser,
			        "`a` of a grant must be some of the letters \"rlcud\", each once");
		grant->actions |= action;
	}
	return ERR_OK;
}

static enum err parse_ttl(
        struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	int64_t minimum_s, maximum_s;
	if (json_kind(value) != JSON_ARRAY || json_count(value) != 2 ||
	        !json_integer(json_first(value), 0, TTL_MAX, &minimum_s) ||
	        !json_integer(json_next(json_first(value)), minimum_s, TTL_MAX, &maximum_s))
		return claims_refuse(parser, "`ttl` of a grant must be [least, most] in seconds");
	grant->ttl_min_s = (uint32_t)minimum_s;
	grant->ttl_max_s = (uint32_t)maximum_s;
	return ERR_OK;
}

static enum err parse_w(struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	int64_t number;
	if (!json_integer(value, 1, 1, &number))
		return claims_refuse(parser, "`w` of a grant must be 1");
	grant->wildcards = true;
	return ERR_OK;
}

static enum err parse_max(
        struct claims_parser *parser, const struct json *value, struct grant *grant)
{
	int64_t number;
	if (!json_integer(value, 1, RRSET_VALUES_MAX, &number))
		return claims_refuse(
		        parser, "`max` of a grant must be 1 to %u", (unsigned)RRSET_VALUES_MAX);
	grant->values_max = (uint32_t)number;
	return ERR_OK;
}

static const struct {
	const char *key;
	bool is_required;
	enum err (*parse)(
	        struct claims_parser *parser, const struct json *value, struct grant *grant);
} keys[] = {
	{ "z", true, parse_z },
	{ "n", false, parse_n },
	{ "s", false, parse_s },
	{ "p", false, parse_p },
	{ "t", true, parse_t },
	{ "a", true, parse_a },
	{ "ttl", false, parse_ttl },
	{ "w", false, parse_w },
	{ "max", false, parse_max },
};

static enum err parse_member(
        struct claims_parser *parser, const struct json *member, struct grant *grant)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		if (strcmp(keys[i].key, json_name(member)) == 0)
			return keys[i].parse(parser, member, grant);
	}
	return claims_refuse(parser, "a grant has an unknown key");
}

enum err claims_parse_grant(
        struct claims_parser *parser, const struct json *value, struct grant *ret_grant)
{
	struct grant grant = { .ttl_max_s = TTL_MAX, .values_max = RRSET_VALUES_MAX };
	if (json_kind(value) != JSON_OBJECT)
		return claims_refuse(parser, "a grant must be an object");
	for (const struct json *member = json_first(value); member != NULL;
	        member = json_next(member)) {
		enum err err = parse_member(parser, member, &grant);
		if (err != ERR_OK)
			return err;
	}
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		if (keys[i].is_required && json_find(value, keys[i].key) == NULL)
			return claims_refuse(parser, "a grant needs `%s`", keys[i].key);
	}
	if (grant.exact.count + grant.subtrees.count + grant.prefixes.count == 0)
		return claims_refuse(parser, "a grant needs one of `n`, `s` and `p`");
	*ret_grant = grant;
	return ERR_OK;
}
