/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dns/query.h"
#include "dns/type.h"

#define QUESTION             "\7example\3com\0\0\6\0\1"
#define HEAD(flags, answers) "\x12\x34" flags "\0\1\0" answers "\0\0\0\0"
#define NUMBERS              "\0\0\0\7\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
/* The owner by pointer, mname "ns" and rname "Host" before the question's name. */
#define SOA_RECORD                                                                                 \
	"\300\14\0\6\0\1\0\0\1\54\0\40"                                                            \
	"\2ns\300\14\4Host\300\14" NUMBERS

static struct name example;

static struct name parse(const char *text)
{
	struct name name = { 0 };
	const char *detail = "";
	assert_int_equal(name_parse(text, strlen(text), &name, &detail), ERR_OK);
	return name;
}

static int make_name(void **state)
{
	(void)state;
	example = parse("example.com");
	return 0;
}

static enum err read_answer(const char *bytes, size_t length, struct answer *ret_answer)
{
	struct question question = { .name = &example, .type = TYPE_SOA, .id = 0x1234 };
	return answer_parse((const uint8_t *)bytes, length, &question, ret_answer);
}

static void test_query(void **state)
{
	static const uint8_t expected[] =
	        "\x12\x34\0\0\0\1\0\0\0\0\0\1" QUESTION "\0\0\51\4\320\0\0\0\0\0\0";
	uint8_t query[QUERY_BYTES_MAX];
	(void)state;
	size_t length = query_render(&example, TYPE_SOA, 0x1234, query);
	assert_int_equal(length, sizeof(expected) - 1);
	assert_memory_equal(query, expected, length);
	struct name longest = { .length = 255 };
	for (size_t i = 0; i < 254; i += 2)
		memcpy(longest.wire + i, "\1a", 2);
	assert_int_equal(query_render(&longest, 1, 0, query), QUERY_BYTES_MAX);
}

static void test_serial(void **state)
{
	static const char message[] = HEAD("\204\0", "\1") QUESTION SOA_RECORD;
	struct answer answer;
	uint32_t serial = 0;
	(void)state;
	assert_int_equal(read_answer(message, sizeof(message) - 1, &answer), ERR_OK);
	assert_true(answer.is_authoritative);
	assert_false(answer.is_truncated);
	assert_int_equal(answer.rcode, RCODE_NOERROR);
	assert_true(answer_find_serial(&answer, &example, &serial));
	assert_int_equal(serial, 7);
	struct name other = parse("example.net");
	assert_false(answer_find_serial(&answer, &other, &serial));
}

static void test_records(void **state)
{
	static const char message[] = HEAD("\204\0", "\3") QUESTION SOA_RECORD
	        "\3WWW\300\14\0\17\0\1\0\0\0\1\0\7\0\12\2mx\300\14"
	        "\300\14\0\1\0\1\0\0\0\1\0\4\300\0\2\1";
	struct arena *arena = arena_open(1 << 20);
	struct answer_record *records;
	struct answer answer;
	size_t count;
	(void)state;
	assert_int_equal(read_answer(message, sizeof(message) - 1, &answer), ERR_OK);
	assert_int_equal(answer_parse_records(arena, &answer, &records, &count), ERR_OK);
	assert_int_equal(count, 3);
	char text[NAME_TEXT_BYTES];
	assert_string_equal(name_render(&records[1].owner, text), "www.example.com");
	assert_int_equal(records[1].type, TYPE_MX);
	assert_int_equal(records[1].ttl_s, 1);
	assert_int_equal(records[1].rdata.length, 18);
	assert_memory_equal(records[1].rdata.bytes, "\0\12\2mx\7example\3com", 18);
	assert_int_equal(records[2].rdata.length, 4);
	assert_true(rdata_is_valid(TYPE_SOA, records[0].rdata.bytes, records[0].rdata.length));
	arena_close(arena);
}

static void test_flags(void **state)
{
	static const char truncated[] = HEAD("\202\0", "\0") QUESTION;
	static const char missing[] = HEAD("\204\3", "\0") QUESTION;
	static const char refused[] = "\x12\x34\200\1\0\0\0\0\0\0\0\0";
	struct answer answer;
	uint32_t serial;
	(void)state;
	assert_int_equal(read_answer(truncated, sizeof(truncated) - 1, &answer), ERR_OK);
	assert_true(answer.is_truncated);
	assert_false(answer.is_authoritative);
	assert_int_equal(read_answer(missing, sizeof(missing) - 1, &answer), ERR_OK);
	assert_int_equal(answer.rcode, RCODE_NXDOMAIN);
	assert_false(answer_find_serial(&answer, &example, &serial));
	assert_int_equal(read_answer(refused, sizeof(refused) - 1, &answer), ERR_OK);
	assert_int_equal(answer.rcode, 1);
}

