/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dns/type.h"
#include "dns/verify.h"

#define TEXT(string) string, sizeof(string) - 1

/* Of an answer to www.example.com: the question's name is at 12, "example" at 16. */
#define QUESTION(type)          "\3www\7example\3com\0\0" type "\0\1"
#define HEAD(flags, count)      "\x12\x34" flags "\0\1\0" count "\0\0\0\0"
#define OWN                     "\300\14"
#define RECORD(type, size)      "\0" type "\0\1\0\0\1\54\0" size
#define GOOD                    "\x84\0"
#define ALIAS(owner, label)     owner RECORD("\5", "\4") "\1" label "\300\20"
#define ADDRESS(owner, address) owner RECORD("\1", "\4") address

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_open((size_t)4 << 20);
	return arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static struct rdata bytes_of(const char *bytes, size_t length)
{
	return (struct rdata){ .length = (uint16_t)length, .bytes = (const uint8_t *)bytes };
}

static struct verify_question ask(uint16_t type)
{
	struct verify_question question = { .type = type, .timeout_ms = 5000 };
	const char *detail = "";
	assert_int_equal(name_parse(TEXT("www.example.com"), &question.owner, &detail), ERR_OK);
	return question;
}

static struct verify_question expect(uint16_t type, const char *bytes, size_t length)
{
	struct verify_question question = ask(type);
	question.has_expect = true;
	question.expect = bytes_of(bytes, length);
	return question;
}

/* ---- as bytes ---- */

static struct buf pack_question(const struct verify_question *question)
{
	struct buf buf;
	buf_init(&buf, arena, 1 << 17);
	verify_question_pack(&buf, question);
	assert_false(buf_is_full(&buf));
	return buf;
}

static void test_question(void **state)
{
	(void)state;
	struct verify_question question = expect(TYPE_A, TEXT("\300\0\2\1"));
	struct verify_question back = { 0 };
	struct buf buf = pack_question(&question);
	assert_int_equal(verify_question_parse(buf.bytes, buf.length, &back), ERR_OK);
	assert_true(name_is_equal(&back.owner, &question.owner));
	assert_int_equal(back.type, TYPE_A);
	assert_int_equal(back.timeout_ms, 5000);
	assert_true(back.has_expect);
	assert_int_equal(rdata_compare(&back.expect, &question.expect), 0);
	question.has_expect = false;
	buf = pack_question(&question);
	assert_int_equal(verify_question_parse(buf.bytes, buf.length, &back), ERR_OK);
	assert_false(back.has_expect);
}

static void test_bad_questions(void **state)
{
	(void)state;
	struct verify_question question = expect(TYPE_A, TEXT("\300\0\2\1"));
	struct verify_question untouched = { .type = 77 };
	struct buf buf = pack_question(&question);
	for (size_t i = 0; i < buf.length; i++)
		assert_int_equal(verify_question_parse(buf.bytes, i, &untouched), ERR_BAD_REQUEST);
	buf_put_u8(&buf, 0);
	assert_int_equal(verify_question_parse(buf.bytes, buf.length, &untouched), ERR_BAD_REQUEST);
	question.timeout_ms = 30001;
	buf = pack_question(&question);
	assert_int_equal(verify_question_parse(buf.bytes, buf.length, &untouched), ERR_BAD_REQUEST);
	assert_int_equal(untouched.type, 77);
}

static struct buf pack_report(uint16_t type, const struct verify_report *report)
{
	struct buf buf;
	buf_init(&buf, arena, 1 << 17);
	verify_report_pack(&buf, type, report);
	assert_false(buf_is_full(&buf));
	return buf;
}

static struct rdata addresses[2];
static struct verify_server servers[2];

static struct verify_report make_report(void)
{
	addresses[0] = bytes_of(TEXT("\300\0\2\1"));
	addresses[1] = bytes_of(TEXT("\300\0\2\2"));
	servers[0] = (struct verify_server){ .address = "127.0.0.1:53",
		.has_answered = true,
		.is_verified = true,
		.rtt_us = 250,
		.value_count = 2,
		.values = addresses };
	servers[1] = (struct verify_server){ .address = "[::1]:53", .rcode = 5 };
	return (struct verify_report){ .attempts = 3, .server_count = 2, .servers = servers };
}

