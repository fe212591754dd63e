/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

#define MAPPED_BITS ((unsigned)sizeof(mapped_prefix) * 8)

static unsigned address_bits(const struct address *address)
{
	return address->is_v4 ? 32 : 128;
}

static bool address_is_mapped(const struct address *address)
{
	return !address->is_v4 && memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static struct address unmap(const struct address *address)
{
	struct address v4 = { .is_v4 = true };
	memcpy(v4.bytes, address->bytes + sizeof(mapped_prefix), 4);
	return v4;
}

/* As written, without unmapping. */
static bool parse_raw(const char *text, struct address *ret_address)
{
	struct address address = { .is_v4 = strchr(text, ':') == NULL };
	if (inet_pton(address.is_v4 ? AF_INET : AF_INET6, text, address.bytes) != 1)
		return false;
	*ret_address = address;
	return true;
}

bool address_parse(const char *text, struct address *ret_address)
{
	if (!parse_raw(text, ret_address))
		return false;
	if (address_is_mapped(ret_address))
		*ret_address = unmap(ret_address);
	return true;
}

/* Digits without a leading zero, at most ceiling. */
static bool parse_prefix(const char *text, unsigned ceiling, unsigned *ret_bits)
{
	unsigned bits = 0;
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > 3 || text[length] != '\0' || (length > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++)
		bits = bits * 10 + (unsigned)(text[i] - '0');
	if (bits > ceiling)
		return false;
	*ret_bits = bits;
	return true;
}

/* True when all bits behind the first bits are zero. */
static bool has_no_host_bits(const struct address *address, unsigned bits)
{
	for (unsigned bit = bits; bit < address_bits(address); bit++) {
		if (address->bytes[bit / 8] & (0x80u >> bit % 8))
			return false;
	}
	return true;
}

static bool refuse(const char *reason, const char **ret_detail)
{
	*ret_detail = reason;
	return false;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr, const char **ret_detail)
{
	char base_text[CIDR_TEXT_BYTES];
	size_t base_length = strcspn(text, "/");
	if (base_length >= sizeof(base_text))
		return refuse("this is no address block", ret_detail);
	memcpy(base_text, text, base_length);
	base_text[base_length] = '\0';

	struct address base;
	if (!parse_raw(base_text, &base))
		return refuse("this is no address block", ret_detail);
	unsigned bits = address_bits(&base);
	if (text[base_length] == '/' && !parse_prefix(text + base_length + 1, bits, &bits))
		return refuse("the prefix length of the address block is wrong", ret_detail);
	if (!has_no_host_bits(&base, bits))
		return refuse("the address block has bits behind its prefix", ret_detail);
	if (address_is_mapped(&base) && bits >= MAPPED_BITS) {
		base = unmap(&base);
		bits -= MAPPED_BITS;
	}
	*ret_cidr = (struct cidr){ .base = base, .prefix_bits = (uint8_t)bits };
	return true;
}

char *cidr_render(const struct cidr *cidr, char ret_text[static CIDR_TEXT_BYTES])
{
	char base[INET6_ADDRSTRLEN];
	inet_ntop(cidr->base.is_v4 ? AF_INET : AF_INET6, cidr->base.bytes, base, sizeof(base));
	snprintf(ret_text, CIDR_TEXT_BYTES, "%s/%u", base, cidr->prefix_bits);
	return ret_text;
}

bool cidr_has(const struct cidr *cidr, const struct address *address)
{
	if (cidr->base.is_v4 != address->is_v4)
		return false;
	unsigned whole = cidr->prefix_bits / 8u;
	unsigned rest = cidr->prefix_bits % 8u;
	if (memcmp(cidr->base.bytes, address->bytes, whole) != 0)
		return false;
	unsigned mask = 0xffu & (0xff00u >> rest);
	return rest == 0 || ((cidr->base.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}
