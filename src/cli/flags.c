/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/flags.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/when.h"
#include "core/clock.h"

#define TTL_MAX   2147483647
#define WAIT_MAX  30
#define LIMIT_MAX INT64_C(1000000000)

static const struct flag flags[] = {
	/* the request */
	{ "zone", "zone", "ZONE", "zone", FLAG_TEXT, FLAG_MEMBER, 0, 0, "only of this zone" },
	{ "name", "name", "NAME", "name", FLAG_TEXT, FLAG_MEMBER, 0, 0, "only of this name" },
	{ "under", "under", "NAME", "under", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "only of this name and all below it" },
	{ "type", "type", "TYPE", "record_type", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "only of this type" },
	{ "value", "value", "VALUE", "value", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "only with this value" },
	{ "search", "search", "TEXT", "q", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "only where the name or the value has this text" },
	{ "actor", "actor", "SUBJECT", "actor", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "only by this subject" },
	{ "since", "since", "TIME", "since", FLAG_BACK, FLAG_MEMBER, 0, 0,
	        "only from then on: 1h (an hour ago), 2027-01-31T00:00:00Z" },
	{ "ttl", "ttl", "SECONDS", "ttl", FLAG_NUMBER, FLAG_MEMBER, 0, TTL_MAX,
	        "the TTL, of all records of the name and type" },
	{ "expires", "expires", "TIME", "expires_at", FLAG_AHEAD, FLAG_MEMBER, 0, 0,
	        "it removes itself then: 1h (in an hour), 2027-01-31T00:00:00Z" },
	{ "comment", "comment", "TEXT", "comment", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "why, for the history" },
	{ "dry-run", "dry-run", NULL, "dry_run", FLAG_ON, FLAG_MEMBER, 0, 0,
	        "tell what would change, and change nothing" },
	{ "ns", "ns", "HOST", "nameservers", FLAG_LIST, FLAG_MEMBER, 0, 0,
	        "a nameserver (repeat for more; the first is the primary)" },
	{ "contact", "contact", "MAIL", "contact", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "who answers for the zone" },
	{ "refresh", "refresh", "SECONDS", "refresh", FLAG_NUMBER, FLAG_MEMBER, 0, TTL_MAX,
	        "the SOA's refresh" },
	{ "retry", "retry", "SECONDS", "retry", FLAG_NUMBER, FLAG_MEMBER, 0, TTL_MAX,
	        "the SOA's retry" },
	{ "expire", "expire", "SECONDS", "expire", FLAG_NUMBER, FLAG_MEMBER, 0, TTL_MAX,
	        "the SOA's expire" },
	{ "minimum", "minimum", "SECONDS", "minimum", FLAG_NUMBER, FLAG_MEMBER, 0, TTL_MAX,
	        "the SOA's minimum" },
	{ "mode", "mode", "merge|replace", "mode", FLAG_CHOICE, FLAG_MEMBER, 0, 0,
	        "whether other records stay" },
	{ "confirm", "confirm", "ZONE", "confirm", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "the zone's name once more: all its records go" },
	{ "ip", "ip", "ADDRESS", "ips", FLAG_LIST, FLAG_MEMBER, 0, 0,
	        "an address, IPv4 or IPv6 (repeat for more)" },
	{ "no-ptr", "no-ptr", NULL, "ptr", FLAG_OFF, FLAG_MEMBER, 0, 0, "without PTR records" },
	{ "on-conflict", "on-conflict", "report|fail|replace", "on_conflict", FLAG_CHOICE,
	        FLAG_MEMBER, 0, 0, "what to do when the name has other addresses" },
	{ "force", "force", NULL, "force", FLAG_ON, FLAG_MEMBER, 0, 0,
	        "also when auto_register is off" },
	{ "check", "verify", NULL, "verify", FLAG_ON, FLAG_MEMBER, 0, 0,
	        "ask every CoreDNS whether it serves it" },
	{ "expect", "expect", "VALUE", "expect", FLAG_TEXT, FLAG_MEMBER, 0, 0,
	        "the value that has to be among the answers" },
	{ "patience", "wait", "SECONDS", "timeout", FLAG_NUMBER, FLAG_MEMBER, 1, WAIT_MAX,
	        "ask again until it is so, 30 at most" },
	{ "wait", "wait", "SECONDS", "Prefer", FLAG_NUMBER, FLAG_HEADER, 1, WAIT_MAX,
	        "wait until every CoreDNS serves it, 30 at most" },
	{ "if-match", "if-match", "TAG", "If-Match", FLAG_TEXT, FLAG_HEADER, 0, 0,
	        "only when it is still at that entity tag; * when it is there" },
	/* the command */
	{ "limit", "limit", "N", NULL, FLAG_NUMBER, FLAG_OWN, 1, LIMIT_MAX,
	        "at most so many; all unless given" },
	{ "output", "output", "FILE", NULL, FLAG_TEXT, FLAG_OWN, 0, 0,
	        "where it goes, instead of standard output" },
	{ "api", "api", "URL", NULL, FLAG_TEXT, FLAG_OWN, 0, 0,
	        "the address of the API, https://dns.example.com" },
	{ "token-file", "token-file", "FILE", NULL, FLAG_TEXT, FLAG_OWN, 0, 0,
	        "the token; - is standard input" },
	{ "cacert", "cacert", "FILE", NULL, FLAG_TEXT, FLAG_OWN, 0, 0,
	        "certificates to trust, instead of the system's" },
	{ "config", "config", "FILE", NULL, FLAG_TEXT, FLAG_OWN, 0, 0,
	        "instead of ~/.config/coregate.conf" },
	{ "timeout", "timeout", "SECONDS", NULL, FLAG_NUMBER, FLAG_OWN, 1, 3600, "for one answer" },
	{ "json", "json", NULL, NULL, FLAG_ON, FLAG_OWN, 0, 0, "the API's data, as it came" },
	{ "quiet", "quiet", NULL, NULL, FLAG_ON, FLAG_OWN, 0, 0,
	        "-q: only problems; the exit status tells the rest" },
	{ "help", "help", NULL, NULL, FLAG_ON, FLAG_OWN, 0, 0, "-h: this" },
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

_Static_assert(FLAG_COUNT <= FLAGS_MAX, "struct given has room for every option");

const char flags_common[] = "json quiet api token-file cacert config timeout help";

const struct flag *flags_all(size_t *ret_count)
{
	*ret_count = FLAG_COUNT;
	return flags;
}

bool flags_has(const char *keys, const char *key)
{
	size_t length = strlen(key);
	for (const char *at = keys; (at = strstr(at, key)) != NULL; at += length) {
		bool begins = at == keys || at[-1] == ' ';
		if (begins && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static bool is_of(const struct flag *flag, const char *keys)
{
	return flags_has(keys, flag->key) || flags_has(flags_common, flag->key);
}

static bool is_switch(const struct flag *flag)
{
	return flag->kind == FLAG_ON || flag->kind == FLAG_OFF;
}

/* ---- values ---- */

static bool read_number(const struct flag *flag, const char *text)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && number >= flag->minimum &&
	       number <= flag->maximum;
}

static bool is_choice(const struct flag *flag, const char *text)
{
	size_t length = strlen(text);
	for (const char *at = flag->value; *at != '\0'; at += *at == '|') {
		size_t word = strcspn(at, "|");
		if (word == length && strncmp(at, text, length) == 0)
			return true;
		at += word;
	}
	return false;
}

/* A span moves along with what it counts from; an instant does not. */
static bool read_back(const char *text, int64_t now_ms, int64_t *ret_wall_ms)
{
	int64_t from_now;
	int64_t from_later;
	if (!when_parse(text, now_ms, &from_now) || !when_parse(text, now_ms + 1, &from_later))
		return false;
	*ret_wall_ms = from_now == from_later ? from_now : now_ms - (from_now - now_ms);
	return true;
}

static const char *read_time(const struct given *given, const struct flag *flag, const char *text)
{
	char rendered[CLOCK_TEXT_BYTES];
	int64_t wall_ms;
	bool is_good = flag->kind == FLAG_AHEAD ? when_parse(text, given->now_ms, &wall_ms)
	                                        : read_back(text, given->now_ms, &wall_ms);
	if (!is_good)
		return NULL;
	clock_render_rfc3339(wall_ms, rendered);
	return arena_strdup(given->arena, rendered);
}

/* The value as the request has it; NULL with a message when it cannot be. */
static const char *read_value(const struct given *given, const struct flag *flag, const char *text)
{
	switch (flag->kind) {
	case FLAG_ON:
	case FLAG_OFF:
		return "";
	case FLAG_NUMBER:
		if (read_number(flag, text))
			return text;
		command_misused("--%s takes a whole number from %" PRId64 " to %" PRId64,
		        flag->name, flag->minimum, flag->maximum);
		return NULL;
	case FLAG_CHOICE:
		if (is_choice(flag, text))
			return text;
		command_misused("--%s takes one of %s", flag->name, flag->value);
		return NULL;
	case FLAG_AHEAD:
	case FLAG_BACK:
		text = read_time(given, flag, text);
		if (text == NULL)
			command_misused("--%s takes a time: 1h, 2027-01-31T00:00:00Z", flag->name);
		return text;
	default:
		return text;
	}
}

/* ---- reading ---- */

/* Of an option without a letter, what getopt_long returns is its index and this. */
#define ABOVE_LETTERS 256

static void declare_options(const char *keys, struct option ret_options[FLAG_COUNT + 1])
{
	size_t count = 0;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (!is_of(&flags[i], keys))
			continue;
		ret_options[count++] = (struct option){ .name = flags[i].name,
			.has_arg = is_switch(&flags[i]) ? no_argument : required_argument,
			.val = (int)i + ABOVE_LETTERS };
	}
	ret_options[count] = (struct option){ 0 };
}

static size_t find_index(const char *key)
{
	size_t i = 0;
	while (i < FLAG_COUNT && strcmp(flags[i].key, key) != 0)
		i++;
	assert(i < FLAG_COUNT);
	return i;
}

static size_t find_option(int option)
{
	if (option == 'h')
		return find_index("help");
	return option == 'q' ? find_index("quiet") : (size_t)option - ABOVE_LETTERS;
}

static bool put_value(struct given *given, size_t index, const char *value)
{
	if (given->counts[index] == FLAG_VALUES_MAX) {
		command_misused("--%s is given too often", flags[index].name);
		return false;
	}
	if (given->counts[index] > 0 && !is_switch(&flags[index]) &&
	        flags[index].kind != FLAG_LIST) {
		command_misused("--%s is given twice", flags[index].name);
		return false;
	}
	given->values[index][given->counts[index]++] = value;
	return true;
}

static bool is_spelt(const char *word, const char *name)
{
	size_t length = strlen(name);
	return word != NULL && strncmp(word, "--", 2) == 0 &&
	       strncmp(word + 2, name, length) == 0 &&
	       (word[2 + length] == '\0' || word[2 + length] == '=');
}

/* getopt_long takes the beginning of a name for the name. Then --token would be --token-file, and a
 * secret stand in an argument after all. */
static bool is_whole(char **argv, const struct flag *flag)
{
	return is_spelt(argv[optind - 1], flag->name) ||
	       (optind > 1 && is_spelt(argv[optind - 2], flag->name));
}

int flags_parse(const char *keys, int argc, char **argv, struct given *given)
{
	struct option options[FLAG_COUNT + 1];
	declare_options(keys, options);
	for (int option; (option = getopt_long(argc, argv, "hq", options, NULL)) != -1;) {
		if (option == '?')
			return command_misused("an option is not known or lacks its value");
		size_t index = find_option(option);
		if (option >= ABOVE_LETTERS && !is_whole(argv, &flags[index]))
			return command_misused("an option is not known: names are written in full");
		const char *value = read_value(given, &flags[index], optarg);
		if (value == NULL || !put_value(given, index, value))
			return COMMAND_USAGE;
	}
	given->words = argv + optind;
	given->word_count = (size_t)(argc - optind);
	return COMMAND_OK;
}

/* ---- what was given ---- */

const char *given_find(const struct given *given, const char *key)
{
	size_t index = find_index(key);
	size_t count = given->counts[index];
	return count > 0 ? given->values[index][count - 1] : NULL;
}

bool given_has(const struct given *given, const char *key)
{
	return given_find(given, key) != NULL;
}

int64_t given_number(const struct given *given, const char *key, int64_t standard)
{
	const char *text = given_find(given, key);
	return text != NULL ? strtoll(text, NULL, 10) : standard;
}

/* ---- help ---- */

#define HELP_COLUMN 26

void flags_print(FILE *file, const char *keys)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (!is_of(&flags[i], keys))
			continue;
		int length = fprintf(file, "  --%s%s%s", flags[i].name,
		        flags[i].value != NULL ? " " : "",
		        flags[i].value != NULL ? flags[i].value : "");
		if (length >= HELP_COLUMN)
			length = fprintf(file, "\n") - 1;
		fprintf(file, "%*s%s\n", HELP_COLUMN - length, "", flags[i].help);
	}
}
