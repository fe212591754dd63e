/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/when.h"

#include <stddef.h>
#include <string.h>

#include "core/clock.h"

#define DIGITS_MAX 9

static bool parse_span(const char *text, int64_t *ret_span_ms)
{
	static const struct {
		char letter;
		int64_t ms;
	} units[] = {
		{ 's', 1000 },
		{ 'm', 60 * 1000 },
		{ 'h', 3600 * 1000 },
		{ 'd', 24 * 3600 * 1000 },
		{ 'w', 7 * 24 * 3600 * 1000 },
	};
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > DIGITS_MAX || text[length] == '\0' || text[length + 1] != '\0')
		return false;
	int64_t number = 0;
	for (size_t i = 0; i < length; i++)
		number = number * 10 + (text[i] - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter != text[length])
			continue;
		*ret_span_ms = number * units[i].ms;
		return true;
	}
	return false;
}

bool when_parse(const char *text, int64_t now_ms, int64_t *ret_wall_ms)
{
	int64_t span_ms;
	if (strcmp(text, "now") == 0) {
		*ret_wall_ms = now_ms;
		return true;
	}
	if (!parse_span(text, &span_ms))
		return clock_parse_rfc3339(text, strlen(text), ret_wall_ms);
	*ret_wall_ms = now_ms + span_ms;
	return true;
}
