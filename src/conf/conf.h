/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration as one immutable value, and the only door to libConfuse. The options, their
 * defaults and bounds are in conf/options.def; each is a member of the same name here.
 * Not thread-safe while loading.
 */
#ifndef COREGATE_CONF_CONF_H
#define COREGATE_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/log.h"

#define CONF_MESSAGE_BYTES   1024u
#define CONF_FILE_MAX_BYTES  (1024u * 1024u)
#define CONF_COREDNS_MAX     16u
#define CONF_RATE_CLASS_MAX  32u
#define CONF_KEY_MAX         32u
#define CONF_LIST_MAX        256u
#define CONF_URL_MAX_LENGTH  190u
#define CONF_NAME_MAX_LENGTH 64u /* name of a block: letters, digits, '.', '_' and '-' */

struct conf_texts {
	size_t count;
	const char *const *items;
};

/* The C type of each kind of option. Texts are never NULL. */
typedef const char *conf_text;
typedef const char *conf_path;
typedef uint32_t conf_uint;
typedef bool conf_bool;
typedef mode_t conf_mode;
typedef enum log_level conf_level;
typedef enum log_format conf_format;
typedef int64_t conf_time; /* milliseconds since 1970; 0: never */
typedef struct conf_texts conf_texts;
typedef struct conf_texts conf_urls;
typedef const char
        *conf_address; /* numeric: "127.0.0.1:53", "[::1]:53", the port may be left out */

#define CONF_TYPE_TEXT    conf_text
#define CONF_TYPE_PATH    conf_path
#define CONF_TYPE_UINT    conf_uint
#define CONF_TYPE_BOOL    conf_bool
#define CONF_TYPE_MODE    conf_mode
#define CONF_TYPE_LEVEL   conf_level
#define CONF_TYPE_FORMAT  conf_format
#define CONF_TYPE_TIME    conf_time
#define CONF_TYPE_TEXTS   conf_texts
#define CONF_TYPE_URLS    conf_urls
#define CONF_TYPE_ADDRESS conf_address
/* Each option is followed by the line that sets it; 0 where the default holds. */
#define CONF_MEMBER(name, kind, standard, minimum, maximum, sentence)                              \
	CONF_TYPE_##kind name;                                                                     \
	unsigned name##_line;

/* coredns "name" { … } */
struct conf_coredns {
	const char *name;
	unsigned line; /* of its first option */
#define COREDNS_OPTION CONF_MEMBER
#include "conf/options.def"
	/* The members of coredns_url by their paths; NULL when not given. */
	const char *url_health;
	const char *url_ready;
	const char *url_metrics;
};

/* rate_class "name" { … } */
struct conf_rate_class {
	const char *name;
	unsigned line; /* of its first option; 0 for a built-in class the file does not mention */
#define RATE_CLASS_OPTION CONF_MEMBER
#include "conf/options.def"
};

/* key "name" { … }. The file could be opened at load; what it holds is for others to judge, who
 * name file_line when they refuse it. The same goes for the words in zones and adm. */
struct conf_key {
	const char *name;
	unsigned line;
#define KEY_OPTION CONF_MEMBER
#include "conf/options.def"
};

struct conf {
#define OPTION CONF_MEMBER
#include "conf/options.def"
	const char *file; /* path it was read from */
	size_t coredns_count;
	const struct conf_coredns *coredns;
	size_t rate_class_count; /* "default" and "bulk" are always there */
	const struct conf_rate_class *rate_classes;
	size_t key_count;
	const struct conf_key *keys;
	struct arena *arena; /* owns all of it, this struct too */
};
#undef CONF_MEMBER

/* Reads and checks a configuration file. False when something is wrong: then ret_message is one
 * sentence that begins with "file:line: " (or "file: " when no line is to blame).
 * The caller ends the result with conf_close. */
MUST_CHECK bool conf_load(
        const char *path, struct conf **ret_conf, char ret_message[static CONF_MESSAGE_BYTES]);

/* The same for a text that is in memory already; name stands for the path in messages. */
MUST_CHECK bool conf_parse(const char *name, const char *text, size_t length,
        struct conf **ret_conf, char ret_message[static CONF_MESSAGE_BYTES]);

/* Frees everything. NULL is accepted. */
void conf_close(struct conf *conf);

/* The rate class of that name; NULL when there is none. */
const struct conf_rate_class *conf_find_rate_class(const struct conf *conf, const char *name);

/* Writes every option with its value in force, in the syntax of the file, each with the line it
 * comes from or the word "default". */
void conf_describe(const struct conf *conf, FILE *file);

enum conf_kind {
	CONF_TEXT,
	CONF_PATH,
	CONF_UINT,
	CONF_BOOL,
	CONF_MODE,
	CONF_LEVEL,
	CONF_FORMAT,
	CONF_TIME,
	CONF_TEXTS,
	CONF_URLS,
	CONF_ADDRESS,
	CONF_KIND__MAX
};

/* One row of conf/options.def. */
struct conf_option {
	const char *section; /* "" at the top of the file, else "coredns", "rate_class" or "key" */
	const char *name;
	enum conf_kind kind;
	const char *standard; /* the default as it would be written, without quotes and braces */
	uint32_t minimum;
	uint32_t maximum;
	const char *sentence;
	size_t offset; /* of the member in the struct of its section */
	size_t line_offset;
};

/* The whole table, top-level options first. Static storage. */
const struct conf_option *conf_options(size_t *ret_count);

#endif
