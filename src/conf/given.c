/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/given.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/value.h"

/* Options of one section, with room for the end mark and for the sections of the top level. */
#define CONFUSE_OPTIONS_MAX 64u

/* A text that is being parsed. */
struct parse {
	struct conf_message *message;
	unsigned dropped_line; /* of a value that a later one has pushed out; 0: none */
};

/* libConfuse's callbacks carry no pointer of ours. NULL while nothing is parsed. */
static struct parse *current;

bool conf_message_set(struct conf_message *message, unsigned line, const char *problem)
{
	if (message->is_set)
		return false;
	message->is_set = true;
	buf_printf(&message->text, "%.400s:", message->name);
	if (line > 0)
		buf_printf(&message->text, "%u:", line);
	buf_printf(&message->text, " %.500s", problem);
	return false;
}

static PRINTF_LIKE(2, 0) void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char problem[512];

	(void)vsnprintf(problem, sizeof(problem), format, arguments);
	/* The words of an unknown option are libConfuse's own, and good. */
	(void)conf_message_set(current->message, (unsigned)cfg->line, problem);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	size_t size = strlen(text) + 1;
	struct given *given;

	if (current->dropped_line == 0 && (opt->flags & CFGF_LIST) == 0 &&
	        cfg_opt_getnptr(opt, 0) != NULL)
		current->dropped_line = ((struct given *)cfg_opt_getnptr(opt, 0))->line;
	if (current->dropped_line != 0) {
		cfg_error(cfg, "%s is given twice, first in line %u", opt->name,
		        current->dropped_line);
		return -1;
	}
	given = malloc(sizeof(*given) + size);
	if (given == NULL) {
		cfg_error(cfg, "out of memory");
		return -1;
	}
	given->line = (unsigned)cfg->line;
	memcpy(given->text, text, size);
	*(void **)result = given;
	return 0;
}

/* libConfuse drops a list when it meets another one for the same option. */
static void on_drop(void *value)
{
	if (current != NULL && value != NULL)
		current->dropped_line = ((struct given *)value)->line;
	free(value);
}

static void declare_options(const char *section, cfg_opt_t ret_opts[CONFUSE_OPTIONS_MAX])
{
	size_t count;
	size_t at = 0;
	const struct conf_option *options = conf_options(&count);

	for (size_t i = 0; i < count; i++) {
		cfg_opt_t one =
		        CFG_PTR_CB(options[i].name, NULL, CFGF_NODEFAULT, on_value, on_drop);

		if (strcmp(options[i].section, section) != 0)
			continue;
		if (conf_kind_is_list(options[i].kind))
			one.flags |= CFGF_LIST;
		assert(at < CONFUSE_OPTIONS_MAX - 1);
		ret_opts[at++] = one;
	}
	ret_opts[at] = (cfg_opt_t)CFG_END();
}

static cfg_t *parse(const char *text, struct conf_message *message)
{
	cfg_flag_t section_flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	cfg_opt_t coredns[CONFUSE_OPTIONS_MAX];
	cfg_opt_t rate_class[CONFUSE_OPTIONS_MAX];
	cfg_opt_t key[CONFUSE_OPTIONS_MAX];
	cfg_opt_t top[CONFUSE_OPTIONS_MAX];
	cfg_opt_t sections[] = { CFG_SEC("coredns", coredns, section_flags),
		CFG_SEC("rate_class", rate_class, section_flags),
		CFG_SEC("key", key, section_flags), CFG_END() };
	cfg_t *cfg;

	declare_options("coredns", coredns);
	declare_options("rate_class", rate_class);
	declare_options("key", key);
	declare_options("", top);
	assert((unsigned)cfg_numopts(top) + 4 <= CONFUSE_OPTIONS_MAX);
	memcpy(top + cfg_numopts(top), sections, sizeof(sections));
	cfg = cfg_init(top, CFGF_NONE);
	if (cfg == NULL) {
		(void)conf_message_set(message, 0, "out of memory");
		return NULL;
	}
	(void)cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
		(void)conf_message_set(message, 0, "it cannot be understood");
	return cfg;
}

cfg_t *given_parse(const char *text, struct conf_message *message)
{
	struct parse state = { .message = message };
	cfg_t *cfg;

	current = &state;
	cfg = parse(text, message);
	current = NULL;
	/* An empty list that pushes out another has no value that would have told. */
	if (state.dropped_line != 0)
		(void)conf_message_set(message, state.dropped_line, "an option is given twice");
	return cfg;
}
