/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/ledger.h"

#include <stdlib.h>

#include "dns/serial.h"

#define BUCKETS 65536u

static struct ledger_zone **ledger_bucket(const struct ledger *ledger, const struct name *name)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < name->length; i++)
		hash = (hash ^ name->wire[i]) * 1099511628211u;
	return &ledger->buckets[(hash ^ hash >> 32) % BUCKETS];
}

bool ledger_init(struct ledger *ledger)
{
	*ledger = (struct ledger){ .buckets = calloc(BUCKETS, sizeof(struct ledger_zone *)) };
	return ledger->buckets != NULL;
}

void ledger_fini(struct ledger *ledger)
{
	while (ledger->any != NULL)
		ledger_drop(ledger, ledger->any);
	for (size_t i = 0; i < LEDGER_QUEUE__MAX; i++)
		heap_fini(&ledger->queues[i]);
	heap_fini(&ledger->pending);
	free(ledger->buckets);
	ledger->buckets = NULL;
}

struct ledger_zone *ledger_find(const struct ledger *ledger, const struct name *name)
{
	struct ledger_zone *zone = *ledger_bucket(ledger, name);
	while (zone != NULL && !name_is_equal(&zone->seen.name, name))
		zone = zone->next_in_bucket;
	return zone;
}

/* Room in every heap is made here, so that queueing cannot fail later. */
static bool ledger_reserve(struct ledger *ledger)
{
	for (size_t i = 0; i < LEDGER_QUEUE__MAX; i++) {
		if (!heap_reserve(&ledger->queues[i], ledger->count + 1))
			return false;
	}
	return heap_reserve(&ledger->pending, ledger->count + 1);
}

struct ledger_zone *ledger_put(struct ledger *ledger, const struct name *name)
{
	struct ledger_zone *zone = ledger_find(ledger, name);
	if (zone != NULL)
		return zone;
	zone = ledger_reserve(ledger) ? calloc(1, sizeof(*zone)) : NULL;
	if (zone == NULL)
		return NULL;
	zone->seen.name = *name;
	struct ledger_zone **bucket = ledger_bucket(ledger, name);
	zone->next_in_bucket = *bucket;
	*bucket = zone;
	struct ledger_zone *after = ledger->any != NULL ? ledger->any : zone;
	zone->next = after;
	zone->previous = after == zone ? zone : after->previous;
	zone->previous->next = zone;
	zone->next->previous = zone;
	ledger->any = zone;
	ledger->count++;
	return zone;
}

static void ledger_unqueue(struct ledger *ledger, struct ledger_zone *zone)
{
	for (size_t i = 0; i < LEDGER_QUEUE__MAX && zone->work.place > 0; i++) {
		if (zone->work.place <= ledger->queues[i].count &&
		        ledger->queues[i].nodes[zone->work.place - 1] == &zone->work)
			heap_drop(&ledger->queues[i], &zone->work);
	}
}

void ledger_drop(struct ledger *ledger, struct ledger_zone *zone)
{
	struct ledger_zone **link = ledger_bucket(ledger, &zone->seen.name);
	while (*link != zone)
		link = &(*link)->next_in_bucket;
	*link = zone->next_in_bucket;
	zone->previous->next = zone->next;
	zone->next->previous = zone->previous;
	if (ledger->any == zone)
		ledger->any = zone->next == zone ? NULL : zone->next;
	ledger_unqueue(ledger, zone);
	heap_drop(&ledger->pending, &zone->pending);
	ledger->count--;
	free(zone);
}

/* ---- marks ---- */

/* Halves the marks: each pair becomes one, with the time of its older and the serial of its newer.
 */
static void thin_marks(struct ledger_zone *zone)
{
	for (unsigned i = 0; i < LEDGER_MARKS / 2; i++)
		zone->marks[i] = (struct ledger_mark){
			.serial = zone->marks[2 * i + 1].serial,
			.at_ms = zone->marks[2 * i].at_ms,
		};
	zone->mark_count = LEDGER_MARKS / 2;
}

static void ledger_mark(struct ledger *ledger, struct ledger_zone *zone, int64_t now_ms)
{
	uint32_t serial = zone->seen.wanted_serial;
	struct ledger_mark *last = zone->mark_count > 0 ? &zone->marks[zone->mark_count - 1] : NULL;
	if (last != NULL && now_ms - last->at_ms < LEDGER_MARK_MS) {
		last->serial = serial;
		return;
	}
	if (zone->mark_count == LEDGER_MARKS)
		thin_marks(zone);
	zone->marks[zone->mark_count++] = (struct ledger_mark){ serial, now_ms };
	if (zone->pending.place == 0)
		heap_put(&ledger->pending, &zone->pending, now_ms);
}

