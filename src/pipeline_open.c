/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "exchange.h"
#include "identity.h"

/* What the seats in use most keep of the memory of a request: that of a change of a hundred
 * records. */
#define KEEP_BYTES ((size_t)1024 * 1024)
#define KEEP_SEATS 2u

/* ---- where requests are served ---- */

static void seat_close(struct seat *seat)
{
	channel_fini(&seat->publisher);
	channel_fini(&seat->writer);
	arena_close(seat->answer_arena);
	arena_close(seat->arena);
	free(seat);
}

struct seat *seat_open(struct pipeline *pipeline)
{
	const struct pipeline_settings *settings = &pipeline->settings;
	struct seat *seat = calloc(1, sizeof(*seat));
	if (seat == NULL)
		abort();
	seat->arena = arena_open(settings->conf->request_memory_bytes);
	seat->answer_arena = arena_open(ANSWER_MEMORY_BYTES);
	if (seat->arena == NULL || seat->answer_arena == NULL)
		abort();
	if (pipeline->seat_count < KEEP_SEATS)
		arena_keep(seat->arena, KEEP_BYTES);
	channel_init(&seat->writer, settings->writer_path);
	channel_init(&seat->publisher, settings->publisher_path);
	pipeline->seats[pipeline->seat_count++] = seat;
	return seat;
}

/* ---- a responder's own things ---- */

struct pipeline *pipeline_open(const struct pipeline_settings *settings)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	if (pipeline == NULL)
		return NULL;
	const struct store_settings store = { .path = settings->conf->store };
	pipeline->settings = *settings;
	pipeline->reader = reader_open(&store);
	pipeline->verifier = identity_open_verifier(pipeline);
	if (pipeline->reader != NULL && pipeline->verifier != NULL)
		return pipeline;
	pipeline_close(pipeline);
	return NULL;
}

void pipeline_close(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	for (size_t i = 0; i < pipeline->seat_count; i++)
		seat_close(pipeline->seats[i]);
	verifier_close(pipeline->verifier);
	reader_close(pipeline->reader);
	free(pipeline);
}
