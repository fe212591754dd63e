/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/keyring.h"

#include <string.h>

#define WHITE_SPACE " \t\r\n"

void keyring_init(struct keyring *keyring, struct arena *arena)
{
	*keyring = (struct keyring){ .arena = arena };
}

static enum err refuse(
        struct keyring *keyring, const char **ret_detail, const char *reason, const char *word)
{
	const char *detail = arena_printf(keyring->arena, "%s%s", reason, word);
	*ret_detail = detail != NULL ? detail : reason;
	return ERR_BAD_REQUEST;
}

static bool is_any(const char *const *words, size_t count)
{
	return count == 1 && strcmp(words[0], "*") == 0;
}

static enum err parse_key(const char *text, struct keyring_key *key, const char **ret_detail)
{
	text += strspn(text, WHITE_SPACE);
	size_t length = strlen(text);
	while (length > 0 && strchr(WHITE_SPACE, text[length - 1]) != NULL)
		length--;
	enum err err = key_parse_public(text, length, &key->public, ret_detail);
	if (err != ERR_OK)
		return err;
	if (!key_is_sound(&key->public)) {
		*ret_detail = "this public key cannot verify anything";
		return ERR_BAD_REQUEST;
	}
	key_render_id(&key->public, key->key_id);
	return ERR_OK;
}

static enum err parse_zones(struct keyring *keyring, const struct keyring_entry *entry,
        struct keyring_key *key, const char **ret_detail)
{
	if (entry->zone_count == 0)
		return refuse(keyring, ret_detail, "the ceiling of a key needs zones or \"*\"", "");
	key->all_zones = is_any(entry->zones, entry->zone_count);
	if (key->all_zones)
		return ERR_OK;
	struct name *names = arena_calloc(keyring->arena, entry->zone_count, sizeof(*names));
	if (names == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < entry->zone_count; i++) {
		const char *text = entry->zones[i];
		const char *why;
		if (name_parse(text, strlen(text), &names[i], &why) != ERR_OK ||
		        name_is_wildcard(&names[i]))
			return refuse(keyring, ret_detail, "this is no name of a zone: ", text);
	}
	key->zones = (struct name_list){ .count = entry->zone_count, .names = names };
	return ERR_OK;
}

static enum err parse_adm(struct keyring *keyring, const struct keyring_entry *entry,
        struct keyring_key *key, const char **ret_detail)
{
	if (is_any(entry->adm, entry->adm_count)) {
		key->adm = ADM_ALL;
		return ERR_OK;
	}
	for (size_t i = 0; i < entry->adm_count; i++) {
		uint8_t bit = adm_parse(entry->adm[i]);
		if (bit == 0)
			return refuse(keyring, ret_detail,
			        "this is no administrative right: ", entry->adm[i]);
		key->adm |= bit;
	}
	return ERR_OK;
}

enum err keyring_add(
        struct keyring *keyring, const struct keyring_entry *entry, const char **ret_detail)
{
	struct keyring_key key = {
		.not_after_ms = entry->not_after_ms,
		.max_lifetime_ms = entry->max_lifetime_ms,
	};
	if (keyring->count == KEYRING_KEYS_MAX)
		return refuse(keyring, ret_detail, "the key ring is full", "");
	enum err err = parse_key(entry->paserk_text, &key, ret_detail);
	if (err == ERR_OK && keyring_find(keyring, key.key_id) != NULL)
		err = refuse(keyring, ret_detail, "this key is there twice: ", key.key_id);
	if (err == ERR_OK)
		err = parse_zones(keyring, entry, &key, ret_detail);
	if (err == ERR_OK)
		err = parse_adm(keyring, entry, &key, ret_detail);
	if (err != ERR_OK)
		return err;
	keyring->keys[keyring->count++] = key;
	return ERR_OK;
}

const struct keyring_key *keyring_find(const struct keyring *keyring, const char *key_id)
{
	for (size_t i = 0; i < keyring->count; i++) {
		if (strcmp(keyring->keys[i].key_id, key_id) == 0)
			return &keyring->keys[i];
	}
	return NULL;
}

static bool key_has_zone(const struct keyring_key *key, const struct name *zone)
{
	for (size_t i = 0; i < key->zones.count; i++) {
		if (name_is_equal(&key->zones.names[i], zone))
			return true;
	}
	return false;
}

static bool key_has_zones(const struct keyring_key *key, const struct grant *grant)
{
	if (key->all_zones)
		return true;
	if (grant->all_zones)
		return false;
	for (size_t i = 0; i < grant->zones.count; i++) {
		if (!key_has_zone(key, &grant->zones.names[i]))
			return false;
	}
	return true;
}

static enum err exceed(const char *reason, const char **ret_detail)
{
	*ret_detail = reason;
	return ERR_BAD_TOKEN;
}

enum err keyring_check(
        const struct keyring_key *key, const struct token *token, const char **ret_detail)
{
	if (key->max_lifetime_ms > 0 && token->expires_ms - token->issued_ms > key->max_lifetime_ms)
		return exceed("the token lives longer than its key may grant", ret_detail);
	if ((token->adm & ~key->adm) != 0)
		return exceed("the token has rights that its key may not grant", ret_detail);
	for (size_t i = 0; i < token->grant_count; i++) {
		if (!key_has_zones(key, &token->grants[i]))
			return exceed("the token has zones that its key may not grant", ret_detail);
	}
	return ERR_OK;
}