static void test_not_the_answer(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
#define BAD(bytes) { bytes, sizeof(bytes) - 1 }
		BAD(""),
		BAD("\x12\x34"),
		BAD("\x12\x34\204\0\0\1\0\0\0\0\0"),
		BAD("\x12\x35\204\0\0\1\0\0\0\0\0\0" QUESTION),
		BAD(HEAD("\4\0", "\0") QUESTION),
		BAD(HEAD("\254\0", "\0") QUESTION),
		BAD(HEAD("\204\0", "\0") "\7example\3net\0\0\6\0\1"),
		BAD(HEAD("\204\0", "\0") "\7example\3com\0\0\1\0\1"),
		BAD(HEAD("\204\0", "\0") "\7example\3com\0\0\6\0\3"),
		BAD(HEAD("\204\0", "\0") "\7example\3com\0\0\6\0"),
		BAD(HEAD("\204\0", "\0") "\300\14\0\6\0\1"),
		BAD("\x12\x34\204\0\0\0\0\0\0\0\0\0"),
		BAD("\x12\x34\204\0\0\2\0\0\0\0\0\0" QUESTION),
#undef BAD
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer = { .rcode = 77 };
		assert_int_equal(
		        read_answer(cases[i].bytes, cases[i].length, &answer), ERR_BAD_REQUEST);
		assert_int_equal(answer.rcode, 77);
	}
}

/* Pointers to themselves, forward, in circles, beyond the message; names that grow too long. */
static void test_damaged_records(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
#define BAD(bytes)                                                                                 \
	{ HEAD("\204\0", "\1") QUESTION bytes, sizeof(HEAD("\204\0", "\1") QUESTION bytes) - 1 }
		BAD(""),
		BAD("\300\35\0\6\0\1\0\0\0\1\0\0"),
		BAD("\300\36\0\6\0\1\0\0\0\1\0\0"),
		BAD("\300\377\0\6\0\1\0\0\0\1\0\0"),
		BAD("\377\377\0\6\0\1\0\0\0\1\0\0"),
		BAD("\1a\300\35\0\6\0\1\0\0\0\1\0\0"),
		BAD("\100a\0\0\6\0\1\0\0\0\1\0\0"),
		BAD("\300"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\5\1a"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\0"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\2\300\14"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\1\0"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\4\300\14\300\65"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\33\300\14\300\14" NUMBERS "xxx"),
		BAD("\300\14\0\6\0\1\0\0\0\1\0\27\300\14\300\14\0\0\0\7\0\0\0\2\0\0\0\3\0\0\0\4\0\0"
		    "\0\5"),
#undef BAD
	};
	struct arena *arena = arena_open(1 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer;
		struct answer_record *records;
		size_t count;
		uint32_t serial;
		char *copy = malloc(cases[i].length);
		assert_non_null(copy);
		memcpy(copy, cases[i].bytes, cases[i].length);
		assert_int_equal(read_answer(copy, cases[i].length, &answer), ERR_OK);
		assert_int_equal(
		        answer_parse_records(arena, &answer, &records, &count), ERR_BAD_REQUEST);
		assert_false(answer_find_serial(&answer, &example, &serial));
		free(copy);
	}
	arena_close(arena);
}

/* A count that the message cannot hold takes no memory. */
static void test_many_announced(void **state)
{
	static const char message[] = "\x12\x34\204\0\0\1\377\377\0\0\0\0" QUESTION SOA_RECORD;
	struct arena *arena = arena_open(1 << 20);
	struct answer_record *records;
	struct answer answer;
	size_t count;
	uint32_t serial;
	(void)state;
	assert_int_equal(read_answer(message, sizeof(message) - 1, &answer), ERR_OK);
	assert_int_equal(answer_parse_records(arena, &answer, &records, &count), ERR_BAD_REQUEST);
	assert_true(answer_find_serial(&answer, &example, &serial));
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_not_the_answer),
		cmocka_unit_test(test_damaged_records),
		cmocka_unit_test(test_many_announced),
	};
	return cmocka_run_group_tests(tests, make_name, NULL);
}
