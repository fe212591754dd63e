/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/value.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/clock.h"

#define TEXT_MAX_LENGTH 255u
#define PATH_MAX_LENGTH 4000u

/* A value on its way into a member. */
struct setting {
	struct arena *arena;
	const struct conf_option *option;
	void *member;
	struct buf *problem;
};

static bool refuse(struct setting *setting, const char *text, const char *why)
{
	buf_printf(setting->problem, "%s: \"%.200s\" %s", setting->option->name, text, why);
	return false;
}

static bool keep_text(struct setting *setting, const char *text, const char **ret_text)
{
	const char *copy = arena_strdup(setting->arena, text);

	if (copy == NULL) {
		buf_printf(setting->problem, "the configuration is too large");
		return false;
	}
	*ret_text = copy;
	return true;
}

static bool check_text(struct setting *setting, const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (*at < 0x20 || *at > 0x7e)
			return refuse(setting, "", "holds characters other than printable ASCII");
	}
	if (strlen(text) > TEXT_MAX_LENGTH)
		return refuse(setting, text, "is too long");
	return true;
}

static bool set_text(struct setting *setting, const char *text)
{
	return check_text(setting, text) && keep_text(setting, text, setting->member);
}

static bool set_path(struct setting *setting, const char *text)
{
	size_t length = strlen(text);
	const char *kept;

	/* Nothing, where nothing is the default. */
	if (length == 0 && setting->option->standard[0] == '\0')
		return keep_text(setting, text, setting->member);
	if (text[0] != '/')
		return refuse(setting, text, "is not an absolute path");
	if (length > PATH_MAX_LENGTH)
		return refuse(setting, text, "is too long");
	if (strstr(text, "/../") != NULL || (length >= 3 && strcmp(text + length - 3, "/..") == 0))
		return refuse(setting, text, "must not hold ..");
	while (length > 1 && text[length - 1] == '/')
		length--;
	kept = arena_dup(setting->arena, text, length);
	if (kept == NULL)
		return refuse(setting, "", "is too much for the memory of a configuration");
	*(const char **)setting->member = kept;
	return true;
}

/* Digits of a base up to 10, nothing else: no sign, no white space, no 0x. */
static bool parse_digits(const char *text, unsigned base, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || (unsigned)(*text - '0') >= base)
			return false;
		number = number * base + (unsigned)(*text - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*ret_number = (uint32_t)number;
	return true;
}

static bool set_uint(struct setting *setting, const char *text)
{
	uint32_t number;

	/* A leading zero would be octal to some readers. */
	if (!parse_digits(text, 10, &number) || (text[0] == '0' && text[1] != '\0') ||
	        number < setting->option->minimum || number > setting->option->maximum) {
		buf_printf(setting->problem, "%s: \"%.200s\" is not a number between %u and %u",
		        setting->option->name, text, setting->option->minimum,
		        setting->option->maximum);
		return false;
	}
	*(conf_uint *)setting->member = number;
	return true;
}

static bool set_mode(struct setting *setting, const char *text)
{
	uint32_t number;

	if (strlen(text) != 4 || text[0] != '0' || !parse_digits(text, 8, &number) ||
	        number > setting->option->maximum)
		return refuse(setting, text, "is not a mode of four octal digits such as 0660");
	*(conf_mode *)setting->member = (mode_t)number;
	return true;
}

