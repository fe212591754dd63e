/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/claims_parser.h"
#include "auth/preset.h"
#include "core/clock.h"
#include "core/json.h"
#include "issue.h"

#define SECOND_MS       1000
#define DEFAULT_LIFE_MS (INT64_C(90) * 24 * 3600 * SECOND_MS)
#define LIFETIME_S_MAX  315360000
#define PRESET_BYTES    16384u
#define POINTER_BYTES   32u
#define ADM_WORDS_MAX   8u

/* A request on its way to claims. */
struct asked {
	struct exchange *x;
	const struct token_wanted *wanted;
	struct token *child;
	struct claims_parser parser;
};

static void PRINTF_LIKE(3, 4)
        blame(struct asked *asked, const char *pointer, const char *format, ...)
{
	char detail[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	faults_add(&asked->x->faults, ERR_BAD_REQUEST, pointer, "%s", detail);
}

/* "/ip/3" */
static const char *item_pointer(char text[static POINTER_BYTES], const char *member, size_t index)
{
	snprintf(text, POINTER_BYTES, "%s/%zu", member, index);
	return text;
}

/* ---- who ---- */

static void parse_subject(struct asked *asked)
{
	const char *text = asked->wanted->subject;
	asked->child->subject = asked->x->token->subject;
	if (text == NULL)
		return;
	size_t length = strlen(text);
	bool is_plain = length > 0 && length <= TOKEN_STRING_MAX;
	for (size_t i = 0; is_plain && i < length; i++)
		is_plain = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
	if (is_plain)
		asked->child->subject = text;
	else
		blame(asked, "/sub",
		        "This must be a text of 1 to %u octets without control characters.",
		        (unsigned)TOKEN_STRING_MAX);
}

/* ---- grants ---- */

static void parse_grant(
        struct asked *asked, const struct json *value, const char *pointer, struct grant *grant)
{
	asked->parser.detail = NULL;
	enum err err = claims_parse_grant(&asked->parser, value, grant);
	if (err != ERR_OK)
		blame(asked, pointer, "%s",
		        asked->parser.detail != NULL ? asked->parser.detail
		                                     : "This grant is too large.");
}

/* Room for the grants, all zero. NULL after a fault. */
static struct grant *put_grants(struct asked *asked, const char *pointer, size_t count)
{
	struct grant *grants = NULL;
	if (count == 0 || count > TOKEN_GRANTS_MAX)
		blame(asked, pointer, "This must be a list of 1 to %u grants.",
		        (unsigned)TOKEN_GRANTS_MAX);
	else
		grants = arena_calloc(asked->x->arena, count, sizeof(*grants));
	asked->child->grants = grants;
	asked->child->grant_count = grants != NULL ? count : 0;
	return grants;
}

static void parse_grants(struct asked *asked)
{
	char pointer[POINTER_BYTES];
	const struct json *list = asked->wanted->grants;
	struct grant *grants = put_grants(asked, "/g", json_count(list));
	if (json_kind(list) != JSON_ARRAY && grants != NULL)
		blame(asked, "/g", "This must be a list of grants.");
	else if (grants != NULL)
		for (const struct json *item = json_first(list); item != NULL;
		        item = json_next(item)) {
			size_t i = (size_t)(grants - asked->child->grants);
			parse_grant(asked, item, item_pointer(pointer, "/g", i), grants++);
		}
}

/* The preset's grant as JSON, so that it is read like any other. */
static void parse_preset(struct asked *asked)
{
	const struct token_wanted *wanted = asked->wanted;
	const struct preset *preset = preset_find(wanted->preset);
	const struct preset_scope scope = { wanted->zones.items, wanted->zones.count,
		wanted->names.items, wanted->names.count };
	struct buf buf;
	struct json_writer writer;
	const struct json *root;
	const char *why = "This preset is too large.";
	if (preset == NULL) {
		blame(asked, "/preset", "There is no such preset.");
		return;
	}
	if (preset_check(preset, &scope) != NULL) {
		bool lacks_zones = scope.zone_count == 0 && !preset_is_admin(preset);
		blame(asked, lacks_zones ? "/zones" : "/names", "This preset needs %s.",
		        lacks_zones ? "zones" : "names");
		return;
	}
	buf_init(&buf, asked->x->arena, PRESET_BYTES);
	json_writer_init(&writer, &buf);
	preset_write_grant(asked->x->arena, preset, &scope, &writer);
	struct grant *grants = put_grants(asked, "/preset", 1);
	if (grants == NULL || buf_is_full(&buf) ||
	        json_parse(asked->x->arena, buf.bytes, buf.length, &root, &why) != ERR_OK)
		blame(asked, "/preset", "%s", why);
	else
		parse_grant(asked, root, "/preset", grants);
}

/* ---- when ---- */

static void parse_end(struct asked *asked, int64_t latest_ms)
{
	const struct token_wanted *wanted = asked->wanted;
	struct token *child = asked->child;
	int64_t seconds;
	child->expires_ms = child->issued_ms + DEFAULT_LIFE_MS;
	if (child->expires_ms > latest_ms)
		child->expires_ms = latest_ms;
	if (wanted->expires != NULL &&
	        !clock_parse_rfc3339(wanted->expires, strlen(wanted->expires), &child->expires_ms))
		blame(asked, "/exp", "This must be a time such as \"2027-01-31T00:00:00Z\".");
	if (wanted->seconds != NULL) {
		if (json_integer(wanted->seconds, 1, LIFETIME_S_MAX, &seconds))
			child->expires_ms = child->issued_ms + seconds * SECOND_MS;
		else
			blame(asked, "/lifetime", "This must be a number of seconds from 1 to %d.",
			        LIFETIME_S_MAX);
	}
	/* A token has whole seconds. */
	child->expires_ms = child->expires_ms / SECOND_MS * SECOND_MS;
	if (child->expires_ms <= child->issued_ms)
		blame(asked, "/exp", "The token would have ended already.");
}

/* ---- from where, how much, which rights ---- */

static void parse_addresses(struct asked *asked)
{
	const struct strings *texts = &asked->wanted->cidrs;
	struct token *child = asked->child;
	char pointer[POINTER_BYTES];
	if (!texts->is_set) {
		child->cidrs = asked->x->token->cidrs;
		child->cidr_count = asked->x->token->cidr_count;
		return;
	}
	struct cidr *cidrs = arena_calloc(asked->x->arena, TOKEN_CIDRS_MAX, sizeof(*cidrs));
	if (texts->count > TOKEN_CIDRS_MAX || cidrs == NULL) {
		blame(asked, "/ip", "This must be a list of at most %u address blocks.",
		        (unsigned)TOKEN_CIDRS_MAX);
		return;
	}
	for (size_t i = 0; i < texts->count; i++) {
		const char *why = "this is no address block";
		if (texts->items[i] == NULL || !cidr_parse(texts->items[i], &cidrs[i], &why))
			blame(asked, item_pointer(pointer, "/ip", i), "%s", why);
	}
	child->cidrs = cidrs;
	child->cidr_count = texts->count;
}

/* A class that is not there now might be added later, with any rate. */
static void parse_class(struct asked *asked)
{
	const char *name = asked->wanted->rate_class;
	asked->child->rate_class = asked->x->token->rate_class;
	if (name == NULL)
		return;
	if (conf_find_rate_class(asked->x->pipeline->settings.conf, name) == NULL)
		blame(asked, "/rl", "There is no such rate class.");
	asked->child->rate_class = name;
}

static void parse_rights(struct asked *asked)
{
	const struct strings *words = &asked->wanted->adm;
	char pointer[POINTER_BYTES];
	for (size_t i = 0; i < words->count && i <= ADM_WORDS_MAX; i++) {
		uint8_t bit = words->items[i] == NULL ? 0 : adm_parse(words->items[i]);
		if (bit == 0 || (asked->child->adm & bit) != 0)
			blame(asked, item_pointer(pointer, "/adm", i),
			        "This is no administrative right, or is there twice.");
		asked->child->adm |= bit;
	}
}

static void parse_depth(struct asked *asked)
{
	int64_t depth = 0;
	if (asked->wanted->depth != NULL &&
	        !json_integer(asked->wanted->depth, 0, TOKEN_DEPTH_MAX, &depth))
		blame(asked, "/dg", "This must be a number from 0 to %u.",
		        (unsigned)TOKEN_DEPTH_MAX);
	asked->child->depth = (uint8_t)depth;
}

enum err issue_parse(struct exchange *x, int64_t latest_ms, struct token *ret_child)
{
	const struct conf *conf = x->pipeline->settings.conf;
	struct token child = {
		.issuer = conf->token_issuer[0] != '\0' ? conf->token_issuer : x->token->issuer,
		.audience = conf->token_audience,
		.issued_ms = exchange_first_ms(x) / SECOND_MS * SECOND_MS,
		.not_before_ms = exchange_first_ms(x) / SECOND_MS * SECOND_MS,
	};
	struct asked asked = {
		.x = x,
		.wanted = x->plan.token_wanted,
		.child = &child,
		.parser = { .scratch = x->arena,
		        .keep = x->arena,
		        .names_left = TOKEN_NAMES_MAX,
		        .types_left = TOKEN_TYPES_MAX },
	};
	parse_subject(&asked);
	if (asked.wanted->preset != NULL)
		parse_preset(&asked);
	else
		parse_grants(&asked);
	parse_end(&asked, latest_ms);
	parse_addresses(&asked);
	parse_class(&asked);
	parse_rights(&asked);
	parse_depth(&asked);
	if (faults_err(&x->faults) == ERR_OK)
		*ret_child = child;
	return faults_err(&x->faults);
}
