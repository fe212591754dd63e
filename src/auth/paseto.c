/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/paseto.h"

#include <sodium.h>
#include <string.h>

#include "auth/base64url.h"

#define HEADER           "v4.public."
#define HEADER_LENGTH    (sizeof(HEADER) - 1)
#define SIGNATURE_LENGTH crypto_sign_BYTES

#define FOOTER_START        "{\"kid\":\""
#define FOOTER_START_LENGTH (sizeof(FOOTER_START) - 1)
#define FOOTER_END          "\"}"
#define FOOTER_END_LENGTH   (sizeof(FOOTER_END) - 1)

_Static_assert(FOOTER_START_LENGTH + KEY_ID_LENGTH + FOOTER_END_LENGTH == PASETO_FOOTER_LENGTH,
        "the footer is one template");

#define ASSERTION_START        "coregate/token/v1\n"
#define ASSERTION_START_LENGTH (sizeof(ASSERTION_START) - 1)

static enum err refuse(const char *reason, const char **ret_detail)
{
	*ret_detail = reason;
	return ERR_BAD_TOKEN;
}

/* Little-endian with bit 63 cleared, as PAE wants it. */
static uint8_t *put_le64(uint8_t *at, uint64_t number)
{
	number &= UINT64_MAX >> 1;
	for (int i = 0; i < 8; i++, number >>= 8)
		at[i] = (uint8_t)number;
	return at + 8;
}

struct paseto_piece paseto_encode_pieces(
        struct arena *arena, const struct paseto_piece *pieces, size_t count)
{
	size_t length = 8;
	for (size_t i = 0; i < count; i++)
		length += 8 + pieces[i].length;
	uint8_t *bytes = arena_alloc(arena, length);
	if (bytes == NULL)
		return (struct paseto_piece){ 0 };

	uint8_t *at = put_le64(bytes, count);
	for (size_t i = 0; i < count; i++) {
		at = put_le64(at, pieces[i].length);
		if (pieces[i].length > 0)
			memcpy(at, pieces[i].bytes, pieces[i].length);
		at += pieces[i].length;
	}
	return (struct paseto_piece){ bytes, length };
}

