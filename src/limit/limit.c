/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A slot is two words: key and TAT. A charge to a slot that has the key is one compare-and-swap of
 * the TAT. Giving a slot to another key takes two steps, so it goes through a mark in the TAT word:
 * first the expired TAT is swapped for the mark, which makes every charge fail that still counts on
 * the old key; then the key is written; then the first TAT of the new key takes the mark's place.
 *
 * Whoever meets a mark waits a moment for the key behind it to appear, since it could be the one
 * that is looked for. A process that dies between the steps leaves a mark for ever; the mark holds
 * its time, and an old one is passed by. That slot is lost until the next start, nothing else.
 *
 * If a mark stays longer than anybody waits, two slots may get the same key for a while. The first
 * one counts from then on; the debt in the other is forgotten.
 */
#include "limit/limit.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "core/secret.h"

#define NS_PER_S UINT64_C(1000000000)

/* The clock counts from the start of the machine, so its top bit is free for 292 years. */
#define MARK (UINT64_C(1) << 63)

/* How often a mark is looked at again, and the age from which it is no longer waited for. */
#define MARK_LOOKS  200u
#define MARK_OLD_NS NS_PER_S

#define LINE_BYTES 64u

struct slot {
	_Atomic uint64_t key; /* 0: never used */
	_Atomic uint64_t tat_ns;
};

struct limit_table {
	size_t hoods; /* neighbourhoods */
	_Alignas(LINE_BYTES) struct slot slots[];
};

/* A charge as times: what one unit and all of it cost, and how far the TAT may run ahead. The price
 * is rounded up, so that the rate is never above the quota; the room is a whole number of prices.
 */
struct bill {
	uint64_t key;
	uint64_t price_ns;
	uint64_t cost_ns;
	uint64_t room_ns;
	uint64_t now_ns;
};

static size_t hoods_of(size_t slots)
{
	size_t hoods = (slots + LIMIT_WAYS - 1) / LIMIT_WAYS;

	return hoods > 0 ? hoods : 1;
}

size_t limit_bytes(size_t slots)
{
	return sizeof(struct limit_table) + hoods_of(slots) * LIMIT_WAYS * sizeof(struct slot);
}

struct limit_table *limit_init(void *zeroed_memory, size_t slots)
{
	struct limit_table *table = zeroed_memory;

	assert((uintptr_t)zeroed_memory % LINE_BYTES == 0);
	table->hoods = hoods_of(slots);
	return table;
}

uint64_t limit_key(const char *subject, const char *class_name, enum limit_kind kind)
{
	uint8_t digest[DIGEST_BYTES];
	uint64_t key;

	/* The NUL of the subject keeps "a" in "bc" apart from "ab" in "c". */
	digest_blake2b(subject, strlen(subject) + 1, class_name, strlen(class_name), digest);
	memcpy(&key, digest + (size_t)kind * sizeof(key), sizeof(key));
	return key;
}

static struct bill bill_of(const struct limit_charge *charge, uint64_t now_ns)
{
	const struct limit_quota *quota = &charge->quota;
	uint64_t window_ns = quota->window_s * NS_PER_S;
	struct bill bill = { .key = charge->key, .now_ns = now_ns };

	assert(quota->quota >= 1 && quota->quota <= LIMIT_QUOTA_MAX);
	assert(quota->window_s >= 1 && quota->window_s <= LIMIT_WINDOW_MAX_S);
	bill.price_ns = (window_ns + quota->quota - 1) / quota->quota;
	bill.room_ns = bill.price_ns * quota->quota;
	/* What can never be paid is not charged at all. */
	if (charge->cost <= quota->quota)
		bill.cost_ns = bill.price_ns * charge->cost;
	/* 0 is the key of a slot that was never used. */
	if (bill.key == 0)
		bill.key = 1;
	return bill;
}

/* The TAT as it counts now: paid debts are nothing, and time that went back is not held against
 * anybody for longer than one window. */
static uint64_t tat_in_force(uint64_t tat_ns, const struct bill *bill)
{
	uint64_t latest_ns = bill->now_ns + bill->room_ns;

	if (tat_ns < bill->now_ns)
		return bill->now_ns;
	return tat_ns > latest_ns ? latest_ns : tat_ns;
}

static uint32_t whole_seconds(uint64_t ns)
{
	return (uint32_t)((ns + NS_PER_S - 1) / NS_PER_S);
}

/* What a TAT means for a charge. Returns the TAT after it. */
static uint64_t judge(uint64_t tat_ns, const struct bill *bill, struct limit_verdict *ret_verdict)
{
	uint64_t limit_ns = bill->now_ns + bill->room_ns;
	uint64_t before_ns = tat_in_force(tat_ns, bill);
	uint64_t after_ns = before_ns + bill->cost_ns;
	bool is_allowed = after_ns <= limit_ns;
	uint64_t kept_ns = is_allowed ? after_ns : before_ns;
	uint32_t wait_s = is_allowed ? 0 : whole_seconds(after_ns - limit_ns);

	*ret_verdict = (struct limit_verdict){
		.allowed = is_allowed,
		.remaining = (uint32_t)((limit_ns - kept_ns) / bill->price_ns),
		.reset_s = is_allowed ? whole_seconds(kept_ns - bill->now_ns) : wait_s,
		.retry_after_s = wait_s,
	};
	return kept_ns;
}

