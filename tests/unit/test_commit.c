/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer process as its clients see it: answers, audit rows, revocations, wake-ups, its end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/chain.h"
#include "commit.h"
#include "core/clock.h"
#include "core/log.h"
#include "server/channel.h"
#include "server/process.h"
#include "server/socket.h"
#include "store/fixture.h"

#define WAIT_MS 10000

struct service {
	struct fixture fixture; /* its writer is closed: the child writes */
	char socket_path[128];
	int listen_fd;
	struct shared shared;
	struct process_board *board;
	pid_t writer;
	struct channel channel;
	struct arena *arena;
};

static void start_writer(struct service *service)
{
	pid_t parent = getpid();
	service->writer = fork();
	assert_true(service->writer >= 0);
	if (service->writer != 0)
		return;
	const struct commit_context context = {
		.store_path = service->fixture.path,
		.listen_fd = service->listen_fd,
		.shared = &service->shared,
	};
	if (!process_init(service->board, 0, "writer", parent))
		_exit(9);
	_exit(commit_run(&context));
}

static int open_service(void **state)
{
	static struct service service;
	memset(&service, 0, sizeof(service));
	fixture_open(&service.fixture);
	assert_int_equal(fixture_apply(&service.fixture, "zone example.com", NULL), ERR_OK);
	writer_close(service.fixture.writer);
	reader_close(service.fixture.reader);
	service.fixture.writer = NULL;
	snprintf(service.socket_path, sizeof(service.socket_path), "%s/writer.sock",
	        service.fixture.folder);
	const struct socket_settings settings = {
		.path = service.socket_path,
		.mode = 0600,
		.owner = SOCKET_KEEP_ID,
		.group = SOCKET_KEEP_ID,
		.backlog = 16,
	};
	assert_int_equal(socket_listen_seqpacket(&settings, &service.listen_fd), ERR_OK);
	void *memory = mmap(NULL, sizeof(struct shared_state) + 64 + metrics_bytes(),
	        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	service.shared.state = memory;
	service.shared.metrics = metrics_init((char *)memory + 64);
	service.shared.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	service.board = process_board_open(1);
	assert_non_null(service.board);
	service.arena = arena_open((size_t)16 << 20);
	start_writer(&service);
	service.fixture.reader = reader_open(&service.fixture.settings);
	channel_init(&service.channel, service.socket_path);
	*state = &service;
	return 0;
}

static int close_service(void **state)
{
	struct service *service = *state;
	int status = 0;
	channel_fini(&service->channel);
	if (service->writer > 0) {
		kill(service->writer, SIGTERM);
		assert_int_equal(waitpid(service->writer, &status, 0), service->writer);
		assert_int_equal(status, 0);
	}
	process_board_close(service->board);
	close(service->listen_fd);
	close(service->shared.wake_fd);
	socket_remove(service->socket_path);
	arena_close(service->arena);
	fixture_close(&service->fixture);
	return 0;
}

static struct outcome call(struct service *service, const struct change *change)
{
	struct buf message;
	struct outcome outcome;
	arena_reset(service->arena);
	buf_init(&message, service->arena, 8 << 20);
	change_pack(&message, change);
	const struct channel_bytes bytes = { (const uint8_t *)message.bytes, message.length };
	struct channel_bytes answer;
	assert_int_equal(
	        channel_call(&service->channel, service->arena, &bytes, WAIT_MS, &answer), ERR_OK);
	assert_int_equal(
	        outcome_parse(service->arena, answer.bytes, answer.length, &outcome), ERR_OK);
	return outcome;
}

static struct outcome call_text(struct service *service, const char *text)
{
	struct change *change = fixture_change(&service->fixture, text);
	change->refused_detail = "";
	return call(service, change);
}

struct last_row {
	char outcome[64];
	char request[64];
	char body[512];
	uint64_t change_id;
	uint64_t seq;
};

static bool note_row(void *context, const struct audit_row *row)
{
	struct last_row *last = context;
	snprintf(last->outcome, sizeof(last->outcome), "%s", row->outcome);
	snprintf(last->request, sizeof(last->request), "%s", row->request);
	snprintf(last->body, sizeof(last->body), "%s", row->body);
	last->change_id = row->change_id;
	last->seq = row->seq;
	return true;
}

static struct last_row last_row(struct service *service)
{
	struct last_row last = { .seq = 0 };
	assert_int_equal(reader_list_audit(service->fixture.reader, 0, note_row, &last), ERR_OK);
	return last;
}

static bool takes_wake_up(struct service *service)
{
	uint64_t count;
	struct pollfd wake = { .fd = service->shared.wake_fd, .events = POLLIN };
	/* The answer comes before the wake-up. */
	return poll(&wake, 1, 1000) == 1 &&
	       read(service->shared.wake_fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void test_a_change_is_made(void **state)
{
	struct service *service = *state;
	struct outcome outcome = call_text(service, "put a.example.com A 192.0.2.1");
	assert_int_equal(outcome.err, ERR_OK);
	assert_int_equal(outcome.effect_count, 1);
	assert_int_equal(outcome.zone_count, 1);
	uint64_t change_id = outcome.change_id;
	assert_string_equal(
	        fixture_rrset(&service->fixture, "a.example.com", "A"), "300 192.0.2.1");
	struct last_row row = last_row(service);
	assert_string_equal(row.outcome, "ok");
	assert_int_equal(row.change_id, change_id);
	assert_non_null(strstr(row.body, "\"after\":{\"ttl\":300,\"values\":[\"192.0.2.1\"]}"));
	assert_true(takes_wake_up(service));
	assert_true(metrics_get(service->shared.metrics, METRIC_CHANGES) == 1);
	assert_true(service->shared.state->writer_beat_ms > 0);
}

static void test_a_change_that_fails_is_audited(void **state)
{
	struct service *service = *state;
	struct outcome outcome = call_text(service, "drop a.example.com A");
	assert_int_equal(outcome.err, ERR_NOT_FOUND);
	assert_non_null(strstr(outcome.detail, "a.example.com"));
	struct last_row row = last_row(service);
	assert_string_equal(row.outcome, "not-found");
	assert_int_equal(row.change_id, 0);
	assert_non_null(strstr(row.body, "a.example.com"));
}

static void test_a_refused_attempt_is_audited(void **state)
{
	struct service *service = *state;
	struct change *change = fixture_change(&service->fixture, "put a.example.com A 192.0.2.1");
	change->refused = ERR_NOT_PERMITTED;
	change->refused_detail = "no grant";
	struct outcome outcome = call(service, change);
	assert_int_equal(outcome.err, ERR_NOT_PERMITTED);
	assert_string_equal(fixture_rrset(&service->fixture, "a.example.com", "A"), "");
	struct last_row row = last_row(service);
	assert_string_equal(row.outcome, "not-permitted");
	assert_string_equal(row.request, "PUT /records");
	assert_non_null(strstr(row.body, "no grant"));
}

static void test_a_repeat_is_audited_once(void **state)
{
	struct service *service = *state;
	struct change *change = fixture_change(&service->fixture, "add a.example.com A 192.0.2.1");
	change->refused_detail = "";
	change->idempotency.key = "k";
	const uint64_t change_id = call(service, change).change_id;
	assert_true(change_id != 0);
	uint64_t rows = last_row(service).seq;
	struct outcome again = call(service, change);
	assert_int_equal(again.err, ERR_OK);
	assert_true(again.change_id == change_id);
	assert_true(again.first_ms != 0);
	assert_int_equal(last_row(service).seq, rows);
	assert_true(takes_wake_up(service));
	assert_true(metrics_get(service->shared.metrics, METRIC_CHANGES) == 1);
	assert_true(metrics_get(service->shared.metrics, METRIC_REPEATS) == 1);
}

/* The writer wakes for it: nobody asks. */
static void test_values_expire(void **state)
{
	struct service *service = *state;
	char text[128];
	int64_t at_ms = clock_wall_ms() + 300;
	snprintf(
	        text, sizeof(text), "put a.example.com A expires=%lld 192.0.2.1", (long long)at_ms);
	assert_int_equal(call_text(service, text).err, ERR_OK);
	assert_string_equal(
	        fixture_rrset(&service->fixture, "a.example.com", "A"), "300 192.0.2.1");
	while (metrics_get(service->shared.metrics, METRIC_EXPIRED) == 0) {
		assert_true(clock_wall_ms() < at_ms + WAIT_MS);
		poll(NULL, 0, 10);
	}
	assert_true(clock_wall_ms() >= at_ms);
	assert_string_equal(fixture_rrset(&service->fixture, "a.example.com", "A"), "");
	struct last_row row = last_row(service);
	assert_string_equal(row.request, "expiry");
	assert_string_equal(row.outcome, "ok");
	assert_true(row.change_id != 0);
	assert_non_null(strstr(row.body, "\"op\":\"expire\""));
	assert_non_null(strstr(row.body, "\"expires_at\""));
	assert_true(takes_wake_up(service));
}

static void test_junk_is_answered(void **state)
{
	struct service *service = *state;
	struct channel_bytes answer;
	struct outcome outcome;
	static const uint8_t junk[100] = { 0xff, 0xff, 0xff };
	const struct channel_bytes bytes = { junk, sizeof(junk) };
	uint64_t rows = last_row(service).seq;
	arena_reset(service->arena);
	assert_int_equal(
	        channel_call(&service->channel, service->arena, &bytes, WAIT_MS, &answer), ERR_OK);
	assert_int_equal(
	        outcome_parse(service->arena, answer.bytes, answer.length, &outcome), ERR_OK);
	assert_int_equal(outcome.err, ERR_BAD_REQUEST);
	assert_int_equal(last_row(service).seq, rows);
	assert_int_equal(call_text(service, "put a.example.com A 192.0.2.1").err, ERR_OK);
}

static void test_a_revocation_moves_the_generation(void **state)
{
	struct service *service = *state;
	assert_int_equal(call_text(service, "put a.example.com A 192.0.2.1").err, ERR_OK);
	uint64_t before = service->shared.state->revocation_generation;
	assert_true(before > 0);
	assert_int_equal(call_text(service, "put b.example.com A 192.0.2.1").err, ERR_OK);
	assert_true(service->shared.state->revocation_generation == before);
	assert_int_equal(call_text(service, "revoke token jti-9").err, ERR_OK);
	assert_true(service->shared.state->revocation_generation == before + 1);
	bool revoked = false;
	assert_int_equal(
	        reader_is_revoked(service->fixture.reader, REVOCATION_TOKEN, "jti-9", 0, &revoked),
	        ERR_OK);
	assert_true(revoked);
}

static void test_another_writer_takes_over(void **state)
{
	struct service *service = *state;
	assert_int_equal(call_text(service, "put a.example.com A 192.0.2.1").err, ERR_OK);
	kill(service->writer, SIGKILL);
	assert_int_equal(waitpid(service->writer, NULL, 0), service->writer);
	assert_string_equal(
	        fixture_rrset(&service->fixture, "a.example.com", "A"), "300 192.0.2.1");
	/* No handle may go through a fork. */
	reader_close(service->fixture.reader);
	start_writer(service);
	service->fixture.reader = reader_open(&service->fixture.settings);
	channel_fini(&service->channel);
	assert_int_equal(call_text(service, "put b.example.com A 192.0.2.1").err, ERR_OK);
	assert_string_equal(
	        fixture_rrset(&service->fixture, "b.example.com", "A"), "300 192.0.2.1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_service, close_service)
	const struct CMUnitTest tests[] = {
		TEST(test_a_change_is_made),
		TEST(test_a_change_that_fails_is_audited),
		TEST(test_a_refused_attempt_is_audited),
		TEST(test_a_repeat_is_audited_once),
		TEST(test_values_expire),
		TEST(test_junk_is_answered),
		TEST(test_a_revocation_moves_the_generation),
		TEST(test_another_writer_takes_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
