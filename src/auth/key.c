/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/key.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "auth/base64url.h"

_Static_assert(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(KEY_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");

#define ID_DIGEST_BYTES 33u /* BLAKE2b-264 */

static const struct {
	const char *prefix;
	const char *id_prefix;
	size_t bytes;
} forms[] = {
	[KEY_V4_PUBLIC] = { "k4.public.", "k4.pid.", KEY_PUBLIC_BYTES },
	[KEY_V4_SECRET] = { "k4.secret.", "k4.sid.", KEY_SECRET_BYTES },
};

static struct key *open_locked(void)
{
	struct key *key = sodium_malloc(sizeof(*key));
	if (key != NULL)
		key->tag = KEY_V4_SECRET;
	return key;
}

struct key *key_generate(void)
{
	struct key *key = open_locked();
	if (key == NULL)
		return NULL;
	uint8_t public[KEY_PUBLIC_BYTES];
	crypto_sign_keypair(public, key->bytes);
	return key;
}

struct key *key_open_secret(const uint8_t seed[static 32])
{
	struct key *key = open_locked();
	if (key == NULL)
		return NULL;
	uint8_t public[KEY_PUBLIC_BYTES];
	crypto_sign_seed_keypair(public, key->bytes, seed);
	return key;
}

void key_lock(struct key *secret)
{
	if (secret != NULL)
		(void)sodium_mlock(secret, sizeof(*secret));
}

void key_close(struct key *secret)
{
	sodium_free(secret);
}

void key_get_public(const struct key *secret, struct key *ret_public)
{
	assert(secret->tag == KEY_V4_SECRET);
	*ret_public = (struct key){ .tag = KEY_V4_PUBLIC };
	memcpy(ret_public->bytes, secret->bytes + crypto_sign_SEEDBYTES, KEY_PUBLIC_BYTES);
}

/* The bytes behind the prefix of a form. */
static bool parse_form(enum key_tag tag, const char *text, size_t length, uint8_t *ret_bytes)
{
	size_t prefix_length = strlen(forms[tag].prefix);
	if (length != prefix_length + BASE64URL_LENGTH(forms[tag].bytes) ||
	        memcmp(text, forms[tag].prefix, prefix_length) != 0)
		return false;
	size_t parsed;
	return base64url_parse(text + prefix_length, length - prefix_length, ret_bytes,
	               forms[tag].bytes, &parsed) &&
	       parsed == forms[tag].bytes;
}

enum err key_parse_public(
        const char *text, size_t length, struct key *ret_public, const char **ret_detail)
{
	struct key key = { .tag = KEY_V4_PUBLIC };
	if (!parse_form(KEY_V4_PUBLIC, text, length, key.bytes)) {
		*ret_detail = "this is no PASERK k4.public key";
		return ERR_BAD_REQUEST;
	}
	*ret_public = key;
	return ERR_OK;
}

enum err key_parse_secret(
        const char *text, size_t length, struct key **ret_secret, const char **ret_detail)
{
	*ret_detail = "locked memory cannot be had";
	struct key *read = open_locked();
	if (read == NULL)
		return ERR_UNAVAILABLE;
	if (!parse_form(KEY_V4_SECRET, text, length, read->bytes)) {
		key_close(read);
		*ret_detail = "this is no PASERK k4.secret key";
		return ERR_BAD_REQUEST;
	}
	/* A secret key that carries another public half would give its seed away when it signs. */
	struct key *made = key_open_secret(read->bytes);
	bool is_same =
	        made != NULL && sodium_memcmp(made->bytes, read->bytes, KEY_SECRET_BYTES) == 0;
	key_close(read);
	if (is_same) {
		*ret_secret = made;
		return ERR_OK;
	}
	if (made == NULL)
		return ERR_UNAVAILABLE;
	key_close(made);
	*ret_detail = "the two halves of this secret key do not belong together";
	return ERR_BAD_REQUEST;
}

bool key_is_sound(const struct key *public)
{
	return public->tag == KEY_V4_PUBLIC && crypto_core_ed25519_is_valid_point(public->bytes);
}

void key_render(const struct key *key, char ret_text[static KEY_TEXT_BYTES])
{
	size_t prefix_length = strlen(forms[key->tag].prefix);
	memcpy(ret_text, forms[key->tag].prefix, prefix_length);
	base64url_render(key->bytes, forms[key->tag].bytes, ret_text + prefix_length);
}

void key_render_id(const struct key *key, char ret_id[static KEY_ID_BYTES])
{
	const char *prefix = forms[key->tag].id_prefix;
	char paserk[KEY_TEXT_BYTES];
	uint8_t digest[ID_DIGEST_BYTES];
	crypto_generichash_state state;

	key_render(key, paserk);
	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, (const uint8_t *)prefix, strlen(prefix));
	crypto_generichash_update(&state, (const uint8_t *)paserk, strlen(paserk));
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_memzero(paserk, sizeof(paserk));
	sodium_memzero(&state, sizeof(state));

	memcpy(ret_id, prefix, strlen(prefix));
	base64url_render(digest, sizeof(digest), ret_id + strlen(prefix));
}

bool key_id_is_valid(const char *text, size_t length, enum key_tag tag)
{
	size_t prefix_length = strlen(forms[tag].id_prefix);
	uint8_t digest[ID_DIGEST_BYTES];
	size_t parsed;
	return length == KEY_ID_LENGTH && memcmp(text, forms[tag].id_prefix, prefix_length) == 0 &&
	       base64url_parse(text + prefix_length, length - prefix_length, digest, sizeof(digest),
	               &parsed) &&
	       parsed == sizeof(digest);
}