/* What is signed: header, message, footer, implicit assertion. */
static struct paseto_piece encode_claim(struct arena *arena, const struct paseto_claim *claim)
{
	const struct paseto_piece pieces[] = {
		{ HEADER, HEADER_LENGTH },
		claim->message,
		claim->footer,
		claim->assertion,
	};
	return paseto_encode_pieces(arena, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static enum err decode_segment(
        struct arena *arena, const char *text, size_t length, struct paseto_piece *ret_piece)
{
	uint8_t *bytes = arena_alloc(arena, length);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	size_t parsed;
	if (length == 0 || !base64url_parse(text, length, bytes, length, &parsed))
		return ERR_BAD_TOKEN;
	*ret_piece = (struct paseto_piece){ bytes, parsed };
	return ERR_OK;
}

static enum err decode_token(struct arena *arena, const char *text, size_t length,
        struct paseto_piece *ret_body, struct paseto_piece *ret_footer)
{
	const char *dot = memchr(text, '.', length);
	size_t body_length = dot == NULL ? length : (size_t)(dot - text);
	*ret_footer = (struct paseto_piece){ 0 };
	enum err err = decode_segment(arena, text, body_length, ret_body);
	if (err != ERR_OK || dot == NULL)
		return err;
	return decode_segment(arena, dot + 1, length - body_length - 1, ret_footer);
}

enum err paseto_parse(struct arena *arena, const char *token, size_t length,
        struct paseto *ret_paseto, const char **ret_detail)
{
	if (length > PASETO_TOKEN_MAX)
		return refuse("the token is too long", ret_detail);
	if (length < HEADER_LENGTH || memcmp(token, HEADER, HEADER_LENGTH) != 0)
		return refuse("this is no PASETO v4.public token", ret_detail);

	struct paseto_piece body, footer;
	enum err err =
	        decode_token(arena, token + HEADER_LENGTH, length - HEADER_LENGTH, &body, &footer);
	if (err == ERR_BAD_TOKEN)
		return refuse("a part of the token is not canonical base64url", ret_detail);
	if (err != ERR_OK)
		return err;
	if (body.length < SIGNATURE_LENGTH)
		return refuse("the token is too short to hold a signature", ret_detail);

	size_t message_length = body.length - SIGNATURE_LENGTH;
	*ret_paseto = (struct paseto){
		.message = { body.bytes, message_length },
		.footer = footer,
		.signature = (const uint8_t *)body.bytes + message_length,
	};
	return ERR_OK;
}

enum err paseto_verify(struct arena *arena, const struct paseto *paseto, const struct key *public,
        struct paseto_piece assertion)
{
	if (public->tag != KEY_V4_PUBLIC)
		return ERR_BAD_TOKEN;
	const struct paseto_claim claim = { paseto->message, paseto->footer, assertion };
	struct paseto_piece encoded = encode_claim(arena, &claim);
	if (encoded.bytes == NULL)
		return ERR_TOO_LARGE;
	if (crypto_sign_verify_detached(
	            paseto->signature, encoded.bytes, encoded.length, public->bytes) != 0)
		return ERR_BAD_TOKEN;
	return ERR_OK;
}

/* header . body [. footer] and a NUL */
static char *render_token(
        struct arena *arena, const struct paseto_piece *body, const struct paseto_piece *footer)
{
	size_t length = HEADER_LENGTH + BASE64URL_LENGTH(body->length);
	if (footer->length > 0)
		length += 1 + BASE64URL_LENGTH(footer->length);
	if (length > PASETO_TOKEN_MAX)
		return NULL;
	char *token = arena_alloc(arena, length + 1);
	if (token == NULL)
		return NULL;

	memcpy(token, HEADER, HEADER_LENGTH);
	char *at = token + HEADER_LENGTH;
	base64url_render(body->bytes, body->length, at);
	if (footer->length > 0) {
		at += BASE64URL_LENGTH(body->length);
		*at++ = '.';
		base64url_render(footer->bytes, footer->length, at);
	}
	return token;
}

enum err paseto_sign(struct arena *arena, const struct key *secret,
        const struct paseto_claim *claim, const char **ret_token)
{
	if (secret->tag != KEY_V4_SECRET)
		return ERR_BAD_REQUEST;
	if (claim->message.length > PASETO_TOKEN_MAX || claim->footer.length > PASETO_TOKEN_MAX)
		return ERR_TOO_LARGE;
	struct paseto_piece encoded = encode_claim(arena, claim);
	size_t body_length = claim->message.length + SIGNATURE_LENGTH;
	uint8_t *body = arena_alloc(arena, body_length);
	if (encoded.bytes == NULL || body == NULL)
		return ERR_TOO_LARGE;

	if (claim->message.length > 0)
		memcpy(body, claim->message.bytes, claim->message.length);
	if (crypto_sign_detached(body + claim->message.length, NULL, encoded.bytes, encoded.length,
	            secret->bytes) != 0)
		return ERR_INTERNAL;
	const struct paseto_piece whole = { body, body_length };
	const char *token = render_token(arena, &whole, &claim->footer);
	if (token == NULL)
		return ERR_TOO_LARGE;
	*ret_token = token;
	return ERR_OK;
}

void paseto_render_footer(
        const char key_id[static KEY_ID_LENGTH], char ret_footer[static PASETO_FOOTER_LENGTH + 1])
{
	memcpy(ret_footer, FOOTER_START, FOOTER_START_LENGTH);
	memcpy(ret_footer + FOOTER_START_LENGTH, key_id, KEY_ID_LENGTH);
	memcpy(ret_footer + FOOTER_START_LENGTH + KEY_ID_LENGTH, FOOTER_END, FOOTER_END_LENGTH + 1);
}

bool paseto_parse_footer(struct paseto_piece footer, char ret_key_id[static KEY_ID_BYTES])
{
	if (footer.length != PASETO_FOOTER_LENGTH)
		return false;
	const char *key_id = (const char *)footer.bytes + FOOTER_START_LENGTH;
	if (memcmp(footer.bytes, FOOTER_START, FOOTER_START_LENGTH) != 0 ||
	        memcmp(key_id + KEY_ID_LENGTH, FOOTER_END, FOOTER_END_LENGTH) != 0 ||
	        !key_id_is_valid(key_id, KEY_ID_LENGTH, KEY_V4_PUBLIC))
		return false;
	memcpy(ret_key_id, key_id, KEY_ID_LENGTH);
	ret_key_id[KEY_ID_LENGTH] = '\0';
	return true;
}

struct paseto_piece paseto_assertion(struct arena *arena, const char *audience)
{
	size_t audience_length = strlen(audience);
	char *bytes = arena_alloc(arena, ASSERTION_START_LENGTH + audience_length);
	if (bytes == NULL)
		return (struct paseto_piece){ 0 };
	memcpy(bytes, ASSERTION_START, ASSERTION_START_LENGTH);
	memcpy(bytes + ASSERTION_START_LENGTH, audience, audience_length);
	return (struct paseto_piece){ bytes, ASSERTION_START_LENGTH + audience_length };
}
