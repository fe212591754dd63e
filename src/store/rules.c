/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/type.h"
#include "store/apply.h"

/* The owner at hand, in its zone. */
struct place {
	struct apply *apply;
	struct zone zone;
	bool is_apex;
	bool is_to_come;           /* the RRset is not written yet */
	const struct rrset *rrset; /* what was put there */
	struct key owner;
	struct key end; /* after the owner's whole tree */
};

/* Types at one owner, as far as the rules tell them apart. */
struct types {
	bool has_ns;
	bool has_dname;
	bool has_cname;
	bool has_itself;       /* the type that was put */
	uint16_t first_other;  /* some other type; 0: none */
	uint16_t first_hidden; /* some type that a zone cut hides; 0: none */
};

static bool is_glue(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA;
}

static bool is_allowed_at_cut(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_DS || is_glue(type);
}

static void note_type(struct types *types, uint16_t type, uint16_t put_type)
{
	types->has_ns |= type == TYPE_NS;
	types->has_dname |= type == TYPE_DNAME;
	types->has_cname |= type == TYPE_CNAME;
	types->has_itself |= type == put_type;
	if (type != put_type && types->first_other == 0)
		types->first_other = type;
	if (!is_allowed_at_cut(type) && types->first_hidden == 0)
		types->first_hidden = type;
}

static struct types load_types(const struct place *place)
{
	struct types types = { 0 };
	struct db *db = place->apply->db;
	if (place->is_to_come)
		note_type(&types, place->rrset->type, place->rrset->type);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_TYPES_AT);
	bind_int(statement, 1, place->zone.id);
	bind_key(statement, 2, &place->owner);
	while (db_step(db, statement))
		note_type(&types, (uint16_t)sqlite3_column_int64(statement, 0), place->rrset->type);
	return types;
}

static enum err refuse_beside(const struct place *place, uint16_t one, uint16_t other)
{
	char owner[NAME_TEXT_BYTES];
	char one_text[TYPE_TEXT_BYTES];
	char other_text[TYPE_TEXT_BYTES];
	return apply_refuse(place->apply, ERR_CONFLICT, "%s cannot have both %s and %s",
	        name_render(&place->rrset->owner, owner), type_render(one, one_text),
	        type_render(other, other_text));
}

/* RFC 1034 section 3.6.2, RFC 6672 section 2.4, and what a zone cut leaves (RFC 2181 section 6.1).
 */
static enum err check_owner(const struct place *place, const struct types *types)
{
	char owner[NAME_TEXT_BYTES];
	uint16_t put = place->rrset->type;
	if (types->has_cname && place->is_apex)
		return apply_refuse(place->apply, ERR_CONFLICT,
		        "%s is the zone's own name, which cannot have a CNAME",
		        name_render(&place->zone.name, owner));
	if (put == TYPE_CNAME && types->first_other != 0)
		return refuse_beside(place, TYPE_CNAME, types->first_other);
	if (types->has_cname && put != TYPE_CNAME)
		return refuse_beside(place, TYPE_CNAME, put);
	if (place->is_apex || !types->has_ns)
		return ERR_OK;
	if (!is_allowed_at_cut(put))
		return refuse_beside(place, TYPE_NS, put);
	if (put == TYPE_NS && types->first_hidden != 0)
		return refuse_beside(place, TYPE_NS, types->first_hidden);
	return ERR_OK;
}

/* A delegation to a zone here is served by that zone; it comes and goes as it needs to. */
static bool is_kept(const struct place *place, const struct name *name, uint16_t type)
{
	struct zone child;
	return type_is_delegation(type) &&
	       apply_find_child(place->apply, &place->zone, name, &child);
}

/* A row of (owner_key, type) that stands in the way; false: none, or a failure. */
static bool find_in_the_way(
        const struct place *place, enum statement which, struct name *ret_name, uint16_t *ret_type)
{
	struct db *db = place->apply->db;
	sqlite3_stmt *statement = db_statement(db, which);
	bind_int(statement, 1, place->zone.id);
	bind_key(statement, 2, &place->owner);
	bind_key(statement, 3, &place->end);
	bool is_found = false;
	while (!is_found && db_step(db, statement)) {
		if (!column_name(db, statement, 0, ret_name))
			break;
		*ret_type = (uint16_t)sqlite3_column_int64(statement, 1);
		is_found = !is_kept(place, ret_name, *ret_type);
	}
	sqlite3_reset(statement);
	return is_found;
}

