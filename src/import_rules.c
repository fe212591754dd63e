/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import_rules.h"

#include <string.h>

#include "dns/type.h"

static bool is_at_or_below(const struct import_key *key, const struct import_key *above)
{
	return key->length >= above->length && memcmp(key->bytes, above->bytes, above->length) == 0;
}

static bool is_glue(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA;
}

static bool is_allowed_at_cut(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_DS || is_glue(type);
}

/* owner between type after. One of the two is new, or there would be nothing to say. */
static void refuse(struct faults *faults, const struct import_present *present, uint32_t other_line,
        const char *between, const char *after)
{
	char owner[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	uint32_t line = present->line != 0 ? present->line : other_line;
	if (line != 0)
		faults_add_line(faults, line, ERR_CONFLICT, "%s%s%s%s",
		        name_render(present->owner, owner), between,
		        type_render(present->type, type), after);
}

static void move_to(struct import_rules *rules, const struct import_present *present)
{
	const struct import_key *key = present->key;
	if (rules->has_owner && rules->owner.length == key->length &&
	        is_at_or_below(key, &rules->owner))
		return;
	rules->owner = *key;
	rules->has_owner = true;
	rules->has_cname = false;
	rules->has_other = false;
	rules->has_cut = rules->has_cut && is_at_or_below(key, &rules->cut);
	rules->has_dname = rules->has_dname && is_at_or_below(key, &rules->dname);
}

/* RFC 1034 section 3.6.2. */
static void check_cname(
        struct import_rules *rules, const struct import_present *present, struct faults *faults)
{
	if (present->type != TYPE_CNAME) {
		if (rules->has_cname)
			refuse(faults, present, rules->cname_line, " cannot have ",
			        " beside a CNAME");
		rules->has_other = true;
		rules->other_line = present->line;
		return;
	}
	if (present->is_apex)
		refuse(faults, present, 0, " cannot have a ", ": it is the zone's own name");
	if (present->is_apex)
		return;
	if (rules->has_other)
		refuse(faults, present, rules->other_line, " cannot have a ",
		        " beside other records");
	rules->has_cname = true;
	rules->cname_line = present->line;
}

/* RFC 6672 section 2.4, RFC 2181 section 6.1. */
static void check_above(const struct import_rules *rules, const struct import_present *present,
        struct faults *faults)
{
	size_t length = present->key->length;
	if (rules->has_dname && length > rules->dname.length)
		refuse(faults, present, rules->dname_line, " ",
		        " would not be served below the DNAME");
	if (!rules->has_cut)
		return;
	if (length > rules->cut.length && !is_glue(present->type))
		refuse(faults, present, rules->cut_line, " ", " would not be served below the NS");
	else if (length == rules->cut.length && !is_allowed_at_cut(present->type))
		refuse(faults, present, rules->cut_line, " cannot have ", " beside NS");
}

void import_rules_check(
        struct import_rules *rules, const struct import_present *present, struct faults *faults)
{
	move_to(rules, present);
	check_cname(rules, present, faults);
	check_above(rules, present, faults);
	if (present->type == TYPE_NS && !present->is_apex && !rules->has_cut) {
		rules->cut = *present->key;
		rules->has_cut = true;
		rules->cut_line = present->line;
	}
	if (present->type == TYPE_DNAME && !rules->has_dname) {
		rules->dname = *present->key;
		rules->has_dname = true;
		rules->dname_line = present->line;
	}
}
