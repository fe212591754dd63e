/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "publish/http_client.h"

/* What the server in the child process answers: by path. */
static const struct {
	const char *path;
	const char *answer;
} pages[] = {
	{ "GET /health ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK" },
	{ "GET /sick ", "HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n" },
	{ "GET /away ", "HTTP/1.1 302 Away\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n" },
	{ "GET /file ", "HTTP/1.1 302 Away\r\nLocation: file:///etc/passwd\r\n"
	                "Content-Length: 0\r\n\r\n" },
	{ "GET /nonsense ", "nothing that is HTTP\r\n\r\n" },
};

#define ENDLESS "GET /endless "
#define SILENT  "GET /silent "

static unsigned port;
static pid_t child;
static unsigned asked;
static char told[4][128]; /* by URL: "" not yet, "ok", or the error */

static void answer(int fd)
{
	char request[2048] = "";
	char piece[4096];
	if (recv(fd, request, sizeof(request) - 1, 0) <= 0)
		return;
	if (strncmp(request, SILENT, strlen(SILENT)) == 0)
		(void)recv(fd, piece, sizeof(piece), 0);
	if (strncmp(request, ENDLESS, strlen(ENDLESS)) == 0) {
		static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
		(void)send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL);
		(void)memcpy(piece, "800\r\n", 5);
		memset(piece + 5, 'x', 2048);
		(void)memcpy(piece + 5 + 2048, "\r\n", 2);
		while (send(fd, piece, 2055, MSG_NOSIGNAL) > 0)
			;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strncmp(request, pages[i].path, strlen(pages[i].path)) == 0)
			(void)send(fd, pages[i].answer, strlen(pages[i].answer), MSG_NOSIGNAL);
}

static int open_server(void **state)
{
	(void)state;
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 16) != 0 ||
	        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		return -1;
	port = ntohs(address.sin_port);
	child = fork();
	if (child != 0)
		return close(fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int peer = accept(fd, NULL, NULL);
		answer(peer);
		close(peer);
	}
}

static int close_server(void **state)
{
	(void)state;
	kill(child, SIGKILL);
	return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static void fixed_bytes(void *ret_bytes, size_t length)
{
	memset(ret_bytes, 0, length);
}

static void tell(void *context, size_t url, uint32_t rtt_us, const char *error)
{
	(void)context;
	(void)rtt_us;
	asked++;
	(void)snprintf(told[url], sizeof(told[url]), "%s", error == NULL ? "ok" : error);
}

static struct http_client_settings settings = {
	.timeout_ms = 300, .retries = 1, .random = fixed_bytes, .asked = tell
};

/* Asks one URL until there is a verdict; the steady clock is made up. */
static const char *ask(const char *path)
{
	char url[128];
	const char *urls[] = { url };
	struct http_client *client = NULL;
	int64_t now_ms = 0;
	memset(told, 0, sizeof(told));
	asked = 0;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	assert_int_equal(http_client_open(urls, 1, &settings, &client), ERR_OK);
	for (unsigned i = 0; i < 1000 && told[0][0] == '\0'; i++) {
		http_client_step(client, now_ms);
		http_client_wait(client, NULL, 0, 10);
		if (http_client_due_ms(client) != INT64_MAX && told[0][0] == '\0')
			now_ms = http_client_due_ms(client);
	}
	assert_int_equal(asked, 1);
	assert_in_range(http_client_due_ms(client), now_ms + HTTP_CLIENT_EVERY_MS / 2,
	        now_ms + HTTP_CLIENT_EVERY_MS);
	http_client_close(client);
	return told[0];
}

static void test_healthy(void **state)
{
	(void)state;
	assert_string_equal(ask("/health"), "ok");
}

static void test_other_statuses_are_failures(void **state)
{
	(void)state;
	assert_string_equal(ask("/sick"), "it answered with status 503");
	/* Redirects are not followed. */
	assert_string_equal(ask("/away"), "it answered with status 302");
	assert_string_equal(ask("/file"), "it answered with status 302");
}

/* What has no end is cut, long before its time is up. */
static void test_endless_answer(void **state)
{
	(void)state;
	struct timespec before;
	struct timespec after;
	settings.timeout_ms = 20000;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_string_equal(ask("/endless"), "ok");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < 8);
	settings.timeout_ms = 300;
}

static void test_hostile_servers(void **state)
{
	(void)state;
	assert_string_not_equal(ask("/silent"), "ok");
	assert_string_not_equal(ask("/nonsense"), "ok");
	assert_string_not_equal(ask("/nothing-at-all"), "ok");
}

static void test_nobody_listens(void **state)
{
	(void)state;
	unsigned kept = port;
	port = 1;
	assert_string_not_equal(ask("/health"), "ok");
	port = kept;
}

static void test_urls(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "health", "/health", "ftp://127.0.0.1/",
		"file:///etc/passwd", "gopher://x/", "http://", "http://user@host/",
		"http://u:p@host/", "http://ho st/", "HTTP//x" };
	struct http_client *client = NULL;
	assert_true(http_client_can_ask("http://127.0.0.1:8080/health"));
	assert_true(http_client_can_ask("https://[::1]/ready"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (http_client_can_ask(bad[i]))
			print_error("accepted: %s\n", bad[i]);
		assert_false(http_client_can_ask(bad[i]));
		assert_int_equal(http_client_open(&bad[i], 1, &settings, &client), ERR_BAD_REQUEST);
	}
}

/* A pipe whose other end was closed ends the waiting, with and without a client. */
static void test_wait_sees_a_closed_pipe(void **state)
{
	(void)state;
	const char *urls[] = { "http://127.0.0.1:1/" };
	struct http_client *client = NULL;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN },
		{ .fd = ends[0], .events = POLLIN } };
	http_client_wait(NULL, fds, 2, 0);
	assert_int_equal(fds[1].revents, 0);
	close(ends[1]);
	http_client_wait(NULL, fds, 2, 5000);
	assert_int_not_equal(fds[1].revents, 0);
	assert_int_equal(http_client_open(urls, 1, &settings, &client), ERR_OK);
	fds[1].revents = 0;
	http_client_wait(client, fds, 2, 5000);
	assert_int_not_equal(fds[1].revents, 0);
	http_client_close(client);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_other_statuses_are_failures),
		cmocka_unit_test(test_endless_answer),
		cmocka_unit_test(test_hostile_servers),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_wait_sees_a_closed_pipe),
	};
	return cmocka_run_group_tests(tests, open_server, close_server);
}
