/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/row.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "dns/change.h"
#include "server/channel_server.h"
#include "server/process.h"
#include "store/writer.h"

#define BATCH_MAX         256
#define BATCH_ARENA_BYTES ((size_t)256 << 20)
#define AUDIT_ARENA_BYTES ((size_t)32 << 20)
#define KEEP_BYTES        ((size_t)4 << 20) /* of each, from batch to batch */
#define PRUNE_EVERY_MS    60000
#define PRUNE_AGAIN_MS    250 /* while there is more */
#define LEFT_AGAIN_MS     10
#define EXPIRE_MAX        200  /* RRsets in one transaction: nobody waits long for it */
#define EXPIRE_AGAIN_MS   1000 /* after a failure */
#define OPEN_TRIES        50   /* a tenth of a second apart: another writer may be on its way out */

/* One message of a batch. */
struct slot {
	struct change change;
	struct outcome outcome;
	bool is_change; /* it could be read as one */
};

struct committer {
	const struct commit_context *context;
	struct writer *writer;
	struct channel_server *server;
	struct arena *arena;       /* one batch */
	struct arena *audit_arena; /* one audit row */
	int64_t next_prune_ms;     /* steady */
	int64_t next_expire_ms;    /* steady; not before */
	int64_t next_left_ms;      /* steady: when some of what imports have left is removed */
	size_t count;
	struct channel_message messages[BATCH_MAX];
	struct slot slots[BATCH_MAX];
};

static int64_t steady_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

/* ---- one message ---- */

static void parse_message(struct committer *committer, size_t index)
{
	const struct channel_message *message = &committer->messages[index];
	struct slot *slot = &committer->slots[index];
	*slot = (struct slot){ .outcome.detail = "" };
	enum err err =
	        change_parse(committer->arena, message->bytes, message->length, &slot->change);
	slot->is_change = err == ERR_OK;
	slot->outcome.err = err;
	if (err != ERR_OK)
		log_warning("a message of process %ld is no change: %s", (long)message->pid,
		        err_sentence(err));
}

static bool is_repeat(const struct slot *slot)
{
	return slot->outcome.first_ms != 0;
}

static enum err put_audit_row(struct committer *committer, const struct slot *slot, int64_t now_ms)
{
	struct audit_row row;
	const struct audit_head head = writer_audit_head(committer->writer);
	const struct audit_attempt attempt = {
		.change = &slot->change,
		.outcome = &slot->outcome,
		.at_ms = now_ms,
	};
	arena_reset(committer->audit_arena);
	enum err err = audit_make_row(committer->audit_arena, &head, &attempt, &row);
	return err == ERR_OK ? writer_put_audit(committer->writer, &row) : ERR_INTERNAL;
}

/* What is wrong with the change goes into its outcome. What is returned concerns the whole batch.
 */
static enum err take_slot(struct committer *committer, struct slot *slot, int64_t now_ms)
{
	const struct change *change = &slot->change;
	if (!slot->is_change)
		return ERR_OK;
	if (change->refused != ERR_OK) {
		slot->outcome = (struct outcome){
			.err = change->refused,
			.detail = change->refused_detail,
		};
	} else {
		enum err err = writer_apply(
		        committer->writer, committer->arena, change, now_ms, &slot->outcome);
		if (writer_is_broken(committer->writer))
			return err;
	}
	/* What is answered again was audited when it was done, and a dry run does nothing; nor does
	 * a step of an import, or one that is taken again. */
	if (change->is_dry_run || is_repeat(slot) || change_is_import_step(change) ||
	        (change_find_import(change) != NULL &&
	                slot->outcome.err == ERR_PRECONDITION_FAILED))
		return ERR_OK;
	return put_audit_row(committer, slot, now_ms);
}

/* ---- one batch ---- */

static void fail_slots(struct committer *committer, size_t first, size_t count, enum err err)
{
	for (size_t i = first; i < first + count; i++) {
		if (committer->slots[i].is_change)
			committer->slots[i].outcome = (struct outcome){ .err = err, .detail = "" };
	}
}

static enum err commit_slots(struct committer *committer)
{
	struct metrics *metrics = committer->context->shared->metrics;
	uint64_t start_ns = clock_steady_ns();
	enum err err = writer_commit_batch(committer->writer);
	if (err != ERR_OK)
		return err;
	metrics_observe(metrics, HISTOGRAM_WRITER_COMMIT_NS, clock_steady_ns() - start_ns);
	metrics_add(metrics, METRIC_WRITER_COMMITS, 1);
	return ERR_OK;
}

