/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/scan.h"

static void comments_become_spaces_and_lines_stay(void **state)
{
	char text[] = "a = 1 # one\n// two\n/* three\n***/b = \"#//\" #\n";
	unsigned line = 0;
	const char *problem = NULL;

	(void)state;
	assert_true(conf_scan(text, strlen(text), &line, &problem));
	assert_string_equal(text, "a = 1      \n      \n        \n    b = \"#//\"  \n");
}

static void what_stands_alone_is_accepted(void **state)
{
	static const char *const good[] = { "", "\n", "#", "//", "/**/", "a", "a = b", "a={b,c}",
		"a = \"x\\\"y\\\\\"", "a = 'x\\'\"'", "key \"x\" { a = {b} }", "a = 1\r\n",
		"a = /etc/x", "a=1#b", "a = \"$ { }\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[128];
		unsigned line = 0;
		const char *problem = "";

		strncpy(text, good[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		if (!conf_scan(text, strlen(text), &line, &problem))
			fail_msg("%s: line %u: %s", good[i], line, problem);
	}
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *problem;
	} bad[] = {
		{ "a = \"b\n", 1, "a string is not closed on its line" },
		{ "\n\na = 'b", 3, "a string is not closed on its line" },
		{ "a = 1\n/* b\nc\n", 2, "a comment is not closed" },
		{ "/*/", 1, "a comment is not closed" },
		{ "a = 1\nkey \"k\" {\nb = {1}\n", 2, "a { is not closed" },
		{ "}\n", 1, "a } closes nothing" },
		{ "a = \"${HOME}\"", 1, "a string holds ${, and the environment is not used here" },
		{ "a = \"\\n\"", 1, "in a string, \\ can only stand before \\ or the quote" },
		{ "a = \"\\x00\"", 1, "in a string, \\ can only stand before \\ or the quote" },
		{ "a = \"\t\"", 1, "a string holds a control character" },
		{ "a = http://x", 1, "a value with // needs quotes" },
		{ "a = b/*c*/", 1, "a word is followed by what cannot follow it" },
		{ "a = b\"c\"", 1, "a word is followed by what cannot follow it" },
		{ "#x\n#y\na = ;", 3, "a character that has no meaning here" },
		{ "a += 1", 1, "a character that has no meaning here" },
		{ "a = \\", 1, "a character that has no meaning here" },
		{ "a\rb", 1, "a character that has no meaning here" },
		{ "a = caf\xc3\xa9", 1, "a character that has no meaning here" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];
		unsigned line = 0;
		const char *problem = NULL;

		strncpy(text, bad[i].text, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		if (conf_scan(text, strlen(text), &line, &problem))
			fail_msg("accepted: %s", bad[i].text);
		assert_string_equal(problem, bad[i].problem);
		assert_int_equal(line, bad[i].line);
	}
}

static void a_nul_has_no_meaning(void **state)
{
	char text[] = "a = 1\n\0";
	unsigned line = 0;
	const char *problem = NULL;

	(void)state;
	assert_false(conf_scan(text, sizeof(text) - 1, &line, &problem));
	assert_int_equal(line, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_become_spaces_and_lines_stay),
		cmocka_unit_test(what_stands_alone_is_accepted),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(a_nul_has_no_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
