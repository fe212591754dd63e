/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/name.h"

#include <string.h>

#define LABEL_MAX 63
/* db.<name> must fit NAME_MAX (255) with room for the suffix of a temporary file. */
#define FILE_TEXT_MAX 200

static const char too_long_name[] = "The name is longer than 255 octets";
static const char too_long_label[] = "A label is longer than 63 octets";
static const char empty_label[] = "The name has an empty label";
static const char bad_octet[] = "The name has an octet that is no printable ASCII character (use "
                                "A-labels for other scripts)";
static const char bad_escape[] = "The name has an escape other than \\. or \\DDD";
static const char bad_wildcard[] = "A label \"*\" stands elsewhere than at the front";

/* "$" at the front of a line begins a directive, and CoreDNS does not find a name that escapes it.
 */
static const char bad_front[] = "The name begins with \"$\"";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? octet + ('a' - 'A') : octet;
}

/* What a label of ours may hold: printable ASCII without the space, in lower case. */
static bool is_label_octet(uint8_t octet)
{
	return octet > 0x20 && octet < 0x7f && !(octet >= 'A' && octet <= 'Z');
}

/* Decodes the escape behind a backslash at text[0]. Returns how many characters it takes with the
 * backslash, 0 when it is none. */
static size_t parse_escape(const char *text, size_t length, uint8_t *ret_octet)
{
	if (length < 2)
		return 0;
	if (!is_digit(text[1])) {
		*ret_octet = (uint8_t)text[1];
		return 2;
	}
	if (length < 4 || !is_digit(text[2]) || !is_digit(text[3]))
		return 0;
	unsigned value = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 +
	                 (unsigned)(text[3] - '0');
	if (value > 255)
		return 0;
	*ret_octet = (uint8_t)value;
	return 4;
}

/* Closes the label that began at start (its length octet) and opens the next one. */
static const char *close_label(struct name *name, size_t *start)
{
	size_t label_length = name->length - *start - 1;
	if (label_length == 0)
		return empty_label;
	if (*start > 0 && label_length == 1 && name->wire[*start + 1] == '*')
		return bad_wildcard;
	name->wire[*start] = (uint8_t)label_length;
	*start = name->length;
	/* The next length octet, or the root label. */
	name->wire[name->length++] = 0;
	return NULL;
}

static const char *put_octet(struct name *name, size_t start, uint8_t octet)
{
	octet = lower(octet);
	if (!is_label_octet(octet))
		return bad_octet;
	if (name->length - start - 1 == LABEL_MAX)
		return too_long_label;
	/* One octet stays free for the root label. */
	if (name->length >= NAME_WIRE_MAX - 1)
		return too_long_name;
	name->wire[name->length++] = octet;
	return NULL;
}

static const char *parse_labels(const char *text, size_t length, struct name *name)
{
	size_t start = 0;
	name->length = 1;
	const char *fault = NULL;
	for (size_t at = 0; at < length && fault == NULL;) {
		if (text[at] == '.') {
			fault = close_label(name, &start);
			at++;
			continue;
		}
		uint8_t octet = (uint8_t)text[at];
		size_t taken = 1;
		if (text[at] == '\\') {
			taken = parse_escape(text + at, length - at, &octet);
			if (taken == 0)
				return bad_escape;
		}
		if (octet == '$' && name->length == 1)
			return bad_front;
		fault = put_octet(name, start, octet);
		at += taken;
	}
	/* Behind the final dot a new label was opened and stays empty: the root. */
	if (fault == NULL && start + 1 < name->length)
		fault = close_label(name, &start);
	return fault;
}

