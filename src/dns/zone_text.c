/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/zone_text.h"

#include <libzscanner/scanner.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rdata_check.h"
#include "dns/rdata_walk.h"
#include "dns/scan_error.h"
#include "dns/type.h"
#include "dns/zone_text_check.h"

#define CLASS_IN 1

/* Of each record before its RDATA: length of the key, type, TTL, length. */
#define HEAD_BYTES 9u

/* 200 KB, and one process reads one text at a time. */
static zs_scanner_t scanner;

/* ---- the compact form ---- */

static uint64_t order_of(const uint8_t *key, size_t length)
{
	uint64_t order = 0;
	for (size_t i = 0; i < sizeof(order); i++)
		order = order << 8 | (i < length ? key[i] : 0);
	return order;
}

static const uint8_t *put_u16(uint8_t *at, uint16_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	return at;
}

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* A record in the blob: key length, key, type, TTL, RDATA length, RDATA. Ordered as it is kept. */
struct piece {
	const uint8_t *key;
	size_t key_length;
	uint16_t type;
	uint32_t ttl_s;
	struct rdata rdata;
};

static struct piece piece_of(const struct zone_text *text, const struct zone_text_entry *entry)
{
	const uint8_t *at = text->blob + entry->at;
	struct piece piece = { .key = at + 1, .key_length = at[0] };
	at += 1 + piece.key_length;
	piece.type = get_u16(at);
	piece.ttl_s = (uint32_t)get_u16(at + 2) << 16 | get_u16(at + 4);
	piece.rdata = (struct rdata){ .length = get_u16(at + 6), .bytes = at + 8 };
	return piece;
}

static bool put_record(struct zone_text *text, const struct name *owner, uint32_t line)
{
	uint8_t key[NAME_KEY_BYTES];
	size_t key_length = name_render_key(owner, key) - text->zone_key_length;
	const uint8_t *relative = key + text->zone_key_length;
	size_t length = HEAD_BYTES + key_length + scanner.r_data_length;
	if (text->count == text->room || text->blob_room - text->blob_length < length)
		return false;
	uint8_t *at = text->blob + text->blob_length;
	text->entries[text->count++] = (struct zone_text_entry){
		.order = order_of(relative, key_length),
		.at = (uint32_t)text->blob_length,
		.line = line,
	};
	*at++ = (uint8_t)key_length;
	memcpy(at, relative, key_length);
	at += key_length;
	put_u16(at, scanner.r_type);
	put_u16(at + 2, (uint16_t)(scanner.r_ttl >> 16));
	put_u16(at + 4, (uint16_t)scanner.r_ttl);
	put_u16(at + 6, (uint16_t)scanner.r_data_length);
	memcpy(at + 8, scanner.r_data, scanner.r_data_length);
	if (scanner.r_type == TYPE_SOA)
		soa_put_serial(at + 8, scanner.r_data_length, 0);
	text->blob_length += length;
	return true;
}

/* ---- reading ---- */

/* What the scanner knows between lines; a fatal error forgets it. */
struct reading {
	struct zone_text *text;
	struct faults *faults;
	const char *start;
	const char *end;
	bool is_full;
};

static uint32_t line_now(void)
{
	return scanner.line_counter > UINT32_MAX ? UINT32_MAX : (uint32_t)scanner.line_counter;
}

static bool take_owner(const struct zone_text *text, struct faults *faults, struct name *ret_owner)
{
	uint8_t wire[NAME_WIRE_MAX];
	if (scanner.r_owner_length > sizeof(wire)) {
		faults_add_line(faults, line_now(), ERR_INVALID_NAME, "The name is too long");
		return false;
	}
	for (size_t i = 0; i < scanner.r_owner_length; i++) {
		uint8_t octet = scanner.r_owner[i];
		wire[i] = octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 'a' - 'A') : octet;
	}
	if (!name_parse_wire(wire, scanner.r_owner_length, ret_owner)) {
		faults_add_line(faults, line_now(), ERR_INVALID_NAME,
		        "The name has an octet or a \"*\" that no name here can have");
		return false;
	}
	if (name_is_under(ret_owner, &text->zone))
		return true;
	char owner[NAME_TEXT_BYTES];
	char zone[NAME_TEXT_BYTES];
	faults_add_line(faults, line_now(), ERR_OUT_OF_ZONE, "%s is not in the zone %s",
	        name_render(ret_owner, owner), name_render(&text->zone, zone));
	return false;
}

