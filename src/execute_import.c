/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute_import.h"

#include <string.h>

#include "api/transfer.h"
#include "auth/policy.h"
#include "execute.h"
#include "http/conditional.h"
#include "import.h"
#include "import_stage.h"

#define SCRATCH_BYTES ((size_t)32 << 20)
#define TEXT_BYTES    ((size_t)288 << 20) /* of the memory, for what the file says */

/* The effects of a small import, or those that a dry run shows, in so much memory. */
#define KEPT_MAX       PAGE_LIMIT_MAX
#define KEPT_BYTES_MAX ((size_t)8 << 20)

/* Somebody changes the same RRsets while they are compared. */
#define TRIES_MAX 5u

bool execute_import_is_it(const struct exchange *x)
{
	return x->route->plan == plan_zone_import;
}

enum err execute_import_permit(const struct exchange *x, const struct name *zone)
{
	return policy_may_transfer(
	               x->token, ADM_ZONE_IMPORT, zone, GRANT_CREATE | GRANT_UPDATE | GRANT_DELETE)
	               ? ERR_OK
	               : ERR_NOT_PERMITTED;
}

static void close_arena(void *arena)
{
	arena_close(arena);
}

enum err execute_import_read(struct exchange *x, char **ret_bytes)
{
	const char *detail;
	struct name zone;
	const struct http_segment *segment = &x->match.captures[0];
	if (name_parse(segment->text, segment->length, &zone, &detail) == ERR_OK &&
	        execute_import_permit(x, &zone) != ERR_OK)
		return ERR_NOT_PERMITTED;
	x->bulk = arena_open(IMPORT_MEMORY_BYTES);
	if (x->bulk == NULL)
		return ERR_OVERLOADED;
	if (!arena_defer(x->arena, close_arena, x->bulk)) {
		arena_close(x->bulk);
		return ERR_TOO_LARGE;
	}
	return fcgi_read_body(
	        x->fcgi, x->bulk, x->request.content_length, IMPORT_BODY_MAX, ret_bytes);
}

/* ---- the file ---- */

/* A carriage return before a line feed is part of the line's end. */
static void drop_carriage_returns(char *text, size_t length)
{
	for (char *at = text; (at = memchr(at, '\r', (size_t)(text + length - at))) != NULL; at++) {
		if (at + 1 < text + length && at[1] == '\n')
			*at = ' ';
	}
}

/* What records of the zone get that name no TTL. */
static enum err find_default_ttl(struct exchange *x, uint32_t *ret_ttl_s)
{
	struct reader *reader = x->pipeline->reader;
	struct zone zone;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = reader_find_zone_exact(reader, &x->plan.name, &zone);
	reader_end(reader);
	if (err == ERR_OK)
		*ret_ttl_s = zone.has_ttl ? zone.ttl_s : x->pipeline->settings.conf->ttl;
	return err;
}

static enum err parse_file(struct exchange *x, uint32_t default_ttl_s, struct zone_text *ret_text)
{
	const struct conf *conf = x->pipeline->settings.conf;
	const struct zone_text_settings settings = {
		.zone = &x->plan.name,
		.default_ttl_s = default_ttl_s,
		.ttl_min_s = conf->ttl_min,
		.ttl_max_s = conf->ttl_max,
		.bytes_max = TEXT_BYTES,
	};
	char *text = (char *)x->request.body;
	size_t length = x->request.body_length;
	if (length > 0)
		drop_carriage_returns(text, length);
	const struct zone_text_source source = { .bytes = text, .length = length };
	enum err err = zone_text_parse(x->bulk, &settings, &source, &x->faults, ret_text);
	if (err == ERR_TOO_LARGE)
		x->detail = "The file has more records than there is memory for.";
	return err;
}

/* ---- the first pass: what there is to do ---- */

struct kept {
	struct arena *arena;
	struct effect *effects; /* room for KEPT_MAX */
	size_t count;
	size_t start_bytes;
};

static bool copy_side(struct arena *arena, struct rrset *rrset)
{
	struct rdata *values = arena_calloc(arena, rrset->count + 1, sizeof(*values));
	for (size_t i = 0; values != NULL && i < rrset->count; i++) {
		values[i] = rrset->values[i];
		values[i].bytes = arena_dup(arena, values[i].bytes, values[i].length);
		if (values[i].bytes == NULL)
			return false;
	}
	rrset->values = values;
	return values != NULL;
}

static bool keep_effect(void *context, const struct import_effect *effect)
{
	struct kept *kept = context;
	if (effect->action == EFFECT_NONE || kept->count == KEPT_MAX ||
	        arena_used(kept->arena) - kept->start_bytes > KEPT_BYTES_MAX)
		return true;
	struct effect *copy = &kept->effects[kept->count];
	*copy = (struct effect){
		.action = effect->action,
		.before = effect->before,
		.after = effect->after,
		.revision = effect->revision,
	};
	if (copy_side(kept->arena, &copy->before) && copy_side(kept->arena, &copy->after))
		kept->count++;
	return true;
}

static enum err check_whole(struct import *import)
{
	if (!import->has_apex_ns)
		faults_add(import->faults, ERR_CONFLICT, "",
		        "The zone would be without NS records of its own name");
	return faults_err(import->faults);
}

static enum err compare_in_snapshot(struct exchange *x, struct import *import, struct kept *kept)
{
	enum err err = import_look_at_zone(import, &x->plan.name);
	if (err != ERR_OK)
		return err;
	if (!precondition_is_met(&x->precondition, import->zone.revision) ||
	        precondition_is_fresh(&x->precondition, import->zone.revision))
		return ERR_PRECONDITION_FAILED;
	struct import_walk walk;
	import->checks = true;
	import_walk_init(import, &walk);
	while (err == ERR_OK && !walk.is_end)
		err = import_walk_some(import, &walk, keep_effect, kept);
	return err == ERR_OK ? check_whole(import) : err;
}

