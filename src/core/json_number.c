/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json_number.h"

#include <stdint.h>
#include <string.h>

#define INTEGER_MAX   (INT64_C(1) << 53)
#define FAST_DIGITS   15 /* any number of this many digits is exact as binary64 */
#define DIGITS_MAX    16 /* 2^53 has this many */
#define EXPONENT_CEIL 1000000000

struct decimal {
	uint64_t digits; /* without leading and trailing zeros, of at most DIGITS_MAX */
	unsigned digit_count;
	int64_t exponent;
	bool is_long;
};

static void decimal_add_digit(struct decimal *decimal, unsigned digit, int64_t *zeros)
{
	if (digit == 0) {
		++*zeros;
		return;
	}
	bool is_first = decimal->digit_count == 0;
	for (; *zeros >= 0; --*zeros) {
		unsigned next = *zeros > 0 ? 0 : digit;
		if (is_first && next == 0)
			continue;
		if (decimal->digit_count == DIGITS_MAX) {
			decimal->is_long = true;
			break;
		}
		decimal->digits = decimal->digits * 10 + next;
		decimal->digit_count++;
	}
	*zeros = 0;
}

static int64_t exponent_parse(const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	int64_t exponent = 0;
	for (; at < end; at++) {
		if (*at >= '0' && *at <= '9' && exponent < EXPONENT_CEIL)
			exponent = exponent * 10 + (*at - '0');
	}
	return is_negative ? -exponent : exponent;
}

/* A short row of digits, as nearly all numbers are. */
static bool number_is_short(const char *text, size_t length)
{
	return length <= FAST_DIGITS && memchr(text, '.', length) == NULL &&
	       memchr(text, 'e', length) == NULL && memchr(text, 'E', length) == NULL;
}

bool json_number_is_exact(const char *text, size_t length)
{
	const char *at = text;
	const char *end = text + length;
	if (number_is_short(text, length))
		return true;
	struct decimal decimal = { 0 };
	int64_t zeros = 0;
	bool in_fraction = false;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.')
			in_fraction = true;
		if (*at < '0' || *at > '9')
			continue;
		decimal_add_digit(&decimal, (unsigned)(*at - '0'), &zeros);
		decimal.exponent -= in_fraction;
	}
	if (decimal.digit_count == 0)
		return true;
	decimal.exponent += zeros;
	if (at < end)
		decimal.exponent += exponent_parse(at + 1, end);
	if (decimal.is_long || decimal.exponent < 0 ||
	        decimal.exponent + decimal.digit_count > DIGITS_MAX)
		return false;
	for (int64_t i = 0; i < decimal.exponent; i++)
		decimal.digits *= 10;
	return decimal.digits <= INTEGER_MAX;
}
