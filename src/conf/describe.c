/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/conf.h"

#include <string.h>

#include "conf/value.h"

static void describe_section(const char *section, const void *object, FILE *file)
{
	size_t count;
	const struct conf_option *options = conf_options(&count);
	const char *indent = section[0] == '\0' ? "" : "\t";

	for (size_t i = 0; i < count; i++) {
		const struct conf_option *option = &options[i];
		const char *bytes = object;
		unsigned line;

		if (strcmp(option->section, section) != 0)
			continue;
		memcpy(&line, bytes + option->line_offset, sizeof(line));
		fprintf(file, "%s%s = ", indent, option->name);
		conf_value_render(option, bytes + option->offset, file);
		if (line > 0)
			fprintf(file, " # line %u\n", line);
		else
			fputs(" # default\n", file);
	}
}

static void describe_block(const char *section, const char *name, const void *object, FILE *file)
{
	fprintf(file, "\n%s \"%s\" {\n", section, name);
	describe_section(section, object, file);
	fputs("}\n", file);
}

void conf_describe(const struct conf *conf, FILE *file)
{
	describe_section("", conf, file);
	for (size_t i = 0; i < conf->coredns_count; i++)
		describe_block("coredns", conf->coredns[i].name, &conf->coredns[i], file);
	for (size_t i = 0; i < conf->rate_class_count; i++)
		describe_block(
		        "rate_class", conf->rate_classes[i].name, &conf->rate_classes[i], file);
	for (size_t i = 0; i < conf->key_count; i++)
		describe_block("key", conf->keys[i].name, &conf->keys[i], file);
}