/* How many of the changes are such a step of an import, and not refused. */
static size_t count_steps(
        const struct committer *committer, size_t first, size_t count, enum import_step step)
{
	size_t found = 0;
	for (size_t i = first; i < first + count; i++) {
		const struct slot *slot = &committer->slots[i];
		const struct import_order *order = change_find_import(&slot->change);
		found += order != NULL && order->step == step && slot->outcome.err == ERR_OK;
	}
	return found;
}

/* *ret_may_split: the commit was not reached, so that the changes can be tried one by one. */
static enum err run_batch(
        struct committer *committer, size_t first, size_t count, bool *ret_may_split)
{
	int64_t now_ms = clock_wall_ms();
	*ret_may_split = false;
	/* Slices go with the writer anyhow; the switch to them is on disk with all of them. */
	bool has_news = count_steps(committer, first, count, IMPORT_SLICE) < count;
	enum err err = writer_set_durable(committer->writer, has_news);
	if (err == ERR_OK)
		err = writer_begin_batch(committer->writer);
	if (err != ERR_OK) {
		fail_slots(committer, first, count, err);
		return err;
	}
	for (size_t i = first; i < first + count && err == ERR_OK; i++)
		err = take_slot(committer, &committer->slots[i], now_ms);
	if (err != ERR_OK) {
		writer_rollback_batch(committer->writer);
		*ret_may_split = true;
	} else {
		/* Before anybody can see the zone: no index knows what is in it. */
		atomic_fetch_add(&committer->context->shared->state->index_epoch,
		        count_steps(committer, first, count, IMPORT_SWITCH));
		err = commit_slots(committer);
	}
	if (err != ERR_OK)
		fail_slots(committer, first, count, err);
	return err;
}

/* A change that trips over a fault of ours must not take its neighbours with it. */
static enum err run_one_by_one(struct committer *committer)
{
	bool may_split;
	enum err last = ERR_OK;
	log_error("a batch of %zu changes failed; trying them one by one", committer->count);
	for (size_t i = 0; i < committer->count; i++) {
		enum err err = run_batch(committer, i, 1, &may_split);
		if (err != ERR_OK)
			last = err;
	}
	return last;
}

/* ---- after the commit ---- */

static void note_health(struct committer *committer, enum err err)
{
	_Atomic int64_t *failing_ms = &committer->context->shared->state->writer_failing_ms;
	if (err == ERR_OK) {
		if (atomic_exchange(failing_ms, 0) != 0)
			log_info("the store can be written again");
	} else if (atomic_load(failing_ms) == 0) {
		atomic_store(failing_ms, clock_wall_ms());
		log_error("the store cannot be written: %s", err_sentence(err));
	}
}

#define KIND(kind) (1u << (unsigned)(kind))
/* May make or drop zones. */
#define ZONE_KINDS (KIND(OP_ZONE_ADD) | KIND(OP_ZONE_DROP) | KIND(OP_REVERT))

static bool has_kind(const struct slot *slot, unsigned kinds)
{
	for (size_t i = 0; i < slot->change.op_count; i++) {
		if ((kinds & KIND(slot->change.ops[i].kind)) != 0)
			return true;
	}
	return false;
}

/* Before the answers: who hears that a token is revoked must not see it work any more, and who
 * hears of a new zone must be able to use it. */
static void spread_news(struct committer *committer)
{
	struct shared_state *state = committer->context->shared->state;
	for (size_t i = 0; i < committer->count; i++) {
		const struct slot *slot = &committer->slots[i];
		if (!slot->is_change || slot->outcome.change_id == 0)
			continue;
		if (has_kind(slot, KIND(OP_REVOKE)))
			atomic_fetch_add(&state->revocation_generation, 1);
		if (has_kind(slot, ZONE_KINDS))
			atomic_fetch_add(&state->zones_generation, 1);
	}
}

static void answer_slot(struct committer *committer, size_t index)
{
	struct slot *slot = &committer->slots[index];
	struct buf buf;
	buf_init(&buf, committer->arena, CHANNEL_CEILING_BYTES);
	if (slot->change.is_brief)
		slot->outcome.effect_count = 0;
	outcome_pack(&buf, &slot->outcome);
	const struct channel_bytes answer = {
		.bytes = (const uint8_t *)buf.bytes,
		.length = buf.length,
	};
	bool is_full = buf_is_full(&buf);
	if (is_full)
		log_error("an answer is too large to be sent");
	channel_server_answer(
	        committer->server, &committer->messages[index], is_full ? NULL : &answer);
}

