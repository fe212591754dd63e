/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata_svcb.h"

#include <stdbool.h>
#include <string.h>

#include "core/buf.h"
#include "dns/rdata_walk.h"

enum {
	SVCB_MANDATORY = 0,
	SVCB_ALPN = 1,
	SVCB_NO_DEFAULT_ALPN = 2,
	SVCB_PORT = 3,
	SVCB_IPV4HINT = 4,
	SVCB_ECH = 5,
	SVCB_IPV6HINT = 6,
	SVCB_DOHPATH = 7, /* RFC 9461 */
	SVCB_OHTTP = 8,   /* RFC 9540 */
	SVCB_KEY_INVALID = 65535,
};

struct svcb_param {
	unsigned key;
	size_t length;
	const uint8_t *value;
};

/* Not among the octets that give a length. */
static bool has_odd_octet(const struct svcb_param *param)
{
	for (size_t at = 0; at < param->length; at += 1u + param->value[at])
		if (memchr(param->value + at + 1, ',', param->value[at]) != NULL ||
		        memchr(param->value + at + 1, '\\', param->value[at]) != NULL)
			return true;
	return false;
}

static const char *check_svcb_alpn(const struct svcb_param *param)
{
	size_t at = 0;
	while (at < param->length && param->value[at] > 0)
		at += 1u + param->value[at];
	if (param->length == 0 || at != param->length)
		return "The value of alpn is no list of protocol identifiers";
	/* libzscanner misreads some spellings of these (RFC 9460 appendix A.1). No registered
	 * identifier has one. */
	if (has_odd_octet(param))
		return "A protocol identifier has a backslash or a comma";
	return NULL;
}

/* CoreDNS refuses the whole zone for an IPv4-mapped address here. */
static const char *check_svcb_ipv6hint(const struct svcb_param *param)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	if (param->length == 0 || param->length % 16 != 0)
		return "The value of ipv6hint is no list of IPv6 addresses";
	for (size_t at = 0; at < param->length; at += 16)
		if (memcmp(param->value + at, mapped, sizeof(mapped)) == 0)
			return "An address of ipv6hint is an IPv4 address";
	return NULL;
}

/* A relative URI template with the variable "dns" (RFC 9461 section 5). */
static const char *check_svcb_dohpath(const struct svcb_param *param)
{
	static const char variable[] = "{?dns}";
	const size_t size = sizeof(variable) - 1;
	if (param->length > 0 && param->value[0] == '/')
		for (size_t at = 1; at + size <= param->length; at++)
			if (memcmp(param->value + at, variable, size) == 0)
				return NULL;
	return "The value of dohpath does not begin with / or has no {?dns}";
}

static const char *check_svcb_param(const struct svcb_param *param)
{
	switch (param->key) {
	case SVCB_ALPN:
		return check_svcb_alpn(param);
	case SVCB_NO_DEFAULT_ALPN:
	case SVCB_OHTTP:
		return param->length == 0 ? NULL : "A parameter has a value that takes none";
	case SVCB_PORT:
		return param->length == 2 ? NULL : "The value of port is no port";
	case SVCB_IPV4HINT:
		return param->length > 0 && param->length % 4 == 0
		               ? NULL
		               : "The value of ipv4hint is no list of IPv4 addresses";
	case SVCB_ECH:
		return param->length > 0 ? NULL : "The value of ech is empty";
	case SVCB_IPV6HINT:
		return check_svcb_ipv6hint(param);
	case SVCB_DOHPATH:
		return check_svcb_dohpath(param);
	case SVCB_KEY_INVALID:
		return "Parameter key65535 is reserved";
	default:
		return NULL;
	}
}

static struct svcb_param next_param(struct decoder *decoder)
{
	struct svcb_param param = { .key = decoder_u16(decoder), .length = decoder_u16(decoder) };
	param.value = decoder_bytes(decoder, param.length);
	return param;
}

static bool has_param(struct decoder decoder, unsigned key)
{
	while (!decoder.failed && decoder.at < decoder.length)
		if (next_param(&decoder).key == key)
			return true;
	return false;
}

/* RFC 9460 section 8: in order, each once, each present, never itself. */
static const char *check_svcb_mandatory(
        const struct svcb_param *param, const struct decoder *first_param)
{
	struct decoder keys;
	decoder_init(&keys, param->value, param->length);
	unsigned last_key = SVCB_MANDATORY;
	while (!keys.failed && keys.at < keys.length) {
		unsigned key = decoder_u16(&keys);
		if (key <= last_key || !has_param(*first_param, key))
			return "A key of mandatory is repeated or missing";
		last_key = key;
	}
	return param->length > 0 && decoder_is_done(&keys)
	               ? NULL
	               : "The value of mandatory is no list of keys";
}

static const char *check_svcb_params(const struct decoder *first_param, bool *ret_has_alpn)
{
	struct decoder decoder = *first_param;
	int last_key = -1;
	while (!decoder.failed && decoder.at < decoder.length) {
		struct svcb_param param = next_param(&decoder);
		if (decoder.failed)
			return "The parameters do not fit the value";
		if ((int)param.key <= last_key)
			return "The parameters are not in order, or one is there twice";
		last_key = (int)param.key;
		const char *fault = param.key == SVCB_MANDATORY
		                            ? check_svcb_mandatory(&param, first_param)
		                            : check_svcb_param(&param);
		if (fault != NULL)
			return fault;
		if (param.key == SVCB_NO_DEFAULT_ALPN && !*ret_has_alpn)
			return "no-default-alpn goes with alpn";
		*ret_has_alpn = *ret_has_alpn || param.key == SVCB_ALPN;
	}
	return NULL;
}

const char *rdata_svcb_check(const uint8_t *bytes, size_t length)
{
	struct rdata_walk walk;
	struct rdata_field field;
	rdata_walk_init(&walk, "2nx", bytes, length);
	while (*walk.layout != 'x' && rdata_walk_next(&walk, &field))
		;
	struct decoder decoder;
	decoder_init(&decoder, bytes + walk.at, length - walk.at);
	bool is_alias = bytes[0] == 0 && bytes[1] == 0;
	if (is_alias && decoder.length > 0)
		return "A record of priority 0 (AliasMode) has parameters";
	bool has_alpn = false;
	return check_svcb_params(&decoder, &has_alpn);
}
