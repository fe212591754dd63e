/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/conf.h"

#include <errno.h>
#include <string.h>

#include "conf/check.h"
#include "conf/given.h"
#include "conf/scan.h"
#include "conf/value.h"
#include "core/file.h"

/* Room for the text, its values and the lists of them. */
#define ARENA_CAP_BYTES (16u * CONF_FILE_MAX_BYTES)

/* A load from begin to end. */
struct load {
	struct conf *conf;
	struct conf_message message;
};

static bool load_fail(struct load *load, unsigned line, const char *problem)
{
	return conf_message_set(&load->message, line, problem);
}

/* ---- from values to members ---- */

/* `= {}` is another thing than silence: it may take away a default. */
static bool is_empty_list(const cfg_opt_t *opt)
{
	return (opt->flags & CFGF_LIST) != 0 && (opt->flags & CFGF_MODIFIED) != 0;
}

static unsigned given_line(cfg_opt_t *opt)
{
	return ((const struct given *)cfg_opt_getnptr(opt, 0))->line;
}

static bool apply_option(
        struct load *load, const struct conf_option *option, cfg_t *cfg, void *object)
{
	cfg_opt_t *opt = cfg_getopt(cfg, option->name);
	char text[512];
	struct buf problem;
	const char *items[CONF_LIST_MAX];
	struct conf_texts texts = { .count = cfg_opt_size(opt), .items = items };
	/* An empty list leaves no value that would know its line. */
	unsigned line = texts.count > 0 ? given_line(opt) : (unsigned)cfg->line;

	buf_init_fixed(&problem, text, sizeof(text));
	for (size_t i = 0; i < texts.count; i++) {
		const struct given *given = cfg_opt_getnptr(opt, (unsigned)i);

		if (i == CONF_LIST_MAX)
			return load_fail(load, given->line, "the list has too many elements");
		items[i] = given->text;
	}
	if (texts.count == 0 && !is_empty_list(opt))
		return true;
	if (!conf_value_set(
	            load->conf->arena, option, &texts, (char *)object + option->offset, &problem)) {
		const char *why = buf_string(&problem);

		return load_fail(load, line, why != NULL ? why : "a value is too long");
	}
	memcpy((char *)object + option->line_offset, &line, sizeof(line));
	return true;
}

static bool apply_section(struct load *load, const char *section, cfg_t *cfg, void *object)
{
	size_t count;
	const struct conf_option *options = conf_options(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(options[i].section, section) == 0 &&
		        !apply_option(load, &options[i], cfg, object))
			return false;
	}
	return true;
}

static bool apply_standards(struct load *load, const char *section, void *object)
{
	size_t count;
	const struct conf_option *options = conf_options(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(options[i].section, section) == 0 &&
		        !conf_value_set_standard(
		                load->conf->arena, &options[i], (char *)object + options[i].offset))
			return load_fail(load, 0, "out of memory");
	}
	return true;
}

/* Where a block says something first; its end when it says nothing. */
static unsigned find_line(const char *section, cfg_t *block, const void *object)
{
	size_t count;
	const struct conf_option *options = conf_options(&count);
	unsigned first = (unsigned)block->line;

	for (size_t i = 0; i < count; i++) {
		unsigned line;

		if (strcmp(options[i].section, section) != 0)
			continue;
		memcpy(&line, (const char *)object + options[i].line_offset, sizeof(line));
		if (line > 0 && line < first)
			first = line;
	}
	return first;
}

/* All blocks of a section into an array that has room for them behind its first `start` elements;
 * each element begins with its name and line. */
struct block_head {
	const char *name;
	unsigned line;
};

static bool apply_block(struct load *load, const char *section, cfg_t *block, void *object)
{
	struct block_head *head = object;

	if (!conf_is_name(cfg_title(block)))
		return load_fail(load, (unsigned)block->line,
		        "the name of a block holds letters, digits, '.', '_' and '-', "
		        "at most 64 of them");
	head->name = arena_strdup(load->conf->arena, cfg_title(block));
	if (head->name == NULL)
		return load_fail(load, 0, "out of memory");
	if (!apply_section(load, section, block, object))
		return false;
	head->line = find_line(section, block, object);
	return true;
}