enum err name_parse(const char *text, size_t length, struct name *ret_name, const char **ret_detail)
{
	struct name name;
	if (length == 0) {
		*ret_detail = "The name is empty; the root is \".\"";
		return ERR_INVALID_NAME;
	}
	if (length == 1 && text[0] == '.') {
		*ret_name = (struct name){ .length = 1 };
		return ERR_OK;
	}
	if (length >= NAME_TEXT_BYTES) {
		*ret_detail = too_long_name;
		return ERR_INVALID_NAME;
	}
	const char *fault = parse_labels(text, length, &name);
	if (fault != NULL) {
		*ret_detail = fault;
		return ERR_INVALID_NAME;
	}
	ret_name->length = name.length;
	memcpy(ret_name->wire, name.wire, name.length);
	return ERR_OK;
}

bool name_parse_wire(const uint8_t *wire, size_t length, struct name *ret_name)
{
	if (length == 0 || length > NAME_WIRE_MAX)
		return false;
	size_t at = 0;
	if (length > 1 && wire[1] == '$')
		return false;
	while (wire[at] != 0) {
		size_t label_length = wire[at];
		/* Room for the label and for a length octet behind it. */
		if (label_length > LABEL_MAX || at + 1 + label_length >= length)
			return false;
		for (size_t i = 1; i <= label_length; i++)
			if (!is_label_octet(wire[at + i]))
				return false;
		if (at > 0 && label_length == 1 && wire[at + 1] == '*')
			return false;
		at += 1 + label_length;
	}
	if (at + 1 != length)
		return false;
	ret_name->length = (uint8_t)length;
	memcpy(ret_name->wire, wire, length);
	return true;
}

/* The characters that CoreDNS (miekg/dns) escapes when it reads a name from a query: it compares
 * that text with the zone file's, so an owner spelled in any other way is never found. They include
 * all that mean something inside a zone file's line (RFC 1035 section 5.1). */
static bool is_special(uint8_t octet)
{
	return octet == '.' || octet == '\\' || octet == '"' || octet == ';' || octet == '(' ||
	       octet == ')' || octet == '@' || octet == '\'';
}

static size_t render_octet(uint8_t octet, char *text)
{
	if (is_special(octet)) {
		text[0] = '\\';
		text[1] = (char)octet;
		return 2;
	}
	if (octet > 0x20 && octet < 0x7f) {
		text[0] = (char)octet;
		return 1;
	}
	text[0] = '\\';
	text[1] = (char)('0' + octet / 100);
	text[2] = (char)('0' + octet / 10 % 10);
	text[3] = (char)('0' + octet % 10);
	return 4;
}

static bool is_plain_octet(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' ||
	       octet == '_' || octet == '*';
}

char *name_render_portable(const struct name *name, char ret_text[static NAME_TEXT_BYTES])
{
	size_t out = 0;
	for (size_t at = 0; at < name->length && name->wire[at] != 0; at += 1u + name->wire[at]) {
		for (size_t i = 1; i <= name->wire[at]; i++) {
			uint8_t octet = name->wire[at + i];
			if (is_plain_octet(octet)) {
				ret_text[out++] = (char)octet;
				continue;
			}
			ret_text[out++] = '\\';
			ret_text[out++] = (char)('0' + octet / 100);
			ret_text[out++] = (char)('0' + octet / 10 % 10);
			ret_text[out++] = (char)('0' + octet % 10);
		}
		ret_text[out++] = '.';
	}
	if (out == 0)
		ret_text[out++] = '.';
	ret_text[out] = '\0';
	return ret_text;
}

char *name_render_absolute(const struct name *name, char ret_text[static NAME_TEXT_BYTES])
{
	size_t out = 0;
	for (size_t at = 0; at < name->length && name->wire[at] != 0; at += 1u + name->wire[at]) {
		for (size_t i = 1; i <= name->wire[at]; i++)
			out += render_octet(name->wire[at + i], ret_text + out);
		ret_text[out++] = '.';
	}
	if (out == 0)
		ret_text[out++] = '.';
	ret_text[out] = '\0';
	return ret_text;
}

char *name_render(const struct name *name, char ret_text[static NAME_TEXT_BYTES])
{
	name_render_absolute(name, ret_text);
	size_t length = strlen(ret_text);
	if (length > 1)
		ret_text[length - 1] = '\0';
	return ret_text;
}

