/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/response.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

void response_init(struct http_response *response, struct arena *arena, size_t ceiling_bytes)
{
	response->status = 200;
	response->content_type = "application/json";
	response->is_streamed = false;
	response->header_count = 0;
	buf_init(&response->body, arena, ceiling_bytes);
}

static bool is_field_value(const char *value)
{
	for (; *value != '\0'; value++) {
		if (((uint8_t)*value < 0x20 && *value != '\t') || *value == 0x7F)
			return false;
	}
	return true;
}

static size_t header_index(const struct http_response *response, const char *name)
{
	size_t i = 0;
	while (i < response->header_count && strcasecmp(response->headers[i].name, name) != 0)
		i++;
	return i;
}

void response_put_header(struct http_response *response, const char *name, const char *value)
{
	size_t index = header_index(response, name);
	if (value == NULL || !is_field_value(value) || index == RESPONSE_HEADERS_MAX)
		return;
	if (index == response->header_count)
		response->header_count++;
	response->headers[index] = (struct http_header){ name, value };
}

const char *response_find_header(const struct http_response *response, const char *name)
{
	size_t index = header_index(response, name);
	return index < response->header_count ? response->headers[index].value : NULL;
}

static bool status_has_body(int status)
{
	return status != 204 && status != 304;
}

bool response_has_body(const struct http_response *response, const struct http_request *request)
{
	return request->method != HTTP_HEAD && status_has_body(response->status);
}

static void put_line(struct buf *buf, const char *name, const char *value)
{
	buf_put_string(buf, name);
	buf_put(buf, ": ", 2);
	buf_put_string(buf, value);
	buf_put(buf, "\r\n", 2);
}

void response_render_head(
        const struct http_response *response, const struct http_request *request, struct buf *buf)
{
	buf_put_string(buf, "Status: ");
	buf_put_int(buf, response->status);
	buf_put_char(buf, ' ');
	buf_put_string(buf, reason_of(response->status));
	buf_put_string(buf, "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	put_line(buf, "X-Request-Id", request->request_id);
	for (size_t i = 0; i < response->header_count; i++)
		put_line(buf, response->headers[i].name, response->headers[i].value);
	if (status_has_body(response->status)) {
		put_line(buf, "Content-Type", response->content_type);
	}
	if (status_has_body(response->status) && !response->is_streamed) {
		buf_put_string(buf, "Content-Length: ");
		buf_put_uint(buf, response->body.length);
		buf_put(buf, "\r\n", 2);
	}
	buf_put(buf, "\r\n", 2);
}