static bool apply_urls(struct load *load, struct conf_coredns *coredns)
{
	const struct {
		const char *ending;
		const char **url;
	} endpoints[] = { { "/health", &coredns->url_health }, { "/ready", &coredns->url_ready },
		{ "/metrics", &coredns->url_metrics } };

	for (size_t i = 0; i < coredns->coredns_url.count; i++) {
		const char *url = coredns->coredns_url.items[i];
		const char **place = NULL;

		for (size_t j = 0; j < 3; j++) {
			size_t length = strlen(endpoints[j].ending);

			if (strlen(url) > length &&
			        strcmp(url + strlen(url) - length, endpoints[j].ending) == 0)
				place = endpoints[j].url;
		}
		if (place == NULL || *place != NULL)
			return load_fail(load, coredns->coredns_url_line,
			        "coredns_url: one address each may end in /health, /ready and "
			        "/metrics");
		*place = url;
	}
	return true;
}

static bool apply_coredns(struct load *load, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "coredns");
	struct conf_coredns *all;

	if (count > CONF_COREDNS_MAX)
		return load_fail(load, 0, "there are more than 16 coredns blocks");
	all = arena_calloc(load->conf->arena, count + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		cfg_t *block = cfg_getnsec(cfg, "coredns", (unsigned)i);

		if (!apply_standards(load, "coredns", &all[i]) ||
		        !apply_block(load, "coredns", block, &all[i]) || !apply_urls(load, &all[i]))
			return false;
	}
	load->conf->coredns = all;
	load->conf->coredns_count = count;
	return true;
}

static bool apply_keys(struct load *load, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "key");
	struct conf_key *all;

	if (count > CONF_KEY_MAX)
		return load_fail(load, 0, "there are more than 32 key blocks");
	all = arena_calloc(load->conf->arena, count + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		cfg_t *block = cfg_getnsec(cfg, "key", (unsigned)i);

		if (!apply_standards(load, "key", &all[i]) ||
		        !apply_block(load, "key", block, &all[i]))
			return false;
	}
	load->conf->keys = all;
	load->conf->key_count = count;
	return true;
}

/* "bulk" lets a load test through; what it protects from is a caller that has run wild. */
static bool apply_built_in_classes(struct load *load, struct conf_rate_class classes[static 2])
{
	if (!apply_standards(load, "rate_class", &classes[0]) ||
	        !apply_standards(load, "rate_class", &classes[1]))
		return false;
	classes[0].name = "default";
	classes[1].name = "bulk";
	classes[1].requests = 10000000;
	classes[1].records = 10000000;
	return true;
}

static bool apply_rate_classes(struct load *load, cfg_t *cfg)
{
	size_t block_count = cfg_size(cfg, "rate_class");
	size_t count = 2;
	struct conf_rate_class *all;

	if (block_count > CONF_RATE_CLASS_MAX - count)
		return load_fail(load, 0, "there are more than 30 rate_class blocks");
	all = arena_calloc(load->conf->arena, block_count + count, sizeof(*all));
	if (!apply_built_in_classes(load, all))
		return false;
	for (size_t i = 0; i < block_count; i++) {
		cfg_t *block = cfg_getnsec(cfg, "rate_class", (unsigned)i);
		struct conf_rate_class *place = &all[count];

		if (strcmp(cfg_title(block), "default") == 0)
			place = &all[0];
		else if (strcmp(cfg_title(block), "bulk") == 0)
			place = &all[1];
		else if (apply_standards(load, "rate_class", place))
			count++;
		if (!apply_block(load, "rate_class", block, place))
			return false;
	}
	load->conf->rate_classes = all;
	load->conf->rate_class_count = count;
	return true;
}

