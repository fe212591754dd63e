/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PATCH /zones/{zone}: one op for the SOA and the default TTL, and one for the NS RRset.
 */
#include <string.h>

#include "api/body.h"
#include "api/history.h"
#include "api/input.h"
#include "api/shape.h"
#include "api/zones.h"
#include "dns/type.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { TIMER_REFRESH, TIMER_RETRY, TIMER_EXPIRE, TIMER_MINIMUM, TIMER_COUNT };

struct edit_body {
	struct strings nameservers;
	const char *contact;
	const struct json *ttl;
	const struct json *timers[TIMER_COUNT];
};

static const struct field edit_fields[] = {
	{ "nameservers", FIELD_STRINGS, false, offsetof(struct edit_body, nameservers) },
	{ "contact", FIELD_STRING, false, offsetof(struct edit_body, contact) },
	{ "ttl", FIELD_JSON, false, offsetof(struct edit_body, ttl) },
	{ "refresh", FIELD_JSON, false, offsetof(struct edit_body, timers[TIMER_REFRESH]) },
	{ "retry", FIELD_JSON, false, offsetof(struct edit_body, timers[TIMER_RETRY]) },
	{ "expire", FIELD_JSON, false, offsetof(struct edit_body, timers[TIMER_EXPIRE]) },
	{ "minimum", FIELD_JSON, false, offsetof(struct edit_body, timers[TIMER_MINIMUM]) },
};

/* The request while it becomes ops. The names stay those of the root where none is given. */
struct edit_work {
	const struct plan_input *input;
	struct edit_body body;
	uint8_t members;
	struct name mname;
	struct name rname;
	int64_t timers[TIMER_COUNT];
};

/* The bounds of the configuration are for the TTLs of records; a timer of the SOA is no TTL. */
static void take_timers(struct edit_work *work)
{
	static const struct {
		const char *place;
		enum zone_member member;
	} timers[TIMER_COUNT] = {
		[TIMER_REFRESH] = { "/refresh", ZONE_REFRESH },
		[TIMER_RETRY] = { "/retry", ZONE_RETRY },
		[TIMER_EXPIRE] = { "/expire", ZONE_EXPIRE },
		[TIMER_MINIMUM] = { "/minimum", ZONE_MINIMUM },
	};
	for (size_t i = 0; i < TIMER_COUNT; i++) {
		if (work->body.timers[i] == NULL)
			continue;
		if (json_integer(work->body.timers[i], 0, TTL_MAX, &work->timers[i]))
			work->members |= (uint8_t)timers[i].member;
		else
			faults_add(work->input->faults, ERR_INVALID_TTL, timers[i].place,
			        "This is a whole number of seconds from 0 to %u.", TTL_MAX);
	}
}

static void take_ttl(struct edit_work *work, struct op *op)
{
	const struct plan_input *input = work->input;
	int64_t seconds;
	if (work->body.ttl == NULL)
		return;
	if (json_kind(work->body.ttl) == JSON_NULL) {
		work->members |= ZONE_NO_TTL;
	} else if (json_integer(work->body.ttl, input->ttl_min_s, input->ttl_max_s, &seconds)) {
		work->members |= ZONE_TTL;
		op->edit.ttl_s = (uint32_t)seconds;
	} else {
		faults_add(input->faults, ERR_INVALID_TTL, "/ttl",
		        "Here a TTL is a whole number of seconds from %u to %u; or null, for the "
		        "one of the configuration.",
		        input->ttl_min_s, input->ttl_max_s);
	}
}

static void take_contact(struct edit_work *work)
{
	const char *contact = work->body.contact;
	const char *detail = NULL;
	if (contact == NULL)
		return;
	if (soa_parse_contact(contact, strlen(contact), &work->rname, &detail) == ERR_OK)
		work->members |= ZONE_RNAME;
	else
		faults_add(work->input->faults, ERR_INVALID_NAME, "/contact", "%s", detail);
}

/* As of a new zone, the first one given becomes the SOA's MNAME. */
static void take_nameservers(struct edit_work *work, struct op *op)
{
	const struct plan_input *input = work->input;
	const struct strings *texts = &work->body.nameservers;
	if (!texts->is_set)
		return;
	if (texts->count == 0)
		faults_add(input->faults, ERR_INVALID_RECORD, "/nameservers",
		        "A zone has at least one nameserver.");
	if (texts->count == 0 ||
	        !input_parse_values(input, "/nameservers", TYPE_NS, texts, &op->rrset) ||
	        !input_parse_name(input, "/nameservers/0", texts->items[0], &work->mname))
		return;
	work->members |= ZONE_MNAME;
	if (rrset_wire_size(&op->rrset) > RRSET_WIRE_MAX)
		faults_add(input->faults, ERR_INVALID_RECORD, "/nameservers",
		        "So many would not fit a DNS message (more than %u octets).",
		        RRSET_WIRE_MAX);
}

