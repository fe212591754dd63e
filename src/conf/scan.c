/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/scan.h"

#include <string.h>

struct scan {
	char *text;
	size_t length;
	size_t at;
	unsigned line;
	unsigned depth;
	unsigned open_line; /* of the outermost brace that is open */
	const char *problem;
};

static bool scan_fail(struct scan *scan, const char *problem)
{
	scan->problem = problem;
	return false;
}

static char scan_peek(const struct scan *scan, size_t ahead)
{
	return ahead < scan->length - scan->at ? scan->text[scan->at + ahead] : '\0';
}

static bool is_word(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9') ||
	       (character != '\0' && strchr("._-:/", character) != NULL);
}

static void scan_line_comment(struct scan *scan)
{
	while (scan->at < scan->length && scan->text[scan->at] != '\n')
		scan->text[scan->at++] = ' ';
}

static bool scan_block_comment(struct scan *scan)
{
	unsigned begin = scan->line;

	memset(scan->text + scan->at, ' ', 2);
	scan->at += 2;
	while (scan->at < scan->length) {
		bool is_end = scan_peek(scan, 0) == '*' && scan_peek(scan, 1) == '/';

		if (scan->text[scan->at] == '\n')
			scan->line++;
		else
			scan->text[scan->at] = ' ';
		scan->at++;
		if (is_end) {
			scan->text[scan->at++] = ' ';
			return true;
		}
	}
	scan->line = begin;
	return scan_fail(scan, "a comment is not closed");
}

static bool scan_escape(struct scan *scan, char quote)
{
	char next = scan_peek(scan, 1);

	if (next != '\\' && next != quote)
		return scan_fail(scan, "in a string, \\ can only stand before \\ or the quote");
	scan->at += 2;
	return true;
}

static bool scan_string(struct scan *scan)
{
	char quote = scan->text[scan->at++];

	while (scan->at < scan->length) {
		unsigned char byte = (unsigned char)scan->text[scan->at];

		if (byte == (unsigned char)quote) {
			scan->at++;
			return true;
		}
		if (byte == '\n')
			break;
		if (byte < 0x20 || byte == 0x7f)
			return scan_fail(scan, "a string holds a control character");
		if (byte == '$' && scan_peek(scan, 1) == '{')
			return scan_fail(
			        scan, "a string holds ${, and the environment is not used here");
		if (byte != '\\')
			scan->at++;
		else if (!scan_escape(scan, quote))
			return false;
	}
	return scan_fail(scan, "a string is not closed on its line");
}

static bool scan_word(struct scan *scan)
{
	while (scan->at < scan->length && is_word(scan->text[scan->at])) {
		/* libConfuse would see a comment here. */
		if (scan_peek(scan, 0) == '/' && scan_peek(scan, 1) == '/')
			return scan_fail(scan, "a value with // needs quotes");
		scan->at++;
	}
	if (scan->at < scan->length && strchr("'\"*", scan->text[scan->at]) != NULL)
		return scan_fail(scan, "a word is followed by what cannot follow it");
	return true;
}

static bool scan_brace(struct scan *scan)
{
	if (scan->text[scan->at] == '{') {
		if (scan->depth++ == 0)
			scan->open_line = scan->line;
	} else if (scan->depth-- == 0) {
		return scan_fail(scan, "a } closes nothing");
	}
	scan->at++;
	return true;
}

static bool scan_token(struct scan *scan)
{
	char character = scan->text[scan->at];
	char next = scan_peek(scan, 1);

	if (character == '\n')
		scan->line++;
	if (character == '\r' && next == '\n')
		scan->text[scan->at] = ' ';
	if (character == '#' || (character == '/' && next == '/')) {
		scan_line_comment(scan);
		return true;
	}
	if (character == '/' && next == '*')
		return scan_block_comment(scan);
	if (character == '"' || character == '\'')
		return scan_string(scan);
	if (character == '{' || character == '}')
		return scan_brace(scan);
	if (is_word(character))
		return scan_word(scan);
	if (character == '\0' || strchr(" \t\n=,", scan->text[scan->at]) == NULL)
		return scan_fail(scan, "a character that has no meaning here");
	scan->at++;
	return true;
}

bool conf_scan(char *text, size_t length, unsigned *ret_line, const char **ret_problem)
{
	struct scan scan = { .text = text, .length = length, .line = 1 };
	bool is_good = true;

	while (is_good && scan.at < scan.length)
		is_good = scan_token(&scan);
	if (is_good && scan.depth > 0) {
		scan.line = scan.open_line;
		is_good = scan_fail(&scan, "a { is not closed");
	}
	if (is_good)
		return true;
	*ret_line = scan.line;
	*ret_problem = scan.problem;
	return false;
}
