/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata_check.h"

#include <string.h>

#include "core/buf.h"
#include "dns/name.h"
#include "dns/rdata_svcb.h"
#include "dns/rdata_walk.h"
#include "dns/type.h"

static const char bad_layout[] = "The value does not have the fields of its type";
static const char bad_digest[] = "The digest does not have the length of its algorithm";

struct digest {
	uint8_t algorithm;
	uint8_t length;
};

/* False when the algorithm is listed with another length. */
static bool is_digest_length(
        const struct digest *digests, size_t count, uint8_t algorithm, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (digests[i].algorithm == algorithm)
			return digests[i].length == length;
	return true;
}

#define IS_DIGEST_LENGTH(digests, algorithm, length)                                               \
	is_digest_length(digests, sizeof(digests) / sizeof((digests)[0]), algorithm, length)

static const char *check_none(const uint8_t *bytes, size_t length)
{
	(void)bytes;
	(void)length;
	return NULL;
}

/* One string or two: the address and its subaddress (RFC 1183 section 3.2). */
static const char *check_isdn(const uint8_t *bytes, size_t length)
{
	size_t first = 1u + bytes[0];
	return first == length || first + 1 + bytes[first] == length ? NULL : bad_layout;
}

/* At least four digits (RFC 1183 section 3.1). */
static const char *check_x25(const uint8_t *bytes, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return "The address is not made of digits";
	return length < 5 ? "The address has less than four digits" : NULL;
}

static const char bad_regexp[] = "The regular expression is not of the form !pattern!replacement! "
                                 "(RFC 3402 section 3.2)";

/* A part of the expression: the groups it opens, and the highest group it names. */
struct regexp_part {
	unsigned groups;
	unsigned highest;
};

/* Moves behind the delimiter that ends a part. False when there is none. */
static bool skip_part(const uint8_t *text, size_t length, size_t *at, struct regexp_part *ret_part)
{
	*ret_part = (struct regexp_part){ 0 };
	for (size_t i = *at; i < length; i++) {
		if (text[i] == text[0]) {
			*at = i + 1;
			return true;
		}
		ret_part->groups += text[i] == '(';
		if (text[i] != '\\' || ++i == length || text[i] < '1' || text[i] > '9')
			continue;
		unsigned named = text[i] - (unsigned)'0';
		if (named > ret_part->highest)
			ret_part->highest = named;
	}
	return false;
}

/* Delimiter, pattern, delimiter, replacement, delimiter, "i" or nothing. */
static const char *check_regexp(const uint8_t *text, size_t length)
{
	static const char not_delimiters[] = "123456789i\\";
	struct regexp_part pattern;
	struct regexp_part replacement;
	size_t at = 1;
	if (length == 0)
		return NULL;
	if (text[0] == 0 || strchr(not_delimiters, text[0]) != NULL ||
	        !skip_part(text, length, &at, &pattern) ||
	        !skip_part(text, length, &at, &replacement))
		return bad_regexp;
	if (replacement.highest > pattern.groups)
		return "The replacement names a group that the pattern does not have";
	bool has_flag = at + 1 == length && text[at] == 'i';
	return at == length || has_flag ? NULL : bad_regexp;
}

static const char *check_naptr(const uint8_t *bytes, size_t length)
{
	(void)length;
	size_t services = 5u + bytes[4];
	size_t regexp = services + 1 + bytes[services];
	return check_regexp(bytes + regexp + 1, bytes[regexp]);
}

/* IANA: Digest Algorithms of DS records. 0 is reserved (and CDS's sign for deletion). */
static const char *check_ds(const uint8_t *bytes, size_t length)
{
	static const struct digest digests[] = { { 1, 20 }, { 2, 32 }, { 3, 32 }, { 4, 48 },
		{ 5, 32 }, { 6, 32 } };
	if (bytes[3] == 0)
		return "Digest type 0 is reserved";
	return IS_DIGEST_LENGTH(digests, bytes[3], length - 4) ? NULL : bad_digest;
}

/* RFC 8078 section 4: "0 0 0 00" asks for the deletion of the DS RRset. */
static const char *check_cds(const uint8_t *bytes, size_t length)
{
	static const uint8_t deletion[5];
	if (length == sizeof(deletion) && memcmp(bytes, deletion, length) == 0)
		return NULL;
	return check_ds(bytes, length);
}

