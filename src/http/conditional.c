/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/conditional.h"

#include <string.h>

static const char *skip_space(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* The revision that an opaque tag spells exactly as we would; false for any other tag. */
static bool revision_parse(const char *tag, size_t length, uint64_t *ret_revision)
{
	uint64_t revision = 0;
	if (length == 0 || tag[0] == '0')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (tag[i] < '0' || tag[i] > '9' ||
		        __builtin_mul_overflow(revision, (uint64_t)10, &revision) ||
		        __builtin_add_overflow(revision, (uint64_t)(tag[i] - '0'), &revision))
			return false;
	}
	*ret_revision = revision;
	return true;
}

static bool is_tag_char(char character)
{
	uint8_t byte = (uint8_t)character;
	return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

static enum err refuse(const char *detail, const char **ret_detail)
{
	*ret_detail = detail;
	return ERR_BAD_REQUEST;
}

/* Takes one entity-tag; a tag that cannot match is left out. */
static enum err take_tag(
        const char **at, bool is_strong, struct precondition *precondition, const char **ret_detail)
{
	static const char malformed[] = "An entity tag must be quoted, as in \"17\".";
	bool is_weak = strncmp(*at, "W/", 2) == 0;
	const char *open = *at + (is_weak ? 2 : 0);
	uint64_t revision = 0;
	if (*open != '"')
		return refuse(malformed, ret_detail);
	const char *tag = open + 1;
	const char *close = tag;
	while (is_tag_char(*close))
		close++;
	if (*close != '"')
		return refuse(malformed, ret_detail);
	*at = close + 1;
	if ((is_strong && is_weak) || !revision_parse(tag, (size_t)(close - tag), &revision))
		return ERR_OK;
	if (precondition->count == PRECONDITION_ETAGS_MAX)
		return refuse("There are too many entity tags.", ret_detail);
	precondition->revisions[precondition->count++] = revision;
	return ERR_OK;
}

/* A list may have empty elements (RFC 9110 section 5.6.1.2). */
static enum err take_tags(
        const char *at, bool is_strong, struct precondition *precondition, const char **ret_detail)
{
	bool is_empty = true;
	for (;;) {
		at = skip_space(at);
		if (*at != '\0' && *at != ',') {
			enum err err = take_tag(&at, is_strong, precondition, ret_detail);
			if (err != ERR_OK)
				return err;
			is_empty = false;
			at = skip_space(at);
		}
		if (*at == '\0')
			break;
		if (*at++ != ',')
			return refuse("Entity tags are separated by commas.", ret_detail);
	}
	return is_empty ? refuse("There is no entity tag.", ret_detail) : ERR_OK;
}

static bool is_star(const char *value)
{
	value = skip_space(value);
	return *value == '*' && *skip_space(value + 1) == '\0';
}

enum err precondition_parse(const struct http_request *request,
        struct precondition *ret_precondition, const char **ret_detail)
{
	bool is_match = request->if_match != NULL;
	const char *value = is_match ? request->if_match : request->if_none_match;
	struct precondition precondition = { .kind = PRECONDITION_NONE };
	enum err err = ERR_OK;
	if (is_match && request->if_none_match != NULL) {
		*ret_detail = "If-Match and If-None-Match do not go together here.";
		return ERR_BAD_REQUEST;
	}
	if (value != NULL && is_star(value)) {
		precondition.kind = is_match ? PRECONDITION_MATCH_ANY : PRECONDITION_NONE_EXIST;
	} else if (value != NULL) {
		precondition.kind = is_match ? PRECONDITION_MATCH : PRECONDITION_NONE_MATCH;
		err = take_tags(value, is_match, &precondition, ret_detail);
	}
	if (err == ERR_OK)
		*ret_precondition = precondition;
	return err;
}

enum err precondition_parse_match(
        const char *text, struct precondition *ret_precondition, const char **ret_detail)
{
	struct precondition precondition = { .kind = PRECONDITION_MATCH };
	enum err err = ERR_OK;
	if (is_star(text))
		precondition.kind = PRECONDITION_MATCH_ANY;
	else if (revision_parse(text, strlen(text), &precondition.revisions[0]))
		precondition.count = 1;
	else
		err = take_tags(text, true, &precondition, ret_detail);
	if (err == ERR_OK)
		*ret_precondition = precondition;
	return err;
}

static bool has_revision(const struct precondition *precondition, uint64_t revision)
{
	for (size_t i = 0; i < precondition->count; i++) {
		if (precondition->revisions[i] == revision)
			return true;
	}
	return false;
}

bool precondition_is_fresh(const struct precondition *precondition, uint64_t revision)
{
	if (precondition->kind == PRECONDITION_NONE_EXIST)
		return true;
	return precondition->kind == PRECONDITION_NONE_MATCH &&
	       has_revision(precondition, revision);
}

bool precondition_is_met(const struct precondition *precondition, uint64_t revision)
{
	return precondition->kind != PRECONDITION_MATCH || has_revision(precondition, revision);
}
