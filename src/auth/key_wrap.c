/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/key_wrap.h"

#include <sodium.h>
#include <string.h>

#include "auth/base64url.h"

/* PASERK "PBKW" for version 4: everything behind the header, in this order. Integers are
 * big-endian. */
#define PREFIX        "k4.secret-pw."
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define PASSES_MIN    1u

struct wrapped {
	uint8_t salt[crypto_pwhash_argon2id_SALTBYTES];
	uint8_t memory_bytes[8];
	uint8_t passes[4];
	uint8_t lanes[4];
	uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES];
	uint8_t sealed[KEY_SECRET_BYTES];
	uint8_t tag[32];
};

_Static_assert(sizeof(struct wrapped) == 152, "the parts follow each other without gaps");
_Static_assert(PREFIX_LENGTH + BASE64URL_LENGTH(sizeof(struct wrapped)) < KEY_WRAP_TEXT_BYTES,
        "a wrapped key and its NUL fit");

/* Lives in locked memory. */
struct wrap_keys {
	uint8_t root[32];
	uint8_t sealing[crypto_stream_xchacha20_KEYBYTES];
	uint8_t tagging[32];
};

const struct key_wrap_cost key_wrap_cost_default = {
	.memory_bytes = UINT64_C(256) * 1024 * 1024,
	.passes = 3,
};

static void put_number(uint8_t *bytes, size_t length, uint64_t number)
{
	for (size_t i = length; i-- > 0; number >>= 8)
		bytes[i] = (uint8_t)number;
}

static uint64_t get_number(const uint8_t *bytes, size_t length)
{
	uint64_t number = 0;
	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool cost_is_bounded(const struct key_wrap_cost *cost)
{
	return cost->memory_bytes >= KEY_WRAP_MEMORY_MIN_BYTES &&
	       cost->memory_bytes <= KEY_WRAP_MEMORY_MAX_BYTES && cost->memory_bytes % 1024 == 0 &&
	       cost->passes >= PASSES_MIN && cost->passes <= KEY_WRAP_PASSES_MAX;
}

static void derive_one(uint8_t domain, const uint8_t root[static 32], uint8_t ret_key[static 32])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, &domain, 1);
	crypto_generichash_update(&state, root, 32);
	crypto_generichash_final(&state, ret_key, 32);
	sodium_memzero(&state, sizeof(state));
}

/* NULL when memory cannot be had. The caller frees the result with sodium_free. */
static struct wrap_keys *derive_keys(
        const struct wrapped *wrapped, const char *password, size_t password_length)
{
	struct wrap_keys *keys = sodium_malloc(sizeof(*keys));
	if (keys == NULL)
		return NULL;
	if (crypto_pwhash(keys->root, sizeof(keys->root), password, password_length, wrapped->salt,
	            get_number(wrapped->passes, 4), (size_t)get_number(wrapped->memory_bytes, 8),
	            crypto_pwhash_ALG_ARGON2ID13) != 0) {
		sodium_free(keys);
		return NULL;
	}
	derive_one(0xff, keys->root, keys->sealing);
	derive_one(0xfe, keys->root, keys->tagging);
	return keys;
}

static void make_tag(
        const struct wrapped *wrapped, const uint8_t key[static 32], uint8_t ret_tag[static 32])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, key, 32, 32);
	crypto_generichash_update(&state, (const uint8_t *)PREFIX, PREFIX_LENGTH);
	crypto_generichash_update(&state, (const uint8_t *)wrapped, offsetof(struct wrapped, tag));
	crypto_generichash_final(&state, ret_tag, 32);
	sodium_memzero(&state, sizeof(state));
}

