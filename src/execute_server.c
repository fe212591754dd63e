/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "verify": after the commit CoreDNS is asked for each record that the registration has, one
 * question after the other.
 */
#include "core/clock.h"
#include "execute.h"

/* For all of a registration's records together. */
#define VERIFY_MS 10000

static int64_t now_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

bool server_verify_next(struct exchange *x)
{
	const struct outcome *outcome = &x->outcome;
	size_t index = x->verified_count;
	if (!x->plan.verifies_change || outcome->server_result == SERVER_NONE)
		return false;
	if (index == 0)
		x->verify_until_ms = now_ms() + VERIFY_MS;
	for (size_t i = 0; i < outcome->entry_count; i++) {
		const struct server_entry *entry = &outcome->entries[i];
		if (entry->kind != SERVER_RECORD)
			continue;
		if (index >= entry->rrset.count) {
			index -= entry->rrset.count;
			continue;
		}
		int64_t left_ms = x->verify_until_ms - now_ms();
		x->plan.verify = (struct verify_question){
			.owner = entry->rrset.owner,
			.type = entry->rrset.type,
			.has_expect = true,
			.expect = entry->rrset.values[index],
			.timeout_ms = left_ms > 0 ? (uint32_t)left_ms : 0,
		};
		return true;
	}
	return false;
}

void server_verify_take(struct exchange *x, enum err err)
{
	bool is_verified = err == ERR_OK && x->verify.is_verified;
	x->is_verified = is_verified && (x->verified_count == 0 || x->is_verified);
	x->has_verified = true;
	x->verified_count++;
}

/* Until a question has to wait, or one is answered otherwise than it should be. */
static enum err ask_on(struct exchange *x)
{
	while (server_verify_next(x)) {
		enum err err = execute_verify(x);
		if (x->is_waiting)
			return ERR_OK;
		server_verify_take(x, err);
		if (!x->is_verified)
			return ERR_OK;
	}
	return ERR_OK;
}

enum err execute_server_verify(struct exchange *x)
{
	return ask_on(x);
}

enum err execute_server_verify_go_on(struct exchange *x, enum task_event event)
{
	enum err err = execute_verify_go_on(x, event);
	if (x->is_waiting)
		return ERR_OK;
	server_verify_take(x, err);
	return x->is_verified ? ask_on(x) : ERR_OK;
}
