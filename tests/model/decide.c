/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Says what auth/ and dns/ decide. Each line of the input is a token or a question about the last
 * one, its words separated by tabs; each gives one line, "yes" or "no":
 *
 *   token CLAIMS                                     the claims make a token
 *   read|list ZONE OWNER TYPE                        it may read or list that RRset
 *   write ZONE OWNER TYPE create|update|delete TTL COUNT    it may leave COUNT values of this TTL
 *   readzone|listzone ZONE                           it may know that zone; "-": any
 *   admin RIGHT ZONE                                 it has an administrative right; "-": no zone
 *   reaches OWNER                                    it may learn that there is no zone for it
 *
 * A name or type that is none gives "invalid", as it does for a token that is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "auth/policy.h"
#include "core/secret.h"
#include "dns/change.h"
#include "dns/type.h"

#define WORDS_MAX   8
#define ARENA_BYTES ((size_t)1 << 20)

struct decider {
	struct arena *arena;
	struct token token;
	bool has_token;
	char *words[WORDS_MAX];
	size_t count;
};

static const char *say(bool yes)
{
	return yes ? "yes" : "no";
}

static bool parse_name(const char *text, struct name *ret_name)
{
	const char *detail;
	return name_parse(text, strlen(text), ret_name, &detail) == ERR_OK;
}

static const char *decide_token(struct decider *decider)
{
	const char *detail;
	arena_reset(decider->arena);
	const struct claims_memory memory = { .scratch = decider->arena, .keep = decider->arena };
	decider->has_token = claims_parse(&memory, decider->words[1], strlen(decider->words[1]),
	                             &decider->token, &detail) == ERR_OK;
	return say(decider->has_token);
}

struct target {
	struct name zone;
	struct name owner;
	uint16_t type;
};

static bool parse_target(struct decider *decider, struct target *ret_target)
{
	const char *type = decider->words[3];
	return parse_name(decider->words[1], &ret_target->zone) &&
	       parse_name(decider->words[2], &ret_target->owner) &&
	       type_parse(type, strlen(type), &ret_target->type) == ERR_OK;
}

static const char *decide_read(struct decider *decider)
{
	struct target target;
	if (!parse_target(decider, &target))
		return "invalid";
	return say(policy_may_read(&decider->token, &target.zone, &target.owner, target.type));
}

static const char *decide_list(struct decider *decider)
{
	struct target target;
	if (!parse_target(decider, &target))
		return "invalid";
	return say(policy_may_list(&decider->token, &target.zone, &target.owner, target.type));
}

static const char *decide_write(struct decider *decider)
{
	struct target target;
	if (!parse_target(decider, &target))
		return "invalid";
	const char *action = decider->words[4];
	enum effect_action effect = strcmp(action, "create") == 0   ? EFFECT_CREATE
	                            : strcmp(action, "update") == 0 ? EFFECT_UPDATE
	                                                            : EFFECT_DELETE;
	struct op op = { 0 };
	op.bound_count =
	        policy_cover(&decider->token, &target.zone, &target.owner, target.type, op.bounds);
	const struct rrset after = {
		.ttl_s = (uint32_t)strtoul(decider->words[5], NULL, 10),
		.count = strtoul(decider->words[6], NULL, 10),
	};
	return say(op.bound_count > 0 && op_is_covered(&op, effect, &after));
}

static bool parse_zone(const char *text, struct name *name, const struct name **ret_name)
{
	*ret_name = strcmp(text, "-") == 0 ? NULL : name;
	return *ret_name == NULL || parse_name(text, name);
}

static const char *decide_readzone(struct decider *decider)
{
	struct name zone;
	if (!parse_name(decider->words[1], &zone))
		return "invalid";
	return say(policy_may_read_zone(&decider->token, &zone));
}

static const char *decide_listzone(struct decider *decider)
{
	struct name name;
	const struct name *zone;
	if (!parse_zone(decider->words[1], &name, &zone))
		return "invalid";
	return say(policy_may_list_zone(&decider->token, zone));
}

static const char *decide_admin(struct decider *decider)
{
	struct name name;
	const struct name *zone;
	uint8_t right = adm_parse(decider->words[1]);
	if (right == 0 || !parse_zone(decider->words[2], &name, &zone))
		return "invalid";
	return say(policy_may_admin(&decider->token, (enum adm)right, zone));
}

static const char *decide_reaches(struct decider *decider)
{
	struct name owner;
	if (!parse_name(decider->words[1], &owner))
		return "invalid";
	return say(policy_reaches(&decider->token, &owner));
}

static const struct {
	const char *word;
	size_t count; /* of words, this one included */
	const char *(*decide)(struct decider *decider);
} questions[] = {
	{ "token", 2, decide_token },
	{ "read", 4, decide_read },
	{ "list", 4, decide_list },
	{ "write", 7, decide_write },
	{ "readzone", 2, decide_readzone },
	{ "listzone", 2, decide_listzone },
	{ "admin", 3, decide_admin },
	{ "reaches", 2, decide_reaches },
};

static const char *decide(struct decider *decider)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strcmp(decider->words[0], questions[i].word) != 0 ||
		        decider->count != questions[i].count)
			continue;
		return i == 0 || decider->has_token ? questions[i].decide(decider) : "invalid";
	}
	return NULL;
}

static void split(struct decider *decider, char *line)
{
	decider->count = 0;
	for (char *word = line; word != NULL && decider->count < WORDS_MAX;) {
		char *tab = strchr(word, '\t');
		if (tab != NULL)
			*tab++ = '\0';
		decider->words[decider->count++] = word;
		word = tab;
	}
}

int main(void)
{
	struct decider decider = { .arena = arena_open(ARENA_BYTES) };
	char *line = NULL;
	size_t room = 0;
	if (decider.arena == NULL || !secret_init())
		return EXIT_FAILURE;
	for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
		line[length - 1] = '\0';
		split(&decider, line);
		const char *answer = decide(&decider);
		if (answer == NULL) {
			fprintf(stderr, "decide: this is no question: %s\n", line);
			return EXIT_FAILURE;
		}
		puts(answer);
	}
	free(line);
	arena_close(decider.arena);
	return EXIT_SUCCESS;
}