static void take_record(struct reading *reading)
{
	struct zone_text *text = reading->text;
	struct faults *faults = reading->faults;
	const char *detail;
	struct name owner;
	uint16_t type = scanner.r_type;
	uint32_t line = line_now();
	if (!take_owner(text, faults, &owner))
		return;
	if (scanner.r_class != CLASS_IN) {
		faults_add_line(faults, line, ERR_INVALID_RECORD, "The class is not IN");
		return;
	}
	if (type != TYPE_SOA && !type_is_writable(type, &detail)) {
		faults_add_line(faults, line, ERR_UNSUPPORTED_TYPE, "%s", detail);
		return;
	}
	if (type != TYPE_SOA &&
	        (scanner.r_ttl < text->ttl_min_s || scanner.r_ttl > text->ttl_max_s)) {
		faults_add_line(faults, line, ERR_INVALID_TTL,
		        "The TTL %u is not between %u and %u", (unsigned)scanner.r_ttl,
		        (unsigned)text->ttl_min_s, (unsigned)text->ttl_max_s);
		return;
	}
	rdata_lower_names(type, scanner.r_data, scanner.r_data_length);
	detail = rdata_check(type, scanner.r_data, scanner.r_data_length);
	if (detail != NULL)
		faults_add_line(faults, line, ERR_INVALID_RECORD, "%s", detail);
	else if (!put_record(text, &owner, line))
		reading->is_full = true;
}

/* Where the scanner stands in the text; NULL: behind it, in a last line feed of its own. */
static const char *find_position(const struct reading *reading)
{
	const char *at = scanner.input.current;
	bool is_inside = (uintptr_t)at >= (uintptr_t)reading->start &&
	                 (uintptr_t)at <= (uintptr_t)reading->end;
	return is_inside ? at : NULL;
}

/* What stands in the line that the scanner gave up. */
static void refuse_directive(struct reading *reading)
{
	const char *at = find_position(reading);
	size_t length = 0;
	if (at == NULL)
		at = reading->end;
	while (at > reading->start && at[-1] != '\n' && length++ < 512)
		at--;
	bool is_generate = (size_t)(reading->end - at) >= 9 && strncmp(at, "$GENERATE", 9) == 0;
	faults_add_line(reading->faults, line_now(), ERR_INVALID_RECORD, "%s",
	        is_generate ? "$GENERATE is not taken: write the records themselves"
	                    : scan_error_sentence(scanner.error.code));
}

static void take_error(struct reading *reading)
{
	int code = scanner.error.code;
	if (code == ZS_BAD_DIRECTIVE)
		refuse_directive(reading);
	else
		faults_add_line(reading->faults, line_now(), ERR_INVALID_RECORD, "%s",
		        scan_error_sentence(code));
}

/* A scanner that has given up begins anew with the next line, and with what it knew. */
static bool begin_anew(struct reading *reading)
{
	static zs_scanner_t before;
	const char *at = find_position(reading);
	const char *next = at == NULL ? NULL : memchr(at, '\n', (size_t)(reading->end - at));
	if (next == NULL)
		return false;
	memcpy(&before, &scanner, sizeof(before));
	zs_deinit(&scanner);
	if (zs_init(&scanner, ".", CLASS_IN, before.default_ttl) != 0 ||
	        zs_set_input_string(&scanner, next + 1, (size_t)(reading->end - next - 1)) != 0)
		return false;
	memcpy(scanner.zone_origin, before.zone_origin, sizeof(before.zone_origin));
	scanner.zone_origin_length = before.zone_origin_length;
	memcpy(scanner.r_owner, before.r_owner, sizeof(before.r_owner));
	scanner.r_owner_length = before.r_owner_length;
	scanner.line_counter = before.line_counter + 1;
	return true;
}

/* False at the end. */
static bool read_record(struct reading *reading)
{
	if (zs_parse_record(&scanner) != 0 && scanner.state != ZS_STATE_ERROR)
		return false;
	switch (scanner.state) {
	case ZS_STATE_DATA:
		take_record(reading);
		return !reading->is_full;
	case ZS_STATE_INCLUDE:
		faults_add_line(reading->faults, line_now(), ERR_INVALID_RECORD,
		        "$INCLUDE is not taken: put the text itself in its place");
		return reading->faults->count < FAULTS_MAX;
	case ZS_STATE_ERROR:
		take_error(reading);
		return reading->faults->count < FAULTS_MAX &&
		       (!scanner.error.fatal || begin_anew(reading));
	default:
		return false;
	}
}

static enum err read_all(struct reading *reading, const char *text, size_t length, uint32_t ttl_s)
{
	char origin[NAME_TEXT_BYTES];
	name_render_portable(&reading->text->zone, origin);
	reading->start = text;
	reading->end = text + length;
	if (length == 0)
		return ERR_OK;
	if (zs_init(&scanner, origin, CLASS_IN, ttl_s) != 0 ||
	        zs_set_input_string(&scanner, text, length) != 0) {
		zs_deinit(&scanner);
		return ERR_INTERNAL;
	}
	while (read_record(reading))
		continue;
	zs_deinit(&scanner);
	return reading->is_full ? ERR_TOO_LARGE : ERR_OK;
}

/* ---- in order ---- */

static const struct zone_text *sorted_text;

