/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/http_call.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define API_PATH  "/api/v1/dns"
#define STATUS_OK 200

struct http_caller {
	CURL *easy;
	const char *cacert;
	char error[CURL_ERROR_SIZE];
};

/* ---- addresses ---- */

static const char *get_part(struct arena *arena, CURLU *url, CURLUPart part)
{
	char *text = NULL;
	const char *copy = "";
	if (curl_url_get(url, part, &text, 0) == CURLUE_OK)
		copy = arena_strdup(arena, text);
	curl_free(text);
	return copy != NULL ? copy : "";
}

static bool is_here(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "[::1]") == 0;
}

static const char *check_url(struct arena *arena, CURLU *url)
{
	static const CURLUPart unwanted[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
		CURLUPART_FRAGMENT };
	const char *scheme = get_part(arena, url, CURLUPART_SCHEME);
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		return "it begins with https:// or http://";
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		if (*get_part(arena, url, unwanted[i]) != '\0')
			return "it has no user, password, query or fragment";
	}
	return NULL;
}

static const char *build_base(struct arena *arena, CURLU *url)
{
	char *path = NULL;
	char *base = NULL;
	const char *copy = NULL;
	if (curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
	        (strcmp(path, "/") != 0 ||
	                curl_url_set(url, CURLUPART_PATH, API_PATH, 0) == CURLUE_OK) &&
	        curl_url_get(url, CURLUPART_URL, &base, 0) == CURLUE_OK) {
		size_t length = strlen(base);
		while (length > 0 && base[length - 1] == '/')
			length--;
		copy = arena_dup(arena, base, length);
	}
	curl_free(path);
	curl_free(base);
	return copy;
}

const char *http_call_base(
        struct arena *arena, const char *address, bool *ret_is_open, const char **ret_why)
{
	const char *base = NULL;
	CURLU *url = curl_url();
	*ret_why = "it is no address";
	if (url != NULL && curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK) {
		*ret_why = check_url(arena, url);
		base = *ret_why == NULL ? build_base(arena, url) : NULL;
		*ret_is_open = strcmp(get_part(arena, url, CURLUPART_SCHEME), "http") == 0 &&
		               !is_here(get_part(arena, url, CURLUPART_HOST));
	}
	curl_url_cleanup(url);
	if (base == NULL && *ret_why == NULL)
		*ret_why = "memory cannot be had";
	return base;
}

/* ---- life ---- */

struct http_caller *http_caller_open(const char *cacert)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	struct http_caller *caller = calloc(1, sizeof(*caller));
	if (caller == NULL)
		return NULL;
	caller->cacert = cacert;
	caller->easy = curl_easy_init();
	if (caller->easy != NULL)
		return caller;
	http_caller_close(caller);
	return NULL;
}

void http_caller_close(struct http_caller *caller)
{
	if (caller == NULL)
		return;
	curl_easy_cleanup(caller->easy);
	free(caller);
	curl_global_cleanup();
}

/* ---- one call ---- */

/* A call on its way. */
struct passage {
	CURL *easy;
	const struct http_call *call;
	struct buf body;
	uint64_t received;
	const char *why; /* it was given up; NULL: it was not */
};

static bool keep(struct passage *passage, const char *bytes, size_t length)
{
	long status = 0;
	(void)curl_easy_getinfo(passage->easy, CURLINFO_RESPONSE_CODE, &status);
	passage->received += length;
	if (passage->call->file == NULL || status != STATUS_OK) {
		buf_put(&passage->body, bytes, length);
		if (buf_is_full(&passage->body))
			passage->why = "the answer is too large";
	} else if (passage->received > HTTP_CALL_FILE_MAX) {
		passage->why = "the answer is too large";
	} else if (fwrite(bytes, 1, length, passage->call->file) != length) {
		passage->why = "the output cannot be written";
	}
	return passage->why == NULL;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	return keep(context, bytes, size * count) ? size * count : 0;
}

