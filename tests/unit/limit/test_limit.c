/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "limit/limit.h"

#define NS_PER_S UINT64_C(1000000000)

static const struct limit_quota ten_a_minute = { 10, 60 };

static struct limit_table *open_table(size_t slots)
{
	void *memory = mmap(NULL, limit_bytes(slots), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return limit_init(memory, slots);
}

static void close_table(struct limit_table *table, size_t slots)
{
	assert_int_equal(munmap(table, limit_bytes(slots)), 0);
}

static struct limit_verdict charge(
        struct limit_table *table, uint64_t key, uint32_t cost, uint64_t now_ns)
{
	struct limit_verdict verdict;

	limit_charge(table, &(struct limit_charge){ key, ten_a_minute, cost }, now_ns, &verdict);
	return verdict;
}

static void a_burst_of_the_quota_is_allowed_and_no_more(void **state)
{
	struct limit_table *table = open_table(16);
	uint64_t now_ns = 1000 * NS_PER_S;
	struct limit_verdict verdict;

	(void)state;
	for (uint32_t i = 1; i <= 10; i++) {
		verdict = charge(table, 7, 1, now_ns);
		assert_true(verdict.allowed);
		assert_int_equal(verdict.remaining, 10 - i);
		assert_int_equal(verdict.reset_s, 6 * i);
		assert_int_equal(verdict.retry_after_s, 0);
	}
	verdict = charge(table, 7, 1, now_ns);
	assert_false(verdict.allowed);
	assert_false(verdict.never);
	assert_int_equal(verdict.remaining, 0);
	assert_int_equal(verdict.retry_after_s, 6);
	assert_int_equal(verdict.reset_s, 6);
	close_table(table, 16);
}

static void a_refused_charge_adds_no_debt(void **state)
{
	struct limit_table *table = open_table(16);
	uint64_t now_ns = 1000 * NS_PER_S;

	(void)state;
	assert_true(charge(table, 7, 8, now_ns).allowed);
	for (int i = 0; i < 100; i++)
		assert_false(charge(table, 7, 3, now_ns).allowed);
	assert_true(charge(table, 7, 2, now_ns).allowed);
	assert_false(charge(table, 7, 1, now_ns + 6 * NS_PER_S - 1).allowed);
	assert_true(charge(table, 7, 1, now_ns + 6 * NS_PER_S).allowed);
	close_table(table, 16);
}

static void a_cost_above_the_quota_is_never_allowed(void **state)
{
	struct limit_table *table = open_table(16);
	struct limit_verdict verdict = charge(table, 7, 11, NS_PER_S);

	(void)state;
	assert_false(verdict.allowed);
	assert_true(verdict.never);
	assert_int_equal(verdict.retry_after_s, 0);
	assert_int_equal(verdict.remaining, 10);
	assert_true(charge(table, 7, 10, NS_PER_S).allowed);
	close_table(table, 16);
}

static void a_cost_of_nothing_only_looks(void **state)
{
	struct limit_table *table = open_table(16);

	(void)state;
	assert_int_equal(charge(table, 7, 0, NS_PER_S).remaining, 10);
	assert_true(charge(table, 7, 10, NS_PER_S).allowed);
	assert_true(charge(table, 7, 0, NS_PER_S).allowed);
	assert_int_equal(charge(table, 7, 0, NS_PER_S).remaining, 0);
	assert_int_equal(charge(table, 7, 0, 31 * NS_PER_S).remaining, 5);
	close_table(table, 16);
}

static void time_that_jumps_harms_nobody_for_long(void **state)
{
	struct limit_table *table = open_table(16);
	uint64_t now_ns = 1000000 * NS_PER_S;
	struct limit_verdict verdict;

	(void)state;
	assert_true(charge(table, 7, 10, now_ns).allowed);
	verdict = charge(table, 7, 1, now_ns - 500000 * NS_PER_S);
	assert_false(verdict.allowed);
	assert_int_equal(verdict.retry_after_s, 6);
	assert_true(charge(table, 7, 10, now_ns + 500000 * NS_PER_S).allowed);
	assert_false(charge(table, 7, 1, now_ns + 500000 * NS_PER_S).allowed);
	close_table(table, 16);
}

static void a_smaller_quota_holds_old_debts_to_one_window(void **state)
{
	struct limit_table *table = open_table(16);
	const struct limit_quota hourly = { 1, 3600 };
	struct limit_verdict verdict;

	(void)state;
	limit_charge(table, &(struct limit_charge){ 7, hourly, 1 }, NS_PER_S, &verdict);
	assert_true(verdict.allowed);
	verdict = charge(table, 7, 1, NS_PER_S);
	assert_false(verdict.allowed);
	assert_int_equal(verdict.retry_after_s, 6);
	close_table(table, 16);
}

/* ---- against a model: debts as plain numbers, no table ---- */

#define SUBJECTS 40u
#define STEPS    200000u

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A debt in nanoseconds that shrinks with time; a unit costs price_ns. */
struct model {
	uint64_t debt_ns;
	uint64_t at_ns;
};

static bool model_charge(
        struct model *model, const struct limit_quota *quota, uint32_t cost, uint64_t now_ns)
{
	uint64_t price_ns = (quota->window_s * NS_PER_S + quota->quota - 1) / quota->quota;
	uint64_t passed_ns = now_ns - model->at_ns;