bool name_is_equal(const struct name *a, const struct name *b)
{
	return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

bool name_is_under(const struct name *name, const struct name *ancestor)
{
	if (ancestor->length == 0 || name->length < ancestor->length)
		return false;
	size_t start = name->length - ancestor->length;
	if (memcmp(name->wire + start, ancestor->wire, ancestor->length) != 0)
		return false;
	/* The same octets only count where a label begins. */
	size_t at = 0;
	while (at < start)
		at += 1u + name->wire[at];
	return at == start;
}

bool name_is_wildcard(const struct name *name)
{
	return name->length > 2 && name->wire[0] == 1 && name->wire[1] == '*';
}

unsigned name_count_labels(const struct name *name)
{
	unsigned count = 0;
	for (size_t at = 0; at < name->length && name->wire[at] != 0; at += 1u + name->wire[at])
		count++;
	return count;
}

bool name_parent(const struct name *name, struct name *ret_parent)
{
	if (name->length < 2)
		return false;
	size_t skip = 1u + name->wire[0];
	size_t length = name->length - skip;
	/* ret_parent may be name itself. */
	memmove(ret_parent->wire, name->wire + skip, length);
	ret_parent->length = (uint8_t)length;
	return true;
}

const uint8_t *name_first_label(const struct name *name, size_t *ret_length)
{
	if (name->length < 2) {
		*ret_length = 0;
		return NULL;
	}
	*ret_length = name->wire[0];
	return name->wire + 1;
}

bool name_concat(const struct name *prefix, const struct name *suffix, struct name *ret_name)
{
	/* The prefix may come with its root label or without. */
	size_t front = prefix->length;
	size_t at = 0;
	while (at < prefix->length && prefix->wire[at] != 0)
		at += 1u + prefix->wire[at];
	if (at < front)
		front = at;
	if (front + suffix->length > NAME_WIRE_MAX)
		return false;
	struct name name;
	memcpy(name.wire, prefix->wire, front);
	memcpy(name.wire + front, suffix->wire, suffix->length);
	name.length = (uint8_t)(front + suffix->length);
	ret_name->length = name.length;
	memcpy(ret_name->wire, name.wire, name.length);
	return true;
}

size_t name_render_key(const struct name *name, uint8_t ret_key[static NAME_KEY_BYTES])
{
	/* Read front to back, written back to front: each label with its length octet becomes the
	 * label with 0x00 behind it, so the key is one octet (the root label) shorter. */
	size_t total = name->length > 0 ? name->length - 1u : 0;
	size_t out = total;
	for (size_t at = 0; at < total; at += 1u + name->wire[at]) {
		size_t label_length = name->wire[at];
		ret_key[--out] = 0;
		out -= label_length;
		memcpy(ret_key + out, name->wire + at + 1, label_length);
	}
	return total;
}

bool name_parse_key(const uint8_t *key, size_t length, struct name *ret_name)
{
	if (length >= NAME_WIRE_MAX)
		return false;
	uint8_t wire[NAME_WIRE_MAX];
	size_t out = length;
	wire[out] = 0;
	for (size_t at = 0; at < length;) {
		const uint8_t *end = memchr(key + at, 0, length - at);
		size_t label_length = end == NULL ? 0 : (size_t)(end - (key + at));
		if (label_length == 0 || label_length > LABEL_MAX)
			return false;
		out -= label_length + 1;
		wire[out] = (uint8_t)label_length;
		memcpy(wire + out + 1, key + at, label_length);
		at += label_length + 1;
	}
	return name_parse_wire(wire, length + 1, ret_name);
}

bool name_render_file(const struct name *name, char ret_text[static NAME_TEXT_BYTES])
{
	char text[NAME_TEXT_BYTES];
	name_render(name, text);
	size_t length = strlen(text);
	if (length > FILE_TEXT_MAX || text[0] == '.' || memchr(text, '/', length) != NULL)
		return false;
	memcpy(ret_text, text, length + 1);
	return true;
}
