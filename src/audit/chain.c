/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/chain.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* In front of every serialised row, so that its hash can never be that of anything else. */
static const char domain[] = "coregate/audit/v1\n";

/* A length before each text: no two rows have the same bytes. */
static void put_text(struct buf *buf, const char *text, size_t length)
{
	buf_put_u32(buf, (uint32_t)length);
	buf_put(buf, text, length);
}

enum err audit_hash(struct arena *arena, const uint8_t previous[static DIGEST_BYTES],
        const struct audit_row *row, uint8_t ret_hash[static DIGEST_BYTES])
{
	const char *const texts[] = { row->actor.subject, row->actor.token_id, row->actor.key_id,
		row->actor.address, row->request_id, row->request, row->outcome, row->body };
	enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
	size_t lengths[TEXTS];
	size_t length = sizeof(domain) - 1 + 8 + 8 + 4 + 8;
	for (size_t i = 0; i < TEXTS; i++) {
		lengths[i] = strlen(texts[i]);
		length += 4 + lengths[i];
	}
	void *memory = arena_alloc(arena, length + 1);
	if (memory == NULL)
		return ERR_TOO_LARGE;
	struct buf buf;
	buf_init_fixed(&buf, memory, length + 1);
	buf_put(&buf, domain, sizeof(domain) - 1);
	buf_put_u64(&buf, row->seq);
	buf_put_u64(&buf, (uint64_t)row->at_ms);
	buf_put_u32(&buf, row->status);
	buf_put_u64(&buf, row->change_id);
	for (size_t i = 0; i < TEXTS; i++)
		put_text(&buf, texts[i], lengths[i]);
	if (buf_is_full(&buf))
		return ERR_INTERNAL;
	digest_blake2b(previous, DIGEST_BYTES, buf.bytes, buf.length, ret_hash);
	return ERR_OK;
}

void audit_check_init(struct audit_check *check, const struct audit_head *noted)
{
	*check = (struct audit_check){ .has_noted = noted != NULL };
	if (noted != NULL)
		check->noted = *noted;
}

static bool find_fault(struct audit_check *check, uint64_t seq, const char *reason)
{
	check->bad_seq = seq;
	check->reason = reason;
	return false;
}

/* The noted head must be met where it was noted. */
static bool check_noted(struct audit_check *check)
{
	if (!check->has_noted || check->noted.seq != check->at.seq)
		return true;
	check->noted_was_met = true;
	if (secret_is_equal(check->noted.hash, check->at.hash, DIGEST_BYTES))
		return true;
	return find_fault(
	        check, check->at.seq, "its hash is not the noted one: the chain was made anew");
}

bool audit_check_row(struct audit_check *check, struct arena *arena, const struct audit_row *row)
{
	uint64_t expected = check->at.seq + 1;
	if (check->reason != NULL)
		return false;
	/* A head of an empty log is met before the first row. */
	if (check->at.seq == 0 && !check_noted(check))
		return false;
	if (row->seq != expected)
		return find_fault(check, expected,
		        row->seq > expected ? "it is missing" : "rows are out of order");
	uint8_t hash[DIGEST_BYTES];
	enum err err = audit_hash(arena, check->at.hash, row, hash);
	arena_reset(arena);
	if (err != ERR_OK)
		return find_fault(check, row->seq, "it is too large to be checked");
	if (!secret_is_equal(hash, row->hash, DIGEST_BYTES))
		return find_fault(check, row->seq,
		        "its hash does not fit: it or the row before was edited or moved");
	check->at.seq = row->seq;
	memcpy(check->at.hash, hash, DIGEST_BYTES);
	return check_noted(check);
}

bool audit_check_end(struct audit_check *check, const struct audit_head *head)
{
	if (check->reason != NULL)
		return false;
	if (check->at.seq == 0 && !check_noted(check))
		return false;
	if (head->seq > check->at.seq)
		return find_fault(check, check->at.seq + 1, "it and all later rows are missing");
	if (head->seq < check->at.seq)
		return find_fault(check, head->seq + 1, "it was added behind the head");
	if (!secret_is_equal(head->hash, check->at.hash, DIGEST_BYTES))
		return find_fault(check, head->seq, "its hash is not that of the head");
	if (check->has_noted && !check->noted_was_met)
		return find_fault(check, check->at.seq + 1,
		        "it and all rows up to the noted head are missing");
	return true;
}

enum err audit_parse_head(const char *text, struct audit_head *ret_head)
{
	struct audit_head head = { 0 };
	size_t digits = strspn(text, "0123456789");
	/* 19 digits always fit 64 bits. */
	if (digits == 0 || digits > 19 || text[digits] != ':')
		return ERR_BAD_REQUEST;
	head.seq = strtoull(text, NULL, 10);
	const char *hash = text + digits + 1;
	if (!hex_parse(hash, strlen(hash), head.hash, DIGEST_BYTES))
		return ERR_BAD_REQUEST;
	*ret_head = head;
	return ERR_OK;
}

char *audit_render_head(const struct audit_head *head, char ret_text[static AUDIT_HEAD_TEXT_BYTES])
{
	struct buf buf;
	char hash[2 * DIGEST_BYTES + 1];
	hex_render(head->hash, DIGEST_BYTES, hash);
	buf_init_fixed(&buf, ret_text, AUDIT_HEAD_TEXT_BYTES);
	buf_put_uint(&buf, head->seq);
	buf_put_char(&buf, ':');
	buf_put_string(&buf, hash);
	buf_string(&buf);
	return ret_text;
}
