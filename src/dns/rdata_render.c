/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata.h"

#include <libknot/rrset-dump.h>
#include <string.h>

#include "dns/name.h"
#include "dns/rdata_spell.h"
#include "dns/rdata_walk.h"
#include "dns/token.h"
#include "dns/txt.h"
#include "dns/type.h"

/* RDATA of 65535 octets, each as \DDD, with its other fields. */
#define TEXT_MAX (65535u * 4 + 1024)

/* miekg/dns, which CoreDNS reads zone files with, cuts a string into two when its text, escapes
 * counted as they stand, is longer. */
#define ZONE_STRING_MAX 255u

/* What libknot reads from and writes to; one per process, too large for the stack. */
static struct {
	union {
		uint16_t aligned;
		uint8_t bytes[65535 + sizeof(knot_rdata_t) + 1];
	} record;
	char text[TEXT_MAX];
} dump;

static void put_generic(struct buf *buf, const struct rdata *rdata)
{
	static const char digits[] = "0123456789abcdef";
	buf_put_string(buf, "\\# ");
	buf_put_uint(buf, rdata->length);
	for (size_t i = 0; i < rdata->length; i++) {
		char pair[2] = { digits[rdata->bytes[i] >> 4], digits[rdata->bytes[i] & 0x0f] };
		if (i == 0)
			buf_put_char(buf, ' ');
		buf_put(buf, pair, sizeof(pair));
	}
}

/* libknot does not quote a parameter of SVCB for the characters that begin a comment or join lines.
 */
static bool has_bare_special(const char *text, size_t length)
{
	bool is_quoted = false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && (text[i] == ';' || text[i] == '(' || text[i] == ')'))
			return true;
	}
	return is_quoted;
}

/* libknot's text of the value in dump.text; its length, or 0 when libknot has none. */
static size_t dump_value(uint16_t type, const struct rdata *rdata)
{
	knot_rdata_t *record = (knot_rdata_t *)dump.record.bytes;
	knot_rdata_init(record, rdata->length, rdata->bytes);
	knot_rrset_t rrset = { .type = type, .rclass = KNOT_CLASS_IN };
	rrset.rrs = (knot_rdataset_t){ .count = 1, .rdata = record };
	rrset.rrs.size = (uint32_t)knot_rdata_size(rdata->length);
	int length = knot_rrset_txt_dump_data(
	        &rrset, 0, dump.text, sizeof(dump.text), &KNOT_DUMP_STYLE_DEFAULT);
	/* Of types that it does not know libknot writes \# n hex too, which is no text of fields.
	 */
	if (length <= 0 || strncmp(dump.text, "\\#", 2) == 0)
		return 0;
	return has_bare_special(dump.text, (size_t)length) ? 0 : (size_t)length;
}

/* A type whose values hold no name at a place of its own needs no second look at its text. */
static bool has_names(const char *layout)
{
	return strpbrk(layout, "ng") != NULL;
}

/* How names are spelled; they have as much room each. */
typedef char *name_spelling(const struct name *name, char ret_text[static NAME_TEXT_BYTES]);

static void put_name(struct buf *buf, const uint8_t *wire, size_t length, name_spelling *spell)
{
	struct name name = { .length = (uint8_t)length };
	char text[NAME_TEXT_BYTES];
	memcpy(name.wire, wire, length);
	buf_put_string(buf, spell(&name, text));
}

/* libknot's text field by field, one space between, with names in our own spelling: the fields of
 * the text are those of the layout as long as there is a layout. */
static void put_fields(struct buf *buf, uint16_t type, const struct rdata *rdata,
        size_t text_length, name_spelling *spell)
{
	const char *layout = type_layout(type);
	struct rdata_walk walk;
	rdata_walk_init(&walk, has_names(layout) ? layout : "", rdata->bytes, rdata->length);
	struct rdata_field field;
	struct token token = { 0 };
	for (bool is_first = true; token_next(dump.text, text_length, &token); is_first = false) {
		if (!is_first)
			buf_put_char(buf, ' ');
		if (rdata_walk_next(&walk, &field) && field.letter == 'n')
			put_name(buf, rdata->bytes + field.at, field.length, spell);
		else
			buf_put(buf, dump.text + token.at, token.length);
	}
}

/* Octets and names have one spelling; only of the others libknot and libzscanner may think
 * differently. */
static bool is_plain_layout(const char *layout)
{
	return strspn(layout, "1248n") == strlen(layout);
}

/* What most records are; the same text as libknot's. */
static void put_ipv4(struct buf *buf, const struct rdata *rdata)
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			buf_put_char(buf, '.');
		buf_put_uint(buf, rdata->bytes[i]);
	}
}

static bool is_ipv4(uint16_t type, const struct rdata *rdata)
{
	return type == TYPE_A && rdata->length == 4;
}

void rdata_render(struct buf *buf, uint16_t type, const struct rdata *rdata)
{
	if (is_ipv4(type, rdata)) {
		put_ipv4(buf, rdata);
		return;
	}
	if (type == TYPE_TXT || type == TYPE_SPF) {
		txt_render(buf, rdata);
		return;
	}
	const char *layout = type_layout(type);
	size_t text_length = layout == NULL ? 0 : dump_value(type, rdata);
	if (text_length == 0) {
		put_generic(buf, rdata);
		return;
	}
	size_t start = buf->length;
	put_fields(buf, type, rdata, text_length, name_render);
	if (buf_is_full(buf) || is_plain_layout(layout) ||
	        rdata_is_spelled(type, rdata, buf->bytes + start, buf->length - start))
		return;
	buf->length = start;
	put_generic(buf, rdata);
}

/* CoreDNS 1.11.1 reads no long strings, no parameter by its number when that has a name, and
 * escapes inside parameters in a way of its own. */
static bool is_readable_text(uint16_t type, size_t text_length)
{
	if (type == TYPE_SVCB || type == TYPE_HTTPS)
		return memchr(dump.text, '\\', text_length) == NULL &&
		       memchr(dump.text, '"', text_length) == NULL &&
		       strstr(dump.text, "key") == NULL;
	struct token token = { 0 };
	while (token_next(dump.text, text_length, &token))
		if (dump.text[token.at] == '"' && token.length > ZONE_STRING_MAX + 2)
			return false;
	return true;
}

static void render_zone(
        struct buf *buf, uint16_t type, const struct rdata *rdata, name_spelling *spell)
{
	if (is_ipv4(type, rdata)) {
		put_ipv4(buf, rdata);
		return;
	}
	if (type == TYPE_TXT || type == TYPE_SPF) {
		if (txt_longest_string(rdata) > ZONE_STRING_MAX)
			put_generic(buf, rdata);
		else
			txt_render_quoted(buf, rdata);
		return;
	}
	size_t text_length = type_is_generic(type) ? 0 : dump_value(type, rdata);
	if (text_length == 0 || !is_readable_text(type, text_length))
		put_generic(buf, rdata);
	else
		put_fields(buf, type, rdata, text_length, spell);
}

void rdata_render_zone(struct buf *buf, uint16_t type, const struct rdata *rdata)
{
	render_zone(buf, type, rdata, name_render_absolute);
}

void rdata_render_portable(struct buf *buf, uint16_t type, const struct rdata *rdata)
{
	render_zone(buf, type, rdata, name_render_portable);
}
