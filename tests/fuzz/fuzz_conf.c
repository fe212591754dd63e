/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a configuration: what is accepted must be described and loaded again to the same
 * description; what is refused must have a message that begins with the name.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The configuration as text without its remarks, which hold line numbers. */
static char *describe(const struct conf *conf)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert(file != NULL);
	conf_describe(conf, file);
	(void)fclose(file);
	for (char *end = strchr(text, '\n'); end != NULL; end = strchr(end + 1, '\n')) {
		char *mark = end;

		/* A value may hold a #, the remark does not: it begins at the last one. */
		while (mark > text && mark[-1] != '\n' && *mark != '#')
			mark--;
		if (*mark == '#')
			memset(mark, ' ', (size_t)(end - mark));
	}
	return text;
}

static void drop_spaces(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from != ' ')
			*to++ = *from;
	}
	*to = '\0';
}

/* `not_after = ""` and its like are how the defaults are shown; the file cannot say them. */
static bool can_be_said(const char *text)
{
	return strstr(text, "not_after = \"\"") == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[CONF_MESSAGE_BYTES] = "";
	struct conf *conf = NULL;
	struct conf *again = NULL;
	char *first;
	char *second;

	if (!conf_parse("name", (const char *)data, size, &conf, message)) {
		assert(strncmp(message, "name:", 5) == 0);
		assert(strlen(message) < CONF_MESSAGE_BYTES - 1);
		return 0;
	}
	first = describe(conf);
	if (can_be_said(first)) {
		assert(conf_parse("name", first, strlen(first), &again, message));
		second = describe(again);
		drop_spaces(first);
		drop_spaces(second);
		assert(strcmp(first, second) == 0);
		free(second);
	}
	free(first);
	conf_close(again);
	conf_close(conf);
	return 0;
}