static bool check(struct load *load)
{
	char text[512];
	struct buf problem;
	unsigned line = 0;
	const char *why;

	buf_init_fixed(&problem, text, sizeof(text));
	if (conf_check(load->conf, &problem, &line))
		return true;
	why = buf_string(&problem);
	return load_fail(load, line, why != NULL ? why : "a value is too long");
}

static bool load_text(struct load *load, char *text, size_t length)
{
	const char *problem;
	unsigned line;
	cfg_t *cfg;
	bool is_good;

	if (!conf_scan(text, length, &line, &problem))
		return load_fail(load, line, problem);
	load->conf->file = arena_strdup(load->conf->arena, load->message.name);
	cfg = given_parse(text, &load->message);
	is_good = !load->message.is_set && load->conf->file != NULL &&
	          apply_standards(load, "", load->conf) &&
	          apply_section(load, "", cfg, load->conf) && apply_coredns(load, cfg) &&
	          apply_rate_classes(load, cfg) && apply_keys(load, cfg) && check(load);
	(void)cfg_free(cfg);
	return is_good;
}

/* ---- the door ---- */

static bool load_begin(struct load *load, const char *name)
{
	struct arena *arena = arena_open(ARENA_CAP_BYTES);

	load->message.name = name;
	if (arena == NULL)
		return load_fail(load, 0, "out of memory");
	load->conf = arena_alloc(arena, sizeof(*load->conf));
	load->conf->arena = arena;
	return true;
}

static bool load_end(struct load *load, bool is_good, struct conf **ret_conf, char *ret_message)
{
	const char *message = buf_string(&load->message.text);

	if (is_good) {
		*ret_conf = load->conf;
		return true;
	}
	(void)snprintf(ret_message, CONF_MESSAGE_BYTES, "%s",
	        message != NULL && load->message.is_set ? message : "the configuration is wrong");
	conf_close(load->conf);
	return false;
}

bool conf_load(
        const char *path, struct conf **ret_conf, char ret_message[static CONF_MESSAGE_BYTES])
{
	char message[CONF_MESSAGE_BYTES];
	struct load load = { 0 };
	bool is_good = false;
	char *text;
	size_t length;

	buf_init_fixed(&load.message.text, message, sizeof(message));
	if (load_begin(&load, path)) {
		enum err err =
		        file_read(load.conf->arena, path, CONF_FILE_MAX_BYTES, &text, &length);

		if (err == ERR_OK)
			is_good = load_text(&load, text, length);
		else if (err == ERR_TOO_LARGE)
			(void)load_fail(&load, 0, "the file is larger than 1 MiB");
		else
			(void)load_fail(&load, 0, strerror(err == ERR_NOT_FOUND ? ENOENT : errno));
	}
	return load_end(&load, is_good, ret_conf, ret_message);
}

bool conf_parse(const char *name, const char *text, size_t length, struct conf **ret_conf,
        char ret_message[static CONF_MESSAGE_BYTES])
{
	char message[CONF_MESSAGE_BYTES];
	struct load load = { 0 };
	bool is_good = false;

	buf_init_fixed(&load.message.text, message, sizeof(message));
	if (load_begin(&load, name)) {
		char *copy = arena_dup(load.conf->arena, text, length);

		is_good = copy != NULL && length <= CONF_FILE_MAX_BYTES
		                  ? load_text(&load, copy, length)
		                  : load_fail(&load, 0, "the file is larger than 1 MiB");
	}
	return load_end(&load, is_good, ret_conf, ret_message);
}

void conf_close(struct conf *conf)
{
	if (conf != NULL)
		arena_close(conf->arena);
}

const struct conf_rate_class *conf_find_rate_class(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->rate_class_count; i++) {
		if (strcmp(conf->rate_classes[i].name, name) == 0)
			return &conf->rate_classes[i];
	}
	return NULL;
}
