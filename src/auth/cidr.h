/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address blocks of a token's `ip` claim, IPv4 and IPv6. An IPv4-mapped IPv6 address is the IPv4
 * address that it carries.
 */
#ifndef COREGATE_AUTH_CIDR_H
#define COREGATE_AUTH_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIDR_TEXT_BYTES 64u

struct address {
	bool is_v4;
	uint8_t bytes[16]; /* IPv4 uses the first 4 */
};

struct cidr {
	struct address base;
	uint8_t prefix_bits; /* 0…32 or 0…128 */
};

/* A numeric address without zone or port. False for anything else. */
bool address_parse(const char *text, struct address *ret_address);

/* "10.0.0.0/8", "2001:db8::/32", or a single address. False for anything else, also when bits are
 * set behind the prefix; *ret_detail is then a static sentence. */
bool cidr_parse(const char *text, struct cidr *ret_cidr, const char **ret_detail);

/* Always with its prefix length. Returns ret_text. */
char *cidr_render(const struct cidr *cidr, char ret_text[static CIDR_TEXT_BYTES]);

bool cidr_has(const struct cidr *cidr, const struct address *address);

#endif
