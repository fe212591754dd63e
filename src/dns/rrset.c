/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rrset.h"

#include <stdlib.h>
#include <string.h>

/* A value and where it stood in the order given. */
struct place {
	struct rdata value;
	uint32_t index;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a;
	const struct place *right = b;
	int order = rdata_compare(&left->value, &right->value);
	if (order != 0)
		return order;
	return left->index < right->index ? -1 : 1;
}

static int compare_values(const void *a, const void *b)
{
	return rdata_compare(a, b);
}

/* The index of the first value that is not greater than the one before it, or count. */
static size_t find_disorder(const struct rdata *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (rdata_compare(&values[i - 1], &values[i]) >= 0)
			return i;
	return count;
}

/* The lowest index, in the order given, of a value that equals its neighbour among sorted places.
 */
static size_t find_repeat(const struct place *places, size_t count)
{
	size_t first = count;
	for (size_t i = 1; i < count; i++)
		if (rdata_compare(&places[i - 1].value, &places[i].value) == 0 &&
		        places[i].index < first)
			first = places[i].index;
	return first;
}

size_t rrset_sort(struct rdata *values, size_t count)
{
	/* Scratch memory, one per process: too large for the stack. */
	static struct place places[RRSET_VALUES_MAX];
	if (find_disorder(values, count) >= count)
		return count;
	if (count > RRSET_VALUES_MAX) {
		qsort(values, count, sizeof(*values), compare_values);
		return find_disorder(values, count);
	}
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ .value = values[i], .index = (uint32_t)i };
	qsort(places, count, sizeof(*places), compare_places);
	size_t repeat = find_repeat(places, count);
	if (repeat < count)
		return repeat;
	for (size_t i = 0; i < count; i++)
		values[i] = places[i].value;
	return count;
}

const struct rdata *rrset_find_value(const struct rrset *rrset, const struct rdata *value)
{
	if (rrset->count == 0)
		return NULL;
	return bsearch(value, rrset->values, rrset->count, sizeof(*value), compare_values);
}

size_t rrset_wire_size(const struct rrset *rrset)
{
	size_t size = 0;
	for (size_t i = 0; i < rrset->count; i++)
		size += rrset->owner.length + 10u + rrset->values[i].length;
	return size;
}

bool rrset_is_same_data(const struct rrset *a, const struct rrset *b)
{
	if (a->type != b->type || a->ttl_s != b->ttl_s || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (rdata_compare(&a->values[i], &b->values[i]) != 0)
			return false;
	return true;
}

void rrset_pack_values(struct buf *buf, const struct rrset *rrset)
{
	for (size_t i = 0; i < rrset->count; i++) {
		buf_put_u16(buf, rrset->values[i].length);
		buf_put(buf, rrset->values[i].bytes, rrset->values[i].length);
	}
}

bool rrset_count_values(const void *blob, size_t length, size_t *ret_count)
{
	struct decoder decoder;
	decoder_init(&decoder, blob, length);
	size_t count = 0;
	while (!decoder.failed && decoder.at < decoder.length) {
		decoder_bytes(&decoder, decoder_u16(&decoder));
		count++;
	}
	*ret_count = count;
	return decoder_is_done(&decoder);
}

enum err rrset_parse_values(
        struct arena *arena, const void *blob, size_t length, struct rrset *rrset)
{
	size_t count;
	if (!rrset_count_values(blob, length, &count) || count > RRSET_VALUES_MAX)
		return ERR_INTERNAL;
	struct rdata *values = arena_calloc(arena, count + 1, sizeof(*values));
	if (values == NULL)
		return ERR_TOO_LARGE;
	struct decoder decoder;
	decoder_init(&decoder, blob, length);
	for (size_t i = 0; i < count; i++) {
		values[i].length = decoder_u16(&decoder);
		values[i].bytes = decoder_bytes(&decoder, values[i].length);
	}
	rrset->values = values;
	rrset->count = count;
	return ERR_OK;
}
