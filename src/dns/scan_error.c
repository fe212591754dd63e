/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/scan_error.h"

#include <libzscanner/scanner.h>
#include <stddef.h>

const char *scan_error_sentence(int code)
{
	static const struct {
		int code;
		const char *sentence;
	} sentences[] = {
		{ ZS_BAD_IPV4, "The address is no IPv4 address" },
		{ ZS_BAD_IPV6, "The address is no IPv6 address" },
		{ ZS_BAD_ADDRESS_CHAR, "The address has a character that no address has" },
		{ ZS_BAD_DNAME_CHAR, "A name inside the value is not valid" },
		{ ZS_LABEL_OVERFLOW, "A label is longer than 63 octets" },
		{ ZS_DNAME_OVERFLOW, "A name is longer than 255 octets" },
		{ ZS_BAD_NUMBER, "A number is not valid" },
		{ ZS_NUMBER8_OVERFLOW, "A number is greater than 255" },
		{ ZS_NUMBER16_OVERFLOW, "A number is greater than 65535" },
		{ ZS_NUMBER32_OVERFLOW, "A number is greater than 4294967295" },
		{ ZS_NUMBER64_OVERFLOW, "A number is too large" },
		{ ZS_RDATA_OVERFLOW, "The value is longer than 65535 octets" },
		{ ZS_ITEM_OVERFLOW, "A part of the value is too long" },
		{ ZS_BAD_HEX_CHAR, "A character is no hexadecimal digit" },
		{ ZS_BAD_HEX_RDATA, "The value has an odd number of hexadecimal digits" },
		{ ZS_BAD_BASE64_CHAR, "A part of the value is not valid base64" },
		{ ZS_BAD_RDATA_LENGTH, "The number of octets is not the one that is announced" },
		{ ZS_CANNOT_TEXT_DATA, "Values of this type are written as \\# n hex (RFC 3597)" },
		{ ZS_BAD_REST, "There is something left behind the value" },
		{ ZS_TEXT_OVERFLOW, "A string is longer than 255 octets" },
		{ ZS_DOS_NEWLINE, "The line ends with a carriage return" },
		{ ZS_BAD_OWNER, "The name at the beginning of the line is not valid" },
		{ ZS_BAD_DIRECTIVE, "There is no such directive" },
		{ ZS_BAD_TTL, "The TTL is not valid" },
		{ ZS_BAD_ORIGIN, "The $ORIGIN is not valid" },
		{ ZS_BAD_PREVIOUS_OWNER, "There is no name before that could be meant" },
		{ ZS_UNCLOSED_MULTILINE, "A parenthesis is not closed" },
		{ ZS_UNSUPPORTED_TYPE, "The type is not known" },
		{ ZS_DUPLICATE_SVCB_KEY, "A parameter is there twice" },
		{ ZS_MISSING_SVCB_MANDATORY, "A mandatory parameter is missing" },
	};
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].code == code)
			return sentences[i].sentence;
	return "The value is not valid for its type";
}