static uint64_t count_changes(const struct committer *committer)
{
	uint64_t changes = 0;
	for (size_t i = 0; i < committer->count; i++) {
		const struct slot *slot = &committer->slots[i];
		changes += slot->outcome.change_id != 0 && !is_repeat(slot);
	}
	return changes;
}

/* Before the answers: who has one finds itself counted. */
static void count_batch(const struct committer *committer)
{
	struct metrics *metrics = committer->context->shared->metrics;
	uint64_t repeats = 0;
	for (size_t i = 0; i < committer->count; i++)
		repeats += is_repeat(&committer->slots[i]);
	metrics_add(metrics, METRIC_REPEATS, repeats);
	metrics_add(metrics, METRIC_CHANGES, count_changes(committer));
}

static void wake_publisher(struct committer *committer)
{
	uint64_t changes = count_changes(committer);
	if (changes == 0)
		return;
	/* A full counter wakes just as well. */
	ssize_t written = write(committer->context->shared->wake_fd, &changes, sizeof(changes));
	if (written < 0 && errno != EAGAIN)
		log_error("waking the publisher: %s", strerror(errno));
}

static void serve_batch(struct committer *committer)
{
	bool may_split;
	for (size_t i = 0; i < committer->count; i++)
		parse_message(committer, i);
	enum err err = run_batch(committer, 0, committer->count, &may_split);
	if (err == ERR_INTERNAL && may_split && committer->count > 1)
		err = run_one_by_one(committer);
	note_health(committer, err);
	spread_news(committer);
	count_batch(committer);
	for (size_t i = 0; i < committer->count; i++)
		answer_slot(committer, i);
	wake_publisher(committer);
	metrics_observe(
	        committer->context->shared->metrics, HISTOGRAM_WRITER_BATCH, committer->count);
	arena_reset(committer->arena);
}

/* ---- values whose time has come ---- */

static void count_expired(struct committer *committer, const struct outcome *outcome)
{
	uint64_t records = 0;
	for (size_t i = 0; i < outcome->effect_count; i++)
		records += outcome->effects[i].deleted_count;
	metrics_add(committer->context->shared->metrics, METRIC_EXPIRED, records);
}

/* A change that nobody asked for now, and that nobody is answered. */
static enum err expire_due(struct committer *committer)
{
	bool may_split;
	struct slot *slot = &committer->slots[0];
	*slot = (struct slot){ .outcome.detail = "", .is_change = true };
	enum err err = writer_find_due(
	        committer->writer, committer->arena, clock_wall_ms(), EXPIRE_MAX, &slot->change);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	committer->count = 1;
	err = run_batch(committer, 0, 1, &may_split);
	note_health(committer, err);
	count_batch(committer);
	wake_publisher(committer);
	if (err == ERR_OK && slot->outcome.err == ERR_OK)
		count_expired(committer, &slot->outcome);
	return err != ERR_OK ? err : slot->outcome.err;
}

/* How long nothing expires: at most the writer's beat. */
static int quiet_ms(struct committer *committer)
{
	int64_t pause_ms = committer->next_expire_ms - steady_ms();
	int64_t due_ms = writer_next_expiry(committer->writer);
	int64_t now_ms = clock_wall_ms();
	int64_t left_ms = committer->next_left_ms - steady_ms();
	if (left_ms < 0)
		left_ms = 0;
	if (left_ms < WRITER_BEAT_MS && left_ms < due_ms - now_ms)
		return (int)left_ms;
	if (due_ms > now_ms + WRITER_BEAT_MS || pause_ms > WRITER_BEAT_MS)
		return WRITER_BEAT_MS;
	if (due_ms - now_ms > pause_ms)
		pause_ms = due_ms - now_ms;
	return pause_ms > 0 ? (int)pause_ms : 0;
}

/* One transaction at most, so that clients come in between. */
static void expire_some(struct committer *committer)
{
	if (quiet_ms(committer) > 0)
		return;
	enum err err = expire_due(committer);
	arena_reset(committer->arena);
	if (err == ERR_OK)
		return;
	log_error("values that are due could not be removed: %s", err_sentence(err));
	committer->next_expire_ms = steady_ms() + EXPIRE_AGAIN_MS;
}

/* ---- the process ---- */

static void look_after_log(struct committer *committer)
{
	const struct shared *shared = committer->context->shared;
	const uint64_t once = 1;
	if (!writer_checkpoint(committer->writer, atomic_load(&shared->state->log_copied)))
		return;
	if (write(shared->log_fd, &once, sizeof(once)) < 0 && errno != EAGAIN)
		log_error("waking the copier: %s", strerror(errno));
}

