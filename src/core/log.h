/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Structured log lines on one descriptor, as JSON or logfmt, every value escaped. A line leaves in
 * one write(2) of its own, unless lines are gathered. Nothing here ever gets a token.
 */
#ifndef COREGATE_CORE_LOG_H
#define COREGATE_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_LOGFMT };

/* Once at the start of the process and again at reload; ends gathering. fd stays the caller's.
 * process: "supervisor", "responder", "writer", "publisher", "coregate"; static storage. */
void log_init(int fd, enum log_format format, enum log_level level, const char *process);

/* True when a line of this level would be written. */
bool log_is_on(enum log_level level);

/* One message line: time, level, process, pid, message. */
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* A line of fields, for the one line of a request. */
#define LOG_LINE_BYTES 4096
struct log_line {
	char bytes[LOG_LINE_BYTES];
	size_t length;
	bool cut; /* a field did not fit and was left out */
};

/* Starts a line with time, level info, process and pid. */
void log_line_init(struct log_line *line, int64_t wall_ms);
void log_line_string(
        struct log_line *line, const char *name, const char *value); /* NULL: skipped */
void log_line_int(struct log_line *line, const char *name, int64_t value);
/* Writes the line when level info is on. */
void log_line_write(struct log_line *line);

/* From now on lines of fields are gathered and leave together: with the next message line, when
 * there is no room for one more, or at log_flush. For a process that calls log_flush before it
 * waits. */
void log_gather(void);
void log_flush(void);

#endif