/* RFC 4034 section 2.1.2: any other protocol makes the key invalid. */
static const char *check_dnskey(const uint8_t *bytes, size_t length)
{
	(void)length;
	return bytes[2] == 3 ? NULL : "The protocol of a key is 3";
}

/* RFC 4255 section 3.1.2, RFC 6594. */
static const char *check_sshfp(const uint8_t *bytes, size_t length)
{
	static const struct digest digests[] = { { 1, 20 }, { 2, 32 } };
	return IS_DIGEST_LENGTH(digests, bytes[1], length - 2) ? NULL : bad_digest;
}

/* RFC 6698 section 2.1.3. */
static const char *check_tlsa(const uint8_t *bytes, size_t length)
{
	static const struct digest digests[] = { { 1, 32 }, { 2, 64 } };
	return IS_DIGEST_LENGTH(digests, bytes[2], length - 3) ? NULL : bad_digest;
}

/* RFC 8976 section 2.2. */
static const char *check_zonemd(const uint8_t *bytes, size_t length)
{
	static const struct digest digests[] = { { 1, 48 }, { 2, 64 } };
	if (length < 6 + 12)
		return "The digest is shorter than 12 octets";
	return IS_DIGEST_LENGTH(digests, bytes[5], length - 6) ? NULL : bad_digest;
}

static uint32_t read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 1876 section 2: a size is a digit and a power of ten; angles count from 2^31. */
static const char *check_loc(const uint8_t *bytes, size_t length)
{
	(void)length;
	if (bytes[0] != 0)
		return "The version of a LOC record is 0";
	for (size_t i = 1; i < 4; i++)
		if ((bytes[i] >> 4) > 9 || (bytes[i] & 0x0f) > 9 ||
		        ((bytes[i] >> 4) == 0 && bytes[i] != 0))
			return "A size or precision is not a decimal digit and a power of ten";
	int64_t latitude = (int64_t)read_u32(bytes + 4) - INT64_C(0x80000000);
	int64_t longitude = (int64_t)read_u32(bytes + 8) - INT64_C(0x80000000);
	if (latitude < -324000000 || latitude > 324000000)
		return "The latitude is beyond a pole";
	if (longitude < -648000000 || longitude > 648000000)
		return "The longitude is beyond 180 degrees";
	return NULL;
}

/* One item of an APL (RFC 3123 section 4): family, prefix, N and AFDLENGTH, AFDPART. */
static const char *check_apl_item(struct decoder *decoder)
{
	unsigned family = decoder_u16(decoder);
	unsigned prefix = decoder_u8(decoder);
	size_t part_length = decoder_u8(decoder) & 0x7fu;
	const uint8_t *part = decoder_bytes(decoder, part_length);
	if (part == NULL)
		return bad_layout;
	size_t address_bytes = family == 1 ? 4 : 16;
	if (family != 1 && family != 2)
		return "An address family is neither 1 (IPv4) nor 2 (IPv6)";
	if (prefix > address_bytes * 8 || part_length > address_bytes)
		return "A prefix is longer than its address";
	if (part_length > 0 && part[part_length - 1] == 0)
		return "An address has zero octets at its end";
	size_t whole = prefix / 8;
	if (part_length > whole + (prefix % 8 != 0))
		return "An address has bits behind its prefix";
	if (part_length > whole && (part[whole] & (0xff >> prefix % 8)) != 0)
		return "An address has bits behind its prefix";
	return NULL;
}

static const char *check_apl(const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return "The list of prefixes is empty";
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	const char *fault = NULL;
	while (fault == NULL && decoder.at < length)
		fault = check_apl_item(&decoder);
	return fault;
}

/* RFC 4025 section 2.4: algorithm 0 means that there is no key. */
static const char *check_ipseckey(const uint8_t *bytes, size_t length)
{
	if (bytes[1] > 3)
		return "The gateway type is none of 0 to 3";
	struct rdata_walk walk;
	struct rdata_field field = { 0 };
	rdata_walk_init(&walk, "111gx", bytes, length);
	while (rdata_walk_next(&walk, &field))
		;
	return (bytes[2] == 0) == (field.length == 0) ? NULL
	                                              : "A key goes with an algorithm other than 0";
}

/* RFC 8777 section 4.2. CoreDNS 1.11.1 loses a relay that goes with the discovery flag. */
static const char *check_amtrelay(const uint8_t *bytes, size_t length)
{
	(void)length;
	return bytes[1] <= 3 || bytes[1] == 0x80 ? NULL
	                                         : "The relay type is none of 0 to 3, or a relay "
	                                           "goes with the discovery flag";
}