enum err key_wrap(const struct key *secret, const struct key_password *password,
        const struct key_wrap_cost *cost, char ret_text[static KEY_WRAP_TEXT_BYTES])
{
	if (secret->tag != KEY_V4_SECRET || !cost_is_bounded(cost))
		return ERR_BAD_REQUEST;
	struct wrapped wrapped;
	randombytes_buf(wrapped.salt, sizeof(wrapped.salt));
	randombytes_buf(wrapped.nonce, sizeof(wrapped.nonce));
	put_number(wrapped.memory_bytes, sizeof(wrapped.memory_bytes), cost->memory_bytes);
	put_number(wrapped.passes, sizeof(wrapped.passes), cost->passes);
	put_number(wrapped.lanes, sizeof(wrapped.lanes), 1);

	struct wrap_keys *keys = derive_keys(&wrapped, password->bytes, password->length);
	if (keys == NULL)
		return ERR_UNAVAILABLE;
	crypto_stream_xchacha20_xor(
	        wrapped.sealed, secret->bytes, KEY_SECRET_BYTES, wrapped.nonce, keys->sealing);
	make_tag(&wrapped, keys->tagging, wrapped.tag);
	sodium_free(keys);

	memcpy(ret_text, PREFIX, PREFIX_LENGTH);
	base64url_render(&wrapped, sizeof(wrapped), ret_text + PREFIX_LENGTH);
	return ERR_OK;
}

bool key_is_wrapped(const char *text, size_t length)
{
	return length >= PREFIX_LENGTH && memcmp(text, PREFIX, PREFIX_LENGTH) == 0;
}

static bool parse_wrapped(const char *text, size_t length, struct wrapped *ret_wrapped)
{
	size_t parsed;
	return length == PREFIX_LENGTH + BASE64URL_LENGTH(sizeof(*ret_wrapped)) &&
	       key_is_wrapped(text, length) &&
	       base64url_parse(text + PREFIX_LENGTH, length - PREFIX_LENGTH, ret_wrapped,
	               sizeof(*ret_wrapped), &parsed) &&
	       parsed == sizeof(*ret_wrapped);
}

/* Whoever gives us the file must not choose how much memory and time it takes. */
static bool wrapped_is_bounded(const struct wrapped *wrapped)
{
	uint64_t passes = get_number(wrapped->passes, 4);
	struct key_wrap_cost cost = {
		.memory_bytes = get_number(wrapped->memory_bytes, 8),
		.passes = (uint32_t)passes,
	};
	return cost_is_bounded(&cost) && get_number(wrapped->lanes, 4) == 1;
}

/* The tag holds: takes the key out and checks its halves. */
static enum err open_sealed(
        const struct wrapped *wrapped, const uint8_t *sealing_key, struct key **ret_secret)
{
	uint8_t *bytes = sodium_malloc(KEY_SECRET_BYTES);
	if (bytes == NULL)
		return ERR_UNAVAILABLE;
	crypto_stream_xchacha20_xor(
	        bytes, wrapped->sealed, KEY_SECRET_BYTES, wrapped->nonce, sealing_key);
	struct key *secret = key_open_secret(bytes);
	enum err err = secret == NULL ? ERR_UNAVAILABLE : ERR_OK;
	if (err == ERR_OK && sodium_memcmp(secret->bytes, bytes, KEY_SECRET_BYTES) != 0)
		err = ERR_BAD_REQUEST;
	sodium_free(bytes);
	if (err == ERR_OK)
		*ret_secret = secret;
	else
		key_close(secret);
	return err;
}

enum err key_unwrap(const char *text, size_t length, const struct key_password *password,
        struct key **ret_secret, const char **ret_detail)
{
	struct wrapped wrapped;
	if (!parse_wrapped(text, length, &wrapped)) {
		*ret_detail = "this is no PASERK k4.secret-pw key";
		return ERR_BAD_REQUEST;
	}
	if (!wrapped_is_bounded(&wrapped)) {
		*ret_detail = "this key asks for more memory or time than is granted";
		return ERR_BAD_REQUEST;
	}
	*ret_detail = "memory for the password cannot be had";
	struct wrap_keys *keys = derive_keys(&wrapped, password->bytes, password->length);
	if (keys == NULL)
		return ERR_UNAVAILABLE;
	uint8_t tag[32];
	make_tag(&wrapped, keys->tagging, tag);
	enum err err = ERR_BAD_REQUEST;
	if (sodium_memcmp(tag, wrapped.tag, sizeof(tag)) == 0)
		err = open_sealed(&wrapped, keys->sealing, ret_secret);
	sodium_free(keys);
	if (err == ERR_BAD_REQUEST)
		*ret_detail = "the password is wrong or the key was altered";
	return err;
}
