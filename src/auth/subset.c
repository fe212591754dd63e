/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/subset.h"

#include <string.h>

#include "dns/type.h"

static const struct {
	const char *name;
	const char *detail;
} axes[SUBSET_AXIS__MAX] = {
	[SUBSET_Z] = { "z", "no grant of your token has all of these zones" },
	[SUBSET_N] = { "n", "no grant of your token reaches all of these names there" },
	[SUBSET_S] = { "s", "no grant of your token reaches all of these subtrees there" },
	[SUBSET_P] = { "p", "no grant of your token reaches all of these labels there" },
	[SUBSET_W] = { "w", "no grant of your token reaches wildcard records there" },
	[SUBSET_T] = { "t", "no grant of your token has all of these types there" },
	[SUBSET_A] = { "a", "no grant of your token has all of these letters there" },
	[SUBSET_TTL] = { "ttl", "no grant of your token allows all of these TTLs there" },
	[SUBSET_MAX] = { "max", "no grant of your token allows so many records there" },
	[SUBSET_IP] = { "ip", "your token may not be used from all of these addresses" },
	[SUBSET_EXP] = { "exp", "your token ends before that" },
	[SUBSET_ADM] = { "adm", "your token does not have all of these rights" },
	[SUBSET_DG] = { "dg", "your token may not be handed down so often" },
	[SUBSET_PAR] = { "par", "your token has too many ancestors to be handed down" },
	[SUBSET_SUB] = { "sub", "another subject needs the right token.issue" },
	[SUBSET_RL] = { "rl", "this rate class allows more than that of your token" },
};

const char *subset_axis_name(enum subset_axis axis)
{
	return axes[axis].name;
}

const char *subset_axis_detail(enum subset_axis axis)
{
	return axes[axis].detail;
}

/* ---- grants: which of the parent's cover one element of a grant of the child ---- */

/* One bit for each grant of the parent. */
typedef uint32_t grant_set;

_Static_assert(TOKEN_GRANTS_MAX <= 32, "a set has a bit for each grant");

static bool list_has(const struct name_list *list, const struct name *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (name_is_equal(&list->names[i], name))
			return true;
	}
	return false;
}

static bool list_has_above(const struct name_list *list, const struct name *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (name_is_under(name, &list->names[i]))
			return true;
	}
	return false;
}

/* Names of n, s and p are relative to whatever zone both grants are held against. */
static bool list_has_label(const struct name_list *list, const struct name *name)
{
	size_t length;
	const uint8_t *label = name_first_label(name, &length);
	for (size_t i = 0; label != NULL && i < list->count; i++) {
		size_t own_length;
		const uint8_t *own = name_first_label(&list->names[i], &own_length);
		if (own_length == length && memcmp(own, label, length) == 0)
			return true;
	}
	return false;
}

static bool list_has_apex(const struct name_list *list)
{
	static const struct name apex = { .length = 1 };
	return list_has(list, &apex);
}

/* An element of n, s or p of the child's grant. */
struct element {
	const struct token *parent;
	const struct grant *grant;
	enum subset_axis axis; /* of the list it is in */
	const struct name *name;
};

/* Without regard to wildcard owners. */
static bool grant_reaches(const struct grant *parent, const struct element *element)
{
	switch (element->axis) {
	case SUBSET_N:
		return list_has(&parent->exact, element->name) ||
		       list_has_above(&parent->subtrees, element->name) ||
		       list_has_label(&parent->prefixes, element->name);
	case SUBSET_S:
		return list_has_above(&parent->subtrees, element->name);
	default:
		return list_has(&parent->prefixes, element->name) ||
		       list_has_apex(&parent->subtrees);
	}
}

/* Whether the element reaches wildcard owners, which the parent's s and p only do with w. */
static bool needs_wildcards(const struct grant *parent, const struct element *element)
{
	switch (element->axis) {
	case SUBSET_N:
		return name_is_wildcard(element->name) && !list_has(&parent->exact, element->name);
	case SUBSET_S:
		return element->grant->wildcards;
	default:
		return element->grant->wildcards && name_is_wildcard(element->name);
	}
}

