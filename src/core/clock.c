/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECONDS_A_DAY 86400
#define DAYS_TO_EPOCH 719162                   /* from 0001-01-01 to 1970-01-01 */
#define YEAR_MIN_MS   INT64_C(-62135596800000) /* 0001-01-01 */
#define YEAR_MAX_MS   INT64_C(253402300799999) /* the last millisecond of 9999 */

struct date {
	int year;
	int month;
	int day;
};

int64_t clock_wall_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t clock_steady_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool year_is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month - 1] + (month == 2 && year_is_leap(year));
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, year 1 to 9999. */
static int64_t date_to_days(const struct date *date)
{
	int64_t past = date->year - 1;
	int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - DAYS_TO_EPOCH;
	for (int month = 1; month < date->month; month++)
		days += month_days(date->year, month);
	return days + date->day - 1;
}

static struct date date_from_days(int64_t days)
{
	struct date date = {
		.year = (int)((days + DAYS_TO_EPOCH) * 400 / 146097) + 1, .month = 1, .day = 1
	};
	/* The mean length of a year can be off by one year at either end. */
	while (date_to_days(&date) > days)
		date.year--;
	days -= date_to_days(&date);
	while (days >= 365 + year_is_leap(date.year)) {
		days -= 365 + year_is_leap(date.year);
		date.year++;
	}
	while (days >= month_days(date.year, date.month)) {
		days -= month_days(date.year, date.month);
		date.month++;
	}
	date.day = (int)days + 1;
	return date;
}

void clock_render_rfc3339(int64_t wall_ms, char ret_text[static CLOCK_TEXT_BYTES])
{
	wall_ms = wall_ms < YEAR_MIN_MS ? YEAR_MIN_MS : wall_ms;
	wall_ms = wall_ms > YEAR_MAX_MS ? YEAR_MAX_MS : wall_ms;
	int64_t seconds = (wall_ms - YEAR_MIN_MS) / 1000;
	struct date date = date_from_days(seconds / SECONDS_A_DAY - DAYS_TO_EPOCH);
	int second = (int)(seconds % SECONDS_A_DAY);
	snprintf(ret_text, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02dZ", date.year,
	        date.month, date.day, second / 3600, second / 60 % 60, second % 60);
}

struct cursor {
	const char *at;
	const char *end;
	bool failed;
};

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static int take_number(struct cursor *cursor, int digits, int minimum, int maximum)
{
	int number = 0;
	for (int i = 0; i < digits; i++, cursor->at++) {
		if (cursor->at == cursor->end || !is_digit(*cursor->at)) {
			cursor->failed = true;
			return minimum;
		}
		number = number * 10 + (*cursor->at - '0');
	}
	cursor->failed |= number < minimum || number > maximum;
	return number;
}

static bool take_char(struct cursor *cursor, char character)
{
	if (cursor->at == cursor->end || *cursor->at != character)
		return false;
	cursor->at++;
	return true;
}

static void need_char(struct cursor *cursor, char character)
{
	if (!take_char(cursor, character))
		cursor->failed = true;
}

static int take_fraction_ms(struct cursor *cursor)
{
	if (!take_char(cursor, '.'))
		return 0;
	const char *start = cursor->at;
	int fraction_ms = 0;
	int weight = 100;
	for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++, weight /= 10)
		fraction_ms += weight * (*cursor->at - '0');
	cursor->failed |= cursor->at == start;
	return fraction_ms;
}

static int take_offset_s(struct cursor *cursor)
{
	if (take_char(cursor, 'Z'))
		return 0;
	int sign = take_char(cursor, '-') ? -1 : 1;
	if (sign > 0)
		need_char(cursor, '+');
	int hours = take_number(cursor, 2, 0, 23);
	need_char(cursor, ':');
	return sign * (hours * 3600 + take_number(cursor, 2, 0, 59) * 60);
}

/* A leap second ends the last day of a month in UTC; POSIX time counts it as the next second. */
static bool is_leap_second(int64_t next_s)
{
	return next_s % SECONDS_A_DAY == 0 && date_from_days(next_s / SECONDS_A_DAY).day == 1;
}

static struct date take_date(struct cursor *cursor)
{
	struct date date = { .year = take_number(cursor, 4, 1, 9999) };
	need_char(cursor, '-');
	date.month = take_number(cursor, 2, 1, 12);
	need_char(cursor, '-');
	int days = cursor->failed ? 31 : month_days(date.year, date.month);
	date.day = take_number(cursor, 2, 1, days);
	return date;
}

static int take_time_s(struct cursor *cursor, bool *ret_is_leap)
{
	int hour = take_number(cursor, 2, 0, 23);
	need_char(cursor, ':');
	int minute = take_number(cursor, 2, 0, 59);
	need_char(cursor, ':');
	int second = take_number(cursor, 2, 0, 60);
	*ret_is_leap = second == 60;
	return hour * 3600 + minute * 60 + second;
}

bool clock_parse_rfc3339(const char *text, size_t length, int64_t *ret_wall_ms)
{
	struct cursor cursor = { .at = text, .end = text + length };
	bool is_leap = false;
	struct date date = take_date(&cursor);
	need_char(&cursor, 'T');
	int second = take_time_s(&cursor, &is_leap);
	int fraction_ms = take_fraction_ms(&cursor);
	int offset_s = take_offset_s(&cursor);
	if (cursor.failed || cursor.at != cursor.end)
		return false;
	int64_t instant_s = date_to_days(&date) * SECONDS_A_DAY + second - offset_s;
	int64_t instant_ms = instant_s * 1000 + fraction_ms;
	if (instant_ms < YEAR_MIN_MS || instant_ms > YEAR_MAX_MS)
		return false;
	if (is_leap && !is_leap_second(instant_s))
		return false;
	*ret_wall_ms = instant_ms;
	return true;
}
