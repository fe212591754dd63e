/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "exchange.h"
#include "identity.h"

/* Seats are used last in, first out: the first ones serve nearly everything, and the others only
 * what waits at the same time. What a seat keeps resident of its memory from request to request is
 * measured accordingly: that of a change of a hundred records, what an arena keeps unless told, or
 * that of a change of one record. */
#define KEEP_MUCH_SEATS   2u
#define KEEP_MUCH_BYTES   ((size_t)1024 * 1024)
#define KEEP_LITTLE_SEATS 8u /* from this one on */
#define KEEP_LITTLE_BYTES ((size_t)32 * 1024)

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
	if (pipeline->seat_count < KEEP_MUCH_SEATS) {
		arena_keep(seat->arena, KEEP_MUCH_BYTES);
	} else if (pipeline->seat_count >= KEEP_LITTLE_SEATS) {
		arena_keep(seat->arena, KEEP_LITTLE_BYTES);
		arena_keep(seat->answer_arena, KEEP_LITTLE_BYTES);
	}
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
