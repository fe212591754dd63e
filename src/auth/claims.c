/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/claims_parser.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/secret.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* More than any token can carry. */
#define PAYLOAD_MAX 4096u

static const char *const adm_words[] = {
	"zone.create",
	"zone.delete",
	"zone.export",
	"zone.import",
	"token.issue",
	"token.revoke",
	"audit.read",
	"metrics",
};

const char *adm_name(enum adm adm)
{
	for (size_t i = 0; i < ARRAY_COUNT(adm_words); i++) {
		if ((unsigned)adm == 1u << i)
			return adm_words[i];
	}
	return NULL;
}

uint8_t adm_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_COUNT(adm_words); i++) {
		if (strcmp(adm_words[i], word) == 0)
			return (uint8_t)(1u << i);
	}
	return 0;
}

enum err claims_refuse(struct claims_parser *parser, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	parser->detail = arena_strdup(parser->scratch, sentence);
	return ERR_BAD_TOKEN;
}

/* ---- strings ---- */

#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"

static bool is_plain_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static enum err keep_string(struct claims_parser *parser, const char *text, const char **ret_string)
{
	const char *copy = arena_strdup(parser->keep, text);
	if (copy == NULL)
		return ERR_TOO_LARGE;
	*ret_string = copy;
	return ERR_OK;
}

/* For people: any text without control bytes. */
static enum err parse_text(
        struct claims_parser *parser, const struct json *value, const char **ret_string)
{
	const char *text = json_string(value);
	if (text == NULL || *text == '\0' || strlen(text) > TOKEN_STRING_MAX ||
	        !is_plain_text(text))
		return claims_refuse(parser,
		        "`%s` must be a text of at most %u octets without control characters",
		        json_name(value), (unsigned)TOKEN_STRING_MAX);
	return keep_string(parser, text, ret_string);
}

static bool is_word(const char *text, size_t length_max)
{
	return text != NULL && *text != '\0' && strlen(text) <= length_max &&
	       text[strspn(text, ID_CHARACTERS)] == '\0';
}

/* ---- one function for each claim ---- */

static enum err parse_sub(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_text(parser, value, &token->subject);
}

static enum err parse_iss(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_text(parser, value, &token->issuer);
}

static enum err parse_aud(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_text(parser, value, &token->audience);
}

static enum err parse_jti(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	const char *text = json_string(value);
	if (!is_word(text, TOKEN_ID_MAX))
		return claims_refuse(parser, "`jti` must be 1 to %u letters, digits or any of ._:-",
		        (unsigned)TOKEN_ID_MAX);
	return keep_string(parser, text, &token->token_id);
}

static enum err parse_rl(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	const char *text = json_string(value);
	if (!is_word(text, TOKEN_CLASS_MAX))
		return claims_refuse(parser, "`rl` must be the name of a rate class");
	return keep_string(parser, text, &token->rate_class);
}

static enum err parse_time(
        struct claims_parser *parser, const struct json *value, int64_t *ret_time_ms)
{
	const char *text = json_string(value);
	if (text == NULL || !clock_parse_rfc3339(text, strlen(text), ret_time_ms))
		return claims_refuse(parser, "`%s` must be a time such as \"2027-01-31T00:00:00Z\"",
		        json_name(value));
	return ERR_OK;
}

static enum err parse_iat(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_time(parser, value, &token->issued_ms);
}

static enum err parse_nbf(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_time(parser, value, &token->not_before_ms);
}

static enum err parse_exp(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	return parse_time(parser, value, &token->expires_ms);
}

static enum err parse_v(struct claims_parser *parser, const struct json *value, struct token *token)
{
	int64_t version;
	(void)token;
	return json_integer(value, 1, 1, &version) ? ERR_OK
	                                           : claims_refuse(parser, "`v` must be 1");
}

static enum err parse_dg(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	int64_t depth;
	if (!json_integer(value, 0, TOKEN_DEPTH_MAX, &depth))
		return claims_refuse(parser, "`dg` must be 0 to %u", (unsigned)TOKEN_DEPTH_MAX);
	token->depth = (uint8_t)depth;
	return ERR_OK;
}

static enum err check_count(
        struct claims_parser *parser, const struct json *value, size_t least, size_t most)
{
	size_t count = json_count(value);
	if (json_kind(value) != JSON_ARRAY || count < least || count > most)
		return claims_refuse(
		        parser, "`%s` must be a list of %zu to %zu", json_name(value), least, most);
	return ERR_OK;
}

static enum err parse_adm(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	enum err err = check_count(parser, value, 0, ARRAY_COUNT(adm_words));
	if (err != ERR_OK)
		return err;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		const char *word = json_string(item);
		uint8_t bit = word == NULL ? 0 : adm_parse(word);
		if (bit == 0 || (token->adm & bit) != 0)
			return claims_refuse(parser, "`adm` holds an unknown word or one twice");
		token->adm |= bit;
	}
	return ERR_OK;
}

