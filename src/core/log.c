/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"

#define MESSAGE_BYTES 2048

/* Kept free at the end of a line: the mark of a line that was cut, the brace and the newline. */
#define TAIL_BYTES 16

/* What a process sets once; a log has no owner to carry it. */
static struct {
	int fd;
	enum log_format format;
	enum log_level level;
	const char *process;
	int pid; /* 0: not known yet */
} log_state = { 2, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, "coregate", 0 };

/* What is gathered leaves in one piece: a pipe that others write to takes that whole. */
static struct {
	bool is_on;
	size_t length;
	char bytes[LOG_LINE_BYTES];
} log_gathered;

/* The last second that was rendered: many lines share one. */
static struct {
	int64_t second;
	char text[CLOCK_TEXT_BYTES];
} log_time = { INT64_MIN, "" };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* What cannot be written is lost: there is nowhere left to say so. */
static void write_out(const char *bytes, size_t length)
{
	while (write(log_state.fd, bytes, length) < 0 && errno == EINTR)
		;
}

void log_gather(void)
{
	log_gathered.is_on = true;
}

void log_flush(void)
{
	if (log_gathered.length > 0)
		write_out(log_gathered.bytes, log_gathered.length);
	log_gathered.length = 0;
}

void log_init(int fd, enum log_format format, enum log_level level, const char *process)
{
	log_flush();
	log_gathered.is_on = false;
	log_state.fd = fd;
	log_state.format = format;
	log_state.level = level;
	log_state.process = process;
	log_state.pid = getpid();
}

bool log_is_on(enum log_level level)
{
	return level <= log_state.level;
}

static bool logfmt_is_plain(const char *value)
{
	for (const char *at = value; *at != '\0'; at++) {
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x80 || *at == '"' ||
		        *at == '\\' || *at == '=' || *at == 0x7F)
			return false;
	}
	return *value != '\0';
}

/* A quoted value of logfmt is escaped as a string of JSON is. */
static void put_value(struct buf *buf, const char *name, const char *value)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	if (log_state.format == LOG_FORMAT_JSON) {
		buf_put_char(buf, buf->length == 0 ? '{' : ',');
		json_put_string(&writer, name, value);
		return;
	}
	if (buf->length > 0)
		buf_put_char(buf, ' ');
	buf_put_string(buf, name);
	buf_put_char(buf, '=');
	if (logfmt_is_plain(value))
		buf_put_string(buf, value);
	else
		json_put_string(&writer, NULL, value);
}

static void put_int(struct buf *buf, const char *name, int64_t value)
{
	if (log_state.format == LOG_FORMAT_JSON) {
		buf_put_string(buf, ",\"");
		buf_put_string(buf, name);
		buf_put_string(buf, "\":");
	} else {
		buf_put_char(buf, ' ');
		buf_put_string(buf, name);
		buf_put_char(buf, '=');
	}
	buf_put_int(buf, value);
}

static struct buf line_buf(struct log_line *line)
{
	struct buf buf;
	buf_init_fixed(&buf, line->bytes, sizeof(line->bytes) - TAIL_BYTES);
	buf.length = line->length;
	return buf;
}

/* Keeps what was put, or nothing of it when it did not fit. */
static bool line_keep(struct log_line *line, const struct buf *buf)
{
	if (buf_is_full(buf))
		return false;
	line->length = buf->length;
	return true;
}

static void time_render(int64_t wall_ms, char ret_text[static CLOCK_TEXT_BYTES])
{
	int64_t second = wall_ms / 1000;
	if (second != log_time.second) {
		clock_render_rfc3339(wall_ms, log_time.text);
		log_time.second = second;
	}
	/* "2026-11-23T11:36:42" is 19 bytes; the fraction goes between it and the Z. */
	snprintf(ret_text, CLOCK_TEXT_BYTES, "%.19s.%03uZ", log_time.text,
	        (unsigned)(wall_ms % 1000));
}

static void line_start(struct log_line *line, int64_t wall_ms, enum log_level level)
{
	char time[CLOCK_TEXT_BYTES];
	time_render(wall_ms < 0 ? 0 : wall_ms, time);
	line->length = 0;
	line->cut = false;
	log_line_string(line, "time", time);
	log_line_string(line, "level", level_names[level]);
	log_line_string(line, "process", log_state.process);
	log_line_int(line, "pid", log_state.pid != 0 ? log_state.pid : getpid());
}

void log_line_init(struct log_line *line, int64_t wall_ms)
{
	line_start(line, wall_ms, LOG_LEVEL_INFO);
}

void log_line_string(struct log_line *line, const char *name, const char *value)
{
	if (value == NULL)
		return;
	struct buf buf = line_buf(line);
	put_value(&buf, name, value);
	if (!line_keep(line, &buf))
		line->cut = true;
}

void log_line_int(struct log_line *line, const char *name, int64_t value)
{
	struct buf buf = line_buf(line);
	put_int(&buf, name, value);
	if (!line_keep(line, &buf))
		line->cut = true;
}

static void gather(const char *bytes, size_t length)
{
	if (length > sizeof(log_gathered.bytes) - log_gathered.length)
		log_flush();
	memcpy(log_gathered.bytes + log_gathered.length, bytes, length);
	log_gathered.length += length;
}

static void line_end(struct log_line *line, bool may_wait)
{
	bool is_json = log_state.format == LOG_FORMAT_JSON;
	struct buf buf;
	buf_init_fixed(&buf, line->bytes, sizeof(line->bytes));
	buf.length = line->length;
	if (line->cut)
		buf_put_string(&buf, is_json ? ",\"cut\":true" : " cut=true");
	buf_put_string(&buf, is_json ? "}\n" : "\n");
	if (may_wait && log_gathered.is_on) {
		gather(buf.bytes, buf.length);
		return;
	}
	log_flush();
	write_out(buf.bytes, buf.length);
}

void log_line_write(struct log_line *line)
{
	if (log_is_on(LOG_LEVEL_INFO))
		line_end(line, true);
}

/* A message that does not fit is shortened until it does. */
static void put_message(struct log_line *line, char *message)
{
	size_t length = strlen(message);
	for (;;) {
		struct buf buf = line_buf(line);
		put_value(&buf, "message", message);
		if (line_keep(line, &buf) || length == 0)
			return;
		line->cut = true;
		length /= 2;
		message[length] = '\0';
	}
}

PRINTF_LIKE(2, 0)
static void log_message(enum log_level level, const char *format, va_list arguments)
{
	if (!log_is_on(level))
		return;
	int kept = errno;
	char message[MESSAGE_BYTES];
	struct log_line line;
	line_start(&line, clock_wall_ms(), level);
	int length = vsnprintf(message, sizeof(message), format, arguments);
	line.cut = length >= (int)sizeof(message);
	if (length < 0)
		message[0] = '\0';
	put_message(&line, message);
	line_end(&line, false);
	errno = kept;
}

void log_error(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_message(LOG_LEVEL_ERROR, format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_message(LOG_LEVEL_WARNING, format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_message(LOG_LEVEL_INFO, format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_message(LOG_LEVEL_DEBUG, format, arguments);
	va_end(arguments);
}