static int on_progress(
        void *context, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
	const struct passage *passage = context;
	(void)to_get;
	(void)got;
	if (passage->call->progress != NULL && to_send > 0)
		passage->call->progress(passage->call->context, (uint64_t)sent, (uint64_t)to_send);
	return 0;
}

static bool set_safety(CURL *easy, const struct http_caller *caller, unsigned timeout_s)
{
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CALL_CONNECT_S) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)timeout_s) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       (caller->cacert == NULL ||
	               curl_easy_setopt(easy, CURLOPT_CAINFO, caller->cacert) == CURLE_OK);
}

/* curl would read from standard input for a body that is NULL. */
static bool set_body(CURL *easy, const struct http_call *call)
{
	if (strcmp(call->method, "GET") == 0)
		return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	if (call->body == NULL && strcmp(call->method, "DELETE") == 0)
		return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
	return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body != NULL ? call->body : "") ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
}

static bool set_call(CURL *easy, struct passage *passage, struct curl_slist *headers)
{
	const struct http_call *call = passage->call;
	return curl_easy_setopt(easy, CURLOPT_URL, call->url) == CURLE_OK && set_body(easy, call) &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, passage) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFODATA, passage) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROGRESS, call->progress == NULL ? 1L : 0L) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "coregate") == CURLE_OK;
}

/* Without "Expect: 100-continue", which would cost a large body a second. NULL: no memory. */
static struct curl_slist *list_headers(const char *const *headers)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (; list != NULL && headers != NULL && *headers != NULL; headers++) {
		struct curl_slist *longer = curl_slist_append(list, *headers);
		if (longer == NULL)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

static void take_header(CURL *easy, const char *name, char ret_text[static HTTP_CALL_HEADER_BYTES])
{
	struct curl_header *header;
	ret_text[0] = '\0';
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
		(void)snprintf(ret_text, HTTP_CALL_HEADER_BYTES, "%s", header->value);
}

static bool take_answer(struct passage *passage, struct http_answer *ret_answer)
{
	CURL *easy = passage->easy;
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret_answer->status);
	take_header(easy, "Content-Type", ret_answer->content_type);
	take_header(easy, "Retry-After", ret_answer->retry_after);
	take_header(easy, "Change-Id", ret_answer->change_id);
	take_header(easy, "ETag", ret_answer->etag);
	ret_answer->length = passage->body.length;
	ret_answer->body = buf_string(&passage->body);
	return ret_answer->body != NULL;
}

static bool run(struct http_caller *caller, struct passage *passage, struct curl_slist *headers,
        const char **ret_why)
{
	CURL *easy = caller->easy;
	/* The connection stays. */
	curl_easy_reset(easy);
	caller->error[0] = '\0';
	*ret_why = "the call cannot be made";
	if (!set_safety(easy, caller, passage->call->timeout_s) ||
	        !set_call(easy, passage, headers) ||
	        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, caller->error) != CURLE_OK)
		return false;
	CURLcode code = curl_easy_perform(easy);
	if (passage->why != NULL)
		*ret_why = passage->why;
	else
		*ret_why = caller->error[0] != '\0' ? caller->error : curl_easy_strerror(code);
	return code == CURLE_OK;
}

bool http_caller_call(struct http_caller *caller, struct arena *arena, const struct http_call *call,
        struct http_answer *ret_answer, char ret_why[static HTTP_CALL_ERROR_BYTES])
{
	struct passage passage = { .easy = caller->easy, .call = call };
	struct curl_slist *headers = list_headers(call->headers);
	const char *why = "memory cannot be had";
	*ret_answer = (struct http_answer){ .body = "" };
	buf_init(&passage.body, arena, HTTP_CALL_ANSWER_MAX);
	bool is_answered = headers != NULL && run(caller, &passage, headers, &why) &&
	                   take_answer(&passage, ret_answer);
	curl_slist_free_all(headers);
	if (!is_answered)
		(void)snprintf(ret_why, HTTP_CALL_ERROR_BYTES, "%s", why);
	return is_answered;
}
