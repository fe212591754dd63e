/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/http_client.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "publish/schedule.h"

#define STATUS_OK     200
#define RETRY_MOST_MS 10000
#define REFUSAL_BYTES 64

struct endpoint {
	struct http_client *client;
	size_t index;
	CURL *easy;
	bool is_busy;
	bool is_cut; /* the body was longer than wanted: no failure */
	size_t body_bytes;
	unsigned failures; /* in a row */
	int64_t next_ms;
	char error[CURL_ERROR_SIZE];
};

struct http_client {
	CURLM *multi;
	struct http_client_settings settings;
	size_t count;
	struct endpoint endpoints[HTTP_CLIENT_URLS];
};

/* ---- URLs ---- */

static bool has_text(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK && *text != '\0';
	curl_free(text);
	return has;
}

static bool has_scheme(CURLU *url)
{
	char *scheme = NULL;
	bool has = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	           (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	curl_free(scheme);
	return has;
}

bool http_client_can_ask(const char *text)
{
	CURLU *url = curl_url();
	bool can = url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	           has_scheme(url) && has_text(url, CURLUPART_HOST) &&
	           !has_text(url, CURLUPART_USER) && !has_text(url, CURLUPART_PASSWORD);
	curl_url_cleanup(url);
	return can;
}

/* ---- life ---- */

/* The length that the headers promise is no limit: this one is. */
static size_t drop_body(char *bytes, size_t size, size_t count, void *context)
{
	struct endpoint *endpoint = context;
	(void)bytes;
	endpoint->body_bytes += size * count;
	endpoint->is_cut = endpoint->body_bytes > HTTP_CLIENT_BODY_BYTES;
	return endpoint->is_cut ? 0 : size * count;
}

static bool set_limits(CURL *easy, long timeout_ms)
{
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
}

static bool endpoint_init(struct endpoint *endpoint, const char *url, int64_t timeout_ms)
{
	CURL *easy = curl_easy_init();
	endpoint->easy = easy;
	return easy != NULL && set_limits(easy, (long)timeout_ms) &&
	       curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, endpoint) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, endpoint) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, endpoint->error) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "coregate") == CURLE_OK;
}

static enum err open_endpoints(struct http_client *client, const char *const *urls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct endpoint *endpoint = &client->endpoints[client->count++];
		*endpoint = (struct endpoint){ .client = client, .index = i };
		if (!http_client_can_ask(urls[i]))
			return ERR_BAD_REQUEST;
		if (!endpoint_init(endpoint, urls[i], client->settings.timeout_ms))
			return ERR_UNAVAILABLE;
	}
	return ERR_OK;
}

enum err http_client_open(const char *const *urls, size_t count,
        const struct http_client_settings *settings, struct http_client **ret_client)
{
	if (count > HTTP_CLIENT_URLS)
		return ERR_BAD_REQUEST;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_UNAVAILABLE;
	struct http_client *client = calloc(1, sizeof(*client));
	if (client == NULL)
		return ERR_UNAVAILABLE;
	client->settings = *settings;
	client->multi = curl_multi_init();
	enum err err =
	        client->multi == NULL ? ERR_UNAVAILABLE : open_endpoints(client, urls, count);
	if (err != ERR_OK)
		http_client_close(client);
	else
		*ret_client = client;
	return err;
}

void http_client_close(struct http_client *client)
{
	if (client == NULL)
		return;
	for (size_t i = 0; i < client->count; i++) {
		struct endpoint *endpoint = &client->endpoints[i];
		if (endpoint->is_busy)
			curl_multi_remove_handle(client->multi, endpoint->easy);
		curl_easy_cleanup(endpoint->easy);
	}
	curl_multi_cleanup(client->multi);
	free(client);
	curl_global_cleanup();
}

/* ---- asking ---- */

static uint32_t draw(const struct http_client *client)
{
	uint32_t random;
	client->settings.random(&random, sizeof(random));
	return random;
}

static void endpoint_ask(struct endpoint *endpoint)
{
	endpoint->body_bytes = 0;
	endpoint->is_cut = false;
	endpoint->error[0] = '\0';
	endpoint->is_busy =
	        curl_multi_add_handle(endpoint->client->multi, endpoint->easy) == CURLM_OK;
}

