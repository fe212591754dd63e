/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "core/secret.h"

#define KEY_BYTES 16

/* ---- words ---- */

bool request_next_word(const char **words, struct request_word *ret_word)
{
	const char *at = *words + strspn(*words, " ");
	*ret_word = (struct request_word){ .is_own = *at == '@' };
	at += *at == '@';
	size_t length = strcspn(at, " ?.");
	if (length == 0 || length >= REQUEST_WORD_BYTES)
		return false;
	memcpy(ret_word->name, at, length);
	at += length;
	ret_word->is_optional = *at == '?';
	at += *at == '?';
	ret_word->is_list = *at == '.';
	*words = at + strcspn(at, " ");
	return true;
}

/* ---- the address ---- */

/* RFC 3986 section 2.3: everything but unreserved characters is escaped. */
static void put_escaped(struct buf *buf, const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                                 "0123456789-._~";
	for (; *text != '\0'; text++) {
		if (strchr(unreserved, *text) != NULL)
			buf_put_char(buf, *text);
		else
			buf_printf(buf, "%%%02X", (unsigned char)*text);
	}
}

void request_put_parameter(struct buf *buf, const char *name, const char *value)
{
	bool has_query = buf->length > 0 && memchr(buf->bytes, '?', buf->length) != NULL;
	buf_put_char(buf, has_query ? '&' : '?');
	put_escaped(buf, name);
	buf_put_char(buf, '=');
	put_escaped(buf, value);
}

static bool is_in_path(const char *path, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = path; (at = strchr(at, '{')) != NULL; at++) {
		if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '}')
			return true;
	}
	return false;
}

/* The word with that name as it was given. */
static const char *find_word(const char *words, const struct given *given, const char *name)
{
	struct request_word word;
	for (size_t i = 0; request_next_word(&words, &word) && i < given->word_count; i++) {
		if (strcmp(word.name, name) == 0)
			return given->words[i];
	}
	return "";
}

static void put_path(
        struct buf *buf, const struct remote_command *command, const struct given *given)
{
	for (const char *at = command->path; *at != '\0'; at++) {
		if (*at != '{') {
			buf_put_char(buf, *at);
			continue;
		}
		char name[REQUEST_WORD_BYTES] = { 0 };
		size_t length = strcspn(++at, "}");
		memcpy(name, at, length < sizeof(name) ? length : sizeof(name) - 1);
		put_escaped(buf, find_word(command->words, given, name));
		at += length;
	}
}

/* ---- parameters: into the query or into a body ---- */

static void put_query(
        struct buf *buf, const struct remote_command *command, const struct given *given)
{
	size_t count;
	const struct flag *flags = flags_all(&count);
	struct request_word word = { 0 };
	const char *words = command->words;
	for (size_t i = 0; i < given->word_count; i++) {
		if (!word.is_list)
			(void)request_next_word(&words, &word);
		if (!word.is_own && !is_in_path(command->path, word.name))
			request_put_parameter(buf, word.name, given->words[i]);
	}
	for (size_t i = 0; i < count; i++) {
		bool is_switch = flags[i].value == NULL;
		if (flags[i].place == FLAG_MEMBER && given->counts[i] > 0)
			request_put_parameter(
			        buf, flags[i].member, is_switch ? "true" : given->values[i][0]);
	}
}

static void put_member(struct json_writer *writer, const struct flag *flag, size_t count,
        const char *const *values)
{
	switch (flag->kind) {
	case FLAG_ON:
	case FLAG_OFF:
		json_put_bool(writer, flag->member, flag->kind == FLAG_ON);
		break;
	case FLAG_NUMBER:
		json_put_int(writer, flag->member, strtoll(values[0], NULL, 10));
		break;
	case FLAG_LIST:
		json_open_array(writer, flag->member);
		for (size_t i = 0; i < count; i++)
			json_put_string(writer, NULL, values[i]);
		json_close_array(writer);
		break;
	default:
		json_put_string(writer, flag->member, values[0]);
	}
}

void request_put_members(struct json_writer *writer, const struct given *given, const char *keys)
{
	size_t count;
	const struct flag *flags = flags_all(&count);
	for (size_t i = 0; i < count; i++) {
		if (flags[i].place == FLAG_MEMBER && given->counts[i] > 0 &&
		        flags_has(keys, flags[i].key))
			put_member(writer, &flags[i], given->counts[i], given->values[i]);
	}
}

/* A list by its plural name (values) is one even of a single word. One by its singular name (value)
 * only comes here with a single word, which is then the member. */
static bool is_array(const struct request_word *word)
{
	return word->is_list && word->name[strlen(word->name) - 1] == 's';
}

static void put_words(
        struct json_writer *writer, const struct remote_command *command, const struct given *given)
{
	struct request_word word;
	const char *words = command->words;
	for (size_t i = 0; i < given->word_count && request_next_word(&words, &word);) {
		if (word.is_own || is_in_path(command->path, word.name)) {
			i++;
			continue;
		}
		if (!is_array(&word)) {
			json_put_string(writer, word.name, given->words[i++]);
			continue;
		}
		json_open_array(writer, word.name);
		while (i < given->word_count)
			json_put_string(writer, NULL, given->words[i++]);
		json_close_array(writer);
	}
}