static void test_report(void **state)
{
	(void)state;
	const struct verify_report report = make_report();
	struct verify_report back;
	struct buf buf = pack_report(TYPE_A, &report);
	assert_int_equal(verify_report_parse(arena, buf.bytes, buf.length, &back), ERR_OK);
	assert_false(back.is_verified);
	assert_int_equal(back.attempts, 3);
	assert_int_equal(back.server_count, 2);
	assert_string_equal(back.servers[0].address, "127.0.0.1:53");
	assert_true(back.servers[0].has_answered && back.servers[0].is_verified);
	assert_int_equal(back.servers[0].rtt_us, 250);
	assert_int_equal(back.servers[0].value_count, 2);
	assert_int_equal(rdata_compare(&back.servers[0].values[1], &addresses[1]), 0);
	assert_string_equal(back.servers[1].address, "[::1]:53");
	assert_false(back.servers[1].has_answered || back.servers[1].is_verified);
	assert_int_equal(back.servers[1].rcode, 5);
}

static void test_bad_reports(void **state)
{
	(void)state;
	struct verify_report report = make_report();
	struct verify_report untouched = { .attempts = 77 };
	struct buf buf = pack_report(TYPE_A, &report);
	assert_int_equal(verify_report_parse(arena, buf.bytes, 0, &untouched), ERR_OVERLOADED);
	for (size_t i = 1; i < buf.length; i++)
		assert_int_equal(
		        verify_report_parse(arena, buf.bytes, i, &untouched), ERR_BAD_REQUEST);
	/* Values of another length than the type has. */
	buf = pack_report(TYPE_AAAA, &report);
	assert_int_equal(
	        verify_report_parse(arena, buf.bytes, buf.length, &untouched), ERR_BAD_REQUEST);
	assert_int_equal(untouched.attempts, 77);
}

static void test_rcode_names(void **state)
{
	(void)state;
	assert_string_equal(verify_rcode_name(0), "NOERROR");
	assert_string_equal(verify_rcode_name(3), "NXDOMAIN");
	assert_string_equal(verify_rcode_name(11), "RCODE11");
	assert_string_equal(verify_rcode_name(255), "RCODE15");
}

/* ---- what an answer says ---- */

static struct verify_server take(
        const struct verify_question *asked, const char *bytes, size_t length)
{
	struct verify_server server = { .address = "127.0.0.1:53", .rtt_us = 5 };
	const struct question question = {
		.name = &asked->owner, .type = asked->type, .id = 0x1234
	};
	struct answer answer;
	assert_int_equal(answer_parse((const uint8_t *)bytes, length, &question, &answer), ERR_OK);
	verify_take_answer(arena, asked, &answer, &server);
	assert_true(server.has_answered);
	assert_string_equal(server.address, "127.0.0.1:53");
	assert_int_equal(server.rtt_us, 5);
	return server;
}

/* Out of order, one twice, one of another name. */
#define THREE                                                                                      \
	HEAD(GOOD, "\4")                                                                           \
	QUESTION("\1")                                                                             \
	ADDRESS(OWN, "\300\0\2\2")                                                                 \
	ADDRESS(OWN, "\300\0\2\1") ADDRESS("\300\20", "\300\0\2\3") ADDRESS(OWN, "\300\0\2\2")

static void test_values(void **state)
{
	(void)state;
	struct verify_question question = ask(TYPE_A);
	struct verify_server server = take(&question, TEXT(THREE));
	assert_true(server.is_verified);
	assert_int_equal(server.rcode, 0);
	assert_int_equal(server.value_count, 2);
	assert_memory_equal(server.values[0].bytes, "\300\0\2\1", 4);
	assert_memory_equal(server.values[1].bytes, "\300\0\2\2", 4);
}

static void test_expected_value(void **state)
{
	(void)state;
	struct verify_question question = expect(TYPE_A, TEXT("\300\0\2\2"));
	assert_true(take(&question, TEXT(THREE)).is_verified);
	question = expect(TYPE_A, TEXT("\300\0\2\3"));
	struct verify_server server = take(&question, TEXT(THREE));
	assert_false(server.is_verified);
	assert_int_equal(server.value_count, 2);
}

