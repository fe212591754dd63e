/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata.h"

#include <libzscanner/scanner.h>
#include <stdio.h>
#include <string.h>

#include "dns/name.h"
#include "dns/rdata_check.h"
#include "dns/rdata_spell.h"
#include "dns/rdata_walk.h"
#include "dns/scan_error.h"
#include "dns/token.h"
#include "dns/txt.h"
#include "dns/type.h"

/* RDATA of 65535 octets as hexadecimal digits, and then some. */
#define VALUE_TEXT_MAX   180000u
#define LINE_PREFIX_MAX  64u
#define SCANNER_CLASS_IN 1
#define LINE_TTL_S       300u

static const uint8_t line_owner[] = { 1, 'x', 0 };

/* One scanner per process, kept between values: it is 200 KB large, and making it anew costs more
 * than a value does. The line it reads stands beside it. */
static struct {
	bool is_ready;
	zs_scanner_t scanner;
	char line[LINE_PREFIX_MAX + 2 * VALUE_TEXT_MAX];
} zone_line;

/* ---- before the scanner ---- */

/* What could make more or less than one record of the text, or something else of it than it seems,
 * is refused before the scanner sees it: control characters (a line feed begins a new line),
 * comments, parentheses, open quotes, a backslash before the end. */
static const char *check_characters(const char *text, size_t length)
{
	bool is_quoted = false;
	for (size_t i = 0; i < length; i++) {
		uint8_t octet = (uint8_t)text[i];
		if (octet < 0x20 || octet >= 0x7f)
			return "The value has a character that is no printable ASCII character";
		if (octet == '\\') {
			if (++i == length || text[i] < 0x20 || text[i] == 0x7f)
				return "A backslash stands at the end";
		} else if (octet == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && (octet == ';' || octet == '(' || octet == ')')) {
			return "Comments and parentheses are only allowed inside quotation marks";
		}
	}
	return is_quoted ? "A quotation mark is not closed" : NULL;
}

/* The fields of the value as they are copied to the line. */
struct line_copy {
	const char *text;
	size_t length;
	struct token token;
	bool is_name_gateway; /* IPSECKEY: the field before says that a name follows */
	size_t out;
};

/* The scanner takes few characters in a name unless they are escaped, so it gets names of which
 * every other character is. */
static void copy_name(struct line_copy *copy, const struct name *name)
{
	char *line = zone_line.line;
	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at]) {
		for (size_t i = 1; i <= name->wire[at]; i++) {
			uint8_t octet = name->wire[at + i];
			bool is_plain = (octet >= 'a' && octet <= 'z') ||
			                (octet >= '0' && octet <= '9') || octet == '-' ||
			                octet == '_';
			if (!is_plain) {
				line[copy->out++] = '\\';
				line[copy->out++] = (char)('0' + octet / 100);
				line[copy->out++] = (char)('0' + octet / 10 % 10);
			}
			line[copy->out++] = is_plain ? (char)octet : (char)('0' + octet % 10);
		}
		line[copy->out++] = '.';
	}
	if (name->length == 1)
		line[copy->out++] = '.';
}

/* "@" means the origin in a zone file. Here it would silently mean the root. */
static const char *copy_name_token(struct line_copy *copy)
{
	const char *text = copy->text + copy->token.at;
	const char *detail;
	struct name name;
	if (copy->token.length == 1 && text[0] == '@')
		return "\"@\" has no meaning here: write the whole name";
	if (name_parse(text, copy->token.length, &name, &detail) != ERR_OK)
		return detail;
	copy_name(copy, &name);
	return NULL;
}

static bool is_token(const struct line_copy *copy, const char *text)
{
	return copy->token.length == strlen(text) &&
	       memcmp(copy->text + copy->token.at, text, copy->token.length) == 0;
}

static const char *copy_token(struct line_copy *copy, char letter, bool is_second)
{
	if (is_second)
		copy->is_name_gateway = is_token(copy, "3");
	if (letter == 'n' || (letter == 'g' && copy->is_name_gateway))
		return copy_name_token(copy);
	memcpy(zone_line.line + copy->out, copy->text + copy->token.at, copy->token.length);
	copy->out += copy->token.length;
	return NULL;
}