static bool is_marked(uint64_t tat_ns)
{
	return (tat_ns & MARK) != 0;
}

/* The TAT of a slot, once no fresh mark hides whose it is. */
static uint64_t slot_settle(struct slot *slot, uint64_t now_ns)
{
	uint64_t tat_ns = atomic_load(&slot->tat_ns);

	for (unsigned i = 0; i < MARK_LOOKS && is_marked(tat_ns); i++) {
		uint64_t marked_ns = tat_ns & ~MARK;

		if (marked_ns + MARK_OLD_NS < now_ns || marked_ns > now_ns + MARK_OLD_NS)
			break;
		(void)sched_yield();
		tat_ns = atomic_load(&slot->tat_ns);
	}
	return tat_ns;
}

/* The slot of the key, or NULL; then *ret_free is one that may be taken, or NULL. */
static struct slot *hood_find(struct slot *hood, const struct bill *bill, struct slot **ret_free)
{
	*ret_free = NULL;
	for (unsigned i = 0; i < LIMIT_WAYS; i++) {
		uint64_t tat_ns = slot_settle(&hood[i], bill->now_ns);

		if (is_marked(tat_ns))
			continue;
		if (atomic_load(&hood[i].key) == bill->key)
			return &hood[i];
		if (*ret_free == NULL && tat_ns <= bill->now_ns)
			*ret_free = &hood[i];
	}
	return NULL;
}

/* A charge on the slot of the key. False when the slot has gone to another key meanwhile. */
static bool slot_charge(
        struct slot *slot, const struct bill *bill, struct limit_verdict *ret_verdict)
{
	for (;;) {
		uint64_t tat_ns = atomic_load(&slot->tat_ns);
		uint64_t after_ns;

		/* In this order: a key that is read after its TAT cannot be older than it. */
		if (is_marked(tat_ns) || atomic_load(&slot->key) != bill->key)
			return false;
		after_ns = judge(tat_ns, bill, ret_verdict);
		if (bill->cost_ns == 0 || !ret_verdict->allowed ||
		        atomic_compare_exchange_weak(&slot->tat_ns, &tat_ns, after_ns))
			return true;
	}
}

/* Gives a free slot to the key, with its first charge. False when somebody else was quicker. */
static bool slot_take(struct slot *slot, const struct bill *bill, struct limit_verdict *ret_verdict)
{
	uint64_t tat_ns = atomic_load(&slot->tat_ns);

	if (is_marked(tat_ns) || tat_ns > bill->now_ns ||
	        !atomic_compare_exchange_strong(&slot->tat_ns, &tat_ns, bill->now_ns | MARK))
		return false;
	atomic_store(&slot->key, bill->key);
	atomic_store(&slot->tat_ns, judge(0, bill, ret_verdict));
	return true;
}

/* False when the neighbourhood has changed meanwhile and must be looked at anew. */
static bool table_charge(
        struct limit_table *table, const struct bill *bill, struct limit_verdict *ret_verdict)
{
	/* The upper half chooses the neighbourhood. */
	struct slot *hood = &table->slots[(bill->key >> 32) % table->hoods * LIMIT_WAYS];
	struct slot *free_slot;
	struct slot *slot = hood_find(hood, bill, &free_slot);

	if (slot != NULL)
		return slot_charge(slot, bill, ret_verdict);
	if (free_slot != NULL && bill->cost_ns > 0)
		return slot_take(free_slot, bill, ret_verdict);
	(void)judge(0, bill, ret_verdict);
	return true;
}

void limit_charge(struct limit_table *table, const struct limit_charge *charge, uint64_t now_ns,
        struct limit_verdict *ret_verdict)
{
	struct bill bill = bill_of(charge, now_ns);

	while (!table_charge(table, &bill, ret_verdict))
		continue;
	if (charge->cost > charge->quota.quota) {
		ret_verdict->allowed = false;
		ret_verdict->never = true;
	}
}

/* ---- header fields ---- */

static const char *const kind_endings[LIMIT_KIND__MAX] = {
	[LIMIT_REQUESTS] = "",
	[LIMIT_RECORDS] = "-records",
};

void limit_render_name(const struct limit_state *state, enum limit_kind kind, struct buf *buf)
{
	buf_printf(buf, "%s%s", state->class_name, kind_endings[kind]);
}

void limit_render_policy(const struct limit_state *state, struct buf *buf)
{
	for (int kind = 0; kind < LIMIT_KIND__MAX; kind++)
		buf_printf(buf, "%s\"%s%s\";q=%u;w=%u", kind > 0 ? ", " : "", state->class_name,
		        kind_endings[kind], state->quotas[kind].quota,
		        state->quotas[kind].window_s);
}

void limit_render_state(const struct limit_state *state, enum limit_kind kind, struct buf *buf)
{
	const struct limit_verdict *verdict = &state->verdicts[kind];

	buf_printf(buf, "\"%s%s\";r=%u;t=%u", state->class_name, kind_endings[kind],
	        verdict->remaining, verdict->reset_s);
}
