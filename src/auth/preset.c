/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/preset.h"

#include <stdint.h>
#include <string.h>

#define ACME_LABEL "_acme-challenge"
#define TYPES_MAX  10

struct preset {
	const char *name;
	bool is_acme;             /* names stand for their challenges */
	const char *matcher;      /* key of the names given with --name */
	const char *default_name; /* when there are none; NULL: at least one is needed */
	const char *types[TYPES_MAX];
	const char *actions;
	uint32_t ttl_max_s; /* 0: no bounds; else [1, this] */
	bool wildcards;
	bool is_admin;
};

/* "*" and all that it does not cover. */
#define EVERY_TYPE                                                                                 \
	{                                                                                          \
		"*", "SOA", "NS", "DS", "DNSKEY", "CDS", "CDNSKEY", "DNAME", "CAA"                 \
	}

static const struct preset presets[] = {
	{
	        .name = "acme",
	        .is_acme = true,
	        .types = { "TXT" },
	        .actions = "rcud",
	        .ttl_max_s = 300,
	},
	{
	        .name = "dyndns",
	        .matcher = "n",
	        .types = { "A", "AAAA" },
	        .actions = "ru",
	},
	{
	        .name = "external-dns",
	        .matcher = "s",
	        .default_name = "@",
	        .types = { "A", "AAAA", "CNAME", "TXT" },
	        .actions = "rlcud",
	},
	{
	        .name = "readonly",
	        .matcher = "s",
	        .default_name = "@",
	        .types = EVERY_TYPE,
	        .actions = "rl",
	        .wildcards = true,
	},
	{
	        .name = "admin",
	        .matcher = "s",
	        .default_name = "@",
	        .types = EVERY_TYPE,
	        .actions = "rlcud",
	        .wildcards = true,
	        .is_admin = true,
	},
};

const struct preset *preset_find(const char *name)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	}
	return NULL;
}

bool preset_is_admin(const struct preset *preset)
{
	return preset->is_admin;
}

const char *preset_check(const struct preset *preset, const struct preset_scope *scope)
{
	if (scope->zone_count == 0 && !preset->is_admin)
		return "this preset needs --zone";
	if (scope->name_count == 0 && preset->default_name == NULL && !preset->is_acme)
		return "this preset needs --name";
	return NULL;
}

static void write_list(
        struct json_writer *writer, const char *key, const char *const *words, size_t count)
{
	json_open_array(writer, key);
	for (size_t i = 0; i < count; i++)
		json_put_string(writer, NULL, words[i]);
	json_close_array(writer);
}

/* Challenges at any depth, or those of the names that were given. */
static void write_challenges(
        struct arena *arena, const struct preset_scope *scope, struct json_writer *writer)
{
	json_open_array(writer, scope->name_count == 0 ? "p" : "n");
	if (scope->name_count == 0)
		json_put_string(writer, NULL, ACME_LABEL);
	for (size_t i = 0; i < scope->name_count; i++) {
		const char *name = scope->names[i];
		const char *owner = strcmp(name, "@") == 0
		                            ? ACME_LABEL
		                            : arena_printf(arena, "%s.%s", ACME_LABEL, name);
		json_put_string(writer, NULL, owner != NULL ? owner : "");
	}
	json_close_array(writer);
}

static void write_names(struct arena *arena, const struct preset *preset,
        const struct preset_scope *scope, struct json_writer *writer)
{
	if (preset->is_acme)
		write_challenges(arena, scope, writer);
	else if (scope->name_count > 0)
		write_list(writer, preset->matcher, scope->names, scope->name_count);
	else
		write_list(writer, preset->matcher, &preset->default_name, 1);
}

void preset_write_grant(struct arena *arena, const struct preset *preset,
        const struct preset_scope *scope, struct json_writer *writer)
{
	static const char *const every_zone = "*";
	size_t type_count = 0;
	while (type_count < TYPES_MAX && preset->types[type_count] != NULL)
		type_count++;

	json_open_object(writer, NULL);
	if (scope->zone_count > 0)
		write_list(writer, "z", scope->zones, scope->zone_count);
	else
		write_list(writer, "z", &every_zone, 1);
	write_names(arena, preset, scope, writer);
	write_list(writer, "t", preset->types, type_count);
	json_put_string(writer, "a", preset->actions);
	if (preset->ttl_max_s > 0) {
		json_open_array(writer, "ttl");
		json_put_int(writer, NULL, 1);
		json_put_int(writer, NULL, preset->ttl_max_s);
		json_close_array(writer);
	}
	if (preset->wildcards)
		json_put_int(writer, "w", 1);
	json_close_object(writer);
}
