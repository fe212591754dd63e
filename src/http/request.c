/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/request.h"

#include <stdint.h>
#include <string.h>

#include "core/secret.h"
#include "http/uri.h"

#define RANDOM_ID_BYTES 16

static const char *const method_names[] = {
	[HTTP_GET] = "GET",
	[HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
	[HTTP_OTHER] = "other",
};

static const struct {
	const char *param;
	size_t offset;
} header_table[] = {
	{ "CONTENT_TYPE", offsetof(struct http_request, content_type) },
	{ "HTTP_AUTHORIZATION", offsetof(struct http_request, authorization) },
	{ "HTTP_IF_MATCH", offsetof(struct http_request, if_match) },
	{ "HTTP_IF_NONE_MATCH", offsetof(struct http_request, if_none_match) },
	{ "HTTP_PREFER", offsetof(struct http_request, prefer) },
	{ "HTTP_IDEMPOTENCY_KEY", offsetof(struct http_request, idempotency_key) },
	{ "HTTP_ORIGIN", offsetof(struct http_request, origin) },
	{ "HTTP_ACCEPT", offsetof(struct http_request, accept) },
};

const char *http_method_name(enum http_method method)
{
	return method_names[method];
}

static const char *find_param(const struct http_source *source, const char *name)
{
	const char *value = source->find_param(source->context, name);
	return value == NULL || *value == '\0' ? NULL : value;
}

/* Methods are case-sensitive (RFC 9110 section 9.1). */
static enum http_method method_parse(const char *text)
{
	enum http_method method = HTTP_GET;
	while (method < HTTP_OTHER && strcmp(text, method_names[method]) != 0)
		method++;
	return method;
}

static bool request_id_is_good(const char *id)
{
	size_t length = 0;
	for (; id[length] != '\0'; length++) {
		char c = id[length];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool is_other = (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
		if (length == HTTP_REQUEST_ID_MAX || (!is_letter && !is_other))
			return false;
	}
	return length > 0;
}

static const char *request_id_make(struct arena *arena)
{
	uint8_t bytes[RANDOM_ID_BYTES];
	char *text = arena_alloc(arena, 2 * sizeof(bytes) + 1);
	if (text == NULL)
		return "none";
	random_bytes(bytes, sizeof(bytes));
	hex_render(bytes, sizeof(bytes), text);
	return text;
}

/* RFC 9110 section 8.6: digits only. */
static enum err content_length_parse(
        const char *text, size_t *ret_content_length, const char **ret_detail)
{
	size_t length = 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9') {
			*ret_detail = "Content-Length must be a number.";
			return ERR_BAD_REQUEST;
		}
		if (length > (SIZE_MAX - 9) / 10) {
			*ret_detail = "The body is too large.";
			return ERR_TOO_LARGE;
		}
		length = 10 * length + (size_t)(*text - '0');
	}
	*ret_content_length = length;
	return ERR_OK;
}

static void put_identity(
        struct arena *arena, const struct http_source *source, struct http_request *request)
{
	const char *id = find_param(source, "HTTP_X_REQUEST_ID");
	const char *method = find_param(source, "REQUEST_METHOD");
	const char *address = find_param(source, "REMOTE_ADDR");
	request->request_id = id != NULL && request_id_is_good(id) ? id : request_id_make(arena);
	request->method_text = method != NULL ? method : "";
	request->method = method_parse(request->method_text);
	request->remote_address = address != NULL ? address : "";
	request->path = "";
}

enum err http_request_parse(struct arena *arena, const struct http_source *source,
        struct http_request *ret_request, const char **ret_detail)
{
	*ret_request = (struct http_request){ 0 };
	put_identity(arena, source, ret_request);
	for (size_t i = 0; i < sizeof(header_table) / sizeof(header_table[0]); i++) {
		const char **place = (const char **)((char *)ret_request + header_table[i].offset);
		*place = find_param(source, header_table[i].param);
	}
	const char *uri = find_param(source, "REQUEST_URI");
	enum err err = uri_parse(arena, uri != NULL ? uri : "", ret_request, ret_detail);
	if (err != ERR_OK)
		return err;
	const char *length = find_param(source, "CONTENT_LENGTH");
	return length == NULL
	               ? ERR_OK
	               : content_length_parse(length, &ret_request->content_length, ret_detail);
}

const char *http_query_find(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query_count; i++) {
		if (strcmp(request->query[i].name, name) == 0)
			return request->query[i].value;
	}
	return NULL;
}

static bool is_listed(const char *const *allowed, const char *name)
{
	for (; allowed != NULL && *allowed != NULL; allowed++) {
		if (strcmp(*allowed, name) == 0)
			return true;
	}
	return false;
}

void http_query_check(
        const struct http_request *request, const char *const *allowed, struct faults *faults)
{
	for (size_t i = 0; i < request->query_count; i++) {
		const char *name = request->query[i].name;
		if (is_listed(allowed, name))
			continue;
		const char *pointer = arena_printf(faults->arena, "?%s", name);
		faults_add(faults, ERR_BAD_REQUEST, pointer != NULL ? pointer : "?",
		        "There is no such query parameter here.");
	}
}
