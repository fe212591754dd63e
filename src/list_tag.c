/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_tag.h"

#include <string.h>

#include "core/secret.h"

#define TAG_TEXT_MAX ((size_t)64 * 1024)

enum err list_tag_get(const struct exchange *x, uint64_t *ret_tag)
{
	uint64_t revision;
	enum err err = reader_head_revision(x->pipeline->reader, &revision);
	if (err != ERR_OK)
		return err;
	struct buf text;
	buf_init(&text, x->arena, TAG_TEXT_MAX);
	buf_put_u64(&text, revision);
	claims_render(&text, x->token);
	buf_put_string(&text, x->request.path);
	for (size_t i = 0; i < x->request.query_count; i++) {
		/* With its NUL each part ends where it ends. */
		buf_put(&text, x->request.query[i].name, strlen(x->request.query[i].name) + 1);
		buf_put(&text, x->request.query[i].value, strlen(x->request.query[i].value) + 1);
	}
	if (buf_is_full(&text))
		return ERR_TOO_LARGE;
	uint8_t digest[DIGEST_BYTES];
	digest_blake2b(x->pipeline->settings.shared->state->cursor_key, SEAL_KEY_BYTES, text.bytes,
	        text.length, digest);
	memcpy(ret_tag, digest, sizeof(*ret_tag));
	*ret_tag |= 1; /* 0 is no tag */
	return ERR_OK;
}