static enum err parse_ip(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	enum err err = check_count(parser, value, 0, TOKEN_CIDRS_MAX);
	if (err != ERR_OK)
		return err;
	struct cidr *cidrs = arena_calloc(parser->keep, json_count(value), sizeof(*cidrs));
	if (cidrs == NULL)
		return ERR_TOO_LARGE;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		const char *text = json_string(item);
		const char *why = "this is no text";
		if (text == NULL || !cidr_parse(text, &cidrs[token->cidr_count], &why))
			return claims_refuse(parser, "`ip`: %s", why);
		token->cidr_count++;
	}
	token->cidrs = cidrs;
	return ERR_OK;
}

static enum err parse_par(
        struct claims_parser *parser, const struct json *value, struct token *token)
{
	enum err err = check_count(parser, value, 0, TOKEN_PARENTS_MAX);
	if (err != ERR_OK)
		return err;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		const char *text = json_string(item);
		if (!is_word(text, TOKEN_ID_MAX))
			return claims_refuse(parser, "`par` must hold ids of tokens");
		err = keep_string(parser, text, &token->parents[token->parent_count]);
		if (err != ERR_OK)
			return err;
		token->parent_count++;
	}
	return ERR_OK;
}

static enum err parse_g(struct claims_parser *parser, const struct json *value, struct token *token)
{
	enum err err = check_count(parser, value, 1, TOKEN_GRANTS_MAX);
	if (err != ERR_OK)
		return err;
	struct grant *grants = arena_calloc(parser->keep, json_count(value), sizeof(*grants));
	if (grants == NULL)
		return ERR_TOO_LARGE;
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		err = claims_parse_grant(parser, item, &grants[token->grant_count]);
		if (err != ERR_OK)
			return err;
		token->grant_count++;
	}
	token->grants = grants;
	return ERR_OK;
}

static const struct {
	const char *name;
	bool is_required;
	enum err (*parse)(
	        struct claims_parser *parser, const struct json *value, struct token *token);
} claims[] = {
	{ "iss", true, parse_iss },
	{ "sub", true, parse_sub },
	{ "aud", true, parse_aud },
	{ "jti", true, parse_jti },
	{ "iat", true, parse_iat },
	{ "nbf", false, parse_nbf },
	{ "exp", true, parse_exp },
	{ "v", true, parse_v },
	{ "g", true, parse_g },
	{ "ip", false, parse_ip },
	{ "rl", false, parse_rl },
	{ "adm", false, parse_adm },
	{ "dg", false, parse_dg },
	{ "par", false, parse_par },
};

static enum err parse_member(
        struct claims_parser *parser, const struct json *member, struct token *token)
{
	for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
		if (strcmp(claims[i].name, json_name(member)) == 0)
			return claims[i].parse(parser, member, token);
	}
	return claims_refuse(parser, "the token has a claim that is not known here");
}

static enum err parse_members(
        struct claims_parser *parser, const struct json *root, struct token *token)
{
	for (const struct json *member = json_first(root); member != NULL;
	        member = json_next(member)) {
		enum err err = parse_member(parser, member, token);
		if (err != ERR_OK)
			return err;
	}
	for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
		if (claims[i].is_required && json_find(root, claims[i].name) == NULL)
			return claims_refuse(parser, "the token lacks `%s`", claims[i].name);
	}
	return ERR_OK;
}

static enum err check_times(
        struct claims_parser *parser, const struct json *root, struct token *token)
{
	if (json_find(root, "nbf") == NULL)
		token->not_before_ms = token->issued_ms;
	if (token->expires_ms <= token->issued_ms || token->expires_ms < token->not_before_ms)
		return claims_refuse(parser, "`exp` must be later than `iat` and `nbf`");
	return ERR_OK;
}

static uint64_t hash_subject(const char *subject)
{
	uint8_t digest[DIGEST_BYTES];
	uint64_t hash;
	digest_blake2b(subject, strlen(subject), NULL, 0, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static enum err parse_root(
        struct claims_parser *parser, const char *payload, size_t length, struct token *ret_token)
{
	const struct json *root;
	struct token token = { .rate_class = "" };
	if (length > PAYLOAD_MAX)
		return claims_refuse(parser, "the payload is too long");
	const char *why;
	enum err err = json_parse(parser->scratch, payload, length, &root, &why);
	if (err == ERR_BAD_REQUEST)
		return claims_refuse(parser, "the payload is not valid JSON");
	if (err != ERR_OK)
		return err;
	if (json_kind(root) != JSON_OBJECT)
		return claims_refuse(parser, "the payload must be an object");
	err = parse_members(parser, root, &token);
	if (err == ERR_OK)
		err = check_times(parser, root, &token);
	if (err != ERR_OK)
		return err;
	token.subject_hash = hash_subject(token.subject);
	*ret_token = token;
	return ERR_OK;
}

enum err claims_parse(const struct claims_memory *memory, const char *payload, size_t length,
        struct token *ret_token, const char **ret_detail)
{
	struct claims_parser parser = {
		.scratch = memory->scratch,
		.keep = memory->keep,
		.names_left = TOKEN_NAMES_MAX,
		.types_left = TOKEN_TYPES_MAX,
	};
	enum err err = parse_root(&parser, payload, length, ret_token);
	if (err == ERR_BAD_TOKEN)
		*ret_detail = parser.detail != NULL ? parser.detail : "the claims are not valid";
	return err;
}
