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
	_Atomic uint64_t strangers;
	_Alignas(LINE_BYTES) struct slot slots[];
};

/* A quota as times: what one unit costs, and how far the TAT may run ahead. The price is rounded
 * up, so that the rate is never above the quota; the room is a whole number of prices. */
struct pace {
	uint64_t price_ns;
	uint64_t room_ns;
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

static struct pace pace_of(const struct limit_quota *quota)
{
	uint64_t window_ns = quota->window_s * NS_PER_S;
	struct pace pace;

	assert(quota->quota >= 1 && quota->quota <= LIMIT_QUOTA_MAX);
	assert(quota->window_s >= 1 && quota->window_s <= LIMIT_WINDOW_MAX_S);
	pace.price_ns = (window_ns + quota->quota - 1) / quota->quota;
	pace.room_ns = pace.price_ns * quota->quota;
	return pace;
}

/* The TAT as it counts now: paid debts are nothing, and time that went back is not held against
 * anybody for longer than one window. */
static uint64_t tat_in_force(uint64_t tat_ns, const struct pace *pace, uint64_t now_ns)
{
	if (tat_ns < now_ns)
		return now_ns;
	return tat_ns > now_ns + pace->room_ns ? now_ns + pace->room_ns : tat_ns;
}

static uint32_t whole_seconds(uint64_t ns)
{
	return (uint32_t)((ns + NS_PER_S - 1) / NS_PER_S);
}

/* What a TAT means for a charge. Returns the TAT after it. */
static uint64_t judge(uint64_t tat_ns, const struct pace *pace, uint32_t cost, uint64_t now_ns,
        struct limit_verdict *ret_verdict)
{
	uint64_t limit_ns = now_ns + pace->room_ns;
	uint64_t before_ns = tat_in_force(tat_ns, pace, now_ns);
	uint64_t after_ns = before_ns + cost * pace->price_ns;
	bool is_allowed = after_ns <= limit_ns;
	uint64_t kept_ns = is_allowed ? after_ns : before_ns;
	uint32_t wait_s = is_allowed ? 0 : whole_seconds(after_ns - limit_ns);

	*ret_verdict = (struct limit_verdict){
		.allowed = is_allowed,
		.remaining = (uint32_t)((limit_ns - kept_ns) / pace->price_ns),
		.reset_s = is_allowed ? whole_seconds(kept_ns - now_ns) : wait_s,
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

/* The slot of a key, or NULL; then *ret_free is one that may be taken, or NULL. */
static struct slot *hood_find(
        struct slot *hood, uint64_t key, uint64_t now_ns, struct slot **ret_free)
{
	*ret_free = NULL;
	for (unsigned i = 0; i < LIMIT_WAYS; i++) {
		uint64_t tat_ns = slot_settle(&hood[i], now_ns);

		if (is_marked(tat_ns))
			continue;
		if (atomic_load(&hood[i].key) == key)
			return &hood[i];
		if (*ret_free == NULL && tat_ns <= now_ns)
			*ret_free = &hood[i];
	}
	return NULL;
}

/* A charge on the slot of the key. False when the slot has gone to another key meanwhile. */
static bool slot_charge(struct slot *slot, uint64_t key, const struct pace *pace, uint32_t cost,
        uint64_t now_ns, struct limit_verdict *ret_verdict)
{
	for (;;) {
		uint64_t tat_ns = atomic_load(&slot->tat_ns);
		uint64_t after_ns;

		/* In this order: a key that is read after its TAT cannot be older than it. */
		if (is_marked(tat_ns) || atomic_load(&slot->key) != key)
			return false;
		after_ns = judge(tat_ns, pace, cost, now_ns, ret_verdict);
		if (cost == 0 || !ret_verdict->allowed ||
		        atomic_compare_exchange_weak(&slot->tat_ns, &tat_ns, after_ns))
			return true;
	}
}

/* Gives a free slot to a key, with its first charge. False when somebody else was quicker. */
static bool slot_take(struct slot *slot, uint64_t key, const struct pace *pace, uint32_t cost,
        uint64_t now_ns, struct limit_verdict *ret_verdict)
{
	uint64_t tat_ns = atomic_load(&slot->tat_ns);

	if (is_marked(tat_ns) || tat_ns > now_ns ||
	        !atomic_compare_exchange_strong(&slot->tat_ns, &tat_ns, now_ns | MARK))
		return false;
	atomic_store(&slot->key, key);
	atomic_store(&slot->tat_ns, judge(0, pace, cost, now_ns, ret_verdict));
	return true;
}

void limit_charge(struct limit_table *table, uint64_t key, const struct limit_quota *quota,
        uint32_t cost, uint64_t now_ns, struct limit_verdict *ret_verdict)
{
	struct pace pace = pace_of(quota);
	struct slot *hood;

	if (key == 0)
		key = 1;
	/* The upper half chooses the neighbourhood. */
	hood = &table->slots[(key >> 32) % table->hoods * LIMIT_WAYS];
	for (;;) {
		bool is_never = cost > quota->quota;
		uint32_t charged = is_never ? 0 : cost;
		struct slot *free_slot;
		struct slot *slot = hood_find(hood, key, now_ns, &free_slot);

		if (slot != NULL) {
			if (!slot_charge(slot, key, &pace, charged, now_ns, ret_verdict))
				continue;
		} else if (free_slot != NULL && charged > 0) {
			if (!slot_take(free_slot, key, &pace, charged, now_ns, ret_verdict))
				continue;
		} else {
			(void)judge(0, &pace, charged, now_ns, ret_verdict);
			if (charged > 0)
				atomic_fetch_add(&table->strangers, 1);
		}
		if (is_never) {
			ret_verdict->allowed = false;
			ret_verdict->never = true;
		}
		return;
	}
}

uint64_t limit_strangers(const struct limit_table *table)
{
	return atomic_load(&table->strangers);
}

/* ---- header fields ---- */

static const char *const kind_endings[LIMIT_KIND__MAX] = {
	[LIMIT_REQUESTS] = "",
	[LIMIT_RECORDS] = "-records",
};

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
