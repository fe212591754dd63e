/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import_stage.h"

#include <stdlib.h>

#include "core/log.h"
#include "execute.h"
#include "execute_import.h"
#include "store/reader_import.h"

/* One slice keeps the writer busy for one or two milliseconds. */
#define SLICE_ROWS  200u
#define SLICE_BYTES ((size_t)48 * 1024)

/* A row that is alone in its slice may be as large as any RRset, twice. */
#define ROWS_BYTES_MAX   ((size_t)16 << 20)
#define MESSAGE_BYTES    ((size_t)64 << 20)
#define KEEP_BYTES       ((size_t)256 * 1024)
#define TOUCHED_MAX      1000u
#define SWITCH_TRIES_MAX 20u

struct stage {
	struct exchange *x;
	struct import *import;
	struct arena *memory; /* one message and its answer, */
	struct arena *other;  /* and the one before, while the writer is at it */
	bool is_under_way;
	struct import_order order;
	struct buf rows;
	size_t row_count;
	bool is_again;
};

/* ---- one step ---- */

static void begin_rows(struct stage *stage)
{
	arena_reset(stage->memory);
	buf_init(&stage->rows, stage->memory, ROWS_BYTES_MAX);
	stage->row_count = 0;
}

static enum err begin_step(struct stage *stage, enum import_step step)
{
	stage->order.step = step;
	stage->order.rows = (const uint8_t *)stage->rows.bytes;
	stage->order.length = stage->rows.length;
	struct op op = {
		.kind = OP_IMPORT, .zone = stage->import->zone.name, .import = &stage->order
	};
	struct change change = { .op_count = 1, .ops = &op };
	if (buf_is_full(&stage->rows))
		return ERR_TOO_LARGE;
	return execute_call_begin(stage->x, stage->memory, &change);
}

static enum err end_step(struct stage *stage, struct outcome *ret_outcome)
{
	struct exchange *x = stage->x;
	enum err err = execute_call_end(x, stage->memory, ret_outcome);
	if (err != ERR_OK)
		return err;
	if (ret_outcome->err != ERR_OK && ret_outcome->detail[0] != '\0')
		x->detail = arena_strdup(x->arena, ret_outcome->detail);
	return ret_outcome->err;
}

static enum err take_step(struct stage *stage, enum import_step step, struct outcome *ret_outcome)
{
	enum err err = begin_step(stage, step);
	return err == ERR_OK ? end_step(stage, ret_outcome) : err;
}

/* ---- rows ---- */

static bool put_row(void *context, const struct import_effect *effect)
{
	struct stage *stage = context;
	const struct rrset *present = effect->after.count > 0 ? &effect->after : &effect->before;
	const struct import_row row = {
		.is_changed = effect->action != EFFECT_NONE,
		.is_again = stage->is_again,
		.owner = present->owner,
		.revision = effect->revision,
		.before = effect->before,
		.after = effect->after,
	};
	if (present->count > 0 || stage->is_again)
		import_row_pack(&stage->rows, &row);
	stage->row_count++;
	return stage->is_again ||
	       (stage->row_count < SLICE_ROWS && stage->rows.length < SLICE_BYTES);
}

static void swap_memories(struct stage *stage)
{
	struct arena *memory = stage->memory;
	stage->memory = stage->other;
	stage->other = memory;
}

/* The answer to the slice before, if there was one. */
static enum err end_slice(struct stage *stage)
{
	struct outcome outcome;
	enum err err = ERR_OK;
	swap_memories(stage);
	if (stage->is_under_way)
		err = end_step(stage, &outcome);
	stage->is_under_way = false;
	swap_memories(stage);
	return err;
}

/* While the writer is at one slice, the next one is made. */
static enum err send_slices(struct stage *stage)
{
	struct import_walk walk;
	enum err err = ERR_OK;
	stage->import->checks = false;
	import_walk_init(stage->import, &walk);
	while (err == ERR_OK && !walk.is_end) {
		begin_rows(stage);
		err = import_walk_some(stage->import, &walk, put_row, stage);
		enum err last = end_slice(stage);
		if (err == ERR_OK)
			err = last;
		if (err != ERR_OK || stage->row_count == 0)
			continue;
		err = begin_step(stage, IMPORT_SLICE);
		stage->is_under_way = err == ERR_OK;
		swap_memories(stage);
	}
	enum err last = end_slice(stage);
	return err == ERR_OK ? last : err;
}

/* ---- what others changed meanwhile ---- */

struct touched {
	struct stage *stage;
	size_t count;
	struct name owners[TOUCHED_MAX];
	uint16_t types[TOUCHED_MAX];
};

static bool note_touched(void *context, const struct name *owner, uint16_t type)
{
	struct touched *touched = context;
	if (touched->count == TOUCHED_MAX)
		return false;
	touched->owners[touched->count] = *owner;
	touched->types[touched->count++] = type;
	return true;
}

