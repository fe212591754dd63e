/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fills a store for benchmarks: zones with as many A records as asked, through the same writer that
 * coregated uses, a thousand RRsets a commit. No coregated may run on that store meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "dns/change.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "store/writer.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define RECORDS_MAX 16777216ul /* as many as 10.0.0.0/8 has addresses */

static const struct bound anything = {
	.actions = EFFECT_CREATE | EFFECT_UPDATE | EFFECT_DELETE,
	.ttl_max_s = TTL_MAX,
	.values_max = RRSET_VALUES_MAX,
};

struct loader {
	struct writer *writer;
	struct arena *arena;
	struct name zone;
};

static void die(const char *what)
{
	fprintf(stderr, "load_store: %s\n", what);
	exit(EXIT_FAILURE);
}

static void *take(struct loader *loader, size_t size)
{
	void *memory = arena_alloc(loader->arena, size);
	if (memory == NULL)
		die("the arena is full");
	return memory;
}

static void commit(struct loader *loader, struct op *ops, size_t count)
{
	const struct change change = {
		.actor = { .subject = "load_store", .token_id = "", .key_id = "", .address = "" },
		.request_id = "",
		.request = "",
		.comment = "",
		.refused_detail = "",
		.op_count = count,
		.ops = ops,
	};
	struct outcome outcome;
	if (writer_begin_batch(loader->writer) != ERR_OK)
		die("the store cannot be written");
	enum err err =
	        writer_apply(loader->writer, loader->arena, &change, clock_wall_ms(), &outcome);
	if (err != ERR_OK)
		die(err_sentence(err));
	if (writer_commit_batch(loader->writer) != ERR_OK)
		die("the store cannot be written");
	(void)writer_checkpoint(loader->writer, 0);
	arena_reset(loader->arena);
}

static struct op make_op(struct loader *loader, enum op_kind kind, const char *label)
{
	struct op op = { .kind = kind,
		.zone = loader->zone,
		.has_ttl = true,
		.bound_count = 1,
		.bounds = { anything } };
	struct name prefix;
	if (name_parse(label, strlen(label), &prefix, &(const char *){ NULL }) != ERR_OK ||
	        !name_concat(&prefix, &loader->zone, &op.rrset.owner))
		die("a name is too long");
	op.rrset.ttl_s = 300;
	op.rrset.count = 1;
	op.rrset.values = take(loader, sizeof(*op.rrset.values));
	return op;
}

static void add_zone(struct loader *loader)
{
	struct op *op = take(loader, sizeof(*op));
	*op = make_op(loader, OP_ZONE_ADD, "ns");
	struct name *ns = take(loader, sizeof(*ns));
	*ns = op->rrset.owner;
	const struct soa soa = { .mname = ns,
		.rname = ns,
		.refresh_s = 3600,
		.retry_s = 600,
		.expire_s = 86400,
		.minimum_s = 300 };
	if (soa_render(loader->arena, &soa, op->rrset.values) != ERR_OK)
		die("the arena is full");
	op->rrset.owner = loader->zone;
	op->rrset.type = TYPE_SOA;
	op->apex_ns =
	        (struct rrset){ .owner = loader->zone, .type = TYPE_NS, .ttl_s = 300, .count = 1 };
	op->apex_ns.values = take(loader, sizeof(*op->apex_ns.values));
	*op->apex_ns.values = (struct rdata){ .length = ns->length, .bytes = ns->wire };
	commit(loader, op, 1);
}

static struct op make_record(struct loader *loader, unsigned long number)
{
	char label[32];
	snprintf(label, sizeof(label), "w%lu", number);
	struct op op = make_op(loader, OP_RRSET_PUT, label);
	uint8_t *address = take(loader, 4);
	address[0] = 10;
	address[1] = (uint8_t)(number >> 16);
	address[2] = (uint8_t)(number >> 8);
	address[3] = (uint8_t)number;
	op.rrset.type = TYPE_A;
	*op.rrset.values = (struct rdata){ .length = 4, .bytes = address };
	return op;
}

static void load_zone(struct loader *loader, const char *name, unsigned long records)
{
	if (name_parse(name, strlen(name), &loader->zone, &(const char *){ NULL }) != ERR_OK)
		die("this is no name of a zone");
	add_zone(loader);
	for (unsigned long done = 0; done < records;) {
		size_t count = records - done < CHANGE_OPS_MAX ? records - done : CHANGE_OPS_MAX;
		struct op *ops = take(loader, count * sizeof(*ops));
		for (size_t i = 0; i < count; i++)
			ops[i] = make_record(loader, done + i);
		commit(loader, ops, count);
		done += count;
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: load_store STORE RECORDS ZONE...\n", stderr);
		return 2;
	}
	char *end;
	unsigned long records = strtoul(argv[2], &end, 10);
	if (*end != '\0' || records > RECORDS_MAX)
		die("this is no number of records");
	log_init(2, LOG_FORMAT_LOGFMT, LOG_LEVEL_WARNING, "load_store");
	struct loader loader = { .arena = arena_open(ARENA_BYTES) };
	const struct store_settings settings = { .path = argv[1] };
	if (loader.arena == NULL || writer_open(&settings, &loader.writer) != ERR_OK)
		die("the store cannot be opened");
	for (int i = 3; i < argc; i++)
		load_zone(&loader, argv[i], records);
	writer_close(loader.writer);
	arena_close(loader.arena);
	return EXIT_SUCCESS;
}
