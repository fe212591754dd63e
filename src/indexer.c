/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "indexer.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "server/process.h"
#include "store/reader.h"

/* How far a search may have to read the history itself. */
#define INDEX_EVERY_MS 100

/* What is read in one go: a state of the store that is held for long keeps its log from shrinking.
 */
#define SLICE_RRSETS  5000u
#define SLICE_EFFECTS 5000u

#define ARENA_BYTES ((size_t)2 << 20)

struct indexer {
	const struct indexer_context *context;
	struct reader *reader;
	struct arena *arena;
	struct buf text;
	uint64_t revision; /* effects up to this one have been put: */
	int64_t seq;       /* of this change up to here */
	size_t taken;      /* effects of this slice */
};

/* ---- making the index ---- */

static bool add_rrset(void *context, const struct stored_rrset *stored)
{
	struct indexer *indexer = context;
	search_build_add(
	        indexer->context->index, &stored->zone.name, &stored->rrset, &indexer->text);
	return true;
}

/* What changes while it is made is read from the history afterwards. */
static enum err build(struct indexer *indexer)
{
	uint64_t start_ns = clock_steady_ns();
	uint64_t epoch = atomic_load(indexer->context->epoch);
	struct record_filter filter = { .examine_max = SLICE_RRSETS };
	uint64_t revision;
	enum err err = reader_head_revision(indexer->reader, &revision);
	if (err != ERR_OK)
		return err;
	search_build_begin(indexer->context->index);
	do {
		struct record_position next = { 0 };
		err = reader_list_rrsets(indexer->reader, &filter, add_rrset, indexer, &next);
		filter.from = next;
	} while (err == ERR_OK && filter.from.is_set && !process_is_stopping());
	if (err != ERR_OK || filter.from.is_set)
		return err;
	search_build_end(indexer->context->index, revision);
	atomic_store(indexer->context->indexed_epoch, epoch);
	indexer->revision = revision;
	indexer->seq = INT64_MAX;
	log_info("the index of searches was made in %llu ms",
	        (unsigned long long)((clock_steady_ns() - start_ns) / 1000000));
	return ERR_OK;
}

/* ---- keeping it ---- */

static bool put_effect(void *context, const struct fresh_rrset *stored)
{
	struct indexer *indexer = context;
	const struct search_effect effect = {
		.zone = &stored->zone,
		.rrset = &stored->rrset,
		.is_new = stored->is_new,
	};
	search_index_put(indexer->context->index, &effect, &indexer->text);
	indexer->revision = stored->revision;
	indexer->seq = (int64_t)stored->seq;
	indexer->taken++;
	return true;
}

/* *ret_is_behind: there may be more already. */
static enum err catch_up(struct indexer *indexer, bool *ret_is_behind)
{
	uint64_t head;
	enum err err = reader_head_revision(indexer->reader, &head);
	*ret_is_behind = false;
	if (err != ERR_OK || head == indexer->revision)
		return err;
	const struct fresh_after after = {
		.revision = indexer->revision,
		.seq = indexer->seq,
		.count_max = SLICE_EFFECTS,
	};
	indexer->taken = 0;
	err = reader_list_fresh(indexer->reader, &after, put_effect, indexer);
	if (err != ERR_OK)
		return err;
	*ret_is_behind = indexer->taken == SLICE_EFFECTS;
	if (*ret_is_behind) {
		/* Of the last change some effects may be missing. */
		search_index_set_revision(indexer->context->index, indexer->revision - 1);
		return ERR_OK;
	}
	if (indexer->revision < head) {
		indexer->revision = head;
		indexer->seq = INT64_MAX;
	}
	search_index_set_revision(indexer->context->index, head);
	return ERR_OK;
}

/* A zone has changed as a whole: that stands in the history with a number long gone by. */
static bool is_outdated(const struct indexer *indexer)
{
	return atomic_load(indexer->context->epoch) != atomic_load(indexer->context->indexed_epoch);
}

/* ---- the process ---- */

static void run_turn(struct indexer *indexer)
{
	const struct search_index *index = indexer->context->index;
	bool is_behind = false;
	enum err err = ERR_OK;
	do {
		if (!search_index_is_built(index) || search_index_is_overgrown(index) ||
		        is_outdated(indexer))
			err = build(indexer);
		else
			err = catch_up(indexer, &is_behind);
	} while (err == ERR_OK && is_behind && !process_is_stopping());
	arena_reset(indexer->arena);
	buf_init(&indexer->text, indexer->arena, VALUE_TEXT_MAX);
}

static bool open_all(struct indexer *indexer)
{
	const struct store_settings settings = { .path = indexer->context->store_path };
	indexer->arena = arena_open(ARENA_BYTES);
	indexer->reader = reader_open(&settings);
	if (indexer->arena == NULL || indexer->reader == NULL) {
		log_error("no memory for the indexer");
		return false;
	}
	buf_init(&indexer->text, indexer->arena, VALUE_TEXT_MAX);
	/* An earlier indexer may have died in the middle; what it had put is put again. */
	indexer->revision = search_index_revision(indexer->context->index);
	indexer->seq = INT64_MAX;
	return true;
}

int indexer_run(const struct indexer_context *context)
{
	struct indexer indexer = { .context = context };
	struct pollfd stop = { .fd = context->stop_fd, .events = POLLIN };
	bool is_open = open_all(&indexer);
	if (is_open)
		context->on_ready();
	while (is_open && !process_is_stopping()) {
		/* First a pause: the writer may still have to make the store. */
		(void)poll(&stop, 1, INDEX_EVERY_MS);
		if (context->index != NULL && !process_is_stopping())
			run_turn(&indexer);
	}
	reader_close(indexer.reader);
	arena_close(indexer.arena);
	return is_open ? EXIT_SUCCESS : EXIT_FAILURE;
}
