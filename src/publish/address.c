/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_TEXT_BYTES 64
#define DNS_PORT           53

static bool parse_port(const char *text, in_port_t *ret_port)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long port = strtoul(text, &end, 10);
	if (*end != '\0' || port == 0 || port > 65535)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

/* Splits at the port: ret_host is the address alone, *ret_port what follows the colon or NULL. */
static bool split_address(
        const char *text, char ret_host[static ADDRESS_TEXT_BYTES], const char **ret_port)
{
	bool has_brackets = text[0] == '[';
	const char *host = text + has_brackets;
	size_t length = strcspn(host, has_brackets ? "]" : ":");
	const char *rest = host + length;
	if (length >= ADDRESS_TEXT_BYTES || (has_brackets && *rest++ != ']') ||
	        (*rest != '\0' && *rest != ':'))
		return false;
	memcpy(ret_host, host, length);
	ret_host[length] = '\0';
	*ret_port = *rest == ':' ? rest + 1 : NULL;
	return true;
}

bool socket_address_parse(
        const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	char host[ADDRESS_TEXT_BYTES];
	const char *port_text;
	in_port_t port = htons(DNS_PORT);
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	if (!split_address(text, host, &port_text) ||
	        (port_text != NULL && !parse_port(port_text, &port)))
		return false;
	memset(ret_address, 0, sizeof(*ret_address));
	if (text[0] != '[' && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		v4.sin_port = port;
		memcpy(ret_address, &v4, sizeof(v4));
		*ret_length = sizeof(v4);
		return true;
	}
	if (text[0] == '[' && inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		v6.sin6_port = port;
		memcpy(ret_address, &v6, sizeof(v6));
		*ret_length = sizeof(v6);
		return true;
	}
	return false;
}
