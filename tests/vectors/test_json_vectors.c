/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON texts as files: y_ must be accepted by the grammar, n_ refused, i_ decided by the table
 * below; s_ files are valid JSON that the strict parse of request bodies refuses.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"
#include "core/json_scan.h"

#define ARENA_BYTES   ((size_t)64 * 1024 * 1024)
#define CEILING_BYTES ((size_t)4 * 1024 * 1024)

/* The grammar and the encoding, and nothing of the further rules for request bodies. */
static const struct json_scan_options grammar_options = {
	.depth_max = 64,
	.nodes_max = JSON_NODES_MAX,
	.allow_duplicate_names = true,
	.allow_nul = true,
	.allow_lone_surrogates = false,
};

/* Texts that a parser may take or refuse. Numbers are a matter of range, which is json_integer's;
 * what is not Unicode is refused, and so is what is too deep. */
static const struct {
	const char *file;
	bool is_accepted;
} decisions[] = {
	{ "i_number_double_huge_neg_exp.json", true },
	{ "i_number_huge_exp.json", true },
	{ "i_number_neg_int_huge_exp.json", true },
	{ "i_number_pos_double_huge_exp.json", true },
	{ "i_number_real_neg_overflow.json", true },
	{ "i_number_real_pos_overflow.json", true },
	{ "i_number_real_underflow.json", true },
	{ "i_number_too_big_neg_int.json", true },
	{ "i_number_too_big_pos_int.json", true },
	{ "i_number_very_big_negative_int.json", true },
	{ "i_object_key_lone_2nd_surrogate.json", false },
	{ "i_string_1st_surrogate_but_2nd_missing.json", false },
	{ "i_string_1st_valid_surrogate_2nd_invalid.json", false },
	{ "i_string_UTF-16LE_with_BOM.json", false },
	{ "i_string_UTF-8_invalid_sequence.json", false },
	{ "i_string_UTF8_surrogate_U+D800.json", false },
	{ "i_string_incomplete_surrogate_and_escape_valid.json", false },
	{ "i_string_incomplete_surrogate_pair.json", false },
	{ "i_string_incomplete_surrogates_escape_valid.json", false },
	{ "i_string_invalid_lonely_surrogate.json", false },
	{ "i_string_invalid_surrogate.json", false },
	{ "i_string_invalid_utf-8.json", false },
	{ "i_string_inverted_surrogates_U+1D11E.json", false },
	{ "i_string_iso_latin_1.json", false },
	{ "i_string_lone_second_surrogate.json", false },
	{ "i_string_lone_utf8_continuation_byte.json", false },
	{ "i_string_not_in_unicode_range.json", false },
	{ "i_string_overlong_sequence_2_bytes.json", false },
	{ "i_string_overlong_sequence_6_bytes.json", false },
	{ "i_string_overlong_sequence_6_bytes_null.json", false },
	{ "i_string_truncated-utf-8.json", false },
	{ "i_string_utf16BE_no_BOM.json", false },
	{ "i_string_utf16LE_no_BOM.json", false },
	{ "i_structure_500_nested_arrays.json", false },
	{ "i_structure_UTF-8_BOM_empty_object.json", false },
};

struct tally {
	unsigned accepted_y;
	unsigned refused_n;
	unsigned decided_i;
	unsigned strict_s;
	unsigned wrong;
};

static bool decision_find(const char *file, bool *ret_is_accepted)
{
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
		if (strcmp(decisions[i].file, file) == 0) {
			*ret_is_accepted = decisions[i].is_accepted;
			return true;
		}
	}
	return false;
}

static bool is_strictly_refused(struct arena *arena, const char *text, size_t length)
{
	const struct json *root = NULL;
	const char *detail = NULL;
	return json_parse(arena, text, length, &root, &detail) != ERR_OK && detail != NULL;
}

static bool is_right(
        struct arena *arena, const char *file, const char *text, size_t length, struct tally *tally)
{
	struct json_scan_result result;
	bool expected = false;
	bool is_accepted = json_scan(arena, text, length, &grammar_options, &result) == ERR_OK;
	switch (file[0]) {
	case 'y':
		tally->accepted_y += is_accepted;
		return is_accepted;
	case 'n':
		tally->refused_n += !is_accepted;
		return !is_accepted && is_strictly_refused(arena, text, length);
	case 'i':
		tally->decided_i++;
		return decision_find(file, &expected) && is_accepted == expected;
	case 's':
		tally->strict_s++;
		return is_accepted && is_strictly_refused(arena, text, length);
	default:
		return false;
	}
}

static void check_file(
        struct arena *arena, const char *folder, const char *file, struct tally *tally)
{
	char path[4096];
	char *text = NULL;
	size_t length = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	assert_int_equal(file_read(arena, path, CEILING_BYTES, &text, &length), ERR_OK);
	/* Exactly as long as the text, so that a sanitizer sees every byte read past it. */
	char *exact = malloc(length > 0 ? length : 1);
	assert_non_null(exact);
	memcpy(exact, text, length);
	if (!is_right(arena, file, exact, length, tally)) {
		print_error("wrongly decided: %s\n", path);
		tally->wrong++;
	}
	free(exact);
	arena_reset(arena);
}

static bool check_folder(const char *folder, struct tally *tally)
{
	DIR *files = opendir(folder);
	if (files == NULL)
		return false;
	struct arena *arena = arena_open(ARENA_BYTES);
	assert_non_null(arena);
	for (struct dirent *entry; (entry = readdir(files)) != NULL;) {
		if (entry->d_name[0] != '.')
			check_file(arena, folder, entry->d_name, tally);
	}
	arena_close(arena);
	closedir(files);
	return true;
}

static void test_own_texts(void **state)
{
	(void)state;
	struct tally tally = { 0 };
	assert_true(check_folder(TOP_SRCDIR "/tests/vectors/json", &tally));
	assert_int_equal(tally.wrong, 0);
	assert_true(tally.accepted_y >= 20);
	assert_true(tally.refused_n >= 30);
	assert_true(tally.strict_s >= 5);
}

static void test_shared_suite(void **state)
{
	(void)state;
	char folder[4096];
	struct tally tally = { 0 };
	const char *vectors = getenv("SHARED_VECTORS");
	snprintf(folder, sizeof(folder), "%s/json/test_parsing",
	        vectors != NULL ? vectors : TOP_SRCDIR "/../shared/vectors");
	if (!check_folder(folder, &tally)) {
		print_message(
		        "SKIPPED: JSONTestSuite (188 n_, 95 y_, 35 i_ files): %s is missing\n",
		        folder);
		return;
	}
	print_message(
	        "JSONTestSuite: %u of 95 y_ accepted, %u of 188 n_ refused, %u of 35 i_ decided\n",
	        tally.accepted_y, tally.refused_n, tally.decided_i);
	assert_int_equal(tally.wrong, 0);
	assert_int_equal(tally.accepted_y, 95);
	assert_int_equal(tally.refused_n, 188);
	assert_int_equal(tally.decided_i, 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_texts),
		cmocka_unit_test(test_shared_suite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