static bool is_served(const struct ledger_zone *zone, uint32_t serial, size_t server_count)
{
	const struct board_zone *seen = &zone->seen;
	if (seen->published_at_ms == 0 || serial_is_after(serial, seen->published_serial))
		return false;
	for (size_t i = 0; i < server_count; i++) {
		if (!seen->served[i].is_known || serial_is_after(serial, seen->served[i].serial))
			return false;
	}
	return true;
}

void ledger_settle(struct ledger *ledger, struct ledger_zone *zone, size_t server_count,
        int64_t now_ms, struct board *board)
{
	unsigned settled = 0;
	while (settled < zone->mark_count && !zone->is_gone &&
	        is_served(zone, zone->marks[settled].serial, server_count)) {
		board_count_served(board, now_ms - zone->marks[settled].at_ms);
		settled++;
	}
	if (settled == 0)
		return;
	zone->mark_count -= settled;
	for (unsigned i = 0; i < zone->mark_count; i++)
		zone->marks[i] = zone->marks[i + settled];
	if (zone->mark_count > 0)
		heap_put(&ledger->pending, &zone->pending, zone->marks[0].at_ms);
	else
		heap_drop(&ledger->pending, &zone->pending);
}

size_t ledger_pending(const struct ledger *ledger, int64_t *ret_since_ms)
{
	const struct heap_node *first = heap_first(&ledger->pending);
	*ret_since_ms = first != NULL ? first->due_ms : 0;
	return ledger->pending.count;
}

/* ---- queues ---- */

void ledger_queue(struct ledger *ledger, struct ledger_zone *zone)
{
	ledger_unqueue(ledger, zone);
	int64_t due_ms = schedule_due_ms(&zone->schedule);
	if (due_ms == INT64_MAX)
		return;
	enum ledger_queue queue = LEDGER_SMALL;
	if (zone->record_count >= LEDGER_LARGE_RECORDS && !zone->is_gone)
		queue = LEDGER_LARGE;
	else if (zone->must_compare && zone->seen.published_at_ms == 0 && !zone->is_gone)
		queue = LEDGER_COMPARE;
	heap_put(&ledger->queues[queue], &zone->work, due_ms);
}

void ledger_note_stored(
        struct ledger *ledger, struct ledger_zone *zone, const struct zone *stored, int64_t now_ms)
{
	bool is_new = zone->is_gone || zone->revision != stored->revision ||
	              zone->seen.wanted_serial != stored->serial;
	zone->is_gone = false;
	zone->revision = stored->revision;
	zone->record_count = stored->record_count;
	zone->seen.wanted_serial = stored->serial;
	if (!is_new)
		return;
	/* It is written anyway. */
	zone->must_compare = false;
	ledger_mark(ledger, zone, now_ms);
	schedule_mark(&zone->schedule, now_ms);
	ledger_queue(ledger, zone);
}

void ledger_note_gone(struct ledger *ledger, struct ledger_zone *zone, int64_t now_ms)
{
	if (zone->is_gone)
		return;
	zone->is_gone = true;
	ledger_mark(ledger, zone, now_ms);
	schedule_mark(&zone->schedule, now_ms);
	ledger_queue(ledger, zone);
}

void ledger_note_doubt(struct ledger *ledger, struct ledger_zone *zone, int64_t now_ms)
{
	zone->must_compare = true;
	schedule_mark(&zone->schedule, now_ms);
	ledger_queue(ledger, zone);
}

/* INT64_MAX when the queue is empty. */
static int64_t queue_due_ms(const struct ledger *ledger, enum ledger_queue queue)
{
	const struct heap_node *first = heap_first(&ledger->queues[queue]);
	if (first == NULL)
		return INT64_MAX;
	bool must_rest = queue == LEDGER_LARGE && first->due_ms < ledger->large_rested_ms;
	return must_rest ? ledger->large_rested_ms : first->due_ms;
}

void ledger_spend(struct ledger *ledger, int64_t ended_ms, int64_t cost_ms)
{
	ledger->large_rested_ms = schedule_rested_ms(ended_ms, cost_ms);
}

struct ledger_zone *ledger_next(
        const struct ledger *ledger, enum ledger_queue queue, int64_t now_ms)
{
	struct heap_node *first = heap_first(&ledger->queues[queue]);
	if (first == NULL || queue_due_ms(ledger, queue) > now_ms)
		return NULL;
	return HEAP_OWNER(first, struct ledger_zone, work);
}

int64_t ledger_due_ms(const struct ledger *ledger)
{
	int64_t due_ms = INT64_MAX;
	for (size_t i = 0; i < LEDGER_QUEUE__MAX; i++) {
		int64_t queue_ms = queue_due_ms(ledger, (enum ledger_queue)i);
		if (queue_ms < due_ms)
			due_ms = queue_ms;
	}
	return due_ms;
}