static enum err compare(struct exchange *x, struct import *import, struct kept *kept)
{
	kept->count = 0;
	kept->start_bytes = arena_used(kept->arena);
	kept->effects = arena_calloc(kept->arena, KEPT_MAX, sizeof(*kept->effects));
	if (kept->effects == NULL)
		return ERR_TOO_LARGE;
	enum err err = reader_begin(import->reader);
	if (err == ERR_OK)
		err = reader_head_revision(import->reader, &import->head);
	if (err == ERR_OK)
		err = compare_in_snapshot(x, import, kept);
	for (size_t i = 0; i < kept->count; i++)
		kept->effects[i].zone = import->zone.name;
	reader_end(import->reader);
	return err;
}

/* ---- what comes of it ---- */

static void tell_dry_run(struct exchange *x, const struct import *import, const struct kept *kept)
{
	x->outcome = (struct outcome){
		.detail = "",
		.is_import = true,
		.import = import->counts,
		.effect_count = kept->count,
		.effects = kept->effects,
	};
}

static void put_op(struct op *op, const struct effect *effect)
{
	*op = (struct op){
		.kind = effect->after.count > 0 ? OP_RRSET_PUT : OP_RRSET_DROP,
		.zone = effect->zone,
		.rrset = effect->after.count > 0 ? effect->after : effect->before,
		.has_ttl = true,
		.precondition = { .kind = PRECONDITION_NONE_EXIST },
		.bound_count = 1,
		.bounds = { {
		        .actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
		        .ttl_max_s = TTL_MAX,
		        .values_max = RRSET_VALUES_MAX,
		} },
	};
	if (effect->after.count == 0)
		op->rrset.count = 0;
	if (effect->revision != 0)
		op->precondition = (struct precondition){
			.kind = PRECONDITION_MATCH,
			.count = 1,
			.revisions = { effect->revision },
		};
}

bool execute_import_is_guarded(const struct exchange *x)
{
	return x->precondition.kind == PRECONDITION_MATCH ||
	       x->precondition.kind == PRECONDITION_NONE_MATCH;
}

/* One change of as many ops as there are effects, each for the RRset as it was compared. */
static enum err make_small(struct exchange *x, const struct import *import, const struct kept *kept)
{
	struct change *change = &x->plan.change;
	struct import_order *order = arena_alloc(x->bulk, sizeof(*order));
	struct op *ops = arena_calloc(x->bulk, kept->count + 1, sizeof(*ops));
	if (order == NULL || ops == NULL)
		return ERR_TOO_LARGE;
	*order = (struct import_order){
		.step = IMPORT_SMALL,
		.revision = execute_import_is_guarded(x) ? import->zone.revision : 0,
		.zone_count = (uint32_t)import->child_count,
		.counts = import->counts,
	};
	ops[0] = (struct op){ .kind = OP_IMPORT, .zone = import->zone.name, .import = order };
	for (size_t i = 0; i < kept->count; i++)
		put_op(&ops[i + 1], &kept->effects[i]);
	change->ops = ops;
	change->op_count = kept->count + 1;
	change->is_brief = true;
	enum err err = execute_call(x, x->bulk, change, &x->outcome);
	if (err != ERR_OK)
		return execute_unconfirmed(x, err);
	x->writer_knows = true;
	if (x->outcome.err != ERR_OK && x->outcome.detail[0] != '\0')
		x->detail = x->outcome.detail;
	return x->outcome.err;
}

static enum err import_once(struct exchange *x, struct import *import, struct kept *kept)
{
	enum err err = compare(x, import, kept);
	if (err != ERR_OK)
		return err;
	if (x->plan.change.is_dry_run) {
		tell_dry_run(x, import, kept);
		return ERR_OK;
	}
	size_t total =
	        (size_t)import->counts.created + import->counts.updated + import->counts.deleted;
	if (total <= IMPORT_SMALL_MAX && kept->count == total)
		return make_small(x, import, kept);
	return import_stage(x, import);
}

static enum err import_until_done(struct exchange *x, struct import *import, struct kept *kept)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		x->detail = NULL;
		enum err err = import_once(x, import, kept);
		if (err != ERR_PRECONDITION_FAILED || x->precondition.kind != PRECONDITION_NONE)
			return err;
	}
	x->detail = "The zone changes faster than the file can be compared with it.";
	return ERR_CONFLICT;
}

enum err execute_import(struct exchange *x)
{
	struct zone_text text;
	struct kept kept = { .arena = x->bulk };
	struct import import = {
		.reader = x->pipeline->reader,
		.arena = x->bulk,
		.scratch = x->bulk != NULL ? arena_open(SCRATCH_BYTES) : NULL,
		.faults = &x->faults,
		.text = &text,
		.is_replace = x->plan.is_replace,
	};
	/* Without a body there is nothing to import. */
	if (x->bulk == NULL)
		return ERR_EMPTY_CHANGE;
	if (import.scratch == NULL)
		return ERR_OVERLOADED;
	uint32_t default_ttl_s;
	enum err err = find_default_ttl(x, &default_ttl_s);
	if (err == ERR_OK)
		err = parse_file(x, default_ttl_s, &text);
	if (err == ERR_OK)
		err = import_until_done(x, &import, &kept);
	arena_close(import.scratch);
	return err;
}
