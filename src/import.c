/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include <string.h>

#include "dns/expiry.h"
#include "dns/type.h"

#define SCRATCH_KEEP_BYTES ((size_t)128 * 1024)

/* ---- the zone and those below ---- */

struct child_list {
	struct import *import;
	size_t room;
	bool is_full;
};

static bool take_child(void *context, const struct zone *zone)
{
	struct child_list *list = context;
	struct import *import = list->import;
	if (!name_is_under(&zone->name, &import->zone.name))
		return false;
	list->is_full = import->child_count == list->room;
	if (!list->is_full)
		import->children[import->child_count++] = zone->name;
	return !list->is_full;
}

static bool count_child(void *context, const struct zone *zone)
{
	struct child_list *list = context;
	if (!name_is_under(&zone->name, &list->import->zone.name))
		return false;
	list->room++;
	return true;
}

enum err import_look_at_zone(struct import *import, const struct name *zone)
{
	enum err err = reader_find_zone_exact(import->reader, zone, &import->zone);
	if (err != ERR_OK)
		return err;
	struct child_list list = { .import = import };
	err = reader_list_zones(import->reader, zone, count_child, &list);
	if (err != ERR_OK)
		return err;
	import->child_count = 0;
	import->children = arena_calloc(import->arena, list.room + 1, sizeof(*import->children));
	if (import->children == NULL)
		return ERR_TOO_LARGE;
	return reader_list_zones(import->reader, zone, take_child, &list);
}

static const struct name *find_child(const struct import *import, const struct name *owner)
{
	for (size_t i = 0; i < import->child_count; i++) {
		if (name_is_under(owner, &import->children[i]))
			return &import->children[i];
	}
	return NULL;
}

/* ---- what comes of a pair ---- */

/* Of the two sides of a pair; count 0: it is not there. */
struct pair {
	struct import *import;
	struct import_key key;
	struct rrset file;
	struct rrset stored;
	uint64_t revision;
	uint32_t line;
};

static enum err fill_from_file(
        struct import *import, const struct zone_text_rrset *found, struct rrset *rrset)
{
	struct rdata *values = arena_calloc(import->scratch, found->count, sizeof(*values));
	if (values == NULL)
		return ERR_TOO_LARGE;
	zone_text_get_values(import->text, found, values);
	rrset->type = found->type;
	rrset->ttl_s = found->ttl_s;
	rrset->count = found->count;
	rrset->values = values;
	return ERR_OK;
}

/* The serial, 20 octets before the end, is the zone's own matter. */
static bool is_same_soa(const struct rdata *a, const struct rdata *b)
{
	return a->length == b->length && a->length >= 20 &&
	       memcmp(a->bytes, b->bytes, a->length - 20u) == 0 &&
	       memcmp(a->bytes + a->length - 16, b->bytes + b->length - 16, 16) == 0;
}

/* A SOA is served with its minimum as TTL. */
static void make_soa(const struct pair *pair, struct rrset *after)
{
	const struct rdata *soa = &pair->file.values[0];
	if (!pair->import->is_replace || is_same_soa(&pair->stored.values[0], soa)) {
		*after = pair->stored;
		return;
	}
	const uint8_t *at = soa->bytes + soa->length - 4;
	uint32_t minimum_s =
	        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	*after = pair->file;
	after->ttl_s = minimum_s < TTL_MAX ? minimum_s : TTL_MAX;
}

/* A value that is there already keeps the time when it expires. */
static enum err unite(const struct pair *pair, struct rrset *after)
{
	const struct rrset *file = &pair->file;
	const struct rrset *stored = &pair->stored;
	bool keeps_all = !pair->import->is_replace;
	struct rdata *values =
	        arena_calloc(pair->import->scratch, file->count + stored->count, sizeof(*values));
	if (values == NULL)
		return ERR_TOO_LARGE;
	size_t count = 0;
	for (size_t i = 0, j = 0; i < file->count || j < stored->count;) {
		int order = i == file->count ? 1
		            : j == stored->count
		                    ? -1
		                    : rdata_compare(&file->values[i], &stored->values[j]);
		if (order < 0)
			values[count++] = file->values[i];
		else if (order == 0 || keeps_all)
			values[count++] = stored->values[j];
		i += order <= 0;
		j += order >= 0;
	}
	*after = *stored;
	after->ttl_s = file->ttl_s;
	after->values = values;
	after->count = count;
	return ERR_OK;
}