/* Pseudo-types have no place in a list of types (RFC 4034 section 4.1.2); NULL and SIG have none in
 * libzscanner's. */
static bool is_listable(unsigned type)
{
	return type != 0 && type != 10 && type != 24 && type != 41 && type != UINT16_MAX &&
	       !(type >= 128 && type <= 255);
}

static const char *check_window(unsigned window, const uint8_t *bitmap, size_t length)
{
	for (size_t bit = 0; bit < length * 8; bit++)
		if ((bitmap[bit / 8] & (0x80 >> bit % 8)) != 0 &&
		        !is_listable(window * 256 + (unsigned)bit))
			return "The list of types holds one that is no type of data";
	return NULL;
}

/* RFC 4034 section 4.1.2: windows in order, 1 to 32 octets, no zero octet at the end. */
static const char *check_csync(const uint8_t *bytes, size_t length)
{
	int last_window = -1;
	const char *fault = NULL;
	for (size_t at = 6; at < length && fault == NULL;) {
		if (length - at < 2)
			return bad_layout;
		size_t bitmap_length = bytes[at + 1];
		if (bytes[at] <= last_window || bitmap_length == 0 || bitmap_length > 32 ||
		        bitmap_length > length - at - 2 || bytes[at + 1 + bitmap_length] == 0)
			return "The list of types is not canonical";
		fault = check_window(bytes[at], bytes + at + 2, bitmap_length);
		last_window = bytes[at];
		at += 2 + bitmap_length;
	}
	return fault;
}

static bool is_alphanumeric(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
	       (octet >= 'A' && octet <= 'Z');
}

/* CoreDNS 1.11.1 reads a string without a length of its own wrongly in both spellings when it has a
 * backslash and is longer than 255 characters as text. */
static const char *check_long_string(const uint8_t *bytes, size_t length)
{
	size_t text_length = 0;
	for (size_t i = 0; i < length; i++) {
		bool is_escaped = bytes[i] == '"' || bytes[i] == '\\';
		text_length += bytes[i] < 0x20 || bytes[i] > 0x7e ? 4 : is_escaped ? 2 : 1;
	}
	if (text_length > 255 && memchr(bytes, '\\', length) != NULL)
		return "The value has a backslash and more than 255 characters, which CoreDNS "
		       "cannot serve";
	return NULL;
}

static const char *check_uri(const uint8_t *bytes, size_t length)
{
	return check_long_string(bytes + 4, length - 4);
}

/* RFC 8659 section 4.1. */
static const char *check_caa(const uint8_t *bytes, size_t length)
{
	if (bytes[1] == 0)
		return "The tag is empty";
	for (size_t i = 2; i < 2u + bytes[1]; i++)
		if (!is_alphanumeric(bytes[i]))
			return "The tag has a character that is neither letter nor digit";
	return check_long_string(bytes + 2 + bytes[1], length - 2 - bytes[1]);
}

static const char *check_svcb(const uint8_t *bytes, size_t length)
{
	return rdata_svcb_check(bytes, length);
}

typedef const char *check_fn(const uint8_t *bytes, size_t length);

static const struct {
	uint16_t type;
	check_fn *check;
} checks[] = {
#define TYPE(mnemonic, number, use, spelling, layout, check) { number, check_##check },
#include "dns/type.def"
#undef TYPE
};

static check_fn *find_check(uint16_t type)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].type == type)
			return checks[i].check;
	return check_none;
}

static const char *check_layout(const char *layout, const uint8_t *bytes, size_t length)
{
	struct rdata_walk walk;
	struct rdata_field field;
	struct name name;
	rdata_walk_init(&walk, layout, bytes, length);
	while (rdata_walk_next(&walk, &field))
		if (field.letter == 'n' && !name_parse_wire(bytes + field.at, field.length, &name))
			return "A name inside the value is not valid: names are printable ASCII "
			       "without spaces, \"*\" stands only at the front";
	return walk.failed ? bad_layout : NULL;
}

const char *rdata_check(uint16_t type, const uint8_t *bytes, size_t length)
{
	const char *layout = type_layout(type);
	if (length > UINT16_MAX)
		return "The value is longer than 65535 octets";
	if (layout == NULL)
		return NULL;
	const char *fault = check_layout(layout, bytes, length);
	return fault != NULL ? fault : find_check(type)(bytes, length);
}
