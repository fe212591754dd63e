/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/process.h"
#include "server/supervisor.h"

#define EVENTS_MAX 256

/* What the processes under test report, in the order in which it happened. */
struct report {
	_Atomic int count;
	char events[EVENTS_MAX]; /* a letter each: upper case begins, lower case ends */
	_Atomic int pids[EVENTS_MAX];
	_Atomic int restarts;
	_Atomic int reloads;
	_Atomic int ready;
	_Atomic bool is_deaf;
};

static struct report *report;
static char first_letters[] = "Aax", second_letters[] = "Bby";

static void note(char letter)
{
	int at = atomic_fetch_add(&report->count, 1);
	if (at >= EVENTS_MAX)
		_exit(99);
	report->pids[at] = getpid();
	report->events[at] = letter;
}

static int count_of(char letter)
{
	int count = 0;
	for (int i = 0; i < EVENTS_MAX; i++)
		count += report->events[i] == letter;
	return count;
}

static pid_t pid_of(char letter, int which)
{
	for (int i = 0; i < EVENTS_MAX; i++) {
		if (report->events[i] == letter && which-- == 0)
			return report->pids[i];
	}
	return 0;
}

/* Lives until it is told to stop. The context is its letter. */
static int live(void *context, unsigned index)
{
	(void)index;
	const char *letters = context;
	note(letters[0]);
	process_set_ready();
	struct pollfd stop = { .fd = process_stop_fd(), .events = POLLIN };
	while (!process_is_stopping() || report->is_deaf)
		(void)poll(&stop, 1, report->is_deaf ? 50 : -1);
	note(process_is_last() ? letters[1] : letters[2]);
	_exit(0);
}

static int fail_at_once(void *context, unsigned index)
{
	(void)context;
	(void)index;
	note('F');
	_exit(3);
}

static bool reload(void *context, struct role *roles, size_t role_count)
{
	(void)context;
	report->reloads++;
	if (report->reloads == 3)
		return false;
	roles[0].count = 3;
	return role_count == 2;
}

static void on_restart(void *context, const struct role *role)
{
	(void)context;
	(void)role;
	report->restarts++;
}

static void on_ready(void *context)
{
	(void)context;
	report->ready++;
}

static pid_t start_with(int (*second)(void *, unsigned), bool is_exclusive, int ready_ms)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	const struct supervisor_settings settings = { .drain_ms = 600,
		.ready_ms = ready_ms,
		.reload = reload,
		.on_restart = on_restart,
		.on_ready = on_ready };
	const struct role roles[] = {
		{ .name = "one",
		        .count = 2,
		        .run = live,
		        .context = first_letters,
		        .restarts_on_reload = true },
		{ .name = "two",
		        .count = 1,
		        .run = second,
		        .context = second_letters,
		        .restarts_on_reload = is_exclusive,
		        .is_exclusive = is_exclusive },
	};
	_exit(supervisor_run(&settings, roles, 2));
}

static pid_t start(void)
{
	return start_with(live, false, 0);
}

#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		for (int waited_ms = 0; !(condition) && waited_ms < 5000; waited_ms += 5)          \
			usleep(5000);                                                              \
		assert_true(condition);                                                            \
	} while (0)

