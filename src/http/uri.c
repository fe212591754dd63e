/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "http/uri.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

#define BASE_SEGMENTS 3
#define TOKEN_HEADER  "v4.public."

static const char *const base_segments[BASE_SEGMENTS] = { "api", "v1", "dns" };

static enum err refuse(enum err err, const char *detail, const char **ret_detail)
{
	*ret_detail = detail;
	return err;
}

/* What is decoded must be text: nothing that a log, a header or a zone file could trip over. */
static bool is_text(const char *bytes, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint8_t byte = (uint8_t)bytes[at];
		size_t sequence = byte < 0x80 ? 1 : utf8_sequence_length(bytes + at, length - at);
		if (byte < 0x20 || byte == 0x7F || sequence == 0)
			return false;
		at += sequence;
	}
	return true;
}

/* The pieces of a URL: what ends each, and whether "+" is a space in it, as a form sends it. */
struct piece {
	const char *stops;
	bool plus_is_space;
};

static const struct piece path_segment = { "/?", false };
static const struct piece query_name = { "=&", true };
static const struct piece query_value = { "&", true };

/* Decodes from *at up to one of the stops or the end, in place, and ends the text with a NUL, which
 * may fall on the stop: so the stop is returned and *at is set behind it. */
static enum err decode(char **at, const struct piece *piece, char *ret_stop,
        struct http_segment *ret_text, const char **ret_detail)
{
	char *in = *at;
	char *out = *at;
	while (*in != '\0' && strchr(piece->stops, *in) == NULL) {
		if (*in != '%') {
			*out++ = piece->plus_is_space && *in == '+' ? ' ' : *in;
			in++;
			continue;
		}
		int high = hex_value(in[1]);
		int low = high < 0 ? -1 : hex_value(in[2]);
		if (low < 0)
			return refuse(ERR_BAD_REQUEST,
			        "A % in the URL must be followed by two hexadecimal digits.",
			        ret_detail);
		*out++ = (char)(high << 4 | low);
		in += 3;
	}
	size_t length = (size_t)(out - *at);
	if (!is_text(*at, length))
		return refuse(ERR_BAD_REQUEST, "The URL must be UTF-8 without control characters.",
		        ret_detail);
	*ret_stop = *in;
	*ret_text = (struct http_segment){ *at, length };
	*at = *in == '\0' ? in : in + 1;
	*out = '\0';
	return ERR_OK;
}

static enum err check_segment(
        const struct http_segment *segment, char stop, const char **ret_detail)
{
	if (segment->length == 0 && stop == '/')
		return refuse(ERR_BAD_REQUEST, "The path has an empty segment.", ret_detail);
	if (segment->length == 0)
		return refuse(ERR_NOT_FOUND, "The path ends with a slash.", ret_detail);
	if (strcmp(segment->text, ".") == 0 || strcmp(segment->text, "..") == 0)
		return refuse(ERR_BAD_REQUEST, "The path has a dot segment.", ret_detail);
	return ERR_OK;
}

/* Takes segment number index, which is one of the base's or one of the request's own. */
static enum err put_segment(struct http_request *request, size_t index,
        const struct http_segment *segment, const char **ret_detail)
{
	if (index < BASE_SEGMENTS) {
		return strcmp(segment->text, base_segments[index]) == 0
		               ? ERR_OK
		               : refuse(ERR_NOT_FOUND, "The API is below " HTTP_BASE ".",
		                         ret_detail);
	}
	if (request->segment_count == HTTP_SEGMENTS_MAX)
		return refuse(ERR_NOT_FOUND, "No path here has so many segments.", ret_detail);
	request->segments[request->segment_count++] = *segment;
	return ERR_OK;
}