static bool set_bool(struct setting *setting, const char *text)
{
	bool is_true = strcmp(text, "true") == 0;

	if (!is_true && strcmp(text, "false") != 0)
		return refuse(setting, text, "is neither true nor false");
	*(conf_bool *)setting->member = is_true;
	return true;
}

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const char *const format_names[] = {
	[LOG_FORMAT_JSON] = "json",
	[LOG_FORMAT_LOGFMT] = "logfmt",
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool find_word(const char *const *words, size_t count, const char *text, unsigned *ret_index)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(words[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static bool set_level(struct setting *setting, const char *text)
{
	unsigned index;

	if (!find_word(level_names, LENGTH(level_names), text, &index))
		return refuse(setting, text, "is not error, warning, info or debug");
	*(conf_level *)setting->member = (enum log_level)index;
	return true;
}

static bool set_format(struct setting *setting, const char *text)
{
	unsigned index;

	if (!find_word(format_names, LENGTH(format_names), text, &index))
		return refuse(setting, text, "is not json or logfmt");
	*(conf_format *)setting->member = (enum log_format)index;
	return true;
}

static bool set_time(struct setting *setting, const char *text)
{
	int64_t wall_ms;

	/* 0 means never, so the moment 0 and what lies before it cannot be said. */
	if (!clock_parse_rfc3339(text, strlen(text), &wall_ms) || wall_ms <= 0)
		return refuse(setting, text, "is not a time such as 2027-01-01T00:00:00Z");
	*(conf_time *)setting->member = wall_ms;
	return true;
}

static bool is_port(const char *text)
{
	uint32_t port;

	return parse_digits(text, 10, &port) && port >= 1 && port <= 65535;
}

/* host, host:port, [host]:port or [host]; host is numeric. */
static bool is_address(const char *text)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr ignored;
	bool is_bracketed = text[0] == '[';
	const char *begin = is_bracketed ? text + 1 : text;
	size_t length = strcspn(begin, is_bracketed ? "]" : ":");
	const char *rest = begin + length;

	if (length >= sizeof(host) || (is_bracketed && *rest != ']'))
		return false;
	memcpy(host, begin, length);
	host[length] = '\0';
	if (is_bracketed)
		rest++;
	if (*rest != '\0' && (*rest != ':' || !is_port(rest + 1)))
		return false;
	return inet_pton(is_bracketed ? AF_INET6 : AF_INET, host, &ignored) == 1;
}

static bool set_address(struct setting *setting, const char *text)
{
	if (!is_address(text))
		return refuse(setting, text, "is not an address such as 127.0.0.1:53 or [::1]:53");
	return keep_text(setting, text, setting->member);
}

static bool set_url(struct setting *setting, const char *text)
{
	const char *rest = text;
	size_t host_length;

	if (!check_text(setting, text))
		return false;
	if (strlen(text) > CONF_URL_MAX_LENGTH)
		return refuse(setting, text, "is too long");
	if (strncmp(text, "http://", 7) == 0)
		rest += 7;
	else if (strncmp(text, "https://", 8) == 0)
		rest += 8;
	host_length = strcspn(rest, "/@?# ");
	if (rest == text || host_length == 0 || rest[host_length] != '/' ||
	        strpbrk(rest, "@?# \"\\") != NULL)
		return refuse(
		        setting, text, "is not an address such as http://127.0.0.1:8080/health");
	return keep_text(setting, text, setting->member);
}

static const struct {
	bool is_list;
	bool (*set)(struct setting *setting, const char *text); /* of one element in a list */
} kinds[CONF_KIND__MAX] = {
	[CONF_TEXT] = { false, set_text },
	[CONF_PATH] = { false, set_path },
	[CONF_UINT] = { false, set_uint },
	[CONF_BOOL] = { false, set_bool },
	[CONF_MODE] = { false, set_mode },
	[CONF_LEVEL] = { false, set_level },
	[CONF_FORMAT] = { false, set_format },
	[CONF_TIME] = { false, set_time },
	[CONF_TEXTS] = { true, set_text },
	[CONF_URLS] = { true, set_url },
	[CONF_ADDRESS] = { false, set_address },
};

bool conf_kind_is_list(enum conf_kind kind)
{
	return kinds[kind].is_list;
}

static bool set_list(struct setting *setting, const struct conf_texts *texts, void *member)
{
	struct conf_texts *list = member;
	const char **items;

	if (texts->count > CONF_LIST_MAX)
		return refuse(setting, "", "has too many elements");
	items = arena_calloc(setting->arena, texts->count + 1, sizeof(*items));
	if (items == NULL)
		return refuse(setting, "", "is too much for the memory of a configuration");
	for (size_t i = 0; i < texts->count; i++) {
		if (texts->items[i][0] == '\0')
			return refuse(setting, "", "must not be an element of a list");
		setting->member = &items[i];
		if (!kinds[setting->option->kind].set(setting, texts->items[i]))
			return false;
	}
	list->count = texts->count;
	list->items = items;
	return true;
}

bool conf_value_set(struct arena *arena, const struct conf_option *option,
        const struct conf_texts *texts, void *member, struct buf *problem)
{
	struct setting setting = {
		.arena = arena, .option = option, .member = member, .problem = problem
	};

	if (kinds[option->kind].is_list)
		return set_list(&setting, texts, member);
	return kinds[option->kind].set(&setting, texts->items[0]);
}

bool conf_value_set_standard(struct arena *arena, const struct conf_option *option, void *member)
{
	char message[CONF_MESSAGE_BYTES];
	struct buf problem;
	struct conf_texts texts = { .count = option->standard[0] != '\0',
		.items = &option->standard };

	buf_init_fixed(&problem, message, sizeof(message));
	if (texts.count == 0 && !kinds[option->kind].is_list) {
		/* Nothing, which the file could not say for every kind: never, not given. */
		if (option->kind != CONF_TIME)
			*(const char **)member = "";
		return true;
	}
	return conf_value_set(arena, option, &texts, member, &problem);
}

static void render_quoted(const char *text, FILE *file)
{
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

static void render_list(const struct conf_texts *list, FILE *file)
{
	fputc('{', file);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			fputs(", ", file);
		render_quoted(list->items[i], file);
	}
	fputc('}', file);
}

static void render_time(conf_time wall_ms, FILE *file)
{
	char text[CLOCK_TEXT_BYTES] = "";

	if (wall_ms != 0)
		clock_render_rfc3339(wall_ms, text);
	render_quoted(text, file);
}

void conf_value_render(const struct conf_option *option, const void *member, FILE *file)
{
	switch (option->kind) {
	case CONF_UINT:
		fprintf(file, "%u", *(const conf_uint *)member);
		break;
	case CONF_BOOL:
		fputs(*(const conf_bool *)member ? "true" : "false", file);
		break;
	case CONF_MODE:
		fprintf(file, "%04o", (unsigned)*(const conf_mode *)member);
		break;
	case CONF_LEVEL:
		fputs(level_names[*(const conf_level *)member], file);
		break;
	case CONF_FORMAT:
		fputs(format_names[*(const conf_format *)member], file);
		break;
	case CONF_TIME:
		render_time(*(const conf_time *)member, file);
		break;
	case CONF_TEXTS:
	case CONF_URLS:
		render_list(member, file);
		break;
	default:
		render_quoted(*(const char *const *)member, file);
		break;
	}
}