/* *ret_any: also those that would only need w. */
static grant_set sets_of_name(const struct element *element, grant_set *ret_any)
{
	grant_set any = 0;
	grant_set set = 0;
	for (size_t i = 0; i < element->parent->grant_count; i++) {
		const struct grant *parent = &element->parent->grants[i];
		if (!grant_reaches(parent, element))
			continue;
		any |= (grant_set)1 << i;
		if (parent->wildcards || !needs_wildcards(parent, element))
			set |= (grant_set)1 << i;
	}
	*ret_any = any;
	return set;
}

/* zone NULL: every zone. */
static grant_set set_of_zone(const struct token *parent, const struct name *zone)
{
	grant_set set = 0;
	for (size_t i = 0; i < parent->grant_count; i++) {
		const struct grant *grant = &parent->grants[i];
		if (grant->all_zones || (zone != NULL && list_has(&grant->zones, zone)))
			set |= (grant_set)1 << i;
	}
	return set;
}

/* type NULL: every type that "*" has. */
static grant_set set_of_type(const struct token *parent, const uint16_t *type)
{
	grant_set set = 0;
	for (size_t i = 0; i < parent->grant_count; i++) {
		const struct grant *grant = &parent->grants[i];
		bool has = grant->all_types && (type == NULL || !type_is_protected(*type));
		for (size_t j = 0; !has && type != NULL && j < grant->type_count; j++)
			has = grant->types[j] == *type;
		if (has)
			set |= (grant_set)1 << i;
	}
	return set;
}

/* For one letter: who has it, who has it with these TTLs, and who with that many records as well.
 * Reading and listing know no bounds. */
struct letter {
	grant_set has;
	grant_set has_ttl;
	grant_set has_all;
};

static struct letter sets_of_letter(
        const struct token *parent, const struct grant *child, uint8_t action)
{
	struct letter sets = { 0 };
	bool is_read = (action & (GRANT_READ | GRANT_LIST)) != 0;
	for (size_t i = 0; i < parent->grant_count; i++) {
		const struct grant *grant = &parent->grants[i];
		grant_set bit = (grant_set)1 << i;
		if ((grant->actions & action) == 0)
			continue;
		sets.has |= bit;
		if (!is_read && (grant->ttl_min_s > child->ttl_min_s ||
		                        grant->ttl_max_s < child->ttl_max_s))
			continue;
		sets.has_ttl |= bit;
		if (is_read || grant->values_max >= child->values_max)
			sets.has_all |= bit;
	}
	return sets;
}

/* ---- a grant of the child ---- */

#define LETTERS 5

struct grant_walk {
	const struct token *parent;
	const struct grant *child;
	size_t type_count; /* of different sets: the types themselves are many */
	grant_set types[TOKEN_TYPES_MAX + 1];
	size_t letter_count;
	struct letter letters[LETTERS]; /* of the child's own letters only */
	enum subset_axis axis;          /* the first that failed; SUBSET_AXIS__MAX: none */
};

static void put_type_set(struct grant_walk *walk, grant_set set)
{
	for (size_t i = 0; i < walk->type_count; i++) {
		if (walk->types[i] == set)
			return;
	}
	walk->types[walk->type_count++] = set;
}

static void walk_init(
        struct grant_walk *walk, const struct token *parent, const struct grant *child)
{
	walk->parent = parent;
	walk->child = child;
	walk->type_count = 0;
	walk->letter_count = 0;
	walk->axis = SUBSET_AXIS__MAX;
	if (child->all_types)
		put_type_set(walk, set_of_type(parent, NULL));
	for (size_t i = 0; i < child->type_count; i++)
		put_type_set(walk, set_of_type(parent, &child->types[i]));
	for (unsigned action = 1; action <= GRANT_LIST; action <<= 1) {
		if (child->actions & action)
			walk->letters[walk->letter_count++] =
			        sets_of_letter(parent, child, (uint8_t)action);
	}
}

static bool fail(struct grant_walk *walk, enum subset_axis axis)
{
	walk->axis = axis;
	return false;
}

/* covering: the parent's grants with the zone, the name and the type at hand. */
static bool walk_letters(struct grant_walk *walk, grant_set covering)
{
	for (size_t i = 0; i < walk->letter_count; i++) {
		const struct letter *letter = &walk->letters[i];
		if ((covering & letter->has) == 0)
			return fail(walk, SUBSET_A);
		if ((covering & letter->has_ttl) == 0)
			return fail(walk, SUBSET_TTL);
		if ((covering & letter->has_all) == 0)
			return fail(walk, SUBSET_MAX);
	}
	return true;
}

