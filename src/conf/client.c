/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/client.h"

#include <confuse.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/scan.h"
#include "core/file.h"

#define OTHERS_MAY_READ (S_IRGRP | S_IROTH)

static const struct {
	const char *name;
	bool is_path;
	size_t offset;
} options[] = {
	{ "api", false, offsetof(struct client_conf, api) },
	{ "token", false, offsetof(struct client_conf, token) },
	{ "token_file", true, offsetof(struct client_conf, token_file) },
	{ "cacert", true, offsetof(struct client_conf, cacert) },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* libConfuse's callback carries no pointer of ours. */
static char *current_message;
static const char *current_path;

static bool fail(const char *path, const char *problem, char *ret_message)
{
	(void)snprintf(ret_message, CLIENT_MESSAGE_BYTES, "%.400s: %.500s", path, problem);
	return false;
}

static PRINTF_LIKE(2, 0) void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char problem[512];
	(void)vsnprintf(problem, sizeof(problem), format, arguments);
	/* Only the first fault is told. */
	if (current_message[0] == '\0')
		(void)snprintf(current_message, CLIENT_MESSAGE_BYTES, "%.400s:%d: %.500s",
		        current_path, cfg->line, problem);
}

/* Why a given option cannot be; NULL when it can, and is then taken. */
static const char *take_option(
        struct arena *arena, cfg_t *cfg, size_t index, struct client_conf *conf)
{
	const char *text = cfg_getstr(cfg, options[index].name);
	if (text == NULL)
		return NULL;
	if (options[index].is_path && text[0] != '/')
		return "a path begins with /";
	const char *copy = arena_strdup(arena, text);
	memcpy((char *)conf + options[index].offset, &copy, sizeof(copy));
	return copy == NULL ? "memory cannot be had" : NULL;
}

static bool take_options(struct arena *arena, cfg_t *cfg, const char *path,
        struct client_conf *conf, char *ret_message)
{
	char text[128];
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *problem = take_option(arena, cfg, i, conf);
		if (problem == NULL)
			continue;
		(void)snprintf(text, sizeof(text), "%s: %s", options[i].name, problem);
		return fail(path, text, ret_message);
	}
	return true;
}

static cfg_t *parse(const char *path, const char *text, char *ret_message)
{
	cfg_opt_t declared[OPTION_COUNT + 1];
	for (size_t i = 0; i < OPTION_COUNT; i++)
		declared[i] = (cfg_opt_t)CFG_STR(options[i].name, NULL, CFGF_NODEFAULT);
	declared[OPTION_COUNT] = (cfg_opt_t)CFG_END();
	cfg_t *cfg = cfg_init(declared, CFGF_NONE);
	if (cfg == NULL) {
		(void)fail(path, "memory cannot be had", ret_message);
		return NULL;
	}
	ret_message[0] = '\0';
	current_message = ret_message;
	current_path = path;
	(void)cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && ret_message[0] == '\0')
		(void)fail(path, "it cannot be understood", ret_message);
	if (ret_message[0] == '\0')
		return cfg;
	(void)cfg_free(cfg);
	return NULL;
}

static bool read_text(struct arena *arena, const char *path, char **ret_text, char *ret_message)
{
	size_t length;
	unsigned line;
	const char *problem;
	char problem_text[256];
	enum err err = file_read(arena, path, CLIENT_FILE_MAX, ret_text, &length);
	if (err == ERR_TOO_LARGE)
		return fail(path, "the file is larger than 64 KiB", ret_message);
	if (err != ERR_OK)
		return fail(path, strerror(err == ERR_NOT_FOUND ? ENOENT : errno), ret_message);
	if (conf_scan(*ret_text, length, &line, &problem))
		return true;
	(void)snprintf(problem_text, sizeof(problem_text), "line %u: %s", line, problem);
	return fail(path, problem_text, ret_message);
}

static bool check_mode(const char *path, const struct client_conf *conf, char *ret_message)
{
	struct stat status;
	if (conf->token == NULL)
		return true;
	if (stat(path, &status) == 0 && (status.st_mode & OTHERS_MAY_READ) == 0)
		return true;
	return fail(
	        path, "it holds a token and others may read it; chmod 600 closes it", ret_message);
}

bool client_conf_load(struct arena *arena, const char *path, struct client_conf *ret_conf,
        char ret_message[static CLIENT_MESSAGE_BYTES])
{
	struct client_conf conf = { 0 };
	char *text;
	if (!read_text(arena, path, &text, ret_message))
		return false;
	cfg_t *cfg = parse(path, text, ret_message);
	if (cfg == NULL)
		return false;
	bool is_good = take_options(arena, cfg, path, &conf, ret_message);
	(void)cfg_free(cfg);
	if (!is_good || !check_mode(path, &conf, ret_message))
		return false;
	*ret_conf = conf;
	return true;
}
