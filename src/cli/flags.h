/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options of all commands that call the API, in one table: what each is called, what it takes
 * and where it goes. A command names those that it has by their keys.
 */
#ifndef COREGATE_CLI_FLAGS_H
#define COREGATE_CLI_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"

#define FLAG_VALUES_MAX 64 /* of one option that may be repeated */
#define FLAGS_MAX       64

enum flag_kind {
	FLAG_TEXT,
	FLAG_LIST,   /* may be repeated */
	FLAG_NUMBER, /* a whole number from minimum to maximum */
	FLAG_CHOICE, /* one of the words in `value`, separated by | */
	FLAG_AHEAD,  /* an instant, or a span from now on; becomes RFC 3339 */
	FLAG_BACK,   /* an instant, or a span before now; becomes RFC 3339 */
	FLAG_ON,     /* a switch: true */
	FLAG_OFF,    /* a switch: false */
};

enum flag_place {
	FLAG_OWN,    /* the command's own business */
	FLAG_MEMBER, /* where the command's other parameters go: into the body or the query */
	FLAG_HEADER, /* a header of the request */
};

struct flag {
	const char *key;    /* as commands name it; the same name may mean several things */
	const char *name;   /* after "--" */
	const char *value;  /* what it takes, for the help; NULL for a switch */
	const char *member; /* what it is called in the request; NULL for FLAG_OWN */
	enum flag_kind kind;
	enum flag_place place;
	int64_t minimum;
	int64_t maximum;
	const char *help;
};

/* What was said: the values of each option in the table's order, and the other words. Texts are
 * those of argv, or in the arena. */
struct given {
	struct arena *arena; /* these two are the caller's to set */
	int64_t now_ms;      /* what spans count from */
	size_t word_count;
	char **words;
	size_t counts[FLAGS_MAX];
	const char *values[FLAGS_MAX][FLAG_VALUES_MAX];
};

/* The table; an option's place in it is its index in struct given. */
const struct flag *flags_all(size_t *ret_count);

/* True when `keys`, separated by spaces, has this one. */
bool flags_has(const char *keys, const char *key);

/* Every command that calls the API has these. */
extern const char flags_common[];

/* Reads argv (argv[0] is skipped) with the options in keys and the common ones into given, which is
 * zero but for what the caller sets. getopt's state must be fresh. COMMAND_OK, or COMMAND_USAGE
 * with a message. */
int flags_parse(const char *keys, int argc, char **argv, struct given *given);

/* The last value of an option by its key, "" for a switch that was set; NULL when it was not
 * given. */
const char *given_find(const struct given *given, const char *key);
bool given_has(const struct given *given, const char *key);

/* The same as a number; standard when it was not given. */
int64_t given_number(const struct given *given, const char *key, int64_t standard);

/* Options for a command's help, one or two lines each. */
void flags_print(FILE *file, const char *keys);

#endif