static void test_no_records(void **state)
{
	(void)state;
	struct verify_question question = ask(TYPE_A);
	struct verify_server server = take(&question, TEXT(HEAD(GOOD, "\0") QUESTION("\1")));
	assert_false(server.is_verified);
	assert_int_equal(server.value_count, 0);
	server = take(&question, TEXT(HEAD("\x84\3", "\0") QUESTION("\1")));
	assert_false(server.is_verified);
	assert_int_equal(server.rcode, RCODE_NXDOMAIN);
}

static void test_records_beside_an_error(void **state)
{
	(void)state;
	struct verify_question question = ask(TYPE_A);
	struct verify_server server = take(
	        &question, TEXT(HEAD("\x84\2", "\1") QUESTION("\1") ADDRESS(OWN, "\300\0\2\2")));
	assert_false(server.is_verified);
	assert_int_equal(server.rcode, 2);
	assert_int_equal(server.value_count, 0);
}

#define NAME_A "\1a\300\20"
#define NAME_B "\1b\300\20"

/* www → a → b, the links not in that order. */
#define CHAIN                                                                                      \
	HEAD(GOOD, "\3")                                                                           \
	QUESTION("\1") ADDRESS(NAME_B, "\300\0\2\7") ALIAS(NAME_A, "b") ALIAS(OWN, "a")

static void test_chain(void **state)
{
	(void)state;
	struct verify_question question = expect(TYPE_A, TEXT("\300\0\2\7"));
	struct verify_server server = take(&question, TEXT(CHAIN));
	assert_true(server.is_verified);
	assert_int_equal(server.value_count, 1);
	/* The alias itself is what is asked for. */
	question = expect(TYPE_CNAME, TEXT("\1a\7example\3com\0"));
	assert_true(
	        take(&question, TEXT(HEAD(GOOD, "\1") QUESTION("\5") ALIAS(OWN, "a"))).is_verified);
}

static void test_chain_without_end(void **state)
{
	(void)state;
	struct verify_question question = ask(TYPE_A);
	struct verify_server server =
	        take(&question, TEXT(HEAD(GOOD, "\3") QUESTION("\1") ALIAS(OWN, "a")
	                                        ALIAS(NAME_A, "b") ALIAS(NAME_B, "a")));
	assert_false(server.is_verified);
	assert_int_equal(server.value_count, 0);
	/* Records that the chain does not lead to. */
	server = take(&question, TEXT(HEAD(GOOD, "\2") QUESTION("\1") ALIAS(OWN, "a")
	                                         ADDRESS(NAME_B, "\300\0\2\7")));
	assert_false(server.is_verified);
}

static void test_damaged_records(void **state)
{
	(void)state;
	struct verify_question question = ask(TYPE_A);
	/* Cut off; and an address of five octets. */
	struct verify_server server =
	        take(&question, TEXT(HEAD(GOOD, "\2") QUESTION("\1") ADDRESS(OWN, "\300\0\2\7")));
	assert_false(server.is_verified);
	assert_int_equal(server.value_count, 0);
	server = take(&question,
	        TEXT(HEAD(GOOD, "\1") QUESTION("\1") OWN RECORD("\1", "\5") "\300\0\2\7\1"));
	assert_false(server.is_verified);
	assert_int_equal(server.value_count, 0);
}

static void test_many_values(void **state)
{
	(void)state;
	static uint8_t bytes[64 << 10];
	const size_t head = sizeof(HEAD(GOOD, "\0") QUESTION("\1")) - 1;
	const size_t size = sizeof(ADDRESS(OWN, "\300\0\2\0")) - 1;
	memcpy(bytes, HEAD(GOOD, "\0") QUESTION("\1"), head);
	bytes[6] = 300 >> 8;
	bytes[7] = 300 & 0xff;
	for (size_t i = 0; i < 300; i++) {
		memcpy(bytes + head + i * size, ADDRESS(OWN, "\300\0\2\0"), size);
		bytes[head + (i + 1) * size - 2] = (uint8_t)(i >> 8);
		bytes[head + (i + 1) * size - 1] = (uint8_t)i;
	}
	/* The last one does not fit in the report, but it is there. */
	struct verify_question question = expect(TYPE_A, TEXT("\300\0\1\53"));
	struct verify_server server = take(&question, (const char *)bytes, head + 300 * size);
	assert_true(server.is_verified);
	assert_int_equal(server.value_count, VERIFY_VALUES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rcode_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expected_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_records_beside_an_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chain_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_values, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
