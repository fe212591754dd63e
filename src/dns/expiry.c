/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/expiry.h"

void rrset_put_expiry(struct rrset *rrset, int64_t expires_ms)
{
	for (size_t i = 0; i < rrset->count; i++)
		rrset->values[i].expires_ms = expires_ms;
}

int64_t rrset_next_expiry(const struct rrset *rrset)
{
	int64_t next_ms = 0;
	for (size_t i = 0; i < rrset->count; i++) {
		int64_t at_ms = rrset->values[i].expires_ms;
		if (at_ms != 0 && (next_ms == 0 || at_ms < next_ms))
			next_ms = at_ms;
	}
	return next_ms;
}

bool rrset_is_passing(const struct rrset *rrset)
{
	for (size_t i = 0; i < rrset->count; i++) {
		if (rrset->values[i].expires_ms == 0)
			return false;
	}
	return rrset->count > 0;
}

bool rrset_is_same_expiry(const struct rrset *a, const struct rrset *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		if (a->values[i].expires_ms != b->values[i].expires_ms)
			return false;
	}
	return a->count == b->count;
}

void rrset_pack_expiry(struct buf *buf, const struct rrset *rrset)
{
	if (rrset_next_expiry(rrset) == 0)
		return;
	for (size_t i = 0; i < rrset->count; i++)
		buf_put_u64(buf, (uint64_t)rrset->values[i].expires_ms);
}

bool rrset_parse_expiry(const void *blob, size_t length, struct rrset *rrset)
{
	struct decoder decoder;
	if (length == 0)
		return true;
	decoder_init(&decoder, blob, length);
	for (size_t i = 0; i < rrset->count; i++) {
		rrset->values[i].expires_ms = (int64_t)decoder_u64(&decoder);
		if (rrset->values[i].expires_ms < 0)
			return false;
	}
	return decoder_is_done(&decoder);
}
