/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks the HTTP endpoints of CoreDNS (health, ready, metrics) whether they answer. The only door to
 * libcurl. Nothing blocks: the owner's poll loop waits in http_client_wait.
 *
 * http and https only, no redirects, no proxy, no .netrc, no signals; certificates are verified; an
 * answer is read up to HTTP_CLIENT_BODY_BYTES and dropped.
 */
#ifndef COREGATE_PUBLISH_HTTP_CLIENT_H
#define COREGATE_PUBLISH_HTTP_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define HTTP_CLIENT_URLS       48u
#define HTTP_CLIENT_BODY_BYTES (256u * 1024u)

/* Each URL is asked so often. A failure is followed by up to `retries` more questions, the first
 * after HTTP_CLIENT_RETRY_MS, each wait twice the one before, with jitter. */
#define HTTP_CLIENT_EVERY_MS 5000
#define HTTP_CLIENT_RETRY_MS 250

struct http_client;

struct http_client_settings {
	int64_t timeout_ms; /* of one question as a whole */
	unsigned retries;
	void (*random)(void *ret_bytes, size_t length);
	/* url (its index) answered 200 (error NULL), or did not, also not when asked again; error
	 * is a sentence that is valid during the call. */
	void (*asked)(void *context, size_t url, uint32_t rtt_us, const char *error);
	void *context;
};

/* True for an http or https URL with a host and without user or password in it. */
bool http_client_can_ask(const char *url);

/* URLs must stay valid. ERR_BAD_REQUEST when http_client_can_ask refuses one; ERR_UNAVAILABLE. */
MUST_CHECK enum err http_client_open(const char *const *urls, size_t count,
        const struct http_client_settings *settings, struct http_client **ret_client);
void http_client_close(struct http_client *client); /* NULL is accepted */

/* Starts what is due and takes what is done. */
void http_client_step(struct http_client *client, int64_t steady_ms);

/* When http_client_step must be called again, at the latest. */
int64_t http_client_due_ms(const struct http_client *client);

/* poll(2) over fds and the client's own sockets; revents are set. client may be NULL. */
void http_client_wait(
        struct http_client *client, struct pollfd *fds, size_t count, int64_t timeout_ms);

#endif
