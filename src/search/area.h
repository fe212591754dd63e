/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside search/: how the index lies in memory. There are two areas: one is in use while the other
 * is filled. An area's generation is never 0 while it may be read and never comes again, so that a
 * reader that finds the one it began with has read nothing that changed under it but added bits.
 */
#ifndef COREGATE_SEARCH_AREA_H
#define COREGATE_SEARCH_AREA_H

#include <stdatomic.h>
#include <stdint.h>

#include "search/index.h"

/* Small blocks cost little to look at; the bits are chosen so that a block of usual records sets
 * about a tenth of them. */
#define BLOCK_RRSETS      16u
#define BLOCK_TEXT_OCTETS 4096u
#define FILTER_BITS       4096u
#define FILTER_WORDS      (FILTER_BITS / 64u)
#define BLOCKS_MAX        (1u << 19) /* 8 million RRsets; past them the last block takes all */
#define KEYS_BYTES        (BLOCKS_MAX * 96u)
#define KEY_BYTES_MAX     (2u + 2u * NAME_KEY_BYTES)

struct area {
	_Alignas(4096) _Atomic uint64_t generation; /* whole pages, to be given back as such */
	_Atomic uint64_t revision;
	/* The writer's own. */
	uint64_t rrsets;       /* when it was built */
	uint64_t rrsets_added; /* since */
	uint32_t block_rrsets; /* in the last block */
	uint32_t block_octets;
	struct place last; /* of the last RRset that was added */

	uint32_t block_count;
	uint32_t keys_used;
	uint32_t key_offsets[BLOCKS_MAX];
	uint8_t keys[KEYS_BYTES + KEY_BYTES_MAX]; /* of each block: two lengths, zone, owner */
	_Atomic uint64_t filters[BLOCKS_MAX][FILTER_WORDS];
};

struct search_index {
	_Atomic unsigned current; /* 0: none yet; else the number of the area plus 1 */
	uint64_t last_generation;
	struct area areas[2];
};

/* Two bits of a filter for each term. */
struct filter_bits {
	uint32_t first;
	uint32_t second;
};

static inline struct filter_bits filter_bits_of(uint32_t term)
{
	uint64_t hash = (term + 1u) * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 29;
	hash *= UINT64_C(0xbf58476d1ce4e5b9);
	return (struct filter_bits){
		.first = (uint32_t)(hash >> 52) % FILTER_BITS,
		.second = (uint32_t)(hash >> 32) % FILTER_BITS,
	};
}

/* Where a block begins. */
void area_get_place(const struct area *area, uint32_t block, struct place *ret_place);

/* The block that holds a place. */
uint32_t area_find_block(const struct area *area, const struct place *place);

#endif