static void endpoint_tell(struct endpoint *endpoint, const char *error)
{
	const struct http_client_settings *settings = &endpoint->client->settings;
	curl_off_t total_us = 0;
	(void)curl_easy_getinfo(endpoint->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	uint32_t rtt_us = total_us < 0 || total_us > UINT32_MAX ? 0 : (uint32_t)total_us;
	settings->asked(settings->context, endpoint->index, rtt_us, error);
}

static void endpoint_succeed(struct endpoint *endpoint, int64_t steady_ms)
{
	endpoint->failures = 0;
	endpoint->next_ms =
	        steady_ms + backoff_ms(1, HTTP_CLIENT_EVERY_MS, HTTP_CLIENT_EVERY_MS,
	                            draw(endpoint->client) % (HTTP_CLIENT_EVERY_MS / 5));
	endpoint_tell(endpoint, NULL);
}

static void endpoint_fail(struct endpoint *endpoint, const char *error, int64_t steady_ms)
{
	const struct http_client *client = endpoint->client;
	if (++endpoint->failures <= client->settings.retries) {
		endpoint->next_ms = steady_ms + backoff_ms(endpoint->failures, HTTP_CLIENT_RETRY_MS,
		                                        RETRY_MOST_MS, draw(client));
		return;
	}
	endpoint->failures = 0;
	endpoint->next_ms = steady_ms + backoff_ms(1, HTTP_CLIENT_EVERY_MS, HTTP_CLIENT_EVERY_MS,
	                                        draw(client) % (HTTP_CLIENT_EVERY_MS / 5));
	endpoint_tell(endpoint, error);
}

static void endpoint_finish(struct endpoint *endpoint, CURLcode code, int64_t steady_ms)
{
	long status = 0;
	char refusal[REFUSAL_BYTES];
	endpoint->is_busy = false;
	(void)curl_easy_getinfo(endpoint->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(endpoint->client->multi, endpoint->easy);
	if (code != CURLE_OK && !endpoint->is_cut) {
		bool has_detail = endpoint->error[0] != '\0';
		endpoint_fail(endpoint, has_detail ? endpoint->error : curl_easy_strerror(code),
		        steady_ms);
		return;
	}
	if (status == STATUS_OK) {
		endpoint_succeed(endpoint, steady_ms);
		return;
	}
	(void)snprintf(refusal, sizeof(refusal), "it answered with status %ld", status);
	endpoint_fail(endpoint, refusal, steady_ms);
}

void http_client_step(struct http_client *client, int64_t steady_ms)
{
	int running;
	int queued;
	for (size_t i = 0; i < client->count; i++) {
		struct endpoint *endpoint = &client->endpoints[i];
		if (!endpoint->is_busy && endpoint->next_ms <= steady_ms)
			endpoint_ask(endpoint);
	}
	(void)curl_multi_perform(client->multi, &running);
	for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &queued)) != NULL;) {
		char *endpoint = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE ||
		        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &endpoint) !=
		                CURLE_OK)
			continue;
		endpoint_finish((struct endpoint *)(void *)endpoint, code, steady_ms);
	}
}

int64_t http_client_due_ms(const struct http_client *client)
{
	int64_t due_ms = INT64_MAX;
	for (size_t i = 0; i < client->count; i++) {
		const struct endpoint *endpoint = &client->endpoints[i];
		if (!endpoint->is_busy && endpoint->next_ms < due_ms)
			due_ms = endpoint->next_ms;
	}
	return due_ms;
}

/* ---- waiting ---- */

#define WAIT_FDS_MAX 64u

void http_client_wait(
        struct http_client *client, struct pollfd *fds, size_t count, int64_t timeout_ms)
{
	int wait_ms = timeout_ms < 0 ? 0 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	if (client != NULL) {
		struct curl_waitfd waits[WAIT_FDS_MAX];
		size_t waited = count < WAIT_FDS_MAX ? count : WAIT_FDS_MAX;
		for (size_t i = 0; i < waited; i++)
			waits[i] =
			        (struct curl_waitfd){ .fd = fds[i].fd, .events = CURL_WAIT_POLLIN };
		(void)curl_multi_poll(client->multi, waits, (unsigned)waited, wait_ms, NULL);
		/* It does not tell of a pipe that was closed: ask again, without waiting. */
		wait_ms = 0;
	}
	(void)poll(fds, (nfds_t)count, wait_ms);
}