static int compare_octets(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	size_t common = a_length < b_length ? a_length : b_length;
	int order = common == 0 ? 0 : memcmp(a, b, common);
	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_entries(const void *left, const void *right)
{
	const struct zone_text_entry *a = left;
	const struct zone_text_entry *b = right;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	struct piece x = piece_of(sorted_text, a);
	struct piece y = piece_of(sorted_text, b);
	int order = compare_octets(x.key, x.key_length, y.key, y.key_length);
	if (order == 0)
		order = (x.type > y.type) - (x.type < y.type);
	if (order == 0)
		order = rdata_compare(&x.rdata, &y.rdata);
	return order;
}

/* In memory as in order, where there is room: a pass goes through all of it. */
static void move_in_order(struct zone_text *text)
{
	size_t out = text->blob_length;
	if (text->blob_room - out < out)
		return;
	for (size_t i = 0; i < text->count; i++) {
		struct piece piece = piece_of(text, &text->entries[i]);
		size_t length = HEAD_BYTES + piece.key_length + piece.rdata.length;
		memcpy(text->blob + out, text->blob + text->entries[i].at, length);
		text->entries[i].at = (uint32_t)out;
		out += length;
	}
	text->blob_length = out;
}

/* An export is sorted already. */
static void sort(struct zone_text *text)
{
	sorted_text = text;
	bool was_sorted;
	size_t i = 1;
	while (i < text->count && compare_entries(&text->entries[i - 1], &text->entries[i]) <= 0)
		i++;
	was_sorted = i >= text->count;
	if (!was_sorted)
		qsort(text->entries, text->count, sizeof(*text->entries), compare_entries);
	size_t kept = 0;
	for (i = 0; i < text->count; i++) {
		if (kept == 0 || compare_entries(&text->entries[kept - 1], &text->entries[i]) != 0)
			text->entries[kept++] = text->entries[i];
	}
	text->count = kept;
	if (!was_sorted)
		move_in_order(text);
}

bool zone_text_get_one(const struct zone_text *text, size_t index, struct zone_text_rrset *ret_one)
{
	if (index >= text->count)
		return false;
	struct piece piece = piece_of(text, &text->entries[index]);
	*ret_one = (struct zone_text_rrset){
		.first = index,
		.count = 1,
		.type = piece.type,
		.ttl_s = piece.ttl_s,
		.line = text->entries[index].line,
		.key = piece.key,
		.key_length = piece.key_length,
	};
	return true;
}

bool zone_text_get(const struct zone_text *text, size_t first, struct zone_text_rrset *ret_rrset)
{
	if (first >= text->count)
		return false;
	const struct zone_text_entry *entry = &text->entries[first];
	struct piece piece = piece_of(text, entry);
	(void)zone_text_get_one(text, first, ret_rrset);
	for (size_t i = first + 1; i < text->count && text->entries[i].order == entry->order; i++) {
		struct piece next = piece_of(text, &text->entries[i]);
		if (next.type != piece.type ||
		        compare_octets(next.key, next.key_length, piece.key, piece.key_length) != 0)
			break;
		ret_rrset->count++;
	}
	return true;
}

void zone_text_get_values(
        const struct zone_text *text, const struct zone_text_rrset *found, struct rdata *values)
{
	for (size_t i = 0; i < found->count; i++)
		values[i] = piece_of(text, &text->entries[found->first + i]).rdata;
}

uint32_t zone_text_ttl(const struct zone_text *text, size_t index)
{
	return piece_of(text, &text->entries[index]).ttl_s;
}

/* The shortest record takes 6 octets of text ("@ A 0" cannot be shorter than its type and value),
 * so that there never are more of them than a sixth of its length. */
static bool make_room(struct zone_text *text, size_t length, size_t bytes_max)
{
	text->room = length / 6 + 1;
	size_t entry_bytes = text->room * sizeof(*text->entries);
	if (entry_bytes > bytes_max / 2) {
		text->room = bytes_max / 2 / sizeof(*text->entries);
		entry_bytes = text->room * sizeof(*text->entries);
	}
	text->blob_room = bytes_max - entry_bytes;
	if (text->blob_room > UINT32_MAX)
		text->blob_room = UINT32_MAX;
	text->entries = arena_alloc(text->arena, entry_bytes);
	text->blob = arena_alloc(text->arena, text->blob_room);
	return text->entries != NULL && text->blob != NULL;
}

enum err zone_text_parse(struct arena *arena, const struct zone_text_settings *settings,
        const struct zone_text_source *source, struct faults *faults, struct zone_text *ret_text)
{
	*ret_text = (struct zone_text){
		.arena = arena,
		.zone = *settings->zone,
		.ttl_min_s = settings->ttl_min_s,
		.ttl_max_s = settings->ttl_max_s,
	};
	ret_text->zone_key_length = name_render_key(settings->zone, ret_text->zone_key);
	if (!make_room(ret_text, source->length, settings->bytes_max))
		return ERR_TOO_LARGE;
	struct reading reading = { .text = ret_text, .faults = faults };
	enum err err = read_all(&reading, source->bytes, source->length, settings->default_ttl_s);
	if (err != ERR_OK)
		return err;
	sort(ret_text);
	zone_text_check(ret_text, faults);
	return faults_err(faults);
}