static enum err put_soa(struct edit_work *work, struct op *op)
{
	const struct soa soa = {
		.mname = &work->mname,
		.rname = &work->rname,
		.refresh_s = (uint32_t)work->timers[TIMER_REFRESH],
		.retry_s = (uint32_t)work->timers[TIMER_RETRY],
		.expire_s = (uint32_t)work->timers[TIMER_EXPIRE],
		.minimum_s = (uint32_t)work->timers[TIMER_MINIMUM],
	};
	op->edit.members = work->members;
	op->rrset.owner = op->zone;
	op->rrset.type = TYPE_SOA;
	op->rrset.count = 1;
	op->rrset.values = arena_alloc(work->input->arena, sizeof(*op->rrset.values));
	if (op->rrset.values == NULL)
		return ERR_TOO_LARGE;
	return soa_render(work->input->arena, &soa, op->rrset.values);
}

static struct op *put_ops(const struct plan_input *input, struct plan *plan)
{
	struct op *ops = arena_calloc(input->arena, 2, sizeof(*ops));
	if (ops == NULL) {
		faults_add(input->faults, ERR_TOO_LARGE, "", "The request is too large.");
		return NULL;
	}
	ops[0].kind = OP_ZONE_EDIT;
	ops[0].precondition = input->precondition;
	ops[1].kind = OP_RRSET_PUT;
	plan->kind = PLAN_CHANGE;
	plan->change.ops = ops;
	plan->change.op_count = 1;
	return ops;
}

enum err plan_zone_edit(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct edit_work work = {
		.input = input,
		.mname = { .length = 1 },
		.rname = { .length = 1 },
	};
	struct op *ops = put_ops(input, ret_plan);
	if (ops == NULL ||
	        !input_parse_name(input, "{zone}", input->captures[0].text, &ops[0].zone))
		return faults_err(input->faults);
	enum err err = body_parse(input, edit_fields, COUNT_OF(edit_fields), &work.body);
	take_timers(&work);
	take_ttl(&work, &ops[0]);
	take_contact(&work);
	take_nameservers(&work, &ops[1]);
	if (err == ERR_OK)
		err = faults_err(input->faults);
	if (err != ERR_OK)
		return err;
	if (work.members == 0)
		return faults_add(input->faults, ERR_EMPTY_CHANGE, "",
		        "Say what changes: \"nameservers\", \"contact\", \"ttl\", \"refresh\", "
		        "\"retry\", \"expire\" or \"minimum\".");
	ops[1].zone = ops[1].rrset.owner = ops[0].zone;
	ops[1].rrset.type = TYPE_NS;
	ops[1].rrset.ttl_s = input->default_ttl_s;
	ret_plan->change.op_count = ops[1].rrset.count > 0 ? 2 : 1;
	return put_soa(&work, &ops[0]);
}

/* What the zone has become. Nothing has changed: as it is. */
static struct zone zone_after(const struct outcome *outcome, const struct soa *soa)
{
	const struct effect *effect = &outcome->effects[0];
	struct zone zone = {
		.name = effect->zone,
		.serial = soa->serial,
		.revision = outcome->change_id != 0 ? outcome->change_id : effect->revision,
	};
	for (size_t i = 0; i < outcome->zone_count; i++) {
		if (name_is_equal(&outcome->zones[i].zone, &zone.name))
			zone.serial = outcome->zones[i].serial;
	}
	return zone;
}

void answer_zone_edit(const struct answer_input *input, struct http_response *response)
{
	const struct rrset *after = &input->outcome->effects[0].after;
	struct zone_details details = { .soa_ttl_s = after->ttl_s };
	struct json_writer writer;
	char text[NAME_TEXT_BYTES];
	response->status = 200;
	shape_put_change_id(input->arena, response, input->outcome);
	/* Who may write the SOA and not read it learns nothing else of it. */
	if (!input->may_read || !soa_parse(input->arena, &after->values[0], &details.soa)) {
		answer_minimal(input, response);
		return;
	}
	details.zone = zone_after(input->outcome, &details.soa);
	shape_open(response, 200, &writer);
	json_open_object(&writer, "data");
	json_put_string(&writer, "name", name_render(&details.zone.name, text));
	json_put_int(&writer, "revision", (int64_t)details.zone.revision);
	json_put_int(&writer, "serial", details.zone.serial);
	zone_put_soa(&writer, &details);
	json_close_object(&writer);
	shape_close(&writer);
	shape_put_etag(input->arena, response, details.zone.revision);
}