/* owner between type after */
static void refuse_pair(
        const struct pair *pair, enum err err, const char *between, const char *after)
{
	char owner[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	const struct rrset *rrset = pair->file.count > 0 ? &pair->file : &pair->stored;
	faults_add_line(pair->import->faults, pair->line, err, "%s%s%s%s",
	        name_render(&rrset->owner, owner), between, type_render(rrset->type, type), after);
}

static void check_size(const struct pair *pair, const struct rrset *after)
{
	bool is_single = after->type == TYPE_CNAME || after->type == TYPE_DNAME;
	if (is_single && after->count > 1)
		refuse_pair(pair, ERR_CONFLICT, " has another ", " already");
	else if (after->count > RRSET_VALUES_MAX || rrset_wire_size(after) > RRSET_WIRE_MAX)
		refuse_pair(
		        pair, ERR_INVALID_RECORD, " ", " would be too large with what is there");
}

static enum err make_after(const struct pair *pair, struct rrset *after)
{
	const struct import *import = pair->import;
	const struct rrset *stored = &pair->stored;
	bool is_here =
	        import->child_count == 0 ||
	        find_child(import, stored->count > 0 ? &stored->owner : &pair->file.owner) == NULL;
	*after = *stored;
	if (pair->file.count == 0) {
		if (import->is_replace && is_here && stored->type != TYPE_SOA)
			after->count = 0;
		return ERR_OK;
	}
	if (stored->type == TYPE_SOA && stored->count > 0) {
		make_soa(pair, after);
		return ERR_OK;
	}
	if (stored->count == 0) {
		*after = pair->file;
		return ERR_OK;
	}
	return unite(pair, after);
}

static enum effect_action action_of(const struct rrset *before, const struct rrset *after)
{
	if (before->count == 0)
		return after->count == 0 ? EFFECT_NONE : EFFECT_CREATE;
	if (after->count == 0)
		return EFFECT_DELETE;
	return rrset_is_same_data(before, after) ? EFFECT_NONE : EFFECT_UPDATE;
}

static void count_effect(struct import_counts *counts, enum effect_action action)
{
	counts->created += action == EFFECT_CREATE;
	counts->updated += action == EFFECT_UPDATE;
	counts->deleted += action == EFFECT_DELETE;
	counts->unchanged += action == EFFECT_NONE;
}

static void check_effect(struct pair *pair, const struct import_effect *effect)
{
	struct import *import = pair->import;
	const struct rrset *present = effect->after.count > 0 ? &effect->after : &effect->before;
	const struct name *child = import->child_count > 0 && effect->action != EFFECT_NONE
	                                   ? find_child(import, &present->owner)
	                                   : NULL;
	if (child != NULL)
		refuse_pair(pair, ERR_OUT_OF_ZONE, " ", " belongs to a zone below this one");
	if (effect->after.count == 0)
		return;
	const struct import_present rrset = {
		.owner = &present->owner,
		.key = &pair->key,
		.type = present->type,
		.is_apex = name_is_equal(&present->owner, &import->zone.name),
		.line = pair->line,
	};
	import->has_apex_ns |= rrset.is_apex && rrset.type == TYPE_NS;
	if (effect->action != EFFECT_NONE)
		check_size(pair, &effect->after);
	import_rules_check(&import->rules, &rrset, import->faults);
}

static enum err take_pair(
        struct pair *pair, struct import_walk *walk, import_sink *sink, void *context)
{
	struct import *import = pair->import;
	struct import_effect effect = {
		.before = pair->stored,
		.revision = pair->revision,
		.line = pair->line,
	};
	enum err err = make_after(pair, &effect.after);
	if (err != ERR_OK)
		return err;
	effect.action = action_of(&effect.before, &effect.after);
	if (effect.before.count == 0) {
		effect.before.owner = effect.after.owner;
		effect.before.type = effect.after.type;
	}
	count_effect(&import->counts, effect.action);
	if (import->checks)
		check_effect(pair, &effect);
	walk->is_full = !sink(context, &effect);
	return ERR_OK;
}

/* ---- a pass ---- */

static int compare_keys(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	size_t common = a_length < b_length ? a_length : b_length;
	int order = common == 0 ? 0 : memcmp(a, b, common);
	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static void key_of_file(
        const struct import *import, const struct zone_text_rrset *found, struct import_key *key)
{
	const struct zone_text *text = import->text;
	memcpy(key->bytes, text->zone_key, text->zone_key_length);
	memcpy(key->bytes + text->zone_key_length, found->key, found->key_length);
	key->length = text->zone_key_length + found->key_length;
}

static void reset_scratch(struct import *import)
{
	if (arena_used(import->scratch) > SCRATCH_KEEP_BYTES)
		arena_reset(import->scratch);
}

static enum err take_from_file(struct import *import, struct import_walk *walk,
        const struct zone_text_rrset *found, import_sink *sink, void *context)
{
	struct pair pair = { .import = import, .line = found->line };
	reset_scratch(import);
	key_of_file(import, found, &pair.key);
	enum err err = fill_from_file(import, found, &pair.file);
	if (err != ERR_OK)
		return err;
	if (!name_parse_key(pair.key.bytes, pair.key.length, &pair.file.owner))
		return ERR_INTERNAL;
	walk->at += found->count;
	return take_pair(&pair, walk, sink, context);
}

/* One visit: what of the file comes before the row, then the row. */
struct visit {
	struct import *import;
	struct import_walk *walk;
	import_sink *sink;
	void *context;
	enum err err;
};

static bool visit_row(void *context, const struct stored_rrset *stored)
{
	struct visit *visit = context;
	struct import *import = visit->import;
	struct import_walk *walk = visit->walk;
	struct pair pair = {
		.import = import, .stored = stored->rrset, .revision = stored->revision
	};
	pair.key.length = name_render_key(&stored->rrset.owner, pair.key.bytes);
	struct zone_text_rrset found;
	int order = 1;
	while (!walk->is_full && visit->err == ERR_OK &&
	        zone_text_get(import->text, walk->at, &found)) {
		struct import_key key;
		key_of_file(import, &found, &key);
		order = compare_keys(key.bytes, key.length, pair.key.bytes, pair.key.length);
		if (order == 0)
			order = (found.type > stored->rrset.type) -
			        (found.type < stored->rrset.type);
		if (order >= 0)
			break;
		visit->err = take_from_file(import, walk, &found, visit->sink, visit->context);
		order = 1;
	}
	if (walk->is_full || visit->err != ERR_OK)
		return false;
	reset_scratch(import);
	if (order == 0) {
		pair.line = found.line;
		visit->err = fill_from_file(import, &found, &pair.file);
		pair.file.owner = stored->rrset.owner;
		walk->at += found.count;
	}
	if (visit->err == ERR_OK)
		visit->err = take_pair(&pair, walk, visit->sink, visit->context);
	return visit->err == ERR_OK;
}

static enum err walk_zone(struct import *import, struct import_walk *walk, struct visit *visit)
{
	struct record_filter filter = { .zone = &import->zone.name, .from = walk->from };
	struct record_position next = { 0 };
	enum err err = reader_list_rrsets(import->reader, &filter, visit_row, visit, &next);
	if (err == ERR_OK)
		err = visit->err;
	walk->from = next;
	walk->is_over = err == ERR_OK && !next.is_set;
	return err;
}

void import_walk_init(struct import *import, struct import_walk *ret_walk)
{
	*ret_walk = (struct import_walk){ 0 };
	import->counts = (struct import_counts){ .records = (uint32_t)import->text->count };
	import->rules = (struct import_rules){ 0 };
	import->has_apex_ns = false;
}

enum err import_walk_some(
        struct import *import, struct import_walk *walk, import_sink *sink, void *context)
{
	struct visit visit = { .import = import, .walk = walk, .sink = sink, .context = context };
	enum err err = ERR_OK;
	walk->is_full = false;
	if (!walk->is_over)
		err = walk_zone(import, walk, &visit);
	struct zone_text_rrset found;
	while (err == ERR_OK && walk->is_over && !walk->is_full) {
		walk->is_end = !zone_text_get(import->text, walk->at, &found);
		if (walk->is_end)
			break;
		err = take_from_file(import, walk, &found, sink, context);
	}
	return err;
}

/* ---- one RRset ---- */

static bool find_in_file(const struct import *import, const struct import_key *key, uint16_t type,
        struct zone_text_rrset *ret_found)
{
	size_t low = 0;
	size_t high = import->text->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		struct import_key other;
		if (!zone_text_get_one(import->text, middle, ret_found))
			return false;
		key_of_file(import, ret_found, &other);
		int order = compare_keys(other.bytes, other.length, key->bytes, key->length);
		if (order == 0)
			order = (ret_found->type > type) - (ret_found->type < type);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	struct import_key found;
	if (!zone_text_get(import->text, low, ret_found) || ret_found->type != type)
		return false;
	key_of_file(import, ret_found, &found);
	return compare_keys(found.bytes, found.length, key->bytes, key->length) == 0;
}

enum err import_look_at(struct import *import, const struct name *owner, uint16_t type,
        import_sink *sink, void *context)
{
	struct pair pair = { .import = import };
	struct zone_text_rrset found;
	struct import_walk walk = { 0 };
	struct stored_rrset stored;
	const struct rrset_key key = { .zone = &import->zone, .owner = owner, .type = type };
	reset_scratch(import);
	enum err err = reader_find_rrset(import->reader, import->scratch, &key, &stored);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	pair.file = (struct rrset){ .owner = *owner, .type = type };
	pair.stored = pair.file;
	if (err == ERR_OK) {
		pair.stored = stored.rrset;
		pair.revision = stored.revision;
	}
	pair.key.length = name_render_key(owner, pair.key.bytes);
	err = ERR_OK;
	if (find_in_file(import, &pair.key, type, &found)) {
		pair.line = found.line;
		err = fill_from_file(import, &found, &pair.file);
	}
	return err == ERR_OK ? take_pair(&pair, &walk, sink, context) : err;
}