static enum err check_below(const struct place *place)
{
	bool is_cut = place->rrset->type == TYPE_NS && !place->is_apex;
	if (!is_cut && place->rrset->type != TYPE_DNAME)
		return ERR_OK;
	struct name name;
	uint16_t type;
	if (!find_in_the_way(
	            place, is_cut ? STATEMENT_HIDDEN_BY_CUT : STATEMENT_ANY_BELOW, &name, &type))
		return apply_db_error(place->apply);
	char text[NAME_TEXT_BYTES];
	char type_text[TYPE_TEXT_BYTES];
	return apply_refuse(place->apply, ERR_CONFLICT,
	        "%s %s would no longer be served below this %s", name_render(&name, text),
	        type_render(type, type_text), is_cut ? "NS" : "DNAME");
}

static enum err refuse_below(
        const struct place *place, const struct name *ancestor, uint16_t ancestor_type)
{
	char owner[NAME_TEXT_BYTES];
	char above[NAME_TEXT_BYTES];
	char type[TYPE_TEXT_BYTES];
	char above_type[TYPE_TEXT_BYTES];
	return apply_refuse(place->apply, ERR_CONFLICT, "%s %s would not be served below %s %s",
	        name_render(&place->rrset->owner, owner), type_render(place->rrset->type, type),
	        name_render(ancestor, above), type_render(ancestor_type, above_type));
}

/* Looks for a zone cut or a DNAME at an ancestor. */
static enum err check_ancestor(
        const struct place *place, const struct name *ancestor, bool is_ancestor_apex)
{
	struct db *db = place->apply->db;
	struct key key;
	key_of_name(ancestor, &key);
	sqlite3_stmt *statement = db_statement(db, STATEMENT_CUTS_AT);
	bind_int(statement, 1, place->zone.id);
	bind_key(statement, 2, &key);
	uint16_t hiding = 0;
	while (db_step(db, statement)) {
		uint16_t type = (uint16_t)sqlite3_column_int64(statement, 0);
		bool is_cut = type == TYPE_NS && !is_ancestor_apex;
		if (type == TYPE_DNAME || (is_cut && !is_glue(place->rrset->type)))
			hiding = type;
	}
	if (hiding != 0)
		return refuse_below(place, ancestor, hiding);
	return apply_db_error(place->apply);
}

static enum err check_above(const struct place *place)
{
	struct name ancestor = place->rrset->owner;
	while (!name_is_equal(&ancestor, &place->zone.name) && name_parent(&ancestor, &ancestor)) {
		enum err err = check_ancestor(
		        place, &ancestor, name_is_equal(&ancestor, &place->zone.name));
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

enum err rules_check_in(struct apply *apply, const struct zone *zone, const struct effect *effect)
{
	/* Only what is new can stand in anything's way. */
	if (effect->action != EFFECT_CREATE || effect->after.count == 0 ||
	        effect->after.type == TYPE_SOA)
		return ERR_OK;
	struct place place = {
		.apply = apply,
		.zone = *zone,
		.is_to_come = apply->is_lone,
		.rrset = &effect->after,
	};
	place.is_apex = name_is_equal(&place.zone.name, &effect->after.owner);
	key_of_name(&effect->after.owner, &place.owner);
	key_end_of_tree(&place.owner, &place.end);
	struct types types = load_types(&place);
	/* A later op may have dropped it again. */
	if (!types.has_itself)
		return apply_db_error(apply);
	enum err err = check_owner(&place, &types);
	if (err == ERR_OK)
		err = check_above(&place);
	return err != ERR_OK ? err : check_below(&place);
}

enum err rules_check_effect(struct apply *apply, const struct effect *effect)
{
	struct zone zone;
	struct key key;
	if (effect->action != EFFECT_CREATE || effect->after.count == 0)
		return ERR_OK;
	key_of_name(&effect->zone, &key);
	return db_find_zone_exact(apply->db, &key, &zone) ? rules_check_in(apply, &zone, effect)
	                                                  : apply_db_error(apply);
}

enum err rules_check_cut(struct apply *apply, const struct zone *parent, const struct name *name)
{
	const struct rrset delegation = { .owner = *name, .type = TYPE_NS };
	struct place place = { .apply = apply, .zone = *parent, .rrset = &delegation };
	key_of_name(name, &place.owner);
	key_end_of_tree(&place.owner, &place.end);
	/* Addresses below a delegation are glue; without one they are the parent's own answers. */
	bool is_delegated = load_types(&place).has_ns;
	struct name hidden;
	uint16_t type;
	if (!find_in_the_way(&place,
	            is_delegated ? STATEMENT_HIDDEN_BY_CUT : STATEMENT_ANY_AT_OR_BELOW, &hidden,
	            &type))
		return apply_db_error(apply);
	char text[NAME_TEXT_BYTES];
	char parent_text[NAME_TEXT_BYTES];
	char type_text[TYPE_TEXT_BYTES];
	return apply_refuse(apply, ERR_CONFLICT,
	        "the zone %s holds %s %s, which would no longer be served",
	        name_render(&parent->name, parent_text), name_render(&hidden, text),
	        type_render(type, type_text));
}