static int stop(pid_t pid)
{
	int status;
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_running(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(report, 0, sizeof(*report));
	return 0;
}

static void test_order_of_start_and_stop(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	assert_int_equal(stop(pid), 0);
	/* The last role starts first, and stops when the roles before it are gone. */
	assert_string_equal(report->events, "BAAaab");
}

static void test_a_dead_process_is_started_again(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	pid_t other = pid_of('B', 0);
	for (int i = 0; i < 3; i++) {
		uint64_t before_ns = clock_steady_ns();
		kill(pid_of('A', i + 1), SIGKILL);
		AWAIT(count_of('A') == 3 + i);
		/* 100 ms, then twice as long each time. */
		uint64_t took_ms = (clock_steady_ns() - before_ns) / 1000000;
		assert_true(took_ms >= (100u << i) - 5);
	}
	assert_int_equal(report->restarts, 3);
	assert_true(is_running(other));
	assert_int_equal(count_of('B'), 1);
	assert_int_equal(stop(pid), 0);
}

static void test_failing_set_up_ends_the_service(void **state)
{
	(void)state;
	pid_t pid = start_with(fail_at_once, false, 0);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(count_of('F'), 1);
	assert_int_equal(count_of('A'), 0);
}

static int be_never_ready(void *context, unsigned index)
{
	(void)context;
	(void)index;
	note('N');
	for (;;)
		(void)poll(NULL, 0, -1);
	return 0;
}

static void test_never_ready_ends_the_service(void **state)
{
	(void)state;
	pid_t pid = start_with(be_never_ready, false, 200);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_deaf_processes_are_killed(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	report->is_deaf = true;
	uint64_t before_ns = clock_steady_ns();
	assert_int_equal(stop(pid), 0);
	uint64_t took_ms = (clock_steady_ns() - before_ns) / 1000000;
	assert_in_range(took_ms, 550, 3000);
	assert_int_equal(count_of('a'), 0);
	for (int i = 0; i < 2; i++)
		assert_false(is_running(pid_of('A', i)));
}

static void test_second_signal_ends_the_waiting(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	report->is_deaf = true;
	uint64_t before_ns = clock_steady_ns();
	kill(pid, SIGINT);
	usleep(50000);
	kill(pid, SIGINT);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true((clock_steady_ns() - before_ns) / 1000000 < 500);
}

static void test_reload_brings_new_before_old_leaves(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	kill(pid, SIGHUP);
	AWAIT(report->ready == 2 && count_of('x') == 2);
	/* Three new ones, as reload said, before the two old ones leave; the other role stays. */
	assert_string_equal(report->events, "BAAAAAxx");
	assert_int_equal(stop(pid), 0);
	assert_string_equal(report->events, "BAAAAAxxaaab");
}

static void test_exclusive_role_is_never_there_twice(void **state)
{
	(void)state;
	pid_t pid = start_with(live, true, 0);
	AWAIT(report->ready == 1);
	kill(pid, SIGHUP);
	AWAIT(report->ready == 2 && count_of('x') == 2);
	assert_string_equal(report->events, "BAAyBAAAxx");
	assert_int_equal(stop(pid), 0);
}

static void test_refused_reload_changes_nothing(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	report->reloads = 2;
	kill(pid, SIGHUP);
	AWAIT(report->reloads == 3);
	usleep(100000);
	assert_string_equal(report->events, "BAA");
	assert_int_equal(stop(pid), 0);
}

static void test_no_child_outlives_the_supervisor(void **state)
{
	(void)state;
	pid_t pid = start();
	AWAIT(report->ready == 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	AWAIT(!is_running(pid_of('A', 0)) && !is_running(pid_of('A', 1)) &&
	        !is_running(pid_of('B', 0)));
	/* They know that nobody comes after them. */
	assert_int_equal(count_of('a'), 2);
	assert_int_equal(count_of('b'), 1);
}

int main(void)
{
	report = mmap(
	        NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(report != MAP_FAILED);
	log_init(STDERR_FILENO, LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR, "supervisor");
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_order_of_start_and_stop),
		TEST(test_a_dead_process_is_started_again),
		TEST(test_failing_set_up_ends_the_service),
		TEST(test_never_ready_ends_the_service),
		TEST(test_deaf_processes_are_killed),
		TEST(test_second_signal_ends_the_waiting),
		TEST(test_reload_brings_new_before_old_leaves),
		TEST(test_exclusive_role_is_never_there_twice),
		TEST(test_refused_reload_changes_nothing),
		TEST(test_no_child_outlives_the_supervisor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
