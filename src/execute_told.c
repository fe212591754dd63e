/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "execute_told.h"

#include "core/log.h"
#include "lookup_history.h"

/* What is not permitted is told before what does not work. */
static enum err first_fault(const struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		if (faults->items[i].err == ERR_NOT_PERMITTED)
			return ERR_NOT_PERMITTED;
	}
	return faults_err(faults);
}

static const char *pointer_of(const struct exchange *x, size_t op_index, const char *member)
{
	const struct op_places *places = &x->plan.places;
	if (places->indexes == NULL)
		return places->pointer;
	const char *place = arena_printf(
	        x->arena, "%s/%u%s", places->pointer, places->indexes[op_index], member);
	return place != NULL ? place : places->pointer;
}

/* ---- permission ---- */

enum err execute_permit_list(struct exchange *x, permit_fn *permit)
{
	struct change *change = &x->plan.change;
	size_t good = 0;
	for (size_t i = 0; i < change->op_count; i++) {
		enum err err = permit(x, &change->ops[i]);
		/* Of a repeat the zone was there the first time, and its answer goes by the places
		 * of all changes. */
		if (err == ERR_NO_SUCH_ZONE && x->repeat != NULL)
			err = ERR_OK;
		if (err == ERR_NOT_PERMITTED || err == ERR_NO_SUCH_ZONE) {
			faults_add(&x->faults, err, pointer_of(x, i, ""), "%s", err_sentence(err));
			continue;
		}
		if (err != ERR_OK)
			return err;
		if (good < i) {
			change->ops[good] = change->ops[i];
			x->plan.places.indexes[good] = x->plan.places.indexes[i];
		}
		good++;
	}
	change->op_count = good;
	return change->is_dry_run && good > 0 ? ERR_OK : first_fault(&x->faults);
}

/* ---- what the writer said ---- */

enum err execute_take_outcome(struct exchange *x)
{
	const struct outcome *outcome = &x->outcome;
	if (x->plan.places.pointer == NULL) {
		if (outcome->err != ERR_OK && outcome->detail[0] != '\0')
			x->detail = outcome->detail;
		return outcome->err;
	}
	for (size_t i = 0; i < outcome->fault_count; i++) {
		const struct op_fault *fault = &outcome->faults[i];
		bool is_match = fault->err == ERR_PRECONDITION_FAILED;
		if (fault->op_index >= x->plan.change.op_count)
			continue;
		faults_add(&x->faults, fault->err,
		        pointer_of(x, fault->op_index, is_match ? "/if_match" : ""), "%s",
		        fault->detail[0] != '\0' ? fault->detail : err_sentence(fault->err));
	}
	enum err first = first_fault(&x->faults);
	return outcome->err != ERR_OK && first == ERR_OK ? outcome->err : first;
}

/* ---- the answer ---- */

static enum err tell(struct exchange *x, const struct lookup *lookup)
{
	const struct change_wanted wanted = {
		.id = x->outcome.change_id,
		.limit = PAGE_LIMIT_MAX,
		.is_own = true,
	};
	if (wanted.id != 0) {
		enum err err = reader_begin(x->pipeline->reader);
		return err != ERR_OK ? err : lookup_change(lookup, &wanted, &x->change);
	}
	enum err err = lookup_outcome(lookup, &x->outcome, &x->change);
	x->change.at_ms = x->now_ms;
	x->change.actor = x->token->subject;
	x->change.request_id = x->request.request_id;
	x->change.comment = x->plan.change.comment != NULL ? x->plan.change.comment : "";
	return err;
}

bool execute_tell(struct exchange *x)
{
	const struct lookup lookup = execute_lookup_of(x);
	enum err err = tell(x, &lookup);
	if (err != ERR_OK)
		log_warning("change %llu was made but cannot be read back: %s",
		        (unsigned long long)x->outcome.change_id, err_sentence(err));
	return err == ERR_OK;
}
