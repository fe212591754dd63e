/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sample file and the manual page say what conf/options.def says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/value.h"

#define TEXT_BYTES 65536u

/* The files are written for an installation in /usr; a build may say otherwise. */
static const char *replace_prefix(const char *text, char place[static 512])
{
	static const char *const places[][2] = { { COREGATE_STATEDIR, "/var/lib/coregate" },
		{ COREGATE_RUNDIR, "/run/coregate" } };

	for (size_t i = 0; i < 2; i++) {
		size_t length = strlen(places[i][0]);

		if (strncmp(text, places[i][0], length) != 0)
			continue;
		(void)snprintf(place, 512, "%s%s", places[i][1], text + length);
		return place;
	}
	return text;
}

static void read_text(const char *name, char text[static TEXT_BYTES])
{
	char path[4096];
	FILE *file;
	size_t length;

	(void)snprintf(path, sizeof(path), "%s/%s", TOP_SRCDIR, name);
	file = fopen(path, "re");
	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	length = fread(text, 1, TEXT_BYTES - 1, file);
	text[length] = '\0';
	(void)fclose(file);
}

/* The next line of a text, NUL in place of its end; NULL after the last. */
static char *next_line(char **text)
{
	char *line = *text;
	char *end = strchr(line, '\n');

	if (*line == '\0')
		return NULL;
	*text = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}

/* A default as the file would say it, quotes and all. */
static void render_standard(const struct conf_option *option, char text[static 512])
{
	char place[512];
	const char *standard = replace_prefix(option->standard, place);

	switch (option->kind) {
	case CONF_TEXT:
	case CONF_PATH:
	case CONF_TIME:
	case CONF_ADDRESS:
		(void)snprintf(text, 512, "\"%s\"", standard);
		break;
	case CONF_TEXTS:
	case CONF_URLS:
		(void)snprintf(text, 512, standard[0] != '\0' ? "{\"%s\"}" : "{%s}", standard);
		break;
	default:
		(void)snprintf(text, 512, "%s", standard);
		break;
	}
}

/* Takes # away and makes any white space one space, so that wrapped sentences can be found. */
static void flatten(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		char character = strchr("# \t\n", *from) != NULL ? ' ' : *from;

		if (character != ' ' || (to > text && to[-1] != ' '))
			*to++ = character;
	}
	*to = '\0';
}

static void the_sample_tells_every_option_with_its_default(void **state)
{
	static char text[TEXT_BYTES];
	static char flat[TEXT_BYTES];
	size_t count;
	const struct conf_option *options = conf_options(&count);

	(void)state;
	read_text("config/coregate.conf", text);
	memcpy(flat, text, sizeof(text));
	flatten(flat);
	for (size_t i = 0; i < count; i++) {
		char standard[512];
		char line[1024];

		render_standard(&options[i], standard);
		(void)snprintf(line, sizeof(line), "\n#%s%s = %s\n",
		        options[i].section[0] != '\0' ? "\t" : "", options[i].name, standard);
		if (strstr(text, line) == NULL)
			fail_msg("the sample lacks the line: %s", line);
		if (strstr(flat, options[i].sentence) == NULL)
			fail_msg("the sample lacks the sentence of %s", options[i].name);
	}
}

static void the_sample_has_no_other_options(void **state)
{
	static char text[TEXT_BYTES];
	size_t count;
	size_t found = 0;

	(void)state;
	(void)conf_options(&count);
	read_text("config/coregate.conf", text);
	for (char *rest = text, *line = next_line(&rest); line != NULL; line = next_line(&rest))
		found += line[0] == '#' && line[1] != ' ' && strstr(line, " = ") != NULL &&
		         line[2] != '#';
	assert_int_equal(found, count);
}

static void the_sample_loads(void **state)
{
	static char text[TEXT_BYTES];
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;

	(void)state;
	read_text("config/coregate.conf", text);
	if (!conf_parse("coregate.conf", text, strlen(text), &conf, message))
		fail_msg("%s", message);
	conf_close(conf);
}

/* Every # at the start of a line gone, as when a user takes all of it into service. */
static void the_sample_loads_uncommented(void **state)
{
	static char text[TEXT_BYTES];
	static char live[TEXT_BYTES];
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;
	char *to = live;

	(void)state;
	read_text("config/coregate.conf", text);
	for (char *rest = text, *next = next_line(&rest); next != NULL; next = next_line(&rest)) {
		const char *line = next;
		bool is_required =
		        strstr(line, "dns_address = \"\"") || strstr(line, "file = \"\"");
		bool is_never = strstr(line, "not_after = \"\"") != NULL;
		bool is_option = line[0] == '#' && line[1] != ' ' && line[1] != '\0';

		if (is_option && is_never)
			continue;
		if (is_option && is_required)
			line = strstr(line, "file") ? "#file = /etc/passwd"
			                            : "#dns_address = 127.0.0.1";
		to += snprintf(
		        to, (size_t)(live + sizeof(live) - to), "%s\n", line + (is_option ? 1 : 0));
	}
	if (!conf_parse("coregate.conf", live, strlen(live), &conf, message))
		fail_msg("%s", message);
	assert_int_equal(conf->coredns_count, 1);
	assert_int_equal(conf->key_count, 1);
	assert_int_equal(conf->rate_class_count, 2);
	conf_close(conf);
}

static void the_manual_page_tells_every_option_with_its_default(void **state)
{
	static char text[TEXT_BYTES];
	static char flat[TEXT_BYTES];
	size_t count;
	const struct conf_option *options = conf_options(&count);

	(void)state;
	read_text("docs/man/coregate.conf.5", text);
	memcpy(flat, text, sizeof(text));
	flatten(flat);
	for (size_t i = 0; i < count; i++) {
		char place[512];
		char entry[1024];
		const char *standard = replace_prefix(options[i].standard, place);

		(void)snprintf(entry, sizeof(entry), " .It Ic %s %s. ", options[i].name,
		        options[i].sentence);
		if (strstr(flat, entry) == NULL)
			fail_msg("the manual page lacks: %s", entry);
		(void)snprintf(entry, sizeof(entry), " %s. The default is .Ql %s . ",
		        options[i].sentence, standard);
		if (standard[0] != '\0' && strstr(flat, entry) == NULL)
			fail_msg("the manual page lacks: %s", entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_tells_every_option_with_its_default),
		cmocka_unit_test(the_sample_has_no_other_options),
		cmocka_unit_test(the_sample_loads),
		cmocka_unit_test(the_sample_loads_uncommented),
		cmocka_unit_test(the_manual_page_tells_every_option_with_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
