/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints what tests/e2e/test_types_served.py compares with the answers of CoreDNS.
 *   dump_types zone   a zone file with a record of every kind of value
 *   dump_types wire   the same records, one a line: owner, type number, RDATA in hexadecimal
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "dns/values.h"

#define ORIGIN      "types.test"
#define LINE_BYTES  (1024u * 1024)
#define ARENA_BYTES (64u * 1024 * 1024)

static struct arena *arena;
static bool is_wire;
static bool is_portable; /* as an export has it */
static unsigned record_count;

static void die(const char *type, const char *what)
{
	fprintf(stderr, "dump_types: %s: %s\n", type, what);
	exit(1);
}

static void print_zone(const struct name *owner, uint16_t type, const struct rdata *rdata)
{
	char owner_text[NAME_TEXT_BYTES];
	char type_text[TYPE_TEXT_BYTES];
	struct buf buf;
	buf_init(&buf, arena, LINE_BYTES);
	if (is_portable)
		rdata_render_portable(&buf, type, rdata);
	else
		rdata_render_zone(&buf, type, rdata);
	const char *text = buf_string(&buf);
	if (text == NULL)
		die("zone", "the value does not fit");
	printf("%s 300 IN %s %s\n",
	        is_portable ? name_render_portable(owner, owner_text)
	                    : name_render_absolute(owner, owner_text),
	        type_render_zone(type, type_text), text);
}

static void print_wire(const struct name *owner, uint16_t type, const struct rdata *rdata)
{
	char owner_text[NAME_TEXT_BYTES];
	printf("%s %u ", name_render_absolute(owner, owner_text), type);
	for (size_t i = 0; i < rdata->length; i++)
		printf("%02x", rdata->bytes[i]);
	putchar('\n');
}

static void print_record(const char *label, const char *type_text, const struct rdata *rdata)
{
	char text[NAME_TEXT_BYTES];
	uint16_t type;
	struct name owner;
	const char *detail = "";
	snprintf(text, sizeof(text), "%s.r%u." ORIGIN, label, record_count++);
	if (type_parse(type_text, strlen(type_text), &type) != ERR_OK)
		die(type_text, "no type");
	if (name_parse(text, strlen(text), &owner, &detail) != ERR_OK)
		die(text, detail);
	if (is_wire)
		print_wire(&owner, type, rdata);
	else
		print_zone(&owner, type, rdata);
}

static void print_text(const char *label, const char *type_text, const char *text)
{
	uint16_t type;
	struct rdata rdata;
	const char *detail = "";
	if (type_parse(type_text, strlen(type_text), &type) != ERR_OK)
		die(type_text, "no type");
	if (rdata_parse(arena, type, text, &rdata, &detail) != ERR_OK)
		die(text, detail);
	print_record(label, type_text, &rdata);
}

static void print_made(const struct made_value *made)
{
	for (size_t which = 0; which < MADE_STRINGS; which++) {
		uint8_t bytes[512];
		size_t length = make_value(made, which, bytes);
		struct rdata rdata = { .length = (uint16_t)length, .bytes = bytes };
		/* Some are too long for CoreDNS: see test_rdata.c. */
		if (rdata_is_valid(made->number, bytes, length))
			print_record("made", made->type, &rdata);
	}
}

/* Owners with each character that a name may hold, in the middle and at the front of a label. */
static void print_owners(void)
{
	for (int octet = 0x21; octet < 0x7f; octet++) {
		char label[32];
		snprintf(label, sizeof(label), "a\\%03db", octet);
		print_text(label, "A", "192.0.2.1");
		if (octet == '$')
			continue;
		snprintf(label, sizeof(label), "\\%03d.c", octet);
		print_text(label, "TXT", "front");
	}
}

int main(int argc, char **argv)
{
	is_portable = argc == 2 && strcmp(argv[1], "portable") == 0;
	if (argc != 2 ||
	        (!is_portable && strcmp(argv[1], "zone") != 0 && strcmp(argv[1], "wire") != 0)) {
		fprintf(stderr, "usage: dump_types zone|portable|wire\n");
		return 2;
	}
	is_wire = strcmp(argv[1], "wire") == 0;
	arena = arena_open(ARENA_BYTES);
	if (arena == NULL)
		die("arena", "no memory");
	if (!is_wire)
		printf(ORIGIN ". 300 IN SOA ns." ORIGIN ". admin\\.x." ORIGIN ". 1 2 3 4 5\n" ORIGIN
		              ". 300 IN NS ns." ORIGIN ".\n");
	for (size_t i = 0; i < VALUES_COUNT; i++)
		print_text("value", values[i].type, values[i].text);
	for (size_t i = 0; i < MADE_COUNT; i++)
		print_made(&made_values[i]);
	print_owners();
	arena_close(arena);
	return 0;
}
