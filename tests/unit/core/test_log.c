/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/log.h"

#define NOON_MS INT64_C(1795433802123)

static int ends[2];
static char lines[65536];

/* What was written since the last call. */
static const char *written(void)
{
	ssize_t length = read(ends[0], lines, sizeof(lines) - 1);
	lines[length > 0 ? length : 0] = '\0';
	return lines;
}

static void test_a_line_as_json(void **state)
{
	(void)state;
	struct log_line line;
	char expected[512];
	log_init(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO, "responder");
	log_line_init(&line, NOON_MS);
	log_line_string(&line, "subject", "a\"b\n");
	log_line_string(&line, "none", NULL);
	log_line_int(&line, "status", -5);
	log_line_write(&line);
	snprintf(expected, sizeof(expected),
	        "{\"time\":\"2026-11-23T11:36:42.123Z\",\"level\":\"info\",\"process\":"
	        "\"responder\","
	        "\"pid\":%d,\"subject\":\"a\\\"b\\n\",\"status\":-5}\n",
	        (int)getpid());
	assert_string_equal(written(), expected);
}

static void test_a_line_as_logfmt(void **state)
{
	(void)state;
	struct log_line line;
	char expected[512];
	log_init(ends[1], LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "writer");
	log_line_init(&line, NOON_MS);
	log_line_string(&line, "plain", "GET/x");
	log_line_string(&line, "space", "a b");
	log_line_string(&line, "equals", "a=b");
	log_line_string(&line, "break", "a\nb");
	log_line_string(&line, "empty", "");
	log_line_string(&line, "bytes", "\xFF");
	log_line_int(&line, "n", 7);
	log_line_write(&line);
	snprintf(expected, sizeof(expected),
	        "time=2026-11-23T11:36:42.123Z level=info process=writer pid=%d plain=GET/x "
	        "space=\"a b\" equals=\"a=b\" break=\"a\\nb\" empty=\"\" bytes=\"\xEF\xBF\xBD\" "
	        "n=7\n",
	        (int)getpid());
	assert_string_equal(written(), expected);
}

static void test_a_field_that_does_not_fit_is_left_out(void **state)
{
	(void)state;
	static char large[LOG_LINE_BYTES];
	struct log_line line;
	memset(large, 'x', sizeof(large) - 1);
	log_init(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO, "responder");
	log_line_init(&line, NOON_MS);
	log_line_string(&line, "large", large);
	log_line_int(&line, "after", 1);
	log_line_write(&line);
	assert_null(strstr(written(), "large"));
	assert_non_null(strstr(lines, ",\"after\":1,\"cut\":true}\n"));
}

static void test_each_line_has_its_own_time(void **state)
{
	(void)state;
	static const char *const times[] = { "T11:36:42.123Z", "T11:36:42.999Z", "T11:36:43.000Z" };
	static const int64_t wall_ms[] = { NOON_MS, NOON_MS + 876, NOON_MS + 877 };
	log_init(ends[1], LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "writer");
	for (size_t i = 0; i < 3; i++) {
		struct log_line line;
		log_line_init(&line, wall_ms[i]);
		log_line_write(&line);
		assert_non_null(strstr(written(), times[i]));
	}
}

static void put_line(int number)
{
	struct log_line line;
	log_line_init(&line, NOON_MS);
	log_line_int(&line, "number", number);
	log_line_write(&line);
}

static int count_lines(const char *text)
{
	int count = 0;
	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static void test_gathered_lines_leave_together_and_in_order(void **state)
{
	(void)state;
	log_init(ends[1], LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "responder");
	log_gather();
	put_line(1);
	put_line(2);
	assert_string_equal(written(), "");
	log_flush();
	assert_int_equal(count_lines(written()), 2);
	put_line(3);
	log_info("a message does not wait");
	assert_int_equal(count_lines(written()), 2);
	assert_true(strstr(lines, "number=3") < strstr(lines, "message="));
	log_flush();
	assert_string_equal(written(), "");
	for (int i = 0; i < 200; i++)
		put_line(i);
	int before = count_lines(written());
	assert_in_range(before, 100, 199);
	log_init(ends[1], LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "responder");
	assert_int_equal(before + count_lines(written()), 200);
	put_line(1);
	assert_int_equal(count_lines(written()), 1);
}

static void test_levels(void **state)
{
	(void)state;
	struct log_line line;
	log_init(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_WARNING, "writer");
	assert_true(log_is_on(LOG_LEVEL_ERROR));
	assert_true(log_is_on(LOG_LEVEL_WARNING));
	assert_false(log_is_on(LOG_LEVEL_INFO));
	log_line_init(&line, NOON_MS);
	log_line_write(&line);
	log_info("no");
	log_debug("no");
	log_error("e%d", 1);
	log_warning("w%d", 2);
	assert_null(strstr(written(), "no\""));
	assert_non_null(strstr(lines, "\"level\":\"error\""));
	assert_non_null(strstr(lines, "\"message\":\"e1\"}\n"));
	assert_non_null(strstr(lines, "\"level\":\"warning\""));
	assert_non_null(strstr(lines, "\"message\":\"w2\"}\n"));
}

static void test_hostile_messages_stay_one_whole_line(void **state)
{
	static char hostile[3000];
	log_init(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO, "writer");
	for (size_t i = 0; i < sizeof(hostile) - 1; i++)
		hostile[i] = (char)(i % 255 + 1);
	errno = ENOSPC;
	log_info("%s", hostile);
	assert_int_equal(errno, ENOSPC);
	const struct json *root = NULL;
	const char *detail = NULL;
	size_t length = strlen(written());
	assert_true(length > 1000 && length <= LOG_LINE_BYTES);
	assert_ptr_equal(strchr(lines, '\n'), lines + length - 1);
	assert_int_equal(json_parse(*state, lines, length, &root, &detail), ERR_OK);
	assert_non_null(json_find(root, "cut"));
	assert_non_null(json_string(json_find(root, "message")));
}

static int open_state(void **state)
{
	*state = arena_open(1024 * 1024);
	return *state == NULL || pipe2(ends, O_NONBLOCK) != 0;
}

static int close_state(void **state)
{
	arena_close(*state);
	close(ends[0]);
	return close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_as_json),
		cmocka_unit_test(test_a_line_as_logfmt),
		cmocka_unit_test(test_a_field_that_does_not_fit_is_left_out),
		cmocka_unit_test(test_each_line_has_its_own_time),
		cmocka_unit_test(test_gathered_lines_leave_together_and_in_order),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile_messages_stay_one_whole_line),
	};
	return cmocka_run_group_tests(tests, open_state, close_state);
}