	model->debt_ns = model->debt_ns > passed_ns ? model->debt_ns - passed_ns : 0;
	model->at_ns = now_ns;
	if (model->debt_ns + cost * price_ns > quota->quota * price_ns)
		return false;
	model->debt_ns += cost * price_ns;
	return true;
}

static void random_sequences_agree_with_the_model(void **state)
{
	static const struct limit_quota quotas[] = { { 10, 60 }, { 600, 60 }, { 1, 1 }, { 7, 3 },
		{ 3000, 60 }, { 1000000000, 86400 }, { 10000000, 60 } };
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t q = 0; q < sizeof(quotas) / sizeof(quotas[0]); q++) {
		struct limit_table *table = open_table(SUBJECTS * LIMIT_WAYS);
		struct model models[SUBJECTS] = { 0 };
		uint64_t now_ns = 5 * NS_PER_S;
		uint64_t pause_ns = quotas[q].window_s * NS_PER_S / quotas[q].quota / 20 + 1;

		for (uint32_t i = 0; i < STEPS; i++) {
			uint32_t subject = (uint32_t)(next_random(&seed) % SUBJECTS);
			uint32_t cost = (uint32_t)(next_random(&seed) % 4);
			/* Neighbourhoods are chosen by the upper half: here one a subject. */
			uint64_t key = ((uint64_t)subject << 32) + 99;
			struct limit_verdict verdict;

			now_ns += next_random(&seed) % pause_ns;
			limit_charge(table, &(struct limit_charge){ key, quotas[q], cost }, now_ns,
			        &verdict);
			if (cost > quotas[q].quota) {
				assert_false(verdict.allowed);
				continue;
			}
			assert_int_equal(verdict.allowed,
			        model_charge(&models[subject], &quotas[q], cost, now_ns));
		}
		close_table(table, SUBJECTS * LIMIT_WAYS);
	}
}

static void a_full_neighbourhood_is_generous_and_forgets_no_debt(void **state)
{
	struct limit_table *table = open_table(LIMIT_WAYS);
	uint64_t now_ns = 1000 * NS_PER_S;

	(void)state;
	for (uint64_t key = 1; key <= LIMIT_WAYS; key++)
		assert_true(charge(table, key, 10, now_ns).allowed);
	for (uint64_t key = 100; key < 200; key++)
		assert_true(charge(table, key, 10, now_ns).allowed);
	for (uint64_t key = 1; key <= LIMIT_WAYS; key++)
		assert_false(charge(table, key, 1, now_ns).allowed);
	/* Once the debts are paid the slots serve others. */
	now_ns += 60 * NS_PER_S;
	assert_true(charge(table, 100, 10, now_ns).allowed);
	assert_false(charge(table, 100, 1, now_ns).allowed);
	close_table(table, LIMIT_WAYS);
}

static void many_subjects_do_not_touch_each_other(void **state)
{
	size_t slots = 65536;
	struct limit_table *table = open_table(slots);
	uint64_t now_ns = 1000 * NS_PER_S;
	uint32_t allowed = 0;

	(void)state;
	for (int round = 0; round < 11; round++) {
		for (unsigned i = 0; i < 10000; i++) {
			char subject[32];

			(void)snprintf(subject, sizeof(subject), "subject-%u", i);
			allowed += charge(
			        table, limit_key(subject, "default", LIMIT_REQUESTS), 1, now_ns)
			                   .allowed;
		}
	}
	assert_int_equal(allowed, 100000);
	close_table(table, slots);
}

static void keys_differ_by_subject_class_and_kind(void **state)
{
	uint64_t key = limit_key("a", "bc", LIMIT_REQUESTS);

	(void)state;
	assert_true(key == limit_key("a", "bc", LIMIT_REQUESTS));
	assert_true(key != limit_key("a", "bc", LIMIT_RECORDS));
	assert_true(key != limit_key("ab", "c", LIMIT_REQUESTS));
	assert_true(key != limit_key("b", "bc", LIMIT_REQUESTS));
}

/* ---- several processes at once ---- */

#define HAMMERS 4
#define KEYS    3u

struct tally {
	_Atomic uint64_t allowed[KEYS];
};

static void hammer(struct limit_table *table, struct tally *tally, uint64_t end_ns,
        const struct limit_quota *quota)
{
	uint64_t now_ns;

	for (uint32_t i = (uint32_t)getpid(); (now_ns = clock_steady_ns()) < end_ns; i++) {
		struct limit_verdict verdict;

		limit_charge(table, &(struct limit_charge){ 1000 + i % KEYS, *quota, 1 }, now_ns,
		        &verdict);
		tally->allowed[i % KEYS] += verdict.allowed;
	}
}