/* at: after the slash that begins the path. */
static enum err parse_path(
        char **at, struct http_request *request, char *ret_stop, const char **ret_detail)
{
	char stop = '/';
	enum err found = ERR_OK;
	/* Everything is decoded before "not found" is said: a bad encoding is the greater fault. */
	for (size_t index = 0; stop == '/'; index++) {
		struct http_segment segment;
		const char *detail = NULL;
		enum err err = decode(at, &path_segment, &stop, &segment, &detail);
		if (err == ERR_OK)
			err = check_segment(&segment, stop, &detail);
		if (err == ERR_OK)
			err = put_segment(request, index, &segment, &detail);
		if (err == ERR_BAD_REQUEST)
			return refuse(err, detail, ret_detail);
		if (err != ERR_OK)
			found = refuse(err, detail, ret_detail);
		else if (stop != '/' && index + 1 < BASE_SEGMENTS)
			found = refuse(
			        ERR_NOT_FOUND, "The API is below " HTTP_BASE ".", ret_detail);
	}
	*ret_stop = stop;
	return found;
}

static enum err put_query(struct arena *arena, struct http_request *request, const char *name,
        const char *value, const char **ret_detail)
{
	if (*name == '\0')
		return refuse(ERR_BAD_REQUEST, "A query parameter has no name.", ret_detail);
	if (http_query_find(request, name) != NULL) {
		const char *detail =
		        arena_printf(arena, "The query parameter %.64s is there twice.", name);
		return refuse(ERR_BAD_REQUEST,
		        detail != NULL ? detail : "A query parameter is there twice.", ret_detail);
	}
	if (request->query_count == HTTP_QUERY_MAX)
		return refuse(ERR_BAD_REQUEST, "There are too many query parameters.", ret_detail);
	request->query[request->query_count++] = (struct http_query){ name, value };
	return ERR_OK;
}

static enum err parse_query(
        struct arena *arena, char *at, struct http_request *request, const char **ret_detail)
{
	while (*at != '\0') {
		struct http_segment name;
		struct http_segment value = { "", 0 };
		char stop;
		if (*at == '&') {
			at++;
			continue;
		}
		enum err err = decode(&at, &query_name, &stop, &name, ret_detail);
		if (err == ERR_OK && stop == '=')
			err = decode(&at, &query_value, &stop, &value, ret_detail);
		if (err == ERR_OK)
			err = put_query(arena, request, name.text, value.text, ret_detail);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* The path of a target in absolute form, or NULL; the authority is the client's word and unused. */
static const char *skip_authority(const char *uri)
{
	if (*uri == '/')
		return uri;
	size_t scheme = strncasecmp(uri, "http://", 7) == 0    ? 7
	                : strncasecmp(uri, "https://", 8) == 0 ? 8
	                                                       : 0;
	const char *path = scheme == 0 ? NULL : uri + scheme + strcspn(uri + scheme, "/?");
	return path == NULL || *path != '/' ? NULL : path;
}

/* The path as it was sent, without the base where it has it, for people to read. It goes into logs,
 * so a token that somebody put there by mistake is left out with all behind it. */
static const char *path_copy(struct arena *arena, const char *path)
{
	size_t length = strcspn(path, "?");
	size_t base = sizeof(HTTP_BASE) - 1;
	if (length > base && memcmp(path, HTTP_BASE "/", base + 1) == 0) {
		path += base;
		length -= base;
	}
	const char *token = memmem(path, length, TOKEN_HEADER, sizeof(TOKEN_HEADER) - 1);
	if (token != NULL)
		return arena_printf(arena, "%.*s...", (int)(token - path), path);
	return arena_dup(arena, path, length);
}

enum err uri_parse(
        struct arena *arena, const char *uri, struct http_request *request, const char **ret_detail)
{
	const char *target = skip_authority(uri);
	if (target == NULL)
		return refuse(ERR_BAD_REQUEST, "The URL must begin with a slash.", ret_detail);
	const char *path = path_copy(arena, target);
	char *at = arena_strdup(arena, target + 1);
	if (path == NULL || at == NULL)
		return refuse(ERR_TOO_LARGE, "The request does not fit.", ret_detail);
	request->path = path;
	char stop;
	enum err err = parse_path(&at, request, &stop, ret_detail);
	if (err != ERR_OK)
		return err;
	return stop == '?' ? parse_query(arena, at, request, ret_detail) : ERR_OK;
}