/* Writes the line of one record. *ret_length is its length. */
static const char *render_line(uint16_t type, const char *text, size_t length, size_t *ret_length)
{
	struct line_copy copy = { .text = text, .length = length };
	const char *layout = type_layout(type);
	if (length > VALUE_TEXT_MAX)
		return "The value is too long";
	const char *fault = check_characters(text, length);
	int prefix = snprintf(zone_line.line, LINE_PREFIX_MAX, "x. %u IN TYPE%u", LINE_TTL_S, type);
	copy.out = (size_t)prefix;
	for (size_t i = 0; fault == NULL && token_next(text, length, &copy.token); i++) {
		if (i == 0 && is_token(&copy, "\\#"))
			layout = "";
		zone_line.line[copy.out++] = ' ';
		fault = copy_token(&copy, layout == NULL ? '\0' : *layout, i == 1);
		if (layout != NULL && *layout != '\0')
			layout++;
		if (copy.out > VALUE_TEXT_MAX)
			return "The value is too long";
	}
	zone_line.line[copy.out++] = '\n';
	*ret_length = copy.out;
	return fault;
}

/* ---- the scanner ---- */

static bool scanner_prepare(void)
{
	if (zone_line.is_ready)
		return true;
	if (zs_init(&zone_line.scanner, ".", SCANNER_CLASS_IN, LINE_TTL_S) != 0) {
		zs_deinit(&zone_line.scanner);
		return false;
	}
	zone_line.is_ready = true;
	return true;
}

/* After anything but exactly one record the scanner may stand anywhere inside its grammar. */
static void scanner_drop(void)
{
	zs_deinit(&zone_line.scanner);
	zone_line.is_ready = false;
}

/* Runs the scanner over the line. True when exactly one record of the type came of it; it then
 * stands in the scanner. */
static bool scan_line(uint16_t type, size_t length)
{
	zs_scanner_t *scanner = &zone_line.scanner;
	if (zs_set_input_string(scanner, zone_line.line, length) != 0 ||
	        zs_parse_record(scanner) != 0 || scanner->state != ZS_STATE_DATA)
		return false;
	if (scanner->r_type != type || scanner->r_class != SCANNER_CLASS_IN ||
	        scanner->r_ttl != LINE_TTL_S || scanner->buffer_length != 0 ||
	        scanner->r_owner_length != sizeof(line_owner) ||
	        memcmp(scanner->r_owner, line_owner, sizeof(line_owner)) != 0)
		return false;
	return zs_parse_record(scanner) == 0 && scanner->state == ZS_STATE_EOF;
}

static enum err scan_value(struct arena *arena, uint16_t type, size_t line_length,
        struct rdata *ret_rdata, const char **ret_detail)
{
	if (!scanner_prepare())
		return ERR_TOO_LARGE;
	zs_scanner_t *scanner = &zone_line.scanner;
	scanner->error.code = ZS_OK;
	if (!scan_line(type, line_length)) {
		*ret_detail = scan_error_sentence(scanner->error.code);
		scanner_drop();
		return ERR_INVALID_RECORD;
	}
	uint8_t *bytes = arena_dup(arena, scanner->r_data, scanner->r_data_length);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	rdata_lower_names(type, bytes, scanner->r_data_length);
	*ret_rdata = (struct rdata){ .length = (uint16_t)scanner->r_data_length, .bytes = bytes };
	return ERR_OK;
}

enum err rdata_parse(struct arena *arena, uint16_t type, const char *text, struct rdata *ret_rdata,
        const char **ret_detail)
{
	size_t length = strlen(text);
	if (type == TYPE_TXT || type == TYPE_SPF)
		return txt_parse(arena, text, length, ret_rdata, ret_detail);
	size_t line_length;
	const char *fault = render_line(type, text, length, &line_length);
	struct rdata rdata;
	if (fault == NULL) {
		enum err err = scan_value(arena, type, line_length, &rdata, ret_detail);
		if (err != ERR_OK)
			return err;
		fault = rdata_check(type, rdata.bytes, rdata.length);
	}
	if (fault != NULL) {
		*ret_detail = fault;
		return ERR_INVALID_RECORD;
	}
	*ret_rdata = rdata;
	return ERR_OK;
}

bool rdata_is_spelled(
        uint16_t type, const struct rdata *rdata, const char *text, size_t text_length)
{
	size_t line_length;
	if (render_line(type, text, text_length, &line_length) != NULL || !scanner_prepare())
		return false;
	const zs_scanner_t *scanner = &zone_line.scanner;
	if (!scan_line(type, line_length)) {
		scanner_drop();
		return false;
	}
	return scanner->r_data_length == rdata->length &&
	       memcmp(scanner->r_data, rdata->bytes, rdata->length) == 0;
}

bool rdata_is_valid(uint16_t type, const uint8_t *bytes, size_t length)
{
	return rdata_check(type, bytes, length) == NULL;
}

int rdata_compare(const struct rdata *a, const struct rdata *b)
{
	size_t common = a->length < b->length ? a->length : b->length;
	int order = common == 0 ? 0 : memcmp(a->bytes, b->bytes, common);
	if (order != 0)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}