static bool walk_types(struct grant_walk *walk, grant_set covering)
{
	for (size_t i = 0; i < walk->type_count; i++) {
		if ((covering & walk->types[i]) == 0)
			return fail(walk, SUBSET_T);
		if (!walk_letters(walk, covering & walk->types[i]))
			return false;
	}
	return true;
}

static bool walk_list(struct grant_walk *walk, grant_set zone_set, enum subset_axis axis,
        const struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct element element = { walk->parent, walk->child, axis, &list->names[i] };
		grant_set any;
		grant_set covering = zone_set & sets_of_name(&element, &any);
		if ((zone_set & any) == 0)
			return fail(walk, axis);
		if (covering == 0)
			return fail(walk, SUBSET_W);
		if (!walk_types(walk, covering))
			return false;
	}
	return true;
}

static bool walk_zone(struct grant_walk *walk, const struct name *zone)
{
	const struct grant *child = walk->child;
	grant_set zone_set = set_of_zone(walk->parent, zone);
	if (zone_set == 0)
		return fail(walk, SUBSET_Z);
	return walk_list(walk, zone_set, SUBSET_N, &child->exact) &&
	       walk_list(walk, zone_set, SUBSET_S, &child->subtrees) &&
	       walk_list(walk, zone_set, SUBSET_P, &child->prefixes);
}

/* The first axis on which the grant goes beyond all of the parent's; SUBSET_AXIS__MAX: none. */
static enum subset_axis check_grant(const struct token *parent, const struct grant *child)
{
	struct grant_walk walk;
	walk_init(&walk, parent, child);
	if (child->all_zones)
		(void)walk_zone(&walk, NULL);
	for (size_t i = 0; walk.axis == SUBSET_AXIS__MAX && i < child->zones.count; i++)
		(void)walk_zone(&walk, &child->zones.names[i]);
	return walk.axis;
}

/* ---- the other claims ---- */

static bool has_block(const struct token *parent, const struct cidr *child)
{
	for (size_t i = 0; i < parent->cidr_count; i++) {
		const struct cidr *cidr = &parent->cidrs[i];
		if (child->prefix_bits >= cidr->prefix_bits && cidr_has(cidr, &child->base))
			return true;
	}
	return false;
}

struct collector {
	size_t count;
	struct subset_fault *faults;
};

static void collect(struct collector *collector, bool is_fine, enum subset_axis axis, size_t index)
{
	if (!is_fine)
		collector->faults[collector->count++] = (struct subset_fault){ axis, index };
}

static void check_addresses(
        struct collector *collector, const struct token *parent, const struct token *child)
{
	if (parent->cidr_count == 0)
		return;
	collect(collector, child->cidr_count > 0, SUBSET_IP, 0);
	for (size_t i = 0; i < child->cidr_count; i++)
		collect(collector, has_block(parent, &child->cidrs[i]), SUBSET_IP, i);
}

size_t subset_check(const struct token *parent, const struct token *child,
        struct subset_fault ret_faults[static SUBSET_FAULTS_MAX])
{
	struct collector collector = { .faults = ret_faults };
	for (size_t i = 0; i < child->grant_count; i++) {
		enum subset_axis axis = check_grant(parent, &child->grants[i]);
		collect(&collector, axis == SUBSET_AXIS__MAX, axis, i);
	}
	check_addresses(&collector, parent, child);
	collect(&collector, child->expires_ms <= parent->expires_ms, SUBSET_EXP, 0);
	collect(&collector, (child->adm & ~parent->adm) == 0, SUBSET_ADM, 0);
	collect(&collector, child->depth < parent->depth, SUBSET_DG, 0);
	collect(&collector, parent->parent_count < TOKEN_PARENTS_MAX, SUBSET_PAR, 0);
	collect(&collector,
	        strcmp(child->subject, parent->subject) == 0 ||
	                (parent->adm & ADM_TOKEN_ISSUE) != 0,
	        SUBSET_SUB, 0);
	return collector.count;
}

bool subset_has_rate(const struct subset_rate *parent, const struct subset_rate *child)
{
	return child->quota <= parent->quota && (uint64_t)child->quota * parent->window_s <=
	                                                (uint64_t)parent->quota * child->window_s;
}
