/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/route.h"

#include <stdbool.h>
#include <string.h>

#include "core/buf.h"

static size_t pattern_segments(const char *pattern)
{
	size_t count = 0;
	for (; *pattern != '\0'; pattern++)
		count += *pattern == '/';
	return count;
}

static bool path_fits(const char *pattern, const struct http_request *request)
{
	if (pattern_segments(pattern) != request->segment_count)
		return false;
	for (size_t i = 0; i < request->segment_count; i++) {
		const struct http_segment *segment = &request->segments[i];
		const char *part = pattern + 1;
		size_t length = strcspn(part, "/");
		pattern = part + length;
		if (part[0] != '{' &&
		        (length != segment->length || memcmp(part, segment->text, length) != 0))
			return false;
	}
	return true;
}

static void put_captures(
        const char *pattern, const struct http_request *request, struct route_match *match)
{
	match->capture_count = 0;
	for (size_t i = 0; i < request->segment_count; i++) {
		if (pattern[1] == '{')
			match->captures[match->capture_count++] = request->segments[i];
		pattern += 1 + strcspn(pattern + 1, "/");
	}
}

static void render_allow(unsigned methods, char ret_allow[static ROUTE_ALLOW_BYTES])
{
	struct buf buf;
	if (methods & 1u << HTTP_GET)
		methods |= 1u << HTTP_HEAD;
	methods |= 1u << HTTP_OPTIONS;
	buf_init_fixed(&buf, ret_allow, ROUTE_ALLOW_BYTES);
	for (enum http_method method = HTTP_GET; method < HTTP_OTHER; method++) {
		if (!(methods & 1u << method))
			continue;
		if (buf.length > 0)
			buf_put_string(&buf, ", ");
		buf_put_string(&buf, http_method_name(method));
	}
	(void)buf_string(&buf);
}

enum err route_find(const struct route *routes, size_t route_count,
        const struct http_request *request, struct route_match *ret_match)
{
	enum http_method wanted = request->method == HTTP_HEAD ? HTTP_GET : request->method;
	unsigned methods = 0;
	for (size_t i = 0; i < route_count; i++) {
		if (!path_fits(routes[i].pattern, request))
			continue;
		if (routes[i].method == wanted) {
			ret_match->index = i;
			put_captures(routes[i].pattern, request, ret_match);
			return ERR_OK;
		}
		methods |= 1u << routes[i].method;
	}
	if (methods == 0)
		return ERR_NOT_FOUND;
	render_allow(methods, ret_match->allow);
	return ERR_METHOD_NOT_ALLOWED;
}
