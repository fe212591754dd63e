/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/servers.h"

#include <string.h>

#include "api/body.h"
#include "api/cursor.h"
#include "api/input.h"
#include "dns/type.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct server_body {
	const char *hostname;
	const char *ip;
	struct strings ips;
	struct ttl ttl;
	struct flag ptr;
	const char *on_conflict;
	struct flag verify;
	struct flag force;
};

#define FIELD(member, kind, is_required)                                                           \
	{                                                                                          \
#member, kind, is_required, offsetof(struct server_body, member)                   \
	}

static const struct field add_fields[] = {
	FIELD(hostname, FIELD_STRING, true),
	FIELD(ip, FIELD_STRING, false),
	FIELD(ips, FIELD_STRINGS, false),
	FIELD(ttl, FIELD_TTL, false),
	FIELD(ptr, FIELD_BOOL, false),
	FIELD(on_conflict, FIELD_STRING, false),
	FIELD(verify, FIELD_BOOL, false),
	FIELD(force, FIELD_BOOL, false),
};

static const struct field move_fields[] = {
	FIELD(ip, FIELD_STRING, false),
	FIELD(ips, FIELD_STRINGS, false),
	FIELD(ttl, FIELD_TTL, false),
	FIELD(ptr, FIELD_BOOL, false),
	FIELD(verify, FIELD_BOOL, false),
};

/* ---- hostnames and addresses ---- */

static bool server_parse_hostname(
        const struct plan_input *input, const char *place, const char *text, struct name *ret_name)
{
	struct name name;
	if (!input_parse_name(input, place, text, &name))
		return false;
	if (name_count_labels(&name) > 0 && !name_is_wildcard(&name)) {
		*ret_name = name;
		return true;
	}
	faults_add(input->faults, ERR_INVALID_NAME, place,
	        "A server has a name of its own: not the root, and no wildcard.");
	return false;
}

static bool server_put_address(const struct plan_input *input, const char *place, const char *text,
        struct server_order *order)
{
	/* By family: a colon is in every IPv6 address and in no IPv4 address. */
	struct rrset *rrset = &order->parts[strchr(text, ':') != NULL].rrset;
	struct rdata value;
	if (!input_parse_value(input, place, rrset->type, text, &value))
		return false;
	for (size_t i = 0; i < rrset->count; i++) {
		if (rdata_compare(&rrset->values[i], &value) == 0) {
			faults_add(input->faults, ERR_INVALID_RECORD, place,
			        "This address is given twice.");
			return false;
		}
	}
	rrset->values[rrset->count++] = value;
	return true;
}

static bool server_put_addresses(
        const struct plan_input *input, const struct server_body *body, struct server_order *order)
{
	bool ok = true;
	char place[32];
	struct buf text;
	if ((body->ip != NULL) == body->ips.is_set) {
		faults_add(input->faults, ERR_BAD_REQUEST, body->ip != NULL ? "/ips" : "/ip",
		        "Give either \"ip\" or \"ips\".");
		return false;
	}
	if (body->ip != NULL)
		return server_put_address(input, "/ip", body->ip, order);
	if (body->ips.count == 0 || body->ips.count > SERVER_ADDRESSES_MAX) {
		faults_add(input->faults, ERR_INVALID_RECORD, "/ips",
		        "A server has 1 to %u addresses.", SERVER_ADDRESSES_MAX);
		return false;
	}
	for (size_t i = 0; i < body->ips.count; i++) {
		buf_init_fixed(&text, place, sizeof(place));
		buf_printf(&text, "/ips/%zu", i);
		if (body->ips.items[i] == NULL ||
		        !server_put_address(input, buf_string(&text), body->ips.items[i], order))
			ok = false;
	}
	return ok;
}

/* ---- orders ---- */

