/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include <string.h>

#include "core/text.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Bytes from the start that need no escape. */
static size_t plain_length(const char *bytes, size_t length)
{
	size_t at = 0;
	while (at < length) {
		uint8_t byte = (uint8_t)bytes[at];
		if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F)
			break;
		size_t sequence = byte < 0x80 ? 1 : utf8_sequence_length(bytes + at, length - at);
		if (sequence == 0)
			break;
		at += sequence;
	}
	return at;
}

static void put_escape(struct buf *buf, char character)
{
	static const char plain[] = "\b\f\n\r\t\"\\";
	static const char letters[] = "bfnrt\"\\";
	const char *found = character == '\0' ? NULL : strchr(plain, character);
	if (found != NULL) {
		buf_put_char(buf, '\\');
		buf_put_char(buf, letters[found - plain]);
	} else if ((uint8_t)character < 0x80) {
		static const char digits[] = "0123456789abcdef";
		buf_put_string(buf, "\\u00");
		buf_put_char(buf, digits[character >> 4]);
		buf_put_char(buf, digits[character & 15]);
	} else {
		buf_put_string(buf, REPLACEMENT);
	}
}

static void put_quoted(struct buf *buf, const char *bytes, size_t length)
{
	buf_put_char(buf, '"');
	while (length > 0) {
		size_t plain = plain_length(bytes, length);
		buf_put(buf, bytes, plain);
		bytes += plain;
		length -= plain;
		if (length > 0) {
			put_escape(buf, *bytes++);
			length--;
		}
	}
	buf_put_char(buf, '"');
}

/* What stands before a value: a comma where one is due, and a member's name. */
static void begin_value(struct json_writer *writer, const char *name)
{
	if (writer->needs_comma)
		buf_put_char(writer->buf, ',');
	writer->needs_comma = true;
	if (name == NULL)
		return;
	put_quoted(writer->buf, name, strlen(name));
	buf_put_char(writer->buf, ':');
}

static void open_container(struct json_writer *writer, const char *name, char opening)
{
	begin_value(writer, name);
	buf_put_char(writer->buf, opening);
	writer->needs_comma = false;
	writer->depth++;
}

static void close_container(struct json_writer *writer, char closing)
{
	buf_put_char(writer->buf, closing);
	writer->needs_comma = true;
	writer->depth--;
}

void json_writer_init(struct json_writer *writer, struct buf *buf)
{
	*writer = (struct json_writer){ .buf = buf };
}

void json_open_object(struct json_writer *writer, const char *name)
{
	open_container(writer, name, '{');
}

void json_close_object(struct json_writer *writer)
{
	close_container(writer, '}');
}

void json_open_array(struct json_writer *writer, const char *name)
{
	open_container(writer, name, '[');
}

void json_close_array(struct json_writer *writer)
{
	close_container(writer, ']');
}

void json_put_string(struct json_writer *writer, const char *name, const char *string)
{
	json_put_bytes(writer, name, string, strlen(string));
}

void json_put_bytes(struct json_writer *writer, const char *name, const char *bytes, size_t length)
{
	begin_value(writer, name);
	put_quoted(writer->buf, bytes, length);
}

void json_put_int(struct json_writer *writer, const char *name, int64_t number)
{
	begin_value(writer, name);
	buf_put_int(writer->buf, number);
}

void json_put_bool(struct json_writer *writer, const char *name, bool value)
{
	json_put_raw(writer, name, value ? "true" : "false");
}

void json_put_null(struct json_writer *writer, const char *name)
{
	json_put_raw(writer, name, "null");
}

void json_put_raw(struct json_writer *writer, const char *name, const char *json)
{
	begin_value(writer, name);
	buf_put_string(writer->buf, json);
}