static void run_hammers(struct limit_table *table, struct tally *tally, uint64_t begin_ns,
        const struct limit_quota *quota)
{
	uint64_t end_ns = begin_ns + NS_PER_S / 2;

	for (int i = 0; i < HAMMERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			hammer(table, tally, end_ns, quota);
			_exit(0);
		}
	}
	for (int i = 0; i < HAMMERS; i++) {
		int status = -1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static struct tally *open_tally(void)
{
	struct tally *tally = mmap(
	        NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(tally != MAP_FAILED);
	return tally;
}

static void processes_together_never_exceed_the_quota(void **state)
{
	const struct limit_quota quota = { 1000, 1 };
	struct limit_table *table = open_table(LIMIT_WAYS);
	struct tally *tally = open_tally();
	uint64_t begin_ns = clock_steady_ns();

	(void)state;
	run_hammers(table, tally, begin_ns, &quota);
	for (uint32_t i = 0; i < KEYS; i++) {
		assert_in_range(tally->allowed[i], 1400, 1500);
	}
	close_table(table, LIMIT_WAYS);
	(void)munmap(tally, sizeof(*tally));
}

/* ---- taking a slot: all at once, again and again ---- */

#define ROUNDS 20000u

struct race {
	_Atomic uint32_t arrived;
	_Atomic uint32_t allowed[ROUNDS][2];
};

static void wait_for_all(struct race *race, uint32_t round)
{
	race->arrived++;
	while (race->arrived < (round + 1) * HAMMERS)
		(void)sched_yield();
}

/* Two of four ask for one new key, two for another, and each key is good for one charge. All slots
 * are free again in each round, so both keys go for the same one. */
static void race_for_slots(struct limit_table *table, struct race *race, uint32_t runner)
{
	const struct limit_quota once = { 1, 1 };

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t key = 10 + round * 2 + runner % 2;
		struct limit_verdict verdict;

		wait_for_all(race, round);
		limit_charge(table, &(struct limit_charge){ key, once, 1 },
		        (round + 1) * 10 * NS_PER_S, &verdict);
		race->allowed[round][runner % 2] += verdict.allowed;
	}
}

static void slots_are_taken_by_one_key_once(void **state)
{
	struct limit_table *table = open_table(LIMIT_WAYS);
	struct race *race = mmap(
	        NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t wrong = 0;

	(void)state;
	assert_true(race != MAP_FAILED);
	for (uint32_t i = 0; i < HAMMERS; i++) {
		if (fork() == 0) {
			race_for_slots(table, race, i);
			_exit(0);
		}
	}
	for (uint32_t i = 0; i < HAMMERS; i++) {
		int status = -1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (uint32_t round = 0; round < ROUNDS; round++)
		wrong += race->allowed[round][0] != 1 || race->allowed[round][1] != 1;
	assert_int_equal(wrong, 0);
	close_table(table, LIMIT_WAYS);
	(void)munmap(race, sizeof(*race));
}

static void headers_are_structured_fields(void **state)
{
	struct limit_state limits = {
		.class_name = "default",
		.quotas = { { 600, 60 }, { 3000, 60 } },
		.verdicts = { { .allowed = true, .remaining = 599, .reset_s = 1 },
		        { .remaining = 0, .reset_s = 3 } },
	};
	char memory[256];
	struct buf buf;

	(void)state;
	buf_init_fixed(&buf, memory, sizeof(memory));
	limit_render_policy(&limits, &buf);
	assert_string_equal(
	        buf_string(&buf), "\"default\";q=600;w=60, \"default-records\";q=3000;w=60");
	buf_init_fixed(&buf, memory, sizeof(memory));
	limit_render_name(&limits, LIMIT_REQUESTS, &buf);
	assert_string_equal(buf_string(&buf), "default");
	buf_init_fixed(&buf, memory, sizeof(memory));
	limit_render_name(&limits, LIMIT_RECORDS, &buf);
	assert_string_equal(buf_string(&buf), "default-records");
	buf_init_fixed(&buf, memory, sizeof(memory));
	limit_render_state(&limits, LIMIT_REQUESTS, &buf);
	assert_string_equal(buf_string(&buf), "\"default\";r=599;t=1");
	buf_init_fixed(&buf, memory, sizeof(memory));
	limit_render_state(&limits, LIMIT_RECORDS, &buf);
	assert_string_equal(buf_string(&buf), "\"default-records\";r=0;t=3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_of_the_quota_is_allowed_and_no_more),
		cmocka_unit_test(a_refused_charge_adds_no_debt),
		cmocka_unit_test(a_cost_above_the_quota_is_never_allowed),
		cmocka_unit_test(a_cost_of_nothing_only_looks),
		cmocka_unit_test(time_that_jumps_harms_nobody_for_long),
		cmocka_unit_test(a_smaller_quota_holds_old_debts_to_one_window),
		cmocka_unit_test(random_sequences_agree_with_the_model),
		cmocka_unit_test(a_full_neighbourhood_is_generous_and_forgets_no_debt),
		cmocka_unit_test(many_subjects_do_not_touch_each_other),
		cmocka_unit_test(keys_differ_by_subject_class_and_kind),
		cmocka_unit_test(processes_together_never_exceed_the_quota),
		cmocka_unit_test(slots_are_taken_by_one_key_once),
		cmocka_unit_test(headers_are_structured_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
