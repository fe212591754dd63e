/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publisher process against a real store and a zone folder, without a CoreDNS: what is
 * committed is in the files, whatever happens to them.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "core/clock.h"
#include "core/log.h"
#include "dns/type.h"
#include "dns/verify.h"
#include "publish/asker.h"
#include "publish/folder.h"
#include "publish/names.h"
#include "publish/zone_file.h"
#include "publisher.h"
#include "server/channel.h"
#include "server/channel_frame.h"
#include "store/fixture.h"

#define PATIENCE_MS 10000

static struct fixture store;
static struct board *board;
static struct publisher_context context;
static char zone_dir[128];
static char temp_dir[128];
static char foreign_dir[128];
static pid_t child;
static int stop[2];

static int open_all(void **state)
{
	(void)state;
	fixture_open(&store);
	void *memory = mmap(NULL, board_bytes(), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (folder_open() != 0 || memory == MAP_FAILED)
		return -1;
	board = board_init(memory);
	(void)snprintf(zone_dir, sizeof(zone_dir), "%s", folder_path("zones"));
	(void)snprintf(temp_dir, sizeof(temp_dir), "%s", folder_path("temp"));
	(void)snprintf(foreign_dir, sizeof(foreign_dir), "%s", folder_path("temp/foreign"));
	context = (struct publisher_context){
		.board = board,
		.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.listen_fd = -1,
		.store_path = store.path,
		.zone_dir = zone_dir,
		.temp_dir = temp_dir,
		.foreign_dir = foreign_dir,
		.publish_interval_ms = 50,
		.coredns_timeout_ms = 1000,
	};
	return 0;
}

static void start_publisher(void)
{
	assert_int_equal(pipe(stop), 0);
	context.stop_fd = stop[0];
	child = fork();
	if (child == 0) {
		close(stop[1]);
		log_init(2, LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR, "publisher");
		_exit(publisher_run(&context));
	}
	assert_true(child > 0);
	close(stop[0]);
}

/* In good order; its exit status. */
static int stop_publisher(void)
{
	int status = -1;
	close(stop[1]);
	waitpid(child, &status, 0);
	child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void kill_publisher(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(stop[1]);
	child = 0;
}

static int close_all(void **state)
{
	(void)state;
	if (child != 0)
		kill_publisher();
	close(context.wake_fd);
	fixture_close(&store);
	munmap(board, board_bytes());
	return folder_close();
}

static void commit(const char *change)
{
	const uint64_t one = 1;
	struct outcome outcome;
	if (fixture_run(&store, change, &outcome) != ERR_OK)
		fail_msg("%s: %s", change, outcome.detail);
	assert_int_equal(write(context.wake_fd, &one, sizeof(one)), sizeof(one));
}

static void nap(void)
{
	const struct timespec time = { .tv_nsec = 2000000 };
	nanosleep(&time, NULL);
}

static int64_t steady_ms(void)
{
	return (int64_t)(clock_steady_ns() / 1000000);
}

/* Waits until the condition holds, a few seconds at most. */
#define EVENTUALLY(condition)                                                                      \
	do {                                                                                       \
		int64_t until_ms = steady_ms() + PATIENCE_MS;                                      \
		while (!(condition) && steady_ms() < until_ms)                                     \
			nap();                                                                     \
		assert_true(condition);                                                            \
	} while (0)

static bool file_says(const char *name, const char *text)
{
	return strstr(folder_read(name), text) != NULL;
}

static bool is_served(const char *text)
{
	struct name name = name_of(text);
	return board_is_served(board, &name, fixture_zone(&store, text).serial);
}

static void test_what_is_committed_is_published(void **state)
{
	(void)state;
	start_publisher();
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	assert_true(file_says("zones/db.example.com", "example.com. 300 IN SOA "));
	commit("put www.example.com A 192.0.2.1");
	EVENTUALLY(is_served("example.com"));
	assert_true(file_says("zones/db.example.com", "\nwww.example.com. 300 IN A 192.0.2.1\n"));
	commit("dropzone example.com");
	EVENTUALLY(!folder_has("zones/db.example.com"));
	struct name name = name_of("example.com");
	struct board_zone zone;
	EVENTUALLY(!board_find_zone(board, &name, &zone));
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	assert_int_equal(stop_publisher(), 0);
}

static void test_lost_signal(void **state)
{
	(void)state;
	uint64_t signals;
	start_publisher();
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	/* The signal is taken away from it, or it is not: the change is published either way. */
	commit("put www.example.com A 192.0.2.1");
	(void)read(context.wake_fd, &signals, sizeof(signals));
	EVENTUALLY(is_served("example.com"));
}

static void test_start_mends_the_folder(void **state)
{
	(void)state;
	struct stat before;
	struct stat after;
	start_publisher();
	commit("zone good.test | zone lost.test | zone wrong.test | zone gone.test");
	EVENTUALLY(is_served("good.test") && is_served("lost.test") && is_served("wrong.test") &&
	           is_served("gone.test"));
	assert_int_equal(stop_publisher(), 0);
	assert_int_equal(stat(folder_path("zones/db.good.test"), &before), 0);
	assert_int_equal(unlink(folder_path("zones/db.lost.test")), 0);
	folder_write("zones/db.wrong.test", "wrong.test. 60 IN SOA a. b. 1 1 1 1 1\n");
	folder_write("zones/db.foreign.test", "of somebody else");
	folder_write("zones/notes", "no zone");
	commit("dropzone gone.test");
	start_publisher();
	EVENTUALLY(is_served("good.test") && is_served("lost.test") && is_served("wrong.test"));
	EVENTUALLY(!folder_has("zones/db.gone.test"));
	EVENTUALLY(!folder_has("zones/db.foreign.test"));
	EVENTUALLY(file_says("zones/db.lost.test", "lost.test. 300 IN SOA "));
	EVENTUALLY(file_says("zones/db.wrong.test", "wrong.test. 300 IN SOA "));
	assert_true(file_says("temp/foreign/db.foreign.test.1", "of somebody else"));
	assert_true(folder_has("zones/notes"));
	/* What was right was not written again. */
	assert_int_equal(stat(folder_path("zones/db.good.test"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void test_empty_store_takes_nothing_away(void **state)
{
	(void)state;
	assert_int_equal(mkdir(zone_dir, 0700), 0);
	folder_write("zones/db.foreign.test", "of somebody else");
	start_publisher();
	struct board_health health = { 0 };
	EVENTUALLY((board_check(board, steady_ms(), 1000, &health), health.is_publisher_alive));
	for (unsigned i = 0; i < 100; i++)
		nap();
	assert_true(folder_has("zones/db.foreign.test"));
}

static void test_killed_publisher_goes_on(void **state)
{
	(void)state;
	char change[64];
	start_publisher();
	commit("zone example.com");
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(change, sizeof(change), "put h%u.example.com A 192.0.2.1", i);
		commit(change);
		for (unsigned naps = i % 5; naps > 0; naps--)
			nap();
		kill_publisher();
		if (folder_has("zones/db.example.com"))
			assert_true(file_says("zones/db.example.com", "\nexample.com. 300 IN NS "));
		start_publisher();
	}
	EVENTUALLY(is_served("example.com"));
	assert_true(file_says("zones/db.example.com", "\nh19.example.com. 300 IN A 192.0.2.1\n"));
}

static void test_folder_that_vanishes_comes_back(void **state)
{
	(void)state;
	start_publisher();
	commit("zone example.com | zone example.org");
	EVENTUALLY(is_served("example.com") && is_served("example.org"));
	assert_int_equal(rename(folder_path("zones"), folder_path("zones.away")), 0);
	EVENTUALLY(folder_has("zones/db.example.com") && folder_has("zones/db.example.org"));
}

static void test_file_that_vanishes_comes_back(void **state)
{
	(void)state;
	start_publisher();
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	assert_int_equal(unlink(folder_path("zones/db.example.com")), 0);
	EVENTUALLY(folder_has("zones/db.example.com"));
}

/* A folder with the name of the zone's file is in the way: rename fails, as it would on a broken
 * disk. */
static void test_failure_is_shown_and_passes(void **state)
{
	(void)state;
	struct board_health health;
	start_publisher();
	commit("zone other.test");
	EVENTUALLY(is_served("other.test"));
	assert_int_equal(mkdir(folder_path("zones/db.example.com"), 0700), 0);
	commit("zone example.com");
	EVENTUALLY((board_check(board, steady_ms(), 1, &health), health.failure[0] != '\0'));
	assert_non_null(
	        strstr(health.failure, "zone example.com: the zone file cannot be written"));
	EVENTUALLY((board_check(board, steady_ms(), 1, &health), !health.is_current));
	/* Others are not held up. */
	commit("put www.other.test A 192.0.2.1");
	EVENTUALLY(is_served("other.test"));
	assert_int_equal(rmdir(folder_path("zones/db.example.com")), 0);
	EVENTUALLY(is_served("example.com"));
	EVENTUALLY((board_check(board, steady_ms(), 1, &health), health.is_current));
	assert_string_equal(health.failure, "");
}

static void test_burst_is_gathered(void **state)
{
	(void)state;
	char change[64];
	static char text[65536];
	struct buf buf;
	start_publisher();
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	int64_t from_ms = steady_ms();
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(change, sizeof(change), "put h%u.example.com A 192.0.2.1", i);
		commit(change);
	}
	EVENTUALLY(is_served("example.com"));
	int64_t took_ms = steady_ms() - from_ms;
	buf_init_fixed(&buf, text, sizeof(text));
	board_render_metrics(board, steady_ms(), true, &buf);
	const char *line = strstr(buf_string(&buf), "\ncoregate_zone_files_published_total ");
	assert_non_null(line);
	unsigned long files = strtoul(strchr(line, ' '), NULL, 10);
	assert_in_range(files, 2, (unsigned long)(took_ms / 50 + 4));
}

static void test_stop_publishes_what_is_committed(void **state)
{
	(void)state;
	start_publisher();
	commit("zone example.com");
	EVENTUALLY(is_served("example.com"));
	commit("put a.example.com A 192.0.2.1");
	commit("put b.example.com A 192.0.2.1");
	assert_int_equal(stop_publisher(), 0);
	assert_true(file_says("zones/db.example.com", "\nb.example.com. 300 IN A 192.0.2.1\n"));
}

/* A publisher that responders can ask; its CoreDNS answers nothing. */
static const char *const dead_servers[] = { "127.0.0.1:1" };
static struct sockaddr_un address;

static void start_publisher_that_listens(void)
{
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", folder_path("ask.sock"));
	context.listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(context.listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(context.listen_fd, 2 * ASKER_QUESTIONS_MAX), 0);
	context.servers = dead_servers;
	context.server_count = 1;
	start_publisher();
	close(context.listen_fd);
}

static void test_questions_of_responders(void **state)
{
	(void)state;
	start_publisher_that_listens();
	char packed[512];
	struct buf buf;
	struct channel channel;
	struct channel_bytes answer;
	struct verify_report report;
	const struct verify_question question = {
		.owner = name_of("example.com"), .type = TYPE_A, .timeout_ms = 200
	};
	buf_init_fixed(&buf, packed, sizeof(packed));
	verify_question_pack(&buf, &question);
	const struct channel_bytes message = { (const uint8_t *)buf.bytes, buf.length };
	channel_init(&channel, address.sun_path);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		        channel_call(&channel, store.arena, &message, 5000, &answer), ERR_OK);
		assert_int_equal(
		        verify_report_parse(store.arena, answer.bytes, answer.length, &report),
		        ERR_OK);
		assert_false(report.is_verified);
		assert_int_equal(report.server_count, 1);
		assert_string_equal(report.servers[0].address, dead_servers[0]);
		assert_false(report.servers[0].has_answered);
		assert_true(report.attempts > 1);
	}
	/* Nonsense ends the connection, not the publisher. */
	const struct channel_bytes nonsense = { (const uint8_t *)"nonsense", 8 };
	assert_int_equal(
	        channel_call(&channel, store.arena, &nonsense, 5000, &answer), ERR_UNAVAILABLE);
	assert_int_equal(channel_call(&channel, store.arena, &message, 5000, &answer), ERR_OK);
	channel_fini(&channel);
	assert_int_equal(stop_publisher(), 0);
}

static void send_question(int fd, const struct channel_bytes *message)
{
	static uint8_t scratch[FRAME_BYTES];
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(frame_send(fd, message, scratch));
}

/* Whoever asks while all places are taken is told so; a place is free when its client has gone. */
static void test_too_many_questions(void **state)
{
	(void)state;
	int fds[ASKER_QUESTIONS_MAX];
	char packed[512];
	struct buf buf;
	struct channel channel;
	struct channel_bytes answer;
	struct verify_report report;
	struct verify_question question = {
		.owner = name_of("example.com"), .type = TYPE_A, .timeout_ms = 30000
	};
	buf_init_fixed(&buf, packed, sizeof(packed));
	verify_question_pack(&buf, &question);
	struct channel_bytes message = { (const uint8_t *)buf.bytes, buf.length };
	start_publisher_that_listens();
	for (size_t i = 0; i < ASKER_QUESTIONS_MAX; i++) {
		fds[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		send_question(fds[i], &message);
	}
	channel_init(&channel, address.sun_path);
	assert_int_equal(channel_call(&channel, store.arena, &message, 5000, &answer), ERR_OK);
	assert_int_equal(verify_report_parse(store.arena, answer.bytes, answer.length, &report),
	        ERR_OVERLOADED);
	for (size_t i = 0; i < ASKER_QUESTIONS_MAX; i++)
		close(fds[i]);
	question.timeout_ms = 0;
	buf_init_fixed(&buf, packed, sizeof(packed));
	verify_question_pack(&buf, &question);
	message.length = buf.length;
	assert_int_equal(channel_call(&channel, store.arena, &message, 5000, &answer), ERR_OK);
	assert_int_equal(
	        verify_report_parse(store.arena, answer.bytes, answer.length, &report), ERR_OK);
	channel_fini(&channel);
	assert_int_equal(stop_publisher(), 0);
}

static void test_context_that_cannot_work(void **state)
{
	(void)state;
	char inside[160];
	static const char *const servers[] = { "localhost:53" };
	(void)snprintf(inside, sizeof(inside), "%s/temp", zone_dir);
	context.stop_fd = -1;
	context.temp_dir = inside;
	assert_int_equal(publisher_run(&context), 1);
	context.temp_dir = temp_dir;
	context.servers = servers;
	context.server_count = 1;
	assert_int_equal(publisher_run(&context), 1);
}

#define PUBLISHER_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PUBLISHER_TEST(test_what_is_committed_is_published),
		PUBLISHER_TEST(test_lost_signal),
		PUBLISHER_TEST(test_start_mends_the_folder),
		PUBLISHER_TEST(test_empty_store_takes_nothing_away),
		PUBLISHER_TEST(test_killed_publisher_goes_on),
		PUBLISHER_TEST(test_folder_that_vanishes_comes_back),
		PUBLISHER_TEST(test_file_that_vanishes_comes_back),
		PUBLISHER_TEST(test_failure_is_shown_and_passes),
		PUBLISHER_TEST(test_burst_is_gathered),
		PUBLISHER_TEST(test_stop_publishes_what_is_committed),
		PUBLISHER_TEST(test_questions_of_responders),
		PUBLISHER_TEST(test_too_many_questions),
		PUBLISHER_TEST(test_context_that_cannot_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