static bool server_parse_conflict(
        const struct plan_input *input, const char *text, enum server_conflict *ret_conflict)
{
	static const char *const words[] = {
		[SERVER_CONFLICT_REPORT] = "report",
		[SERVER_CONFLICT_FAIL] = "fail",
		[SERVER_CONFLICT_REPLACE] = "replace",
	};
	for (size_t i = 0; text != NULL && i < COUNT_OF(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_conflict = (enum server_conflict)i;
			return true;
		}
	}
	if (text == NULL)
		return true;
	faults_add(input->faults, ERR_BAD_REQUEST, "/on_conflict",
	        "This is \"report\", \"fail\" or \"replace\".");
	return false;
}

/* The hostname's A and AAAA, with room for values; NULL with a fault when the arena is full. */
static struct server_order *server_put_order(
        const struct plan_input *input, const struct name *hostname, struct op *op)
{
	struct server_order *order = arena_calloc(input->arena, 1, sizeof(*order));
	struct server_part *parts =
	        arena_calloc(input->arena, SERVER_PARTS_MAX, sizeof(*order->parts));
	for (size_t i = 0; parts != NULL && i < 2; i++) {
		parts[i].rrset.owner = *hostname;
		parts[i].rrset.type = i == 0 ? TYPE_A : TYPE_AAAA;
		parts[i].rrset.ttl_s = op->rrset.ttl_s;
		parts[i].rrset.values =
		        arena_calloc(input->arena, SERVER_ADDRESSES_MAX, sizeof(struct rdata));
		if (parts[i].rrset.values == NULL)
			parts = NULL;
	}
	if (order == NULL || parts == NULL) {
		faults_add(input->faults, ERR_TOO_LARGE, "", "The request is too large.");
		return NULL;
	}
	order->parts = parts;
	order->part_count = 2;
	op->rrset.owner = *hostname;
	op->rrset.type = TYPE_A;
	op->server = order;
	return order;
}

/* A PTR of each address, in the order of the sorted addresses. */
static enum err server_put_reverses(const struct plan_input *input, const struct op *op)
{
	struct server_order *order = op->server;
	char text[NAME_TEXT_BYTES];
	struct rdata *target = arena_alloc(input->arena, sizeof(*target));
	name_render(&op->rrset.owner, text);
	if (target == NULL)
		return ERR_TOO_LARGE;
	if (!input_parse_value(input, "/hostname", TYPE_PTR, text, target))
		return faults_err(input->faults);
	for (size_t i = 0; i < 2; i++) {
		const struct rrset *addresses = &order->parts[i].rrset;
		for (size_t j = 0; j < addresses->count; j++) {
			struct rrset *ptr = &order->parts[order->part_count++].rrset;
			name_reverse(&addresses->values[j], &ptr->owner);
			ptr->type = TYPE_PTR;
			ptr->ttl_s = op->rrset.ttl_s;
			ptr->count = 1;
			ptr->values = target;
		}
	}
	return ERR_OK;
}

static enum err server_finish_order(
        const struct plan_input *input, const struct server_body *body, struct plan *plan)
{
	struct op *op = &plan->change.ops[0];
	for (size_t i = 0; i < 2; i++)
		rrset_sort(op->server->parts[i].rrset.values, op->server->parts[i].rrset.count);
	if (body->ptr.is_set)
		op->server->ptr = body->ptr.value ? SERVER_PTR_ALWAYS : SERVER_PTR_NEVER;
	plan->verifies_change = body->verify.value;
	return op->server->ptr == SERVER_PTR_NEVER ? ERR_OK : server_put_reverses(input, op);
}

enum err plan_server_add(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct server_body body = { 0 };
	struct name hostname = { 0 };
	enum err err = body_parse(input, add_fields, COUNT_OF(add_fields), &body);
	struct op *op = input_put_op(input, OP_SERVER_PUT, ret_plan);
	if (op == NULL)
		return faults_err(input->faults);
	input_put_ttl(input, op, body.ttl);
	bool ok = body.hostname != NULL &&
	          server_parse_hostname(input, "/hostname", body.hostname, &hostname);
	struct server_order *order = server_put_order(input, &hostname, op);
	if (order == NULL)
		return faults_err(input->faults);
	ok &= server_put_addresses(input, &body, order);
	ok &= server_parse_conflict(input, body.on_conflict, &order->on_conflict);
	if (!ok || err != ERR_OK)
		return faults_err(input->faults);
	if (!input->auto_register && !body.force.value)
		ret_plan->kind = PLAN_SERVER_OFF;
	return server_finish_order(input, &body, ret_plan);
}

