/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/conf.h"

#define ROW(section, owner, name, kind, standard, minimum, maximum, sentence)                      \
	{ section, #name, CONF_##kind, standard, minimum, maximum, sentence,                       \
		offsetof(struct owner, name), offsetof(struct owner, name##_line) },

static const struct conf_option options[] = {
#define OPTION(...)            ROW("", conf, __VA_ARGS__)
#define COREDNS_OPTION(...)    ROW("coredns", conf_coredns, __VA_ARGS__)
#define RATE_CLASS_OPTION(...) ROW("rate_class", conf_rate_class, __VA_ARGS__)
#define KEY_OPTION(...)        ROW("key", conf_key, __VA_ARGS__)
#include "conf/options.def"
};

const struct conf_option *conf_options(size_t *ret_count)
{
	*ret_count = sizeof(options) / sizeof(options[0]);
	return options;
}
