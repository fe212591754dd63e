/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/shape.h"
#include "auth/claims.h"
#include "core/json.h"
#include "dns/type.h"
#include "operations.h"

#define CLAIMS_BYTES_MAX 8192u

static void put_names(struct json_writer *writer, const char *member, const struct name_list *list)
{
	char text[NAME_TEXT_BYTES];
	json_open_array(writer, member);
	for (size_t i = 0; i < list->count; i++) {
		bool is_apex = list->names[i].length == 1;
		json_put_string(writer, NULL, is_apex ? "@" : name_render(&list->names[i], text));
	}
	json_close_array(writer);
}

static void put_zones(struct json_writer *writer, const struct grant *grant)
{
	if (!grant->all_zones) {
		put_names(writer, "zones", &grant->zones);
		return;
	}
	json_open_array(writer, "zones");
	json_put_string(writer, NULL, "*");
	json_close_array(writer);
}

static void put_types(struct json_writer *writer, const struct grant *grant)
{
	char text[TYPE_TEXT_BYTES];
	json_open_array(writer, "record_types");
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
		const char *word;
	} words[] = {
		{ GRANT_READ, "read" },
		{ GRANT_LIST, "list" },
		{ GRANT_CREATE, "create" },
		{ GRANT_UPDATE, "update" },
		{ GRANT_DELETE, "delete" },
	};
	json_open_array(writer, "actions");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (actions & words[i].action)
			json_put_string(writer, NULL, words[i].word);
	}
	json_close_array(writer);
}

static void put_grant(struct json_writer *writer, const struct grant *grant)
{
	json_open_object(writer, NULL);
	put_zones(writer, grant);
	put_names(writer, "names", &grant->exact);
	put_names(writer, "subtrees", &grant->subtrees);
	put_names(writer, "first_labels", &grant->prefixes);
	put_types(writer, grant);
	put_actions(writer, grant->actions);
	json_put_int(writer, "ttl_min", grant->ttl_min_s);
	json_put_int(writer, "ttl_max", grant->ttl_max_s);
	json_put_int(writer, "max_records", grant->values_max);
	json_put_bool(writer, "wildcards", grant->wildcards);
	json_close_object(writer);
}

static void put_quota(
        struct json_writer *writer, const char *member, uint32_t quota, uint32_t window_s)
{
	json_open_object(writer, member);
	json_put_int(writer, "quota", quota);
	json_put_int(writer, "window", window_s);
	json_close_object(writer);
}

static void put_class(struct json_writer *writer, const struct conf_rate_class *class)
{
	json_open_object(writer, "rate_class");
	json_put_string(writer, "name", class->name);
	put_quota(writer, "requests", class->requests, class->requests_window_s);
	put_quota(writer, "records", class->records, class->records_window_s);
	json_close_object(writer);
}

static void put_limits(struct json_writer *writer, const struct token *token)
{
	char text[CIDR_TEXT_BYTES];
	json_open_array(writer, "adm");
	for (unsigned bit = 1; bit <= ADM_ALL; bit <<= 1) {
		if (token->adm & bit)
			json_put_string(writer, NULL, adm_name((enum adm)bit));
	}
	json_close_array(writer);
	json_open_array(writer, "ip");
	for (size_t i = 0; i < token->cidr_count; i++)
		json_put_string(writer, NULL, cidr_render(&token->cidrs[i], text));
	json_close_array(writer);
	json_put_int(writer, "dg", token->depth);
	json_open_array(writer, "par");
	for (size_t i = 0; i < token->parent_count; i++)
		json_put_string(writer, NULL, token->parents[i]);
	json_close_array(writer);
}

static void put_who(struct json_writer *writer, const struct token *token)
{
	json_put_string(writer, "subject", token->subject);
	json_put_string(writer, "jti", token->token_id);
	json_put_string(writer, "kid", token->key_id);
	json_put_string(writer, "issuer", token->issuer);
	json_put_string(writer, "audience", token->audience);
	shape_put_time(writer, "issued_at", token->issued_ms);
	shape_put_time(writer, "not_before", token->not_before_ms);
	shape_put_time(writer, "expires_at", token->expires_ms);
}

void operation_token(struct exchange *x)
{
	const struct token *token = x->token;
	struct json_writer writer;
	struct buf claims;
	buf_init(&claims, x->arena, CLAIMS_BYTES_MAX);
	claims_render(&claims, token);
	const char *claims_text = buf_string(&claims);
	shape_open(&x->response, 200, &writer);
	json_open_object(&writer, "data");
	put_who(&writer, token);
	json_open_array(&writer, "grants");
	for (size_t i = 0; i < token->grant_count; i++)
		put_grant(&writer, &token->grants[i]);
	json_close_array(&writer);
	put_limits(&writer, token);
	put_class(&writer, x->class);
	json_put_raw(&writer, "claims", claims_text != NULL ? claims_text : "null");
	json_close_object(&writer);
	shape_close(&writer);
}