/* The zone as it is now, for what has been staged of it as it was. */
static enum err look_again(struct stage *stage, struct touched *touched, uint64_t *ret_head)
{
	struct import *import = stage->import;
	uint64_t revision = import->zone.revision;
	uint64_t from = import->head;
	touched->count = 0;
	enum err err = reader_head_revision(import->reader, ret_head);
	if (err == ERR_OK)
		err = import_look_at_zone(import, &stage->x->plan.name);
	if (err == ERR_OK && import->zone.revision != revision &&
	        execute_import_is_guarded(stage->x))
		return ERR_PRECONDITION_FAILED;
	const struct touched_range range = { .zone = &import->zone.name,
		.after = from,
		.until = *ret_head,
		.except = stage->order.id };
	if (err == ERR_OK)
		err = reader_list_touched(import->reader, &range, note_touched, touched);
	if (err == ERR_OK && touched->count == TOUCHED_MAX)
		return ERR_PRECONDITION_FAILED;
	for (size_t i = 0; err == ERR_OK && i < touched->count; i++)
		err = import_look_at(
		        import, &touched->owners[i], touched->types[i], put_row, stage);
	import->zone.revision = revision;
	return err;
}

static enum err switch_once(struct stage *stage, struct touched *touched)
{
	struct import *import = stage->import;
	const struct import_counts counts = import->counts;
	begin_rows(stage);
	stage->is_again = true;
	enum err err = reader_begin(import->reader);
	if (err == ERR_OK)
		err = look_again(stage, touched, &stage->order.revision);
	reader_end(import->reader);
	import->counts = counts;
	stage->order.zone_count = (uint32_t)import->child_count;
	stage->order.counts = counts;
	if (err != ERR_OK)
		return err;
	err = take_step(stage, IMPORT_SWITCH, &stage->x->outcome);
	stage->x->writer_knows = err != ERR_PRECONDITION_FAILED && err != ERR_UNAVAILABLE;
	return err;
}

/* What the writer said lives in the memory of a step. */
static enum err keep_outcome(struct exchange *x)
{
	struct outcome *outcome = &x->outcome;
	outcome->zones =
	        arena_dup(x->arena, outcome->zones, outcome->zone_count * sizeof(*outcome->zones));
	outcome->detail = "";
	outcome->effect_count = 0;
	outcome->fault_count = 0;
	outcome->entry_count = 0;
	return outcome->zones != NULL ? ERR_OK : ERR_TOO_LARGE;
}

/* Nearly always at the first try: what is compared again is only what has changed since. */
static enum err switch_over(struct stage *stage)
{
	struct touched *touched = malloc(sizeof(*touched));
	enum err err = touched != NULL ? ERR_PRECONDITION_FAILED : ERR_OVERLOADED;
	for (unsigned i = 0; i < SWITCH_TRIES_MAX && err == ERR_PRECONDITION_FAILED; i++) {
		err = switch_once(stage, touched);
		if (err == ERR_PRECONDITION_FAILED && execute_import_is_guarded(stage->x))
			break;
	}
	free(touched);
	if (err == ERR_OK)
		err = keep_outcome(stage->x);
	return err == ERR_UNAVAILABLE ? execute_unconfirmed(stage->x, err) : err;
}

static void give_up(struct stage *stage)
{
	struct outcome outcome;
	const char *detail = stage->x->detail;
	begin_rows(stage);
	/* The writer finds out by itself when it hears nothing more. */
	if (take_step(stage, IMPORT_GIVE_UP, &outcome) != ERR_OK)
		log_info("the import %llu is left to the writer",
		        (unsigned long long)stage->order.id);
	stage->x->detail = detail;
}

static bool open_memories(struct stage *stage)
{
	stage->memory = arena_open(MESSAGE_BYTES);
	stage->other = arena_open(MESSAGE_BYTES);
	if (stage->memory == NULL || stage->other == NULL)
		return false;
	arena_keep(stage->memory, KEEP_BYTES);
	arena_keep(stage->other, KEEP_BYTES);
	return true;
}

static void close_memories(struct stage *stage)
{
	arena_close(stage->memory);
	arena_close(stage->other);
}

enum err import_stage(struct exchange *x, struct import *import)
{
	struct stage stage = { .x = x, .import = import };
	struct outcome outcome;
	if (!open_memories(&stage)) {
		close_memories(&stage);
		return ERR_OVERLOADED;
	}
	begin_rows(&stage);
	enum err err = take_step(&stage, IMPORT_BEGIN, &outcome);
	if (err == ERR_OK) {
		stage.order.id = outcome.import_id;
		err = send_slices(&stage);
		if (err == ERR_OK)
			err = switch_over(&stage);
		if (err != ERR_OK)
			give_up(&stage);
	}
	close_memories(&stage);
	return err;
}
