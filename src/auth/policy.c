/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/policy.h"

#include <string.h>

#include "dns/type.h"

#define CHANGE_ACTIONS (GRANT_CREATE | GRANT_UPDATE | GRANT_DELETE)
#define ZONE_RIGHTS    (ADM_ZONE_CREATE | ADM_ZONE_DELETE | ADM_ZONE_EXPORT | ADM_ZONE_IMPORT)

_Static_assert(GRANT_CREATE == (int)EFFECT_CREATE && GRANT_UPDATE == (int)EFFECT_UPDATE &&
                       GRANT_DELETE == (int)EFFECT_DELETE,
        "a grant's letters are the actions of a bound");
_Static_assert(TOKEN_GRANTS_MAX <= OP_BOUNDS_MAX, "each grant has its bound");

/* A record as the policy sees it: where it is and of what type. */
struct target {
	const struct name *zone;
	const struct name *owner;
	uint16_t type;
};

static bool grant_has_zone(const struct grant *grant, const struct name *zone)
{
	if (grant->all_zones)
		return true;
	for (size_t i = 0; i < grant->zones.count; i++) {
		if (name_is_equal(&grant->zones.names[i], zone))
			return true;
	}
	return false;
}

static bool grant_has_type(const struct grant *grant, uint16_t type)
{
	for (size_t i = 0; i < grant->type_count; i++) {
		if (grant->types[i] == type)
			return true;
	}
	return grant->all_types && !type_is_protected(type);
}

/* Where a relative name is too long to exist in the zone it matches nothing. */
static bool matches_exact(const struct grant *grant, const struct target *target)
{
	struct name name;
	for (size_t i = 0; i < grant->exact.count; i++) {
		if (name_concat(&grant->exact.names[i], target->zone, &name) &&
		        name_is_equal(target->owner, &name))
			return true;
	}
	return false;
}

static bool matches_subtree(const struct grant *grant, const struct target *target)
{
	struct name top;
	for (size_t i = 0; i < grant->subtrees.count; i++) {
		if (name_concat(&grant->subtrees.names[i], target->zone, &top) &&
		        name_is_under(target->owner, &top))
			return true;
	}
	return false;
}

static bool matches_prefix(const struct grant *grant, const struct target *target)
{
	size_t length;
	const uint8_t *label = name_first_label(target->owner, &length);
	for (size_t i = 0; label != NULL && i < grant->prefixes.count; i++) {
		size_t wanted_length;
		const uint8_t *wanted = name_first_label(&grant->prefixes.names[i], &wanted_length);
		if (length == wanted_length && memcmp(label, wanted, length) == 0)
			return true;
	}
	return false;
}

static bool grant_has_owner(const struct grant *grant, const struct target *target)
{
	if (!name_is_under(target->owner, target->zone))
		return false;
	if (matches_exact(grant, target))
		return true;
	if (name_is_wildcard(target->owner) && !grant->wildcards)
		return false;
	return matches_subtree(grant, target) || matches_prefix(grant, target);
}

static bool grant_covers(const struct grant *grant, const struct target *target)
{
	return grant_has_zone(grant, target->zone) && grant_has_type(grant, target->type) &&
	       grant_has_owner(grant, target);
}

size_t policy_cover(const struct token *token, const struct name *zone, const struct name *owner,
        uint16_t type, struct bound ret_bounds[static OP_BOUNDS_MAX])
{
	const struct target target = { zone, owner, type };
	size_t count = 0;
	for (size_t i = 0; i < token->grant_count; i++) {
		const struct grant *grant = &token->grants[i];
		uint8_t actions = grant->actions & CHANGE_ACTIONS;
		if (actions == 0 || !grant_covers(grant, &target))
			continue;
		ret_bounds[count++] = (struct bound){
			.actions = actions,
			.ttl_min_s = grant->ttl_min_s,
			.ttl_max_s = grant->ttl_max_s,
			.values_max = grant->values_max,
		};
	}
	return count;
}

static bool may_see(const struct token *token, const struct target *target, uint8_t action)
{
	for (size_t i = 0; i < token->grant_count; i++) {
		if ((token->grants[i].actions & action) != 0 &&
		        grant_covers(&token->grants[i], target))
			return true;
	}
	return false;
}

bool policy_may_read(
        const struct token *token, const struct name *zone, const struct name *owner, uint16_t type)
{
	return may_see(token, &(struct target){ zone, owner, type }, GRANT_READ);
}

bool policy_may_list(
        const struct token *token, const struct name *zone, const struct name *owner, uint16_t type)
{
	return may_see(token, &(struct target){ zone, owner, type }, GRANT_LIST);
}

static bool may_see_zone(const struct token *token, const struct name *zone, uint8_t actions)
{
	for (size_t i = 0; i < token->grant_count; i++) {
		if ((token->grants[i].actions & actions) != 0 &&
		        (zone == NULL || grant_has_zone(&token->grants[i], zone)))
			return true;
	}
	return false;
}

bool policy_may_read_zone(const struct token *token, const struct name *zone)
{
	return may_see_zone(token, zone, GRANT_READ | GRANT_LIST);
}

bool policy_may_list_zone(const struct token *token, const struct name *zone)
{
	return may_see_zone(token, zone, GRANT_LIST);
}

bool policy_may_admin(const struct token *token, enum adm adm, const struct name *zone)
{
	if ((token->adm & adm) == 0)
		return false;
	if ((adm & ZONE_RIGHTS) == 0)
		return true;
	for (size_t i = 0; zone != NULL && i < token->grant_count; i++) {
		if (grant_has_zone(&token->grants[i], zone))
			return true;
	}
	return false;
}

static bool grant_is_whole(const struct grant *grant)
{
	bool has_apex = false;
	for (size_t i = 0; i < grant->subtrees.count; i++)
		has_apex |= name_count_labels(&grant->subtrees.names[i]) == 0;
	return has_apex && grant->wildcards && grant->all_types && grant->ttl_min_s == 0 &&
	       grant->ttl_max_s >= TTL_MAX && grant->values_max >= RRSET_VALUES_MAX;
}

bool policy_may_transfer(
        const struct token *token, enum adm adm, const struct name *zone, uint8_t actions)
{
	if ((token->adm & adm) == 0)
		return false;
	for (size_t i = 0; i < token->grant_count; i++) {
		const struct grant *grant = &token->grants[i];
		if ((grant->actions & actions) == actions && grant_has_zone(grant, zone) &&
		        grant_is_whole(grant))
			return true;
	}
	return false;
}

static bool grant_reaches(const struct grant *grant, const struct name *owner)
{
	for (size_t i = 0; i < grant->zones.count; i++) {
		if (name_is_under(owner, &grant->zones.names[i]))
			return true;
	}
	return grant->all_zones;
}

bool policy_reaches(const struct token *token, const struct name *owner)
{
	for (size_t i = 0; i < token->grant_count; i++) {
		if (grant_reaches(&token->grants[i], owner))
			return true;
	}
	return false;
}