enum err plan_server_move(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct server_body body = { 0 };
	struct name hostname = { 0 };
	enum err err = body_parse(input, move_fields, COUNT_OF(move_fields), &body);
	struct op *op = input_put_op(input, OP_SERVER_PUT, ret_plan);
	if (op == NULL)
		return faults_err(input->faults);
	input_put_ttl(input, op, body.ttl);
	bool ok = server_parse_hostname(input, "{hostname}", input->captures[0].text, &hostname);
	struct server_order *order = server_put_order(input, &hostname, op);
	if (order == NULL)
		return faults_err(input->faults);
	ok &= server_put_addresses(input, &body, order);
	if (!ok || err != ERR_OK)
		return faults_err(input->faults);
	order->is_move = true;
	return server_finish_order(input, &body, ret_plan);
}

enum err plan_server_delete(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	struct name hostname;
	struct op *op = input_put_op(input, OP_SERVER_DROP, ret_plan);
	if (op == NULL ||
	        !server_parse_hostname(input, "{hostname}", input->captures[0].text, &hostname))
		return faults_err(input->faults);
	struct server_order *order = server_put_order(input, &hostname, op);
	return order == NULL ? ERR_TOO_LARGE : faults_err(input->faults);
}

/* ---- reads ---- */

enum err plan_server_get(const struct plan_input *input, struct plan *ret_plan)
{
	http_query_check(input->request, NULL, input->faults);
	if (!server_parse_hostname(input, "{hostname}", input->captures[0].text, &ret_plan->name) ||
	        faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_SERVER;
	return ERR_OK;
}

static bool servers_parse_state(const struct plan_input *input, struct servers_wanted *wanted)
{
	const char *text = input_query(input, "state");
	if (text == NULL)
		return true;
	for (unsigned i = 0; i < HEALTH__MAX; i++) {
		if (strcmp(text, health_name((enum health_state)i)) == 0) {
			wanted->has_state = true;
			wanted->state = (enum health_state)i;
			return true;
		}
	}
	faults_add(input->faults, ERR_BAD_REQUEST, "?state",
	        "This is \"ok\", \"drift\", \"unresolved\" or \"unknown\".");
	return false;
}

enum err plan_servers_list(const struct plan_input *input, struct plan *ret_plan)
{
	static const char *const allowed[] = { "zone", "under", "state", "limit", "cursor", NULL };
	http_query_check(input->request, allowed, input->faults);
	struct servers_wanted wanted = { .limit = PAGE_LIMIT_DEFAULT };
	struct record_position after = { 0 };
	const char *cursor = input_query(input, "cursor");
	const char *zone = input_query(input, "zone");
	const char *under = input_query(input, "under");
	if (cursor != NULL && (cursor_parse(cursor, input->cursor_key, &after) != ERR_OK ||
	                              after.owner.length == 0))
		faults_add(input->faults, ERR_BAD_REQUEST, "?cursor",
		        "This is not a cursor of this list.");
	wanted.after = after.owner;
	bool ok = zone == NULL || input_parse_name(input, "?zone", zone, &wanted.zone);
	ok &= under == NULL || input_parse_name(input, "?under", under, &wanted.under);
	ok &= servers_parse_state(input, &wanted);
	ok &= input_query_number(input, "limit", PAGE_LIMIT_MAX, &wanted.limit);
	if (!ok || faults_err(input->faults) != ERR_OK)
		return faults_err(input->faults);
	ret_plan->kind = PLAN_SERVERS;
	ret_plan->servers = wanted;
	return ERR_OK;
}
