/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/claims.h"

#include "core/clock.h"
#include "core/json.h"
#include "dns/rrset.h"
#include "dns/type.h"

static void put_time(struct json_writer *writer, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];
	clock_render_rfc3339(wall_ms, text);
	json_put_string(writer, name, text);
}

/* The root of a relative name is the zone: "@". */
static void put_names(
        struct json_writer *writer, const char *key, const struct name_list *list, bool is_relative)
{
	char text[NAME_TEXT_BYTES];
	if (list->count == 0)
		return;
	json_open_array(writer, key);
	for (size_t i = 0; i < list->count; i++) {
		bool is_apex = is_relative && list->names[i].length == 1;
		json_put_string(writer, NULL, is_apex ? "@" : name_render(&list->names[i], text));
	}
	json_close_array(writer);
}

static void put_zones(struct json_writer *writer, const struct grant *grant)
{
	put_names(writer, "z", &grant->zones, false);
	if (!grant->all_zones)
		return;
	json_open_array(writer, "z");
	json_put_string(writer, NULL, "*");
	json_close_array(writer);
}

static void put_types(struct json_writer *writer, const struct grant *grant)
{
	char text[TYPE_TEXT_BYTES];
	json_open_array(writer, "t");
	if (grant->all_types)
		json_put_string(writer, NULL, "*");
	for (size_t i = 0; i < grant->type_count; i++)
		json_put_string(writer, NULL, type_render(grant->types[i], text));
	json_close_array(writer);
}

static void put_actions(struct json_writer *writer, uint8_t actions)
{
	static const struct {
		uint8_t action;
		char letter;
	} letters[] = {
		{ GRANT_READ, 'r' },
		{ GRANT_LIST, 'l' },
		{ GRANT_CREATE, 'c' },
		{ GRANT_UPDATE, 'u' },
		{ GRANT_DELETE, 'd' },
	};
	char text[sizeof(letters) / sizeof(letters[0]) + 1] = "";
	size_t length = 0;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (actions & letters[i].action)
			text[length++] = letters[i].letter;
	}
	json_put_string(writer, "a", text);
}

static void put_grant(struct json_writer *writer, const struct grant *grant)
{
	json_open_object(writer, NULL);
	put_zones(writer, grant);
	put_names(writer, "n", &grant->exact, true);
	put_names(writer, "s", &grant->subtrees, true);
	put_names(writer, "p", &grant->prefixes, true);
	put_types(writer, grant);
	put_actions(writer, grant->actions);
	if (grant->ttl_min_s != 0 || grant->ttl_max_s != TTL_MAX) {
		json_open_array(writer, "ttl");
		json_put_int(writer, NULL, grant->ttl_min_s);
		json_put_int(writer, NULL, grant->ttl_max_s);
		json_close_array(writer);
	}
	if (grant->wildcards)
		json_put_int(writer, "w", 1);
	if (grant->values_max != RRSET_VALUES_MAX)
		json_put_int(writer, "max", grant->values_max);
	json_close_object(writer);
}

static void put_limits(struct json_writer *writer, const struct token *token)
{
	char text[CIDR_TEXT_BYTES];
	if (token->cidr_count > 0) {
		json_open_array(writer, "ip");
		for (size_t i = 0; i < token->cidr_count; i++)
			json_put_string(writer, NULL, cidr_render(&token->cidrs[i], text));
		json_close_array(writer);
	}
	if (*token->rate_class != '\0')
		json_put_string(writer, "rl", token->rate_class);
	if (token->adm == 0)
		return;
	json_open_array(writer, "adm");
	for (unsigned bit = 1; bit <= ADM_ALL; bit <<= 1) {
		if (token->adm & bit)
			json_put_string(writer, NULL, adm_name((enum adm)bit));
	}
	json_close_array(writer);
}

static void put_delegation(struct json_writer *writer, const struct token *token)
{
	if (token->depth > 0)
		json_put_int(writer, "dg", token->depth);
	if (token->parent_count == 0)
		return;
	json_open_array(writer, "par");
	for (size_t i = 0; i < token->parent_count; i++)
		json_put_string(writer, NULL, token->parents[i]);
	json_close_array(writer);
}

void claims_render(struct buf *buf, const struct token *token)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_open_object(&writer, NULL);
	json_put_string(&writer, "iss", token->issuer);
	json_put_string(&writer, "sub", token->subject);
	json_put_string(&writer, "aud", token->audience);
	json_put_string(&writer, "jti", token->token_id);
	put_time(&writer, "iat", token->issued_ms);
	if (token->not_before_ms != token->issued_ms)
		put_time(&writer, "nbf", token->not_before_ms);
	put_time(&writer, "exp", token->expires_ms);
	json_put_int(&writer, "v", 1);
	json_open_array(&writer, "g");
	for (size_t i = 0; i < token->grant_count; i++)
		put_grant(&writer, &token->grants[i]);
	json_close_array(&writer);
	put_limits(&writer, token);
	put_delegation(&writer, token);
	json_close_object(&writer);
}