static const char *render_body(const struct remote_command *command, const struct given *given)
{
	struct buf buf;
	struct json_writer writer;
	buf_init(&buf, given->arena, REQUEST_BODY_MAX);
	json_writer_init(&writer, &buf);
	json_open_object(&writer, NULL);
	put_words(&writer, command, given);
	request_put_members(&writer, given, command->flags);
	json_close_object(&writer);
	return buf_string(&buf);
}

/* ---- headers ---- */

static int put_header(
        struct arena *arena, struct request *request, const char *name, const char *value)
{
	for (const char *at = value; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return command_misused("%s cannot hold a control character", name);
	}
	const char *header = arena_printf(arena, "%s: %s", name, value);
	if (header == NULL || request->header_count == REQUEST_HEADERS_MAX)
		return command_fail("memory cannot be had");
	request->headers[request->header_count++] = header;
	return COMMAND_OK;
}

/* An entity tag is written with its quotes in a header, and seldom in a shell. */
static const char *spell_header(struct arena *arena, const struct flag *flag, const char *value)
{
	if (strcmp(flag->member, "Prefer") == 0)
		return arena_printf(arena, "wait=%s", value);
	if (strcmp(value, "*") == 0 || strchr(value, '"') != NULL)
		return value;
	return arena_printf(arena, "\"%s\"", value);
}

static int put_flag_headers(struct request *request, const struct given *given, const char *keys)
{
	size_t count;
	const struct flag *flags = flags_all(&count);
	int status = COMMAND_OK;
	for (size_t i = 0; i < count && status == COMMAND_OK; i++) {
		if (flags[i].place != FLAG_HEADER || given->counts[i] == 0 ||
		        !flags_has(keys, flags[i].key))
			continue;
		const char *value = spell_header(given->arena, &flags[i], given->values[i][0]);
		if (value == NULL)
			return command_fail("memory cannot be had");
		status = put_header(given->arena, request, flags[i].member, value);
	}
	return status;
}

/* A POST is done once however often it comes. */
static int put_idempotency_key(struct arena *arena, struct request *request)
{
	uint8_t bytes[KEY_BYTES];
	char text[2 * KEY_BYTES + 1];
	random_bytes(bytes, sizeof(bytes));
	hex_render(bytes, sizeof(bytes), text);
	const char *key = arena_printf(arena, "\"%s\"", text);
	return key != NULL ? put_header(arena, request, "Idempotency-Key", key)
	                   : command_fail("memory cannot be had");
}

/* A DELETE says 404 the second time, and a precondition does not hold any more. */
static bool is_repeatable(const struct request *request, const struct given *given)
{
	if (strcmp(request->method, "POST") == 0 || strcmp(request->method, "GET") == 0)
		return true;
	return strcmp(request->method, "DELETE") != 0 && !given_has(given, "if-match");
}

static int finish(struct request *request, const struct given *given, const char *keys)
{
	int status = put_flag_headers(request, given, keys);
	if (status == COMMAND_OK && strcmp(request->method, "POST") == 0)
		status = put_idempotency_key(given->arena, request);
	request->is_repeatable = is_repeatable(request, given);
	return status;
}

/* ---- the whole ---- */

int request_put_body(struct arena *arena, struct request *request, const char *content_type,
        const char *body, size_t length)
{
	request->body = body;
	request->body_length = length;
	return put_header(arena, request, "Content-Type", content_type);
}

int request_build(const struct remote_command *command, const struct given *given,
        struct request *ret_request)
{
	struct buf path;
	int status = COMMAND_OK;
	*ret_request = (struct request){ .method = command->method };
	buf_init(&path, given->arena, REQUEST_URL_MAX);
	put_path(&path, command, given);
	if (command->place == REMOTE_BODY) {
		const char *body = render_body(command, given);
		if (body == NULL)
			return command_fail("the request is too large");
		status = request_put_body(
		        given->arena, ret_request, "application/json", body, strlen(body));
	} else {
		put_query(&path, command, given);
	}
	ret_request->path = buf_string(&path);
	if (ret_request->path == NULL)
		return command_fail("the request is too large");
	return status == COMMAND_OK ? finish(ret_request, given, command->flags) : status;
}

void request_get(const char *path, struct request *ret_request)
{
	*ret_request = (struct request){ .method = "GET", .path = path, .is_repeatable = true };
}

int request_post(const char *path, struct buf *body, const struct given *given, const char *keys,
        struct request *ret_request)
{
	const char *text = buf_string(body);
	*ret_request = (struct request){ .method = "POST", .path = path };
	if (text == NULL)
		return command_fail("the request is too large");
	int status =
	        request_put_body(given->arena, ret_request, "application/json", text, body->length);
	return status == COMMAND_OK ? finish(ret_request, given, keys) : status;
}