/* Also tries whether a store that failed can be written again, so that /ready learns of it without
 * waiting for the next change. */
static void do_chores(struct committer *committer)
{
	int64_t now_ms = steady_ms();
	const struct shared_state *state = committer->context->shared->state;
	bool is_failing = atomic_load(&state->writer_failing_ms) != 0;
	look_after_log(committer);
	bool has_more;
	/* What imports have left goes bit by bit. */
	if (now_ms >= committer->next_left_ms) {
		(void)!writer_prune_left(committer->writer, clock_wall_ms(), &has_more);
		committer->next_left_ms = now_ms + (has_more ? LEFT_AGAIN_MS : WRITER_BEAT_MS);
	}
	if (now_ms < committer->next_prune_ms && !(is_failing && committer->count == 0))
		return;
	note_health(committer, writer_prune(committer->writer, clock_wall_ms(), &has_more));
	committer->next_prune_ms = now_ms + (has_more ? PRUNE_AGAIN_MS : PRUNE_EVERY_MS);
}

static void run_loop(struct committer *committer)
{
	struct shared_state *state = committer->context->shared->state;
	bool is_stopping;
	do {
		/* Once more after the word to stop: what has come until then is answered. */
		is_stopping = process_is_stopping();
		atomic_store(&state->writer_beat_ms, steady_ms());
		committer->count = channel_server_collect(committer->server,
		        is_stopping ? 0 : quiet_ms(committer), committer->messages, BATCH_MAX);
		if (committer->count > 0)
			serve_batch(committer);
		do_chores(committer);
		expire_some(committer);
	} while (!is_stopping);
}

static bool open_writer(struct committer *committer)
{
	const struct store_settings settings = { .path = committer->context->store_path };
	const struct timespec pause = { .tv_nsec = 100000000 };
	enum err err = ERR_OVERLOADED;
	for (int i = 0; i < OPEN_TRIES && err == ERR_OVERLOADED && !process_is_stopping(); i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		err = writer_open(&settings, &committer->writer);
	}
	if (err == ERR_OK)
		return true;
	log_error("%s: %s", settings.path,
	        err == ERR_OVERLOADED ? "another process is writing this store"
	                              : "the store cannot be opened");
	return false;
}

static bool open_all(struct committer *committer)
{
	committer->arena = arena_open(BATCH_ARENA_BYTES);
	committer->audit_arena = arena_open(AUDIT_ARENA_BYTES);
	if (committer->arena == NULL || committer->audit_arena == NULL) {
		log_error("no memory for the writer");
		return false;
	}
	arena_keep(committer->arena, KEEP_BYTES);
	arena_keep(committer->audit_arena, KEEP_BYTES);
	if (!open_writer(committer))
		return false;
	committer->server = channel_server_open(committer->context->listen_fd);
	if (committer->server == NULL ||
	        (process_stop_fd() >= 0 &&
	                !channel_server_watch(committer->server, process_stop_fd()))) {
		log_error("serving the writer's socket: %s", strerror(errno));
		return false;
	}
	return true;
}

/* A head in the log is one that was noted outside the store. */
static void log_head(struct committer *committer, const char *when)
{
	char text[AUDIT_HEAD_TEXT_BYTES];
	const struct audit_head head = writer_audit_head(committer->writer);
	log_info("audit head %s: %s", when, audit_render_head(&head, text));
}

static void close_all(struct committer *committer)
{
	channel_server_close(committer->server);
	writer_close(committer->writer);
	arena_close(committer->audit_arena);
	arena_close(committer->arena);
	free(committer);
}

int commit_run(const struct commit_context *context)
{
	struct committer *committer = calloc(1, sizeof(*committer));
	if (committer == NULL)
		return EXIT_FAILURE;
	committer->context = context;
	if (!open_all(committer)) {
		close_all(committer);
		return EXIT_FAILURE;
	}
	/* What an earlier writer committed just before it died has not been spread. */
	atomic_fetch_add(&context->shared->state->revocation_generation, 1);
	atomic_fetch_add(&context->shared->state->zones_generation, 1);
	do_chores(committer);
	atomic_store(&context->shared->state->writer_beat_ms, steady_ms());
	log_head(committer, "at the start");
	process_set_ready();
	run_loop(committer);
	log_head(committer, "at the end");
	close_all(committer);
	return EXIT_SUCCESS;
}
